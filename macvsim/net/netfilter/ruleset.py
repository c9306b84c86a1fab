"""The tables of one namespace in one kind of iptables, and their changes (libiptc; libnftnl).

Both kinds may be used side by side, as on a real host: ``nf_tables`` makes a built-in chain when it is first needed,
``legacy`` all chains of a table when the table is first looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from macvsim.engine.recording import reported
from macvsim.errors import NetfilterError
from macvsim.net.netfilter.hooks import Hook, Verdict, Way
from macvsim.net.netfilter.rule import Jump, Rule, Spec, Standard
from macvsim.net.netfilter.table import BUILT_IN, PRIORITY, Chain, Table

if TYPE_CHECKING:
    from macvsim.net.netfilter.core import Netfilter
    from macvsim.net.netfilter.packet import Tracked

Backend = Literal["nf_tables", "legacy"]
Snapshot = dict[str, list[tuple[Chain, str, Standard, list[Rule]]]]
"""Tables by name; of each chain its name, policy and rules."""


class Ruleset:
    """All tables of one kind; names of tables and chains are checked here, and nothing changes when one is wrong."""

    def __init__(self, netfilter: Netfilter, backend: Backend) -> None:
        self.netfilter = netfilter
        self.backend = backend
        self.tables: dict[str, Table] = {}
        """Those there are, oldest first."""
        self._hooked: dict[Chain, Callable[[Tracked, Way], Verdict]] = {}

    # -- tables and chains ---------------------------------------------------------------------------------------------

    def look(self, name: str) -> Table:
        """A table to be listed: one that is not there is empty; legacy makes it."""
        if name in self.tables or self.backend == "legacy":
            return self.table(name)
        return Table(name)

    def table(self, name: str) -> Table:
        """A table to be changed, made if need be."""
        table = self.tables.get(name)
        if table is None:
            table = self.tables[name] = Table(name)
            if self.backend == "legacy":
                for hook in BUILT_IN[name]:
                    self._add_built_in(table, hook)
        return table

    def _add_built_in(self, table: Table, hook: Hook) -> Chain:
        chain = table.chains[hook.name] = Chain(table, hook.name, hook)
        self._hook(chain)
        return chain

    def _hook(self, chain: Chain) -> None:
        """Ask a built-in chain about packets from now on."""
        assert chain.hook is not None
        ns = self.netfilter.ns

        @reported
        def rules(packet: Tracked, way: Way) -> Verdict:
            return chain.ask(packet, way, ns)

        self._hooked[chain] = rules
        if chain.table.name == "nat":
            self.netfilter.nat.add(chain.hook, rules)
        else:
            self.netfilter.register(chain.hook, PRIORITY[chain.table.name], rules)

    def _remove_built_in(self, chain: Chain) -> None:
        assert chain.hook is not None
        rules = self._hooked.pop(chain)
        del chain.table.chains[chain.name]
        if chain.table.name == "nat":
            self.netfilter.nat.remove(chain.hook, rules)
        else:
            self.netfilter.unregister(chain.hook, rules)

    def chain(self, table: str, name: str) -> Chain:
        """A chain to be changed; ENOENT without one."""
        found = self.find(table, name)
        if found is None:
            raise NetfilterError("ENOENT", "chain", f"table {table} has no chain {name}")
        if name not in found.table.chains:  # a built-in one nobody has needed yet
            assert found.hook is not None
            return self._add_built_in(self.table(table), found.hook)
        return found

    def find(self, table: str, name: str) -> Chain | None:
        """A chain to look at; built-in ones are always there."""
        known = self.look(table)
        chain = known.chains.get(name)
        if chain is None:
            hook = next((hook for hook in BUILT_IN[table] if hook.name == name), None)
            return None if hook is None else Chain(known, name, hook)
        return chain

    def new_chain(self, table: str, name: str) -> Chain:
        """``-N``; EEXIST."""
        if self.find(table, name) is not None:
            raise NetfilterError("EEXIST", "chain", f"table {table} has a chain {name} already")
        known = self.table(table)
        chain = known.chains[name] = Chain(known, name)
        return chain

    def delete_chain(self, table: str, name: str) -> None:
        """``-X CHAIN``; ENOENT, and while it has rules or rules jump to it EBUSY (legacy: ENOTEMPTY, EMLINK)."""
        chain = self.look(table).chains.get(name)
        if chain is None:
            raise NetfilterError("ENOENT", "chain", f"table {table} has no chain {name}")
        self._check_unused(chain, chain.references)
        if chain.hook is not None:
            self._remove_built_in(chain)
        else:
            del chain.table.chains[name]

    def _check_unused(self, chain: Chain, references: int) -> None:
        if self.backend == "nf_tables":
            if references or chain.rules:
                raise NetfilterError("EBUSY", "chain", f"chain {chain.name}")
        elif chain.hook is not None:
            raise NetfilterError("EINVAL", "chain", f"{chain.name} is a built-in chain")
        elif references:
            raise NetfilterError("EMLINK", "chain", f"rules jump to {chain.name}")
        elif chain.rules:
            raise NetfilterError("ENOTEMPTY", "chain", f"{chain.name} has rules")

    def delete_chains(self, table: str) -> list[str]:
        """``-X``: every user's chain, or none, if one cannot be deleted; nf_tables: built-in ones without rules too.
        Returns the names of the users'.
        """
        chains = self.look(table).sorted_chains()
        own = [chain for chain in chains if chain.hook is None]
        for chain in own:
            self._check_unused(chain, chain.references)
        for chain in own:
            del chain.table.chains[chain.name]
        if self.backend == "nf_tables":
            for chain in chains:
                if chain.hook is not None and not chain.rules and chain.policy is Standard.ACCEPT:
                    self._remove_built_in(chain)
        return [chain.name for chain in own]

    def clear(self, table: str) -> list[str]:
        """Everything out of a table, which is made if it is not there; nf_tables: policies and counters are as new.
        Returns the names of the users' chains.
        """
        chains = self.table(table).sorted_chains()
        for chain in chains:
            self.flush_chain(chain)
        for chain in chains:
            if chain.hook is None:
                del chain.table.chains[chain.name]
            elif self.backend == "nf_tables":
                self._remove_built_in(chain)
        return [chain.name for chain in chains if chain.hook is None]

    def rename_chain(self, table: str, old: str, new: str) -> None:
        """``-E``; ENOENT, EEXIST."""
        chain = self.look(table).chains.get(old)
        if chain is None or chain.hook is not None:
            raise NetfilterError("ENOENT", "chain", f"table {table} has no chain {old}")
        if self.find(table, new) is not None:
            raise NetfilterError("EEXIST", "chain", f"table {table} has a chain {new} already")
        del chain.table.chains[old]
        chain.name = new
        chain.table.chains[new] = chain

    def set_policy(self, table: str, name: str, policy: Standard) -> None:
        """``-P``, which counts anew; ENOENT for what is not a built-in chain."""
        found = self.find(table, name)
        if found is None or found.hook is None:
            raise NetfilterError("ENOENT", "policy", f"table {table} has no built-in chain {name}")
        chain = self.chain(table, name)
        self.netfilter.ns.sim.change()
        chain.policy = policy
        chain.packets = chain.bytes = 0

    # -- rules ---------------------------------------------------------------------------------------------------------

    def insert(self, table: str, name: str, spec: Spec, at: int | None = None) -> Rule:
        """``-A``, or ``-I`` before the rule with index `at` (0: the first); ENOENT, E2BIG behind the end, ELOOP."""
        found = self.find(table, name)
        if found is None:
            raise NetfilterError("ENOENT", "chain", f"table {table} has no chain {name}")
        if at is not None and at > len(found.rules):
            raise NetfilterError("E2BIG", "index", f"{name} has {len(found.rules)} rules")
        self._check(found, spec)
        chain = self.chain(table, name)
        rule = Rule(spec)
        chain.rules.insert(len(chain.rules) if at is None else at, rule)
        self._hold(spec)
        return rule

    def replace(self, table: str, name: str, at: int, spec: Spec) -> Rule:
        """``-R``; ENOENT, E2BIG."""
        chain = self._with_rule(table, name, at)
        self._check(chain, spec)
        self._hold(spec)
        self._release(chain.rules[at].spec)
        chain.rules[at] = Rule(spec)
        return chain.rules[at]

    def delete(self, table: str, name: str, at: int) -> None:
        """``-D CHAIN NUMBER``; ENOENT, E2BIG."""
        chain = self._with_rule(table, name, at)
        self._release(chain.rules.pop(at).spec)

    def index(self, table: str, name: str, spec: Spec) -> int:
        """Where the first rule is that says the same; ENOENT."""
        found = self.find(table, name)
        if found is None:
            raise NetfilterError("ENOENT", "chain", f"table {table} has no chain {name}")
        for at, rule in enumerate(found.rules):
            if rule.spec == spec:
                return at
        raise NetfilterError("ENOENT", "rule", f"{name} has no such rule")

    def _with_rule(self, table: str, name: str, at: int) -> Chain:
        found = self.find(table, name)
        if found is None:
            raise NetfilterError("ENOENT", "chain", f"table {table} has no chain {name}")
        if at >= len(found.rules):
            raise NetfilterError("E2BIG", "index", f"{name} has {len(found.rules)} rules")
        return found

    def _check(self, chain: Chain, spec: Spec) -> None:
        """What the kernel refuses: loops, and targets in tables or chains where they can do nothing."""
        target = spec.target
        if isinstance(target, Jump):
            if target.chain.hook is not None:
                built_in = f"nothing may jump to the built-in chain {target.chain.name}"
                raise NetfilterError("EINVAL" if self.backend == "legacy" else "EOPNOTSUPP", "rule", built_in)
            if chain.table.reachable(chain) and chain.table.loops(chain, target.chain):
                raise NetfilterError("EMLINK", "rule", f"{target.chain.name} leads back to itself")
        empty = any(net.negated and not net.mask for net in (spec.source, spec.destination))
        for part in spec.parts():
            wrong_table = part.tables and chain.table.name not in part.tables
            wrong_hook = chain.hook is not None and part.hooks and chain.hook not in part.hooks
            if wrong_table or wrong_hook or not part.allowed(spec, chain.hook):
                raise NetfilterError("EINVAL", "rule", f"{part.name} has no place in {chain.table.name} {chain.name}")
        if empty and self.backend == "nf_tables":
            raise NetfilterError("EINVAL", "rule", "no address is outside 0.0.0.0/0")

    def flush_chain(self, chain: Chain) -> None:
        """``-F CHAIN``."""
        for rule in chain.rules:
            self._release(rule.spec)
        chain.rules.clear()

    # -- all or nothing ------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Everything as it is now; rules are copied when they are changed, counters are not kept."""
        return {
            name: [(chain, chain.name, chain.policy, list(chain.rules)) for chain in table.chains.values()]
            for name, table in self.tables.items()
        }

    def revert(self, snapshot: Snapshot) -> None:
        """Everything as it was."""
        self.netfilter.ns.sim.change()
        for name, table in list(self.tables.items()):
            kept = [chain for chain, *_ in snapshot.get(name, [])]
            for chain in list(table.chains.values()):
                self.flush_chain(chain)
                if chain in kept:
                    continue
                if chain.hook is not None:
                    self._remove_built_in(chain)
                else:
                    del table.chains[chain.name]
            if name not in snapshot:
                del self.tables[name]
        for name, chains in snapshot.items():
            table = self.tables[name]
            for chain, chain_name, policy, rules in chains:
                if chain.hook is not None and chain not in self._hooked:
                    self._hook(chain)
                chain.name, chain.policy = chain_name, policy
                table.chains[chain_name] = chain
                chain.rules = rules
                for rule in rules:
                    self._hold(rule.spec)

    def _hold(self, spec: Spec) -> None:
        self.netfilter.ns.sim.change()
        for part in spec.parts():
            part.hold(self.netfilter.ns)
            if part.conntrack:
                self.netfilter.conntrack.acquire()

    def _release(self, spec: Spec) -> None:
        self.netfilter.ns.sim.change()
        for part in spec.parts():
            part.release(self.netfilter.ns)
            if part.conntrack:
                self.netfilter.conntrack.release()
