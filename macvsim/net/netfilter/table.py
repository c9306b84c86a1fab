"""Tables and chains, and a packet's way through them (ipt_do_table)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from macvsim.engine.drop import DropReason
from macvsim.net.netfilter.hooks import FORWARD, INPUT, OUTPUT, POSTROUTING, PREROUTING, Hook, Priority, Verdict, Way
from macvsim.net.netfilter.rule import Jump, Rule, Standard, Target

if TYPE_CHECKING:
    from macvsim.net.netfilter.contracts import Host
    from macvsim.net.netfilter.packet import Tracked

BUILT_IN: Final[dict[str, tuple[Hook, ...]]] = {
    "mangle": (PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING),
    "security": (INPUT, FORWARD, OUTPUT),
    "raw": (PREROUTING, OUTPUT),
    "filter": (INPUT, FORWARD, OUTPUT),
    "nat": (PREROUTING, INPUT, OUTPUT, POSTROUTING),
}
"""Tables and the hooks of their built-in chains, in the order of iptables-nft-save."""
PRIORITY: Final[dict[str, Priority]] = {
    "mangle": Priority.MANGLE,
    "security": Priority.SECURITY,
    "raw": Priority.RAW,
    "filter": Priority.FILTER,
}


class Blame(NamedTuple):
    """Which rule or policy dropped a packet, as iptables writes it, and what to type against it; in the journal."""

    rule: str
    hint: str


class Chain:
    """Rules in order.

    hook : where a built-in chain is asked, None for a user's; policy : what a built-in one says at its end
    """

    def __init__(self, table: Table, name: str, hook: Hook | None = None) -> None:
        self.table = table
        self.name = name
        self.hook = hook
        self.policy = Standard.ACCEPT
        self.rules: list[Rule] = []
        self.packets = 0
        self.bytes = 0

    def __repr__(self) -> str:
        return f"<Chain {self.table.name} {self.name}: {len(self.rules)} rules>"

    @property
    def references(self) -> int:
        """How many rules jump here."""
        return sum(
            isinstance(rule.spec.target, Jump) and rule.spec.target.chain is self
            for chain in self.table.chains.values()
            for rule in chain.rules
        )

    def count(self, what: str, packets: int, octets: int, last: int) -> None:
        """As `engine.recording.Counter`: packets that the policy decided about."""
        self.packets += packets
        self.bytes += octets

    def ask(self, packet: Tracked, way: Way, ns: Host) -> Verdict:
        """A built-in chain's verdict; the end of a dropped packet is recorded."""
        verdict = self._walk(packet, way, ns)
        if verdict is None:
            ns.sim.count(self, "policy", len(packet.data))
            if self.policy is Standard.ACCEPT:
                return Verdict.ACCEPT
            self._drop(packet, way, ns, None)
            return Verdict.DROP
        return verdict

    def _walk(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        """The rules' verdict; None: none had one, or one said RETURN."""
        for rule in self.rules:
            target = rule.spec.target
            if not all(match.repeatable for match in rule.spec.matches):
                ns.sim.unrepeatable()
            if not rule.spec.holds(packet, way, ns):
                continue
            ns.sim.count(rule, "rule", len(packet.data))
            if isinstance(target, Target) and not target.repeatable:
                ns.sim.unrepeatable()
            if target is None:
                continue
            if target is Standard.RETURN:
                return None
            verdict: Verdict | None
            if isinstance(target, Jump):
                verdict = target.chain._walk(packet, way, ns)
                if verdict is None and target.goto:
                    return None
            elif isinstance(target, Standard):
                verdict = Verdict.ACCEPT if target is Standard.ACCEPT else Verdict.DROP
                if verdict is Verdict.DROP:
                    self._drop(packet, way, ns, rule)
            else:
                verdict = target.act(packet, way, ns)
                if verdict is Verdict.DROP:
                    self._drop(packet, way, ns, rule)
            if verdict is not None:
                return verdict
        return None

    def _drop(self, packet: Tracked, way: Way, ns: Host, rule: Rule | None) -> None:
        where = way.in_dev or ns
        if ns.sim.journal is not None:
            ns.sim.note(packet.uid, where, "netfilter", None, self._blame(way, rule))
        ns.sim.drop(packet.uid, where, DropReason.NETFILTER_DROP)

    def _blame(self, way: Way, rule: Rule | None) -> Blame:
        """Who dropped it, and the narrowest accepting rule that comes before."""
        table = "" if self.table.name == "filter" else f"-t {self.table.name} "
        text = f"-P {self.name} DROP" if rule is None else " ".join(["-A", self.name, *rule.spec.words()])
        hook = way.hook.name
        first = "DOCKER-USER" if hook == "FORWARD" and "DOCKER-USER" in self.table.chains else hook
        devices = "".join(
            f" {option} {dev.name}" for option, dev in (("-i", way.in_dev), ("-o", way.out_dev)) if dev is not None
        )
        return Blame(f"iptables {table}{text}", f"iptables {table}-I {first}{devices} -j ACCEPT")


class Table:
    """One table of one namespace; chains by name, built-in ones first."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.chains: dict[str, Chain] = {}

    def sorted_chains(self) -> list[Chain]:
        """Built-in chains in the order of their hooks, then the others by name, as every listing has them."""
        built_in = [self.chains[hook.name] for hook in BUILT_IN[self.name] if hook.name in self.chains]
        return built_in + sorted((c for c in self.chains.values() if c.hook is None), key=lambda chain: chain.name)

    def reachable(self, chain: Chain) -> bool:
        """True if packets get into a chain from a hook."""
        found = [other for other in self.chains.values() if other.hook is not None]
        for other in found:  # the list grows while it is read
            found += [further for further in _jumps(other) if further not in found]
        return chain.hook is not None or chain in found

    def loops(self, start: Chain, target: Chain) -> bool:
        """True if a jump from `start` to `target` would lead into a circle."""

        def circles(chain: Chain, path: tuple[Chain, ...]) -> bool:
            return chain in path or any(circles(further, (*path, chain)) for further in _jumps(chain))

        return circles(target, (start,))


def _jumps(chain: Chain) -> Iterator[Chain]:
    for rule in chain.rules:
        if isinstance(rule.spec.target, Jump):
            yield rule.spec.target.chain
