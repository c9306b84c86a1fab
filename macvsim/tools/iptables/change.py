"""What a read command does to the tables, and what it prints (do_command)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from macvsim.errors import ERRNO_TEXT, NetfilterError
from macvsim.machine.tool import ToolError, UsageError
from macvsim.net.netfilter.rule import Jump, Net, Rule, Spec, Standard
from macvsim.net.netfilter.ruleset import Ruleset
from macvsim.net.netfilter.table import BUILT_IN, Chain
from macvsim.tools.iptables.complaint import RESOURCE_PROBLEM, VERBS, VERSION_PROBLEM, Program, complaint
from macvsim.tools.iptables.known import STANDARD
from macvsim.tools.iptables.listing import Format, header, rule_line
from macvsim.tools.iptables.request import Request
from macvsim.tools.iptables.values import nets


class Session:
    """One run of a program: its tables, and where its words go.

    hosts : addresses by name; out : what is printed
    """

    def __init__(self, program: Program, rules: Ruleset, hosts: dict[str, int], out: Callable[[str], None]) -> None:
        self.program = program
        self.rules = rules
        self.hosts = hosts
        self.out = out

    @property
    def legacy(self) -> bool:
        return self.rules.backend == "legacy"

    def run(self, request: Request) -> None:
        """Do what is asked; `ToolError` or `UsageError`, and then nothing has changed."""
        self._check_table(request.table)
        try:
            self._run(request)
        except NetfilterError as error:
            raise self._refusal(request, error) from error

    def _check_table(self, name: str) -> None:
        if name in BUILT_IN:
            return
        what = f"table '{name}' does not exist"
        if self.legacy:
            what = f"can't initialize iptables table `{name}': Table does not exist (do you need to insmod?)"
        tail = "Perhaps iptables or your kernel needs to be upgraded.\n"
        raise complaint(f"{self.program.banner}: {what}\n{tail}", VERSION_PROBLEM)

    def _run(self, request: Request) -> None:
        rules, table, name = self.rules, request.table, request.chain
        match request.command:
            case "A" | "I" | "R" | "C":
                self._rule(request)
            case "D" if request.number:
                rules.delete(table, name, request.number - 1)
            case "D":
                self._rule(request)
            case "L" | "S":
                self._show(request)
            case "F":
                for chain in self._chains(request):
                    self._say(request, "Flushing chain", chain)
                    rules.flush_chain(chain)
            case "Z":
                self._zero(request)
            case "N":
                rules.new_chain(table, name)
            case "X" if name:
                rules.delete_chain(table, name)
                self.out(f"Deleting chain `{name}'\n" if request.verbose else "")
            case "X":
                for deleted in rules.delete_chains(table):
                    self.out(f"Deleting chain `{deleted}'\n" if request.verbose else "")
            case "E":
                rules.rename_chain(table, name, request.new_name)
            case "P":
                self._policy(request)

    # -- rules ---------------------------------------------------------------------------------------------------------

    def specs(self, request: Request) -> Iterator[Spec]:
        """The rules a command means: one for each pair of addresses."""
        target: Standard | Jump | None = None
        if request.target is None and request.jump:
            target = self._verdict_or_chain(request)
        spec = Spec(
            in_dev=request.in_dev,
            out_dev=request.out_dev,
            proto=request.proto,
            not_proto=request.not_proto,
            fragment=request.fragment,
            matches=tuple(reader.build() for reader in request.matches),
            target=target if request.target is None else request.target.build(),
        )
        everywhere = [Net()]
        sources, destinations = (
            everywhere if given is None else nets(given[0], self.hosts, negated=given[1])
            for given in (request.source, request.destination)
        )
        if len(sources) * len(destinations) > 1:
            if any(given is not None and given[1] for given in (request.source, request.destination)):
                raise UsageError("! not allowed with multiple source or destination IP addresses")
            if request.command == "R":
                raise UsageError("Replacement rule does not specify a unique address")
        for source in sources:
            for destination in destinations:
                yield replace(spec, source=source, destination=destination)

    def _verdict_or_chain(self, request: Request) -> Standard | Jump:
        name = request.jump
        if name in STANDARD and not request.goto:
            return Standard[name]
        chain = self.rules.look(request.table).chains.get(name)
        if chain is None and self.rules.find(request.table, name) is not None:
            raise NetfilterError("ENOENT", "rule", f"the built-in chain {name} is nobody's target")
        if chain is None:
            if not self.legacy:
                raise UsageError(f"Chain '{name}' does not exist")
            if request.goto:
                raise UsageError(f"goto '{name}' is not a chain")
            raise UsageError(f"Couldn't load target `{name}':No such file or directory\n")
        return Jump(chain, request.goto)

    def _rule(self, request: Request) -> None:
        """``-A``, ``-I``, ``-R``, ``-C`` and ``-D`` with a rule."""
        found = list(self.specs(request))
        before = self.rules.snapshot() if len(found) > 1 else None
        try:
            self._rules(request, found)
        except NetfilterError:
            if before is not None:
                self.rules.revert(before)
            raise

    def _rules(self, request: Request, found: list[Spec]) -> None:
        rules, table, name = self.rules, request.table, request.chain
        for spec in reversed(found) if request.command == "I" else found:
            if request.verbose:
                form = Format(verbose=True, numeric=True, flat=True)
                self.out(rule_line(Rule(spec), 0, form))
            match request.command:
                case "A":
                    self._count(rules.insert(table, name, spec), request)
                case "I":
                    self._count(rules.insert(table, name, spec, request.number - 1), request)
                case "R":
                    self._count(rules.replace(table, name, request.number - 1, spec), request)
                case _:
                    try:
                        at = rules.index(table, name, spec)
                    except NetfilterError as error:
                        raise NetfilterError("ENOENT", "rule", error.message) from error
                    if request.command == "D":
                        rules.delete(table, name, at)

    @staticmethod
    def _count(rule: Rule, request: Request) -> None:
        rule.packets, rule.bytes = request.counters

    def _policy(self, request: Request) -> None:
        chain = self.rules.find(request.table, request.chain)
        if chain is None or chain.hook is None:
            raise NetfilterError("ENOENT", "policy", f"{request.chain} is no built-in chain")
        if request.policy not in ("ACCEPT", "DROP"):
            raise NetfilterError("EINVAL", "policy name", f"{request.policy} is no policy")
        self.rules.set_policy(request.table, request.chain, Standard[request.policy])

    # -- chains --------------------------------------------------------------------------------------------------------

    def _chains(self, request: Request) -> list[Chain]:
        """The chain that is named, or all there are; who watches sees the built-in ones that are not made yet, too."""
        if request.chain or request.verbose:
            return self.listed(request.table, request.chain)
        return self.rules.look(request.table).sorted_chains()

    def listed(self, table: str, name: str = "") -> list[Chain]:
        """Chains to be shown: built-in ones also where they are not made yet."""
        if name:
            chain = self.rules.find(table, name)
            if chain is None:
                raise NetfilterError("ENOENT", "chain", f"no chain {name}")
            return [chain]
        known = self.rules.look(table)
        made = known.sorted_chains()
        built_in = [known.chains.get(hook.name) or Chain(known, hook.name, hook) for hook in BUILT_IN[table]]
        return built_in + [chain for chain in made if chain.hook is None]

    def _say(self, request: Request, what: str, chain: Chain) -> None:
        if request.verbose:
            self.out(f"{what} `{chain.name}'\n")

    def _zero(self, request: Request) -> None:
        for chain in self._chains(request):
            if request.number:
                if request.number > len(chain.rules):
                    raise NetfilterError("E2BIG", "index", f"{chain.name} has {len(chain.rules)} rules")
                zeroed = [chain.rules[request.number - 1]]
            else:
                self._say(request, "Zeroing chain", chain)
                zeroed = chain.rules
                chain.packets = chain.bytes = 0
            for rule in zeroed:
                rule.packets = rule.bytes = 0

    def _show(self, request: Request) -> None:
        """``-L`` and ``-S``, and ``-Z`` with them."""
        chains = self.listed(request.table, request.chain)
        (self._list if request.command == "L" else self._list_rules)(request, chains)
        if "Z" in request.given:
            self._zero(replace(request, verbose=0, number=0))

    def _list(self, request: Request, chains: list[Chain]) -> None:
        names = {0x7F000001: "localhost"} | {address: name for name, address in reversed(self.hosts.items())}
        form = Format(bool(request.verbose), request.numeric, request.exact, request.line_numbers, names)
        for order, chain in enumerate(chains):
            if not request.number:
                self.out("\n" if order else "")
                self.out(header(chain, form))
            for number, rule in enumerate(chain.rules, 1):
                if request.number in (0, number):
                    self.out(rule_line(rule, number, form))

    def _list_rules(self, request: Request, chains: list[Chain]) -> None:
        for chain in chains if not request.number else []:
            counts = f" -c {chain.packets} {chain.bytes}" if request.verbose else ""
            first = f"-P {chain.name} {chain.policy.value}{counts}" if chain.hook is not None else f"-N {chain.name}"
            self.out(first + "\n")
        for chain in chains:
            for number, rule in enumerate(chain.rules, 1):
                if request.number in (0, number):
                    counters = (rule.packets, rule.bytes) if request.verbose else None
                    self.out(" ".join(["-A", chain.name, *rule.spec.words(counters)]) + "\n")

    # -- refusals ------------------------------------------------------------------------------------------------------

    def _refusal(self, request: Request, error: NetfilterError) -> ToolError:
        """The program's words for what the kernel or libiptc answers."""
        text = self._words(request, error)
        if text is not None:
            return complaint(f"{self.program.name}: {text}.\n", 1)
        errno = ERRNO_TEXT.get(error.errno, error.errno)
        if self.legacy:
            tail = ". Run `dmesg' for more information." if error.errno == "EINVAL" else "."
            if error.errno == "EMLINK" and error.part == "rule":
                errno = ERRNO_TEXT["ELOOP"]
            return complaint(f"{self.program.name}: {errno}{tail}\n", 1)
        subject = "" if request.command == "X" else "rule in "
        where = f"{subject}chain {error.message.removeprefix('chain ') if request.command == 'X' else request.chain}"
        verb = VERBS.get(request.command, "RULE_DELETE")
        return complaint(f"{self.program.banner}:  {verb} failed ({errno}): {where}\n", RESOURCE_PROBLEM)

    def _words(self, request: Request, error: NetfilterError) -> str | None:
        match error.part, error.errno, request.command:
            case "chain", "EEXIST", "N":
                return "Chain already exists"
            case "chain", "EEXIST", _:
                return "File exists"
            case "chain", "ENOENT", _:
                return "No chain/target/match by that name"
            case "rule", "ENOENT", "D" | "C":
                return "Bad rule (does a matching rule exist in that chain?)"
            case "index", _, "I":
                return "Index of insertion too big"
            case "index", _, "D":
                return "Index of deletion too big"
            case "index", _, "R":
                found = self.rules.find(request.table, request.chain)
                empty = not self.legacy and found is not None and not found.rules
                return "No chain/target/match by that name" if empty else "Index of replacement too big"
            case "index", _, _:
                if self.legacy:
                    return "Index of counter too big"
                return "Bad rule (does a matching rule exist in that chain?)"
            case "policy", _, _:
                return "Bad built-in chain name"
            case "policy name", _, _:
                return "Bad policy name. Run `dmesg' for more information"
        return None
