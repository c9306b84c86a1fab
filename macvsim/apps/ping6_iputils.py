"""ping of iputils 20240905 to IPv6 addresses (ping/ping6_common.c)."""

from __future__ import annotations

from typing import Any

from macvsim.apps.base import Machine
from macvsim.apps.names6 import Target, UnknownZone, is_text6, name_of6, resolve6, zoned
from macvsim.apps.ping_iputils import IputilsPing
from macvsim.apps.ping_iputils_parts import Fatal
from macvsim.apps.ping_iputils_text import IputilsResult
from macvsim.apps.ping_result import PingError
from macvsim.dev.base import NetDevice
from macvsim.errors import MacvsimError, SocketError
from macvsim.net.ipv6.packet import Packet6
from macvsim.net.ipv6.socket6 import Icmp6Error, RawIcmp6Socket
from macvsim.wire import icmpv6, ipv6
from macvsim.wire.addr6 import SCOPE_LINK, is_link_local6, is_multicast6, multicast_scope
from macvsim.wire.compose6 import icmpv6_template

_HOST_PART = (1 << 64) - 1
_UNREACHABLE = {
    icmpv6.NO_ROUTE: "No route",
    icmpv6.ADM_PROHIBITED: "Administratively prohibited",
    icmpv6.NOT_NEIGHBOUR: "Beyond scope of source address",
    icmpv6.ADDR_UNREACH: "Address unreachable",
    icmpv6.PORT_UNREACH: "Port unreachable",
}
_EXCEEDED = {icmpv6.HOP_LIMIT: "Hop limit", icmpv6.REASSEMBLY: "Defragmentation failure"}
_PARAMETER = {
    icmpv6.HDR_FIELD: "Wrong header field ",
    icmpv6.UNK_NEXTHDR: "Unknown header ",
    icmpv6.UNK_OPTION: "Unknown option ",
}


def error_text6(kind: int, code: int, info: int) -> str:
    """How ping prints an ICMPv6 error (print_icmph of ping6); `info` is the second word of its header."""
    if kind == icmpv6.DEST_UNREACH:
        return f"Destination unreachable: {_UNREACHABLE.get(code, f'Unknown code {code}')}"
    if kind == icmpv6.PKT_TOOBIG:
        return f"Packet too big: mtu={info}" + (f", code={code}" if code else "")
    if kind == icmpv6.TIME_EXCEED:
        return f"Time exceeded: {_EXCEEDED.get(code, f'code {code}')}"
    if kind == icmpv6.PARAMPROB:
        return f"Parameter problem: {_PARAMETER.get(code, f'code {code} ')}at {info}"
    return f"unknown icmp type: {kind}"


class Iputils6Result(IputilsResult):
    """What a ping of iputils to an IPv6 address came to."""

    def name(self, address: str) -> str:
        """An address with its name, unless addresses are to be shown alone."""
        name = None if self.numeric else name_of6(self.machine, address)
        return address if name is None or name == address else f"{name} ({address})"


class IputilsPing6(IputilsPing):
    """ping of iputils to an IPv6 address; the options are those of `IputilsPing`.

    flow : flow label (``-F``), None for the kernel's choice; tag : what complaints begin with
    """

    def __init__(
        self, box: Machine, target: str, *, flow: int | None = None, tag: str = "ping: ", **options: Any
    ) -> None:
        super().__init__(box, target, **options)
        old = self._result
        self._result = Iputils6Result(box.sim, box.ns, target, target, old.size)
        self._tally = self._result.tally
        for name in ("machine", "numeric", "precise", "bell", "shown_ident"):
            setattr(self._result, name, getattr(old, name))
        self._template = icmpv6_template(icmpv6.ECHO_REQUEST)
        self._flow = flow
        self._target = Target(0)
        self._seen_source = 0
        """Source address that a connected socket got."""
        self._tag = tag
        self._raw: RawIcmp6Socket | None = None
        self._confirm = False
        """The target has answered since the last request (MSG_CONFIRM)."""

    def close(self) -> None:
        if self._raw is not None:
            self._raw.close()
        self._wait_timer.stop()

    # -- before the first request --------------------------------------------------------------------------------------

    def _find(self) -> str:
        """The target's address; what is wrong with the word otherwise."""
        result = self._result
        try:
            self._target = resolve6(self.box, result.target)
        except UnknownZone:
            return f"{result.target}: Name or service not known"
        except MacvsimError:
            return f"{result.target}: Temporary failure in name resolution"
        if is_text6(result.target) and not self._lookup:
            result.numeric = True
        self._to = self._target.ip
        return ""

    def _open(self) -> str:
        """Open the socket; the rest of the first line (ping6_run)."""
        result = self._result
        sock = self._raw = RawIcmp6Socket(
            self.ns, self._heard6, self._error6, frozenset((icmpv6.ECHO_REPLY,))
        )  # fmt: skip
        sock.wanted = self._is_mine
        device, zone = self._bind(sock)
        sock.pmtu_discover = self._choice.pmtu or "want"
        sock.tclass = self._choice.tos
        sock.hop_limit = self._choice.ttl
        sock.flow = self._flow
        sock.zone = self._target.zone
        result.group = is_multicast6(self._to)
        result.checks_sender = bool(self._to & _HOST_PART)  # 0 is the anycast address of a net's routers
        way = self.ns.ipv6.router.output(self._to, sock.source, sock.zone or sock.device)
        result.address = zoned(self._to, way.dev)
        words = f"({self._target.text}) " + (f", flow {self._flow:#07x}, " if self._flow else "")
        source = sock.source if sock.source or not device else self._seen_source
        if device or sock.source:
            words += f"from {zoned(source, zone)} {device}: "
        return f"{words}{result.size} data bytes\n"

    def _bind(self, sock: RawIcmp6Socket) -> tuple[str, NetDevice | None]:
        """Choose device and source; returns the device's name, if it was named, and the source's zone."""
        source, zone = self._choice.source or "", None
        device = source
        if is_text6(source):
            device = source.partition("%")[2]
            try:
                found = resolve6(self.box, source)
                zone = found.zone
                sock.bind_address(found.ip, zone)
            except (SocketError, MacvsimError) as error:
                raise Fatal(f"bind icmp socket: {error}") from None
        elif source:
            try:
                sock.bind_device(source)
            except SocketError:
                raise Fatal(f"unknown iface: {source}") from None
        if not sock.source:
            self._probe(sock, device)
        if self._choice.sticky and not sock.source:
            sock.source = self._seen_source
        return device, zone

    def _probe(self, sock: RawIcmp6Socket, device: str) -> None:
        """Connect another socket to the target to learn the source address; not to what needs a zone."""
        if not is_link_local6(self._to) and not (is_multicast6(self._to) and multicast_scope(self._to) == SCOPE_LINK):
            try:
                self._seen_source = sock.route(self._to, self._target.zone).src
            except SocketError as error:
                raise Fatal(f"connect: {error}") from None
        inet6 = None if sock.device is None else sock.device.inet.inet6
        if sock.device is not None and (inet6 is None or inet6.address(self._seen_source) is None):
            self._complain(f"Warning: source address might be selected on device other than: {device}")

    def _complain(self, text: str, tag: str = "") -> None:
        super()._complain(text, tag or self._tag)

    # -- sending and receiving -----------------------------------------------------------------------------------------

    def _emit(self, rest: int, payload: bytes, uid: int) -> None:
        assert self._raw is not None
        message = icmpv6.message(self._template, icmpv6.ECHO_REQUEST, 0, rest, payload)
        confirm, self._confirm = self._confirm, False
        self._raw.send(self._to, message, uid, self._target.zone, confirm=confirm)

    def _is_mine(self, message: bytes) -> bool:
        return int.from_bytes(message[4:6], "big") == self._ident

    def _heard6(self, packet: Packet6, message: bytes) -> None:
        """A reply is read from the socket (ping6_parse_reply)."""
        if self.code is None:
            self._confirm = True
            sender, _ = ipv6.addresses(packet.data)
            self._gather(zoned(sender, self.ns.ipv6.icmp.interface(packet)), message, packet.data[7])
            self._read_on()

    def _error6(self, error: Icmp6Error) -> None:
        """An ICMPv6 error from the socket's error queue (ping6_receive_error_msg)."""
        if self.code is not None:
            return
        request = error.quoted[error.at :]
        if ipv6.addresses(error.quoted)[1] == self._to and request[:1] == bytes((icmpv6.ECHO_REQUEST,)):
            seq = int.from_bytes(request[6:8], "big")
            self._window.failed += 1
            text = error_text6(error.kind, error.code, error.info)
            sender = zoned(error.sender, error.dev)
            self._result.errors.append(PingError(seq, sender, error.kind, error.code, text))
            if not self.quiet:
                self._print(f"From {self._result.name(sender)} icmp_seq={seq} {text}\n")
        self._read_on()
