"""Routing policy: which tables are asked for a packet, in which order (net/core/fib_rules.c, net/ipv4/fib_rules.c).

Pure, and the same for IPv4 and IPv6: addresses are integers of `bits` bits.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeVar

from macvsim.errors import NetlinkError

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice

LAST = 32766
"""Priority of the rule for table main."""
LOOPBACK = "lo"
"""What packets of our own come in by, to a rule."""


class Action(enum.Enum):
    """What a rule says (FR_ACT_…)."""

    LOOKUP = "lookup"
    BLACKHOLE = "blackhole"
    UNREACHABLE = "unreachable"
    PROHIBIT = "prohibit"
    NOP = "nop"


class Flow(NamedTuple):
    """What is asked for (struct flowi): `oif` where the packet is bound to a device, `iif` where it came in."""

    dst: int
    src: int = 0
    oif: NetDevice | None = None
    iif: NetDevice | None = None
    mark: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; lengths of 0 mean any address, `mask` 0 any mark, empty names any device.

    suppress : a route with a prefix of this length or less is as good as none; -1: none is
    """

    priority: int
    table: int = 0
    action: Action = Action.LOOKUP
    src: int = 0
    src_len: int = 0
    dst: int = 0
    dst_len: int = 0
    iif: str = ""
    oif: str = ""
    mark: int = 0
    mask: int = 0
    inverted: bool = False
    suppress: int = -1
    proto: str = "unspec"

    def matches(self, flow: Flow, bits: int) -> bool:
        """fib_rule_match."""
        fits = (
            (not self.iif or self.iif == (LOOPBACK if flow.iif is None else flow.iif.name))
            and (not self.oif or (flow.oif is not None and self.oif == flow.oif.name))
            and not (self.mark ^ flow.mark) & self.mask
            and not (self.src_len and (flow.src ^ self.src) >> (bits - self.src_len))
            and not (self.dst_len and (flow.dst ^ self.dst) >> (bits - self.dst_len))
        )
        return fits != self.inverted


class Found(Protocol):
    """A route, as far as rules look at one."""

    @property
    def plen(self) -> int: ...


R = TypeVar("R", bound=Found)
_DEFAULT: Final = ((0, 255), (LAST, 254), (LAST + 1, 253))


class Rules:
    """The rules of one namespace for one family.

    plain : there are but the default ones; marks : some rule looks at marks, so that decisions depend on them
    """

    def __init__(self, bits: int, changed: Callable[[], None]) -> None:
        self.bits = bits
        self._changed = changed
        tables = _DEFAULT if bits == 32 else _DEFAULT[:2]
        self.list = [Rule(priority, table, proto="kernel") for priority, table in tables]
        self._first = list(self.list)
        self.plain = True
        self.marks = False

    def free_priority(self) -> int:
        """Where a rule goes that names no priority: before the second one (fib_default_rule_pref)."""
        return max(self.list[1].priority - 1, 0) if len(self.list) > 1 else 0

    def add(self, rule: Rule) -> None:
        """Put a rule behind those of the same priority; EEXIST for one that is there."""
        if rule in self.list:
            raise NetlinkError("EEXIST", f"there is such a rule with priority {rule.priority} already")
        at = next((n for n, other in enumerate(self.list) if other.priority > rule.priority), len(self.list))
        self.list.insert(at, rule)
        self._update()

    def remove_first(self, fits: Callable[[Rule], bool]) -> None:
        """Take the first rule out that fits; ENOENT where none does."""
        rule = next((rule for rule in self.list if fits(rule)), None)
        if rule is None:
            raise NetlinkError("ENOENT", "there is no such rule: see ip rule")
        self.list.remove(rule)
        self._update()

    def _update(self) -> None:
        self.plain = self.list == self._first
        self.marks = any(rule.mask for rule in self.list)
        self._changed()

    def lookup(self, flow: Flow, in_table: Callable[[int], R | None]) -> R | Action | None:
        """The first route that a rule leads to, or what a rule says instead (fib_rules_lookup)."""
        for rule in self.list:
            if not rule.matches(flow, self.bits) or rule.action is Action.NOP:
                continue
            if rule.action is not Action.LOOKUP:
                return rule.action
            found = in_table(rule.table)
            if found is not None and found.plen > rule.suppress:
                return found
        return None


__all__ = ["LAST", "Action", "Flow", "Rule", "Rules"]
