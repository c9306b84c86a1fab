"""What iputils' ping prints: replies, ICMP errors, times."""

from __future__ import annotations

from macvsim.apps.base import Machine, name_of
from macvsim.apps.ping_result import PingResult, Reply, milliseconds
from macvsim.engine.sim import US
from macvsim.wire import icmp
from macvsim.wire.addr import ip_int, ip_text

CLOCK_SIZE = 16
_NO_OPERATION = 1
_RECORD_ROUTE = 7
UNREACHABLE_TEXT = {
    0: "Destination Net Unreachable",
    1: "Destination Host Unreachable",
    2: "Destination Protocol Unreachable",
    3: "Destination Port Unreachable",
    5: "Source Route Failed",
    6: "Destination Net Unknown",
    7: "Destination Host Unknown",
    8: "Source Host Isolated",
    9: "Destination Net Prohibited",
    10: "Destination Host Prohibited",
    11: "Destination Net Unreachable for Type of Service",
    12: "Destination Host Unreachable for Type of Service",
    13: "Packet filtered",
    14: "Precedence Violation",
    15: "Precedence Cutoff",
}
EXCEEDED_TEXT = {0: "Time to live exceeded", 1: "Frag reassembly time exceeded"}
REDIRECT_TEXT = {
    0: "Redirect Network",
    1: "Redirect Host",
    2: "Redirect Type of Service and Network",
    3: "Redirect Type of Service and Host",
}


def error_text(kind: int, code: int, info: int) -> str:
    """How ping prints an ICMP error (pr_icmph); `info` is the second word of its header."""
    if kind == icmp.DEST_UNREACH:
        if code == icmp.FRAG_NEEDED:
            return f"Frag needed and DF set (mtu = {info & 0xFFFF})"
        return UNREACHABLE_TEXT.get(code, f"Dest Unreachable, Bad Code: {code}")
    if kind == icmp.TIME_EXCEEDED:
        return EXCEEDED_TEXT.get(code, f"Time exceeded, Bad Code: {code}")
    if kind == icmp.REDIRECT:
        return f"{REDIRECT_TEXT.get(code, f'Redirect, Bad Code: {code}')}(New nexthop: {ip_text(info)})"
    if kind == icmp.PARAMETER_PROBLEM:
        return f"Parameter problem: pointer = {info >> 24}"
    if kind == icmp.SOURCE_QUENCH:
        return "Source Quench"
    return f"Bad ICMP type: {kind}"


def time_text(trip: int, *, precise: bool = False) -> str:
    """A round trip in us as ping prints it, with three digits."""
    if precise or trip < 1000:
        return f"{milliseconds(trip)} ms"
    if trip >= 100_000 - 50:
        return f"{(trip + 500) // 1000} ms"
    if trip >= 10_000 - 5:
        return f"{(trip + 50) // 1000}.{(trip + 50) % 1000 // 100} ms"
    return f"{(trip + 5) // 1000}.{(trip + 5) % 1000 // 10:02d} ms"


def recorded_route(options: bytes) -> list[int]:
    """The addresses in the record route option, one of those of an IPv4 header."""
    at = 0
    while at < len(options) and options[at]:
        if options[at] == _RECORD_ROUTE:
            last = at + options[at + 2] - 1
            return [int.from_bytes(options[place : place + 4], "big") for place in range(at + 3, last, 4)]
        at += 1 if options[at] == _NO_OPERATION else options[at + 1]
    return []


class IputilsResult(PingResult):
    """What a ping of iputils came to."""

    first_seq = 1

    precise = False
    checks_sender = True
    """Replies of others than the target are marked."""
    group = False
    """Many may answer: a broadcast or multicast address was pinged."""
    bell = ""
    shown_ident: int | None = None
    """Printed in every reply (``-v``)."""
    numeric = True
    machine: Machine

    def line(self, reply: Reply) -> str:
        """How iputils prints a reply (gather_statistics)."""
        start = f"{reply.size} bytes from {self.name(reply.sender)}: icmp_seq={reply.seq}"
        start += "" if self.shown_ident is None else f" ident={self.shown_ident}"
        start += f" ttl={reply.ttl}"
        if reply.size < self.size + icmp.HLEN:
            return f"{start} (truncated)\n"
        time = f" time={time_text(reply.rtt_ns // US, precise=self.precise)}" if self.size >= CLOCK_SIZE else ""
        again = " (DUP!)" if reply.duplicate and not self.group else ""
        strange = self.checks_sender and not self.group and reply.sender != self.address
        other = " (DIFFERENT ADDRESS!)" if strange else ""
        return f"{start}{time}{again}{other}{self.bell}\n"

    def name(self, address: str) -> str:
        """An address with its name, unless addresses are to be shown alone (pr_addr)."""
        if self.numeric:
            return address
        name = name_of(self.machine, ip_int(address))
        return address if name is None or name == address else f"{name} ({address})"
