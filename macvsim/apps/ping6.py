"""ping of busybox to IPv6 addresses (ping6 in networking/ping.c of busybox 1.37)."""

from __future__ import annotations

from typing import Any

from macvsim.apps.base import Machine
from macvsim.apps.names6 import Target, resolve6
from macvsim.apps.ping import MAX_DUP_CHK, BusyboxPing
from macvsim.apps.ping_result import MIN_DATA_WITH_CLOCK
from macvsim.engine.sim import US
from macvsim.errors import MacvsimError, SocketError
from macvsim.net.ipv6.packet import Packet6
from macvsim.net.ipv6.socket6 import RawIcmp6Socket
from macvsim.wire import icmpv6, ipv6
from macvsim.wire.addr6 import ip6_text
from macvsim.wire.compose6 import icmpv6_template


class BusyboxPing6(BusyboxPing):
    """busybox ping to an IPv6 address; the options are those of `BusyboxPing`.

    tag : what complaints begin with
    """

    request_kind = icmpv6.ECHO_REQUEST

    def __init__(self, box: Machine, target: str, *, tag: str = "ping", **options: Any) -> None:
        super().__init__(box, target, **options)
        self._tag = f"{tag}: "

    def _new_template(self) -> bytes:
        return icmpv6_template(icmpv6.ECHO_REQUEST)

    def main(self) -> None:
        result = self._result
        sock = RawIcmp6Socket(self.ns, self._heard6, kinds=frozenset((icmpv6.ECHO_REPLY,)))
        self._socket = sock  # type: ignore[assignment]  # it sends as that of IPv4 does
        sock.wanted = self._is_mine
        sock.hop_limit = self._ttl
        source = None
        if self.source is not None and self.source in self.ns.devices:
            sock.bind_device(self.source)
        elif self.source is not None:
            source = self._resolve6(self.source)
            if source is None:
                return
        to = self._resolve6(result.target)
        if to is None:
            return
        self._to, self._text, sock.zone = to.ip, ip6_text(to.ip), to.zone
        result.address = to.text
        origin = "" if source is None else f" from {source.text}"
        self._print(f"PING {result.target} ({result.address}){origin}: {result.size} data bytes\n")
        try:
            if source is not None:
                sock.bind_address(source.ip, source.zone)
        except SocketError as error:
            self._fail(f"bind: {error}")
            return
        self._send()

    def _resolve6(self, name: str) -> Target | None:
        """An address, or None when the program has ended because it is not one."""
        try:
            return resolve6(self.box, name)
        except MacvsimError:
            self._fail(f"bad address '{name}'")
            return None

    def _complain(self, text: str, tag: str = "") -> None:
        super()._complain(text, tag or self._tag)

    def _heard6(self, packet: Packet6, message: bytes) -> None:
        """unpack6, unpack_tail."""
        result, now = self._result, self.sim._now
        if self.code is not None or len(message) < result.size + icmpv6.HLEN:
            return
        seq = message[6] << 8 | message[7]
        if result.size >= MIN_DATA_WITH_CLOCK:
            trip = now // US - int.from_bytes(message[8:12], "little") & 0xFFFFFFFF
            rtt = trip * US
        else:
            rtt = now - self._sent_ns.get(seq, now)
        mark = seq % MAX_DUP_CHK
        duplicate = self._seen[mark] != 0
        if duplicate:
            self._repeats += 1
        else:
            self._seen[mark] = True
            self._tally.received += 1
        source = ipv6.addresses(packet.data)[0]
        sender = self._text if source == self._to else ip6_text(source)
        reply = (seq, sender, packet.data[7], rtt, len(message), duplicate)
        self._tally.kept.append(reply)
        if not self.quiet:
            self._print_reply(reply)
        if self.count and self._tally.received >= self.count:
            self._finish()
        elif self.adaptive:
            self._send()
