"""Targets: REJECT, LOG, MARK, NOTRACK, and those of address translation (net/netfilter/xt_*.c)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from macvsim.net.netfilter.hooks import FORWARD, INPUT, OUTPUT, POSTROUTING, PREROUTING, Hook, Verdict
from macvsim.net.netfilter.natport import NOWHERE, Range
from macvsim.net.netfilter.rule import Spec, Target
from macvsim.wire import ipv4
from macvsim.wire.addr import ip_text

if TYPE_CHECKING:
    from macvsim.net.netfilter.contracts import Host
    from macvsim.net.netfilter.hooks import Way
    from macvsim.net.netfilter.packet import Tracked

REJECT_CODES = {
    "icmp-net-unreachable": 0,
    "icmp-host-unreachable": 1,
    "icmp-proto-unreachable": 2,
    "icmp-port-unreachable": 3,
    "icmp-net-prohibited": 9,
    "icmp-host-prohibited": 10,
    "icmp-admin-prohibited": 13,
}
TCP_RESET = "tcp-reset"


@dataclass(frozen=True)
class Reject(Target):
    """Drop, and tell the sender."""

    name: ClassVar[str] = "REJECT"
    tables: ClassVar[tuple[str, ...]] = ("filter",)
    hooks: ClassVar[tuple[Hook, ...]] = (INPUT, FORWARD, OUTPUT)
    how: str = "icmp-port-unreachable"

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        from macvsim.net.netfilter import reject

        if self.how == TCP_RESET:
            reject.reset(ns, packet)
        else:
            reject.unreachable(ns, packet, REJECT_CODES[self.how])
        return Verdict.DROP

    def words(self) -> list[str]:
        return ["--reject-with", self.how]

    def allowed(self, spec: Spec, hook: Hook | None) -> bool:
        return self.how != TCP_RESET or (spec.proto == ipv4.PROTO_TCP and not spec.not_proto)


@dataclass(frozen=True)
class Log(Target):
    """A line in the kernel's log, and in the journal."""

    name: ClassVar[str] = "LOG"
    level: int = 4
    prefix: str = ""
    flags: int = 0
    """1: TCP sequence, 2: TCP options, 4: IP options, 8: uid, 32: MACs decoded (NF_LOG_*)."""

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        from macvsim.net.netfilter.logtext import line

        text = line(self.prefix, packet, way)
        if ns.sim.journal is not None:
            ns.sim.note(packet.uid, way.in_dev or ns, "log", None, text)
        if ns.is_first:  # others are heard only where nf_log_all_netns says so
            ns.log.write(text)
        return None

    def words(self) -> list[str]:
        from macvsim.net.netfilter.matches import quoted

        found = ["--log-prefix", quoted(self.prefix)] if self.prefix else []
        found += ["--log-level", str(self.level)] if self.level != 4 else []
        options = ((1, "--log-tcp-sequence"), (2, "--log-tcp-options"), (4, "--log-ip-options"), (8, "--log-uid"),
                   (32, "--log-macdecode"))  # fmt: skip
        return found + [option for bit, option in options if self.flags & bit]


@dataclass(frozen=True)
class Mark(Target):
    """The packet's mark: bits of `mask` cleared, `value` xored in."""

    name: ClassVar[str] = "MARK"
    value: int
    mask: int = 0xFFFFFFFF

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        packet.mark = (packet.mark & ~self.mask) ^ self.value
        return None

    def words(self) -> list[str]:
        return ["--set-xmark", f"{self.value:#x}/{self.mask:#x}"]


@dataclass(frozen=True)
class NoTrack(Target):
    """``-j CT --notrack``, and NOTRACK, which is the same."""

    name: ClassVar[str] = "CT"
    conntrack: ClassVar[bool] = True
    tables: ClassVar[tuple[str, ...]] = ("raw",)
    by_old_name: bool = field(default=False, compare=False)
    """NOTRACK was typed."""

    @property
    def written(self) -> str:
        return "NOTRACK" if self.by_old_name else self.name

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        packet.untracked = True
        return None

    def words(self) -> list[str]:
        return [] if self.by_old_name else ["--notrack"]


@dataclass(frozen=True)
class _Translation(Target):
    """What the targets of the nat table share."""

    conntrack: ClassVar[bool] = True
    tables: ClassVar[tuple[str, ...]] = ("nat",)
    wanted: Range = NOWHERE

    def options(self) -> list[str]:
        wanted = self.wanted
        random = ["--random"] if wanted.random else []
        return (
            random
            + (["--random-fully"] if wanted.fully_random else [])
            + (["--persistent"] if wanted.persistent else [])
        )

    def to(self) -> str:
        """``10.0.0.1-10.0.0.3:80-90``."""
        wanted = self.wanted
        text = ip_text(wanted.low) if wanted.low else ""
        text += f"-{ip_text(wanted.high)}" if wanted.high != wanted.low else ""
        return text + (f":{self.ports()}" if wanted.ports else "")

    def ports(self) -> str:
        """``80-90``; empty if none are named."""
        ports = self.wanted.ports
        return "" if ports is None else str(ports[0]) if ports[0] == ports[1] else f"{ports[0]}-{ports[1]}"


@dataclass(frozen=True)
class Snat(_Translation):
    """Another source."""

    name: ClassVar[str] = "SNAT"
    hooks: ClassVar[tuple[Hook, ...]] = (POSTROUTING, INPUT)

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        if packet.conn is not None:
            ns.netfilter.nat.set_up(packet.conn, self.wanted, source=True)
        return Verdict.ACCEPT

    def words(self) -> list[str]:
        return ["--to-source", self.to(), *self.options()]


@dataclass(frozen=True)
class Dnat(_Translation):
    """Another destination."""

    name: ClassVar[str] = "DNAT"
    hooks: ClassVar[tuple[Hook, ...]] = (PREROUTING, OUTPUT)

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        if packet.conn is not None:
            ns.netfilter.nat.set_up(packet.conn, self.wanted, source=False)
        return Verdict.ACCEPT

    def words(self) -> list[str]:
        return ["--to-destination", self.to(), *self.options()]


@dataclass(frozen=True)
class Masquerade(_Translation):
    """The outgoing device's address as source."""

    name: ClassVar[str] = "MASQUERADE"
    hooks: ClassVar[tuple[Hook, ...]] = (POSTROUTING,)

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        return ns.netfilter.nat.masquerade(packet, way, self.wanted)

    def words(self) -> list[str]:
        return (["--to-ports", self.ports()] if self.wanted.ports else []) + self.options()


@dataclass(frozen=True)
class Redirect(_Translation):
    """This host instead of the destination (nf_nat_redirect.c)."""

    name: ClassVar[str] = "REDIRECT"
    hooks: ClassVar[tuple[Hook, ...]] = (PREROUTING, OUTPUT)

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        address = 0x7F000001
        if way.hook is PREROUTING:
            own = way.in_dev.inet.addresses if way.in_dev is not None else []
            if not own:
                return Verdict.DROP
            address = own[0].local
        if packet.conn is not None:
            ns.netfilter.nat.set_up(packet.conn, self.wanted.at(address, address), source=False)
        return Verdict.ACCEPT

    def words(self) -> list[str]:
        return (["--to-ports", self.ports()] if self.wanted.ports else []) + self.options()
