"""ISC's DHCP client (client/dhclient.c, version 4.4.3) with the configuration that Debian gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import simpy

from macvsim.apps.dhcp import KernelPort, Mailbox, RawPort, Waiting, send_raw
from macvsim.dev.base import NetDevice
from macvsim.engine.sim import SECOND
from macvsim.errors import SocketError
from macvsim.net.namespace import Namespace
from macvsim.wire import dhcp
from macvsim.wire.addr import BROADCAST_IP, ip_text
from macvsim.wire.dhcp import Message

_TTL, _TOS = 128, 0x10
_PARAMETERS = bytes((1, 28, 2, 3, 15, 6, 119, 12, 44, 47, 26, 121, 42))
_CUTOFF, _TIMEOUT, _RETRY = 15, 300, 300
_SIGTERM = 15


@dataclass
class Held:
    """A lease as it is remembered; times in ns."""

    answer: Message
    since: int
    renew: int
    rebind: int
    expire: int

    @property
    def ip(self) -> int:
        return self.answer.yiaddr

    @property
    def server(self) -> int:
        return self.answer.address(dhcp.SERVER_ID)


class Dhclient:
    """The client on one device.

    say : tells what it does, where that was asked for; apply : configures the host for a lease, or (None) undoes it
    """

    def __init__(
        self,
        ns: Namespace,
        dev: NetDevice,
        hostname: str,
        say: Callable[[str], None],
        apply: Callable[[Held | None], None],
    ) -> None:
        self.ns, self.dev, self.sim = ns, dev, ns.sim
        self._hostname, self._say, self._apply = hostname, say, apply
        self._box = Mailbox(ns)
        self._dice = self.sim.rng(f"dhclient/{dev.label}")
        self._xid = 0
        self._began = 0
        self.held: Held | None = None
        self._asking = 0
        self._raw: RawPort | None = None

    # -- messages ------------------------------------------------------------------------------------------------------

    def _message(self, kind: int, ciaddr: int, *options: tuple[int, bytes]) -> Message:
        secs = min((int(self.sim.now) - self._began) // SECOND, 0xFFFF)
        extra = [] if not self._hostname else [(dhcp.HOSTNAME, self._hostname.encode())]
        wanted = [(dhcp.PARAMETERS, _PARAMETERS)] if kind != dhcp.RELEASE else []
        first = (dhcp.TYPE, bytes((kind,)))
        return Message(
            dhcp.REQUEST, self._xid, self.dev.mac, secs if kind != dhcp.RELEASE else 0, ciaddr=ciaddr,
            options=[first, *options, *extra, *wanted],
        )  # fmt: skip

    def _broadcast(self, message: Message) -> None:
        ports = (dhcp.CLIENT_PORT, dhcp.SERVER_PORT)
        try:
            send_raw(self.ns, self.dev, message, src=0, dst=BROADCAST_IP, ports=ports, ttl=_TTL, tos=_TOS)
        except SocketError as error:
            self._say(f"send_packet: {error}")

    def _unicast(self, message: Message, server: int) -> None:
        port = KernelPort(self.ns, None, dhcp.CLIENT_PORT, lambda heard, source: None)
        try:
            port.socket.send_to(message.encode(), server, dhcp.SERVER_PORT)
        except SocketError as error:
            self._say(f"send_packet: {error}")
        port.close()

    def _arrived(self, message: Message, source: int) -> None:
        if message.op == dhcp.REPLY and message.xid == self._xid and message.chaddr == self.dev.mac:
            self._box.put((message, source))

    def _new(self) -> None:
        """A new exchange."""
        self._box.clear()
        self._xid = self._dice.getrandbits(32)
        self._began = int(self.sim.now)

    def _pauses(self) -> Iterator[int]:
        """Seconds between transmissions: about twice as long each time, up to a limit (send_discover)."""
        interval = 3 + self._dice.randrange(5)
        while True:
            yield interval
            interval += self._dice.randrange(2 * interval)
            if interval > _CUTOFF:
                interval = _CUTOFF // 2 + self._dice.randrange(_CUTOFF)

    # -- life ----------------------------------------------------------------------------------------------------------

    def listen(self) -> None:
        """Hear answers at the link."""
        self._raw = RawPort(self.ns, self.dev, dhcp.CLIENT_PORT, self._arrived)

    def close(self) -> None:
        """Hear no more."""
        if self._raw is not None:
            self._raw.close()
        self._raw = None

    def acquire(self) -> Waiting:
        """Until there is a lease, True; False if there is none in time."""
        if self.held is not None and self.held.expire > int(self.sim.now):
            self._new()
            answer = yield from self._request(self.held.ip, 0)
            if answer is not None and answer.kind == dhcp.ACK:
                self._bound(answer)
                return True
        self._new()
        end = int(self.sim.now) + _TIMEOUT * SECOND
        for pause in self._pauses():
            if int(self.sim.now) >= end:
                break
            self._say(f"DHCPDISCOVER on {self.dev.name} to 255.255.255.255 port 67 interval {pause}")
            known = [(dhcp.REQUESTED_IP, self.held.ip.to_bytes(4, "big"))] if self.held is not None else []
            self._broadcast(self._message(dhcp.DISCOVER, 0, *known))
            offer = yield from self._await((dhcp.OFFER,), pause * SECOND)
            if offer is None:
                continue
            answer = yield from self._request(offer.yiaddr, offer.address(dhcp.SERVER_ID))
            if answer is not None and answer.kind == dhcp.ACK:
                self._bound(answer)
                return True
        self._say("No DHCPOFFERS received.")
        return False

    def _request(self, ip: int, server: int) -> Waiting:
        """Take an offer, or (server 0) what was had before (send_request)."""
        options = [(dhcp.REQUESTED_IP, ip.to_bytes(4, "big"))]
        if server:
            options.insert(0, (dhcp.SERVER_ID, server.to_bytes(4, "big")))
        for number, pause in enumerate(self._pauses()):
            self._say(f"DHCPREQUEST for {ip_text(ip)} on {self.dev.name} to 255.255.255.255 port 67")
            self._broadcast(self._message(dhcp.REQUESTING, 0, *options))
            answer = yield from self._await((dhcp.ACK, dhcp.NAK), pause * SECOND)
            if answer is not None or number == 3:
                return answer

    def _await(self, kinds: tuple[int, ...], timeout: int) -> Waiting:
        end = int(self.sim.now) + timeout
        while True:
            found = yield from self._box.get(end - int(self.sim.now))
            if found is None:
                return None
            message, source = found
            if message.kind in kinds:
                what = dhcp.NAMES[message.kind]
                of = "" if message.kind == dhcp.NAK else f" of {ip_text(message.yiaddr)}"
                self._say(f"DHCP{what}{of} from {ip_text(source)}")
                return message

    def _bound(self, answer: Message) -> None:
        now, lease = int(self.sim.now), answer.number(dhcp.LEASE) or 86_400
        renewal = answer.number(dhcp.RENEWAL) or lease // 2
        rebinding = answer.number(dhcp.REBINDING) or renewal + lease // 4 + lease // 8
        early = (renewal * 3 + 3) // 4 + self._dice.randrange((renewal + 3) // 4 or 1)  # not all clients at once
        self.held = Held(answer, now, now + early * SECOND, now + rebinding * SECOND, now + lease * SECOND)
        self._apply(self.held)
        self._say(f"bound to {ip_text(answer.yiaddr)} -- renewal in {early} seconds.")

    def keep(self) -> Waiting:
        """Hold the lease, for ever or until SIGTERM."""
        try:
            while True:
                if self.held is None or self.held.expire <= int(self.sim.now):
                    if not (yield from self.acquire()):
                        yield self.sim.timeout(_RETRY * SECOND)
                    continue
                yield self.sim.timeout(max(self.held.renew - int(self.sim.now), 0))
                yield from self._renew(self.held)
        except simpy.Interrupt as interrupt:
            if int(interrupt.cause or _SIGTERM) != _SIGTERM:
                raise
            return 0
        finally:
            self.close()

    def _renew(self, held: Held) -> Waiting:
        """Ask the server, later anybody, for more time; the address goes when it is over (RENEWING, REBINDING)."""
        self._new()
        for pause in self._pauses():
            now = int(self.sim.now)
            if now >= held.expire:
                self._apply(None)
                self.held = None
                return
            everybody = now >= held.rebind
            target = "255.255.255.255" if everybody else ip_text(held.server)
            self._say(f"DHCPREQUEST for {ip_text(held.ip)} on {self.dev.name} to {target} port 67")
            message = self._message(dhcp.REQUESTING, held.ip)
            if everybody:
                self._broadcast(message)
            else:
                self._unicast(message, held.server)
            answer = yield from self._await((dhcp.ACK, dhcp.NAK), pause * SECOND)
            if answer is not None and answer.kind == dhcp.ACK:
                self._bound(answer)
                return
            if answer is not None:
                self._apply(None)
                self.held = None
                return

    def release(self, held: Held) -> None:
        """Give the address back (do_release)."""
        self._new()
        self._say(f"DHCPRELEASE of {ip_text(held.ip)} on {self.dev.name} to {ip_text(held.server)} port 67")
        server = (dhcp.SERVER_ID, held.server.to_bytes(4, "big"))
        self._unicast(self._message(dhcp.RELEASE, held.ip, server), held.server)
