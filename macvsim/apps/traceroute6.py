"""traceroute to IPv6 addresses: what differs in the one of Debian and in the one of busybox."""

from __future__ import annotations

from typing import Any

from macvsim.apps.base import Machine
from macvsim.apps.names6 import Target, name_of6, resolve6, zoned
from macvsim.apps.traceroute import BusyboxTraceroute
from macvsim.apps.traceroute_linux import Answer, LinuxTraceroute, system_call
from macvsim.apps.traceroute_probes import Probe
from macvsim.dev.base import NetDevice
from macvsim.errors import MacvsimError, SocketError
from macvsim.net.ipv6.packet import Packet6
from macvsim.net.ipv6.socket6 import Icmp6Error, RawIcmp6Socket, Udp6Socket
from macvsim.net.socket import Heard
from macvsim.wire import icmpv6, ipv6
from macvsim.wire.addr6 import is_multicast6
from macvsim.wire.compose6 import icmpv6_template

DEFAULT_SIZE = 80
BUSYBOX_SIZE = 72
_IP_AND_UDP = 48
_MARKS = {0: "!N", 1: "!X", 2: "!H", 3: "!H", 4: ""}
_BUSYBOX_MARKS = {0: " !N", 1: " !S", 3: " !H", 4: ""}


class Zones:
    """The devices that link-local senders were heard by."""

    def __init__(self) -> None:
        self._zones: dict[int, NetDevice] = {}

    def heard(self, ip: int, dev: NetDevice | None) -> int:
        """Remember by which device `ip` was heard."""
        if dev is not None:
            self._zones[ip] = dev
        return ip

    def text(self, machine: Machine, ip: int, numeric: bool) -> str:
        """An address as programs print it: with its zone, and its name if names are wanted."""
        text = zoned(ip, self._zones.get(ip))
        return text if numeric else f"{name_of6(machine, text) or text} ({text})"


class LinuxTraceroute6(LinuxTraceroute):
    """traceroute of Debian to an IPv6 address; the options are those of `LinuxTraceroute`.

    flow : flow label (``-l``), 0 lets the kernel choose
    """

    ip_header = ipv6.HLEN
    transit = (icmpv6.TIME_EXCEED, icmpv6.HOP_LIMIT)

    def __init__(self, box: Machine, target: str, *, flow: int = 0, **options: Any) -> None:
        super().__init__(box, target, **options)
        self.flow = flow
        self._zones = Zones()
        self._zone: NetDevice | None = None
        self._echo6: RawIcmp6Socket | None = None

    def close(self) -> None:
        super().close()
        if self._echo6 is not None:
            self._echo6.close()

    def name(self, ip: int, numeric: bool) -> str:
        return self._zones.text(self.box, ip, numeric)

    def _find(self) -> int:
        found = resolve6(self.box, self.target)
        self._zone = found.zone
        return self._zones.heard(found.ip, found.zone)

    def _open_echo(self) -> None:
        sock = RawIcmp6Socket(self.ns, self._echo_reply6, self._echo_error6, frozenset((icmpv6.ECHO_REPLY,)))
        self._echo6 = sock
        sock.wanted = lambda message: int.from_bytes(message[4:6], "big") == self._ident
        self._tune6(sock)
        with system_call("connect"):
            sock.connection(self._to)

    def _tune6(self, sock: RawIcmp6Socket | Udp6Socket) -> None:
        sock.pmtu_discover = "dont"
        sock.tclass = self.tos
        sock.zone = self._zone
        sock.flow = self.flow or None
        if self.device is not None:
            with system_call("setsockopt SO_BINDTODEVICE"):
                sock.bind_device(self.device)
        if self.source is not None:
            source = resolve6(self.box, self.source)
            with system_call("bind"):
                sock.bind_address(source.ip, source.zone)

    def _hops(self, ttl: int) -> int | None:
        """Groups have a hop limit of their own, which stays as it is (IPV6_UNICAST_HOPS)."""
        return None if is_multicast6(self._to) else ttl

    def _send_echo(self, seq: int, ttl: int, data: bytes) -> None:
        sock = self._echo6
        assert sock is not None
        sock.hop_limit = self._hops(ttl)
        rest = self._ident << 16 | seq
        message = icmpv6.message(icmpv6_template(icmpv6.ECHO_REQUEST), icmpv6.ECHO_REQUEST, 0, rest, data)
        with system_call("send"):
            sock.send(self._to, message, self.sim.born())

    def _send_udp(self, probe: Probe, ttl: int, data: bytes) -> None:
        seq = probe.seq
        sock = Udp6Socket(self.ns, on_error=lambda error: self._error6(seq, error))
        sock.on_receive = lambda payload, sender, port, packet: self._reply6(seq, sender, packet)
        probe.sock = sock
        sock.recverr = True
        self._tune6(sock)
        sock.hop_limit = self._hops(ttl)
        with system_call("connect"):
            sock.connect(self._to, seq)
        with system_call("send"):
            sock.send(data)

    def _reply6(self, seq: int, sender: int, packet: Packet6) -> None:
        self._zones.heard(sender, packet.in_dev)
        self.arrive(Answer(seq, sender, self._arrived(), packet.data[7], None))

    def _echo_reply6(self, packet: Packet6, message: bytes) -> None:
        sender, _ = ipv6.addresses(packet.data)
        if sender == self._to:  # the socket is connected
            self._reply6(message[6] << 8 | message[7], sender, packet)

    def _echo_error6(self, error: Icmp6Error) -> None:
        if ipv6.addresses(error.quoted)[1] == self._to:
            self._error6(int.from_bytes(error.quoted[error.at + 6 : error.at + 8], "big"), error)

    def _error6(self, seq: int, error: Icmp6Error) -> None:
        self._zones.heard(error.sender, error.dev)
        what = (error.kind, error.code, error.info)
        self.arrive(Answer(seq, error.sender, self._arrived(), error.hop_limit, what))

    @staticmethod
    def mark(kind: int, code: int, info: int) -> str:
        if kind == icmpv6.PKT_TOOBIG:
            return f"!F-{info}"
        if kind != icmpv6.DEST_UNREACH:
            return f"!<{kind}-{code}>"
        return _MARKS.get(code, f"!<{code}>")


class BusyboxTraceroute6(BusyboxTraceroute):
    """traceroute6 of busybox, or its traceroute to an IPv6 address; the options are those of `BusyboxTraceroute`.

    tag : what complaints begin with
    """

    passed = icmpv6.TIME_EXCEED
    reached = (icmpv6.PORT_UNREACH,)

    def __init__(self, box: Machine, target: str, *, tag: str = "traceroute", **options: Any) -> None:
        super().__init__(box, target, **options)
        self.tag = tag
        self._zones = Zones()
        self._out6: Udp6Socket
        self._in6: RawIcmp6Socket

    def close(self) -> None:
        self._out6.close()
        self._in6.close()

    def main(self) -> None:
        self._out6 = Udp6Socket(self.ns)
        self._in6 = RawIcmp6Socket(self.ns, self._heard6)
        self.sim.process(self._life())

    def name(self, ip: int, numeric: bool) -> str:
        return self._zones.text(self.box, ip, numeric)

    def _open(self) -> str:
        """Both sockets are bound to the source, which ``-s`` or the kernel tells."""
        out = self._out6
        found = []
        for name in (self.target, self.source):
            try:
                found.append(None if name is None else resolve6(self.box, name))
            except MacvsimError:
                return f"bad address '{name}'"
        target, source = found
        assert target is not None
        self._to, out.zone = self._zones.heard(target.ip, target.zone), target.zone
        if self.device is not None:
            try:
                out.bind_device(self.device)
            except SocketError as error:
                self.complain(f"{self.tag}: can't bind to interface {self.device}: {error}\n")
        try:
            if source is None:
                source = Target(out.connection(target.ip).src, target.zone or out.device)
        except SocketError as error:
            return f"can't connect to remote host: {error}"
        try:
            out.bind_address(source.ip, source.zone)
        except SocketError as error:
            return f"bind: {error}"
        self._in6.source = source.ip
        return ""

    def _send(self, ttl: int) -> None:
        self._seq += 1
        out = self._out6
        out.hop_limit = None if is_multicast6(self._to) else ttl
        head = (self.pid & 0xFFFF).to_bytes(2, "big") + bytes(2) + self._seq.to_bytes(4, "big")
        out.send_to(head + bytes(self.size - _IP_AND_UDP - len(head)), self._to, self.port + self._seq & 0xFFFF)

    def _is_answer(self, message: bytes) -> bool:
        """True for an error about the latest probe (packet6_ok)."""
        if message[0] != icmpv6.DEST_UNREACH and message[:2] != bytes((icmpv6.TIME_EXCEED, icmpv6.HOP_LIMIT)):
            return False
        upper = ipv6.upper(message[icmpv6.HLEN :])
        if upper is None or upper.proto != ipv6.UDP:
            return False
        head = message[icmpv6.HLEN + upper.at + 8 :][:8]
        return head[:2] == (self.pid & 0xFFFF).to_bytes(2, "big") and head[4:] == self._seq.to_bytes(4, "big")

    def _heard6(self, packet: Packet6, message: bytes) -> None:
        sender, _ = ipv6.addresses(packet.data)
        self.arrive((self._zones.heard(sender, packet.in_dev), message, packet.data[7], b""))

    def _print_answer(self, heard: Heard, trip: int) -> None:
        sender, message, _, _ = heard
        if sender != self._last:
            self.say(f"  {self.name(sender, self.numeric)}")
            self._last = sender
        mark = ""
        if message[0] == icmpv6.DEST_UNREACH:
            mark = _BUSYBOX_MARKS.get(message[1], f" !<{message[1] << 8}>")
        self.say(f"  {trip // 1000}.{trip % 1000:03d} ms{mark}")
