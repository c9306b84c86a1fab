"""Packets of a user's scapy, sent from a box and seen there: the functions that scapy has for a real machine.

The box's network takes them as from a program with raw sockets: `sendp` as AF_PACKET does, `send` as IP_HDRINCL does,
so that routes and rules apply.  Frames that it sees are scapy packets with their time in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from macvsim.engine.history import recorded
from macvsim.engine.sim import SECOND, NothingLeft
from macvsim.errors import MacvsimError, NetlinkError
from macvsim.net.dst import ERROR
from macvsim.net.fibroute import Scope
from macvsim.wire.addr import BROADCAST_MAC, ip_int, ip_text, is_multicast_ip, mac_text, multicast_mac

if TYPE_CHECKING:
    from scapy.packet import Packet
    from scapy.plist import PacketList, SndRcvList

    from macvsim.dev.base import NetDevice
    from macvsim.engine.sim import Sim
    from macvsim.net.capture_socket import Captured
    from macvsim.net.namespace import Namespace
    from macvsim.wire.crafted import Seen


class Crafting:
    """Methods of a box for packets that scapy composes."""

    __slots__ = ()
    ns: Namespace
    sim: Sim
    name: str

    def sendp(self, frames: object, *, iface: str | None = None, inter: float = 0.0) -> None:
        """Send frames from an interface, as scapy's ``sendp``.

        They are on their way when it returns; what becomes of them happens while time passes (`Lab.run`).  A source
        that is left out is the interface's; a destination that is left out, the next hop's if the box knows it,
        otherwise the broadcast address.

        Parameters
        ----------
        frames : a scapy packet that begins with Ether(), bytes, or a list of them
        iface : may be left out where the box has one interface besides lo
        inter : seconds between two frames

        Raises
        ------
        MacvsimError : what is given is no frame; NetlinkError : the interface is down
        """
        dev = self._iface(iface)
        from macvsim.wire import crafted

        raws = crafted.frames(frames, _Interface(self.ns, dev))
        self._send_crafted(dev.name, tuple(raws), crafted.nanoseconds(self.name, "inter", inter), whole=True)

    def send(self, packets: object, *, iface: str | None = None, inter: float = 0.0) -> None:
        """Send packets by the box's routes, as scapy's ``send``; rules of OUTPUT and POSTROUTING apply.

        Parameters
        ----------
        packets : a scapy packet that begins with IP() or IPv6(), bytes, or a list of them
        iface : by this interface only; inter : seconds between two packets

        Raises
        ------
        MacvsimError : what is given is no packet; SocketError : there is no route, or the packet is larger than the MTU
        """
        from macvsim.wire import crafted

        dev = None if iface is None else self._iface(iface)
        raws = crafted.packets(packets, _Interface(self.ns, dev))
        self._send_crafted(iface, tuple(raws), crafted.nanoseconds(self.name, "inter", inter), whole=False)

    def srp(
        self, frames: object, *, iface: str | None = None, timeout: float = 2.0, filter: str = ""
    ) -> tuple[SndRcvList, PacketList]:
        """Send frames and wait for what answers them, as scapy's ``srp``: pairs of frame and answer, and frames without
        one.

        timeout : seconds to wait after the last frame; filter : in the language of tcpdump; the rest as `sendp`
        """
        from macvsim.wire import crafted

        dev = self._iface(iface)
        return self._pairs(crafted.frames(frames, _Interface(self.ns, dev)), dev.name, timeout, filter, whole=True)

    def sr(
        self, packets: object, *, iface: str | None = None, timeout: float = 2.0, filter: str = ""
    ) -> tuple[SndRcvList, PacketList]:
        """Send packets and wait for what answers them, as scapy's ``sr``; arguments as `send` and `srp`."""
        from macvsim.wire import crafted

        dev = None if iface is None else self._iface(iface)
        raws = crafted.packets(packets, _Interface(self.ns, dev))
        return self._pairs(raws, iface, timeout, filter, whole=False)

    def srp1(self, frame: object, *, iface: str | None = None, timeout: float = 2.0, filter: str = "") -> Packet | None:
        """The answer to a frame, or None; as `srp`."""
        return _first(self.srp(frame, iface=iface, timeout=timeout, filter=filter))

    def sr1(self, packet: object, *, iface: str | None = None, timeout: float = 2.0, filter: str = "") -> Packet | None:
        """The answer to a packet, or None; as `sr`."""
        return _first(self.sr(packet, iface=iface, timeout=timeout, filter=filter))

    def sniff(
        self,
        *,
        iface: str | None = None,
        filter: str = "",
        count: int = 0,
        timeout: float | None = None,
        promisc: bool = True,
    ) -> PacketList:
        """Let time pass and return the frames that an interface sees meanwhile, as scapy's ``sniff``.

        To see what your own calls cause, use `capture`.

        Parameters
        ----------
        iface : None: all interfaces; filter : in the language of tcpdump
        count : end after so many frames, 0 for any number; timeout : seconds after which it ends

        Raises
        ------
        MacvsimError : neither count nor timeout; a filter that is none
        """
        from macvsim.wire import crafted

        most = crafted.limit(self.name, count, timeout)
        if iface is not None:
            self._iface(iface)
        return crafted.sniffed(self._sniff_crafted(iface, filter, count, most, promisc))

    # -- one recorded call each ----------------------------------------------------------------------------------------

    @recorded
    def _send_crafted(self, iface: str | None, raws: tuple[bytes, ...], inter: int, whole: bool) -> None:
        for number, raw in enumerate(raws):
            if number and inter > 0:
                self.sim.run(until=int(self.sim.now) + inter)
            self._put(iface, raw, whole)
        self.sim.run_softirqs()

    @recorded
    def _exchange_crafted(
        self, iface: str | None, raws: tuple[bytes, ...], timeout: int, text: str, whole: bool
    ) -> tuple[int, dict[int, Seen]]:
        """When the packets were sent (ns), and the answers by the number of what they answer."""
        from macvsim.wire.crafted import Unanswered

        waiting = Unanswered(raws, whole=whole)
        answers: dict[int, Seen] = {}

        def hear(captured: Captured) -> bool:
            if not captured.outgoing:
                found = waiting.answered(captured.frame.wire)
                if found is not None:
                    answers[found[0]] = captured.time, found[1]
            return not waiting

        def send() -> None:
            for raw in raws:
                self._put(iface, raw, whole)

        began = int(self.sim.now)
        self._listen(iface, text, hear, timeout, promiscuous=whole, begin=send)
        return began, answers

    @recorded
    def _sniff_crafted(
        self, iface: str | None, text: str, count: int, timeout: int | None, promisc: bool
    ) -> list[Seen]:
        seen: list[Seen] = []

        def hear(captured: Captured) -> bool:
            seen.append((captured.time, captured.frame.wire))
            return len(seen) == count

        self._listen(iface, text, hear, timeout, promiscuous=promisc)
        return seen

    def _listen(
        self,
        iface: str | None,
        text: str,
        hear: Callable[[Captured], bool],
        most: int | None,
        *,
        promiscuous: bool,
        begin: Callable[[], None] | None = None,
    ) -> None:
        """Hand frames to `hear` until it is True or `most` ns have passed."""
        from macvsim.net.capture_socket import CaptureSocket
        from macvsim.wire.crafted import endless, filter_of
        from macvsim.wire.pcapfilter import View

        wanted = filter_of(self.name, text, live=True)

        def keep(captured: Captured) -> bool:
            view = View(captured.bytes, None, captured.frame.tag, outgoing=captured.outgoing,
                        ifindex=captured.dev.ifindex)  # fmt: skip
            return wanted(view)

        dev = None if iface is None else self._iface(iface)
        socket = CaptureSocket(self.ns, dev, promiscuous=promiscuous, keep=keep)
        done = self.sim.event()

        def read() -> None:
            while socket.queue and not done.triggered:
                if hear(socket.queue.popleft()):
                    done.succeed()

        socket.on_news = read
        try:
            if begin is not None:
                begin()
            self.sim.run(until=done, most=most)
        except NothingLeft:
            raise endless(self.name, "nothing more happens in this lab; give timeout=") from None
        finally:
            socket.close()

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _iface(self, name: str | None) -> NetDevice:
        """A device by name; None: the only one besides lo."""
        if name is not None:
            return self.ns.dev(name)
        cards = [dev for dev in self.ns.devices.values() if not dev.loopback]
        if len(cards) != 1:
            known = ", ".join(dev.name for dev in cards) or "none"
            raise MacvsimError(f"{self.name}: name the interface, iface=…: it has {known}")
        return cards[0]

    def _put(self, iface: str | None, raw: bytes, whole: bool) -> None:
        if whole:
            dev = self._iface(iface)
            if not dev.up:
                raise NetlinkError("ENETDOWN", f"{dev.label} is down: ip link set {dev.name} up first")
            from macvsim.net.packet_socket import send_frame

            send_frame(dev, raw)
            return
        from macvsim.net.raw_socket import send_ipv4, send_ipv6

        (send_ipv6 if raw[:1] and raw[0] >> 4 == 6 else send_ipv4)(self.ns, raw, iface)

    def _pairs(
        self, raws: Sequence[bytes], iface: str | None, timeout: float, text: str, *, whole: bool
    ) -> tuple[SndRcvList, PacketList]:
        from scapy.plist import PacketList, SndRcvList

        from macvsim.wire import crafted

        most = crafted.nanoseconds(self.name, "timeout", timeout)
        began, answers = self._exchange_crafted(iface, tuple(raws), most, text, whole)
        sent = [crafted.shown(raw, began, whole=whole) for raw in raws]
        pairs: list[Any] = []
        for number, (time, data) in sorted(answers.items()):
            sent[number].sent_time = began / SECOND
            pairs.append((sent[number], crafted.shown(data, time, whole=whole)))
        rest = [packet for number, packet in enumerate(sent) if number not in answers]
        return SndRcvList(pairs, "Results"), PacketList(rest, "Unanswered")


def _first(found: tuple[SndRcvList, PacketList]) -> Packet | None:
    pairs = found[0]
    return pairs[0][1] if pairs else None


class _Interface:
    """An interface, or a box's routes (dev None), as the source of what a packet leaves out (`wire.crafted.Sender`)."""

    def __init__(self, ns: Namespace, dev: NetDevice | None) -> None:
        self._ns = ns
        self._dev = dev

    def mac(self) -> str:
        return "00:00:00:00:00:00" if self._dev is None else mac_text(self._dev.mac)

    def address(self, towards: str) -> str:
        ns = self._ns
        if ":" in towards:
            from macvsim.wire.addr6 import ip6_int, ip6_text

            way6 = ns.ipv6.router.output(ip6_int(towards), 0, self._dev)
            return ip6_text(0 if way6.kind is ERROR else way6.src)
        way = ns.router.output(ip_int(towards), 0, self._dev)
        if way.kind is ERROR:
            return ip_text(ns.addresses.select_source(self._dev, ip_int(towards), Scope.LINK))
        return ip_text(way.src)

    def neighbour(self, towards: str) -> str:
        from macvsim.net.nud import VALID_BITS

        ns, dev = self._ns, self._dev
        found = None
        if ":" in towards:
            from macvsim.wire.addr6 import ip6_int, is_multicast6, multicast_mac6

            number = ip6_int(towards)
            if is_multicast6(number):
                return mac_text(multicast_mac6(number))
            way6 = ns.ipv6.router.output(number, 0, dev)
            if way6.kind is not ERROR and way6.dev is not None:
                found = ns.ipv6.neigh.lookup(way6.dev, way6.nexthop)
        else:
            number = ip_int(towards)
            if is_multicast_ip(number):
                return mac_text(multicast_mac(number))
            way = ns.router.output(number, 0, dev)
            if way.kind is not ERROR and way.dev is not None:
                found = ns.neigh.lookup(way.dev, way.nexthop)
        return mac_text(found.ha if found is not None and found.bits & VALID_BITS else BROADCAST_MAC)
