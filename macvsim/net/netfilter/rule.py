"""Rules: what they ask of a packet, and what they do with it (struct ipt_entry in net/ipv4/netfilter/ip_tables.c)."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from macvsim.net.netfilter.hooks import Hook, Verdict, Way
from macvsim.wire import ipv4
from macvsim.wire.addr import ip_text

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.netfilter.contracts import Host
    from macvsim.net.netfilter.packet import Tracked
    from macvsim.net.netfilter.table import Chain

EVERYTHING = 0xFFFFFFFF
_BUILT_IN_NAMES = frozenset((1, 6, 17, 50, 51, 58, 132, 135, 136))
"""Those whose names iptables itself knows; others are printed as numbers by -S and -n."""


class Part:
    """What matches and targets share: where the kernel accepts them (struct xt_match, xt_target)."""

    name: ClassVar[str]
    repeatable: ClassVar[bool] = False
    """What it says or does follows from fields that all packets of a flow share, from their connection and the
    configuration."""
    conntrack: ClassVar[bool] = False
    """It asks for connections, so they must be tracked."""
    tables: ClassVar[tuple[str, ...]] = ()
    """The tables it may be used in; empty: all."""
    hooks: ClassVar[tuple[Hook, ...]] = ()
    """The built-in chains it may be used in; empty: all."""

    def allowed(self, spec: Spec, hook: Hook | None) -> bool:
        """Whether the kernel takes it in a rule of a built-in chain, or of a user's chain (None)."""
        return True

    def hold(self, ns: Host) -> None:
        """A rule with it was made."""

    def release(self, ns: Host) -> None:
        """A rule with it is gone."""

    def words(self) -> list[str]:
        """Its options as ``iptables -S`` writes them, after its name."""
        return []


class Match(Part):
    """One ``-m`` of a rule."""

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        """Whether the packet is as the match wants it."""
        raise NotImplementedError


class Target(Part):
    """One ``-j`` that is no verdict and no chain."""

    @property
    def written(self) -> str:
        """What stands after ``-j`` in a saved rule."""
        return self.name

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        """Do it; None: the next rule is asked.  DROP: the packet's end is still to be recorded."""
        raise NotImplementedError


class Standard(enum.Enum):
    """The verdicts of rules."""

    ACCEPT = "ACCEPT"
    DROP = "DROP"
    RETURN = "RETURN"


@dataclass(frozen=True)
class Jump:
    """Ask a user's chain; `goto`: and do not come back to this one."""

    chain: Chain
    goto: bool = False


@dataclass(frozen=True)
class Net:
    """Addresses that agree with `address` in the bits of `mask`; `negated`: all others."""

    address: int = 0
    mask: int = 0
    negated: bool = False

    def holds(self, ip: int) -> bool:
        return (ip & self.mask == self.address) != self.negated

    def text(self) -> str:
        """``10.0.0.0/8``; a mask with holes is written out."""
        return f"{ip_text(self.address)}/{mask_text(self.mask)}"

    def short(self) -> str:
        """The same, but a single address stands alone."""
        return ip_text(self.address) if self.mask == EVERYTHING else self.text()


def mask_text(mask: int) -> str:
    """Length of a mask, or the mask itself if it has holes."""
    inverse = mask ^ EVERYTHING
    return str(32 - inverse.bit_length()) if not inverse & inverse + 1 else ip_text(mask)


@dataclass(frozen=True)
class Interface:
    """A device's name, its first letters with a ``+`` behind, or empty for any; `negated`: any other."""

    name: str = ""
    negated: bool = False

    def holds(self, dev: NetDevice | None) -> bool:
        if not self.name:
            return True
        actual = "" if dev is None else dev.name
        same = actual.startswith(self.name[:-1]) if self.name.endswith("+") else actual == self.name
        return same != self.negated


@dataclass(frozen=True)
class Spec:
    """What makes two rules the same rule: everything but the counters.

    proto : 0 for all; fragment : True: only second and further fragments, False: only others, None: both
    """

    source: Net = Net()
    destination: Net = Net()
    in_dev: Interface = Interface()
    out_dev: Interface = Interface()
    proto: int = 0
    not_proto: bool = False
    fragment: bool | None = None
    matches: tuple[Match, ...] = ()
    target: Standard | Jump | Target | None = None

    def holds(self, packet: Tracked, way: Way, ns: Host) -> bool:
        """Whether the rule applies to the packet (ip_packet_match, and the matches in order)."""
        data = packet.data
        src, dst = ipv4.addresses(data)
        if not (self.source.holds(src) and self.destination.holds(dst)):
            return False
        if not (self.in_dev.holds(way.in_dev) and self.out_dev.holds(way.out_dev)):
            return False
        if self.proto and (data[9] == self.proto) == self.not_proto:
            return False
        if self.fragment is not None:
            further = bool(int.from_bytes(data[6:8], "big") & ipv4.OFFSET_MASK)
            if further != self.fragment:
                return False
        return all(match.matches(packet, way, ns) for match in self.matches)

    def parts(self) -> Iterator[Part]:
        """Its extensions."""
        yield from self.matches
        if isinstance(self.target, Part):
            yield self.target

    @property
    def target_name(self) -> str:
        """What stands after ``-j`` or ``-g``; empty without one."""
        if self.target is None:
            return ""
        return self.target.chain.name if isinstance(self.target, Jump) else self.target.name

    def words(self, counters: tuple[int, int] | None = None) -> list[str]:
        """The rule as ``iptables -S`` writes it, after ``-A CHAIN``; words with blanks are quoted already."""
        found = []
        for option, net in (("-s", self.source), ("-d", self.destination)):
            if net.mask or net.negated:
                found += [*_negated(net.negated), option, net.text()]
        for option, interface in (("-i", self.in_dev), ("-o", self.out_dev)):
            if interface.name:
                found += [*_negated(interface.negated), option, interface.name]
        if self.proto:
            found += [*_negated(self.not_proto), "-p", protocol_text(self.proto)]
        if self.fragment is not None:
            found += [*_negated(not self.fragment), "-f"]
        for match in self.matches:
            found += ["-m", match.name, *match.words()]
        if counters is not None:
            found += ["-c", str(counters[0]), str(counters[1])]
        if isinstance(self.target, Jump):
            found += ["-g" if self.target.goto else "-j", self.target.chain.name]
        elif self.target is not None:
            target = self.target
            found += ["-j", *([target.name] if isinstance(target, Standard) else [target.written, *target.words()])]
        return found


def _negated(flag: bool) -> list[str]:
    return ["!"] if flag else []


def protocol_text(number: int) -> str:
    """A protocol as -S writes it."""
    from macvsim.net.services import protocol_name

    return protocol_name(number) or str(number) if number in _BUILT_IN_NAMES else str(number)


@dataclass
class Rule:
    """A rule in a chain, with its counters."""

    spec: Spec
    packets: int = 0
    bytes: int = 0
    owner: str = field(default="", compare=False)
    """Who made it, if not a person: ``docker``."""

    def count(self, what: str, packets: int, octets: int, last: int) -> None:
        """As `engine.recording.Counter`: packets that it applied to."""
        self.packets += packets
        self.bytes += octets
