"""The words of iptables when it refuses (xtables_error): those of the program by its name, version and tables."""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.errors import ERRNO_TEXT, Effect, NotSimulated
from macvsim.machine.tool import Texts, ToolError
from macvsim.net.netfilter.ruleset import Backend

USAGE = Texts(__package__)
PARAMETER_PROBLEM = 2
VERSION_PROBLEM = 3
RESOURCE_PROBLEM = 4
VERBS = {"A": "RULE_APPEND", "I": "RULE_INSERT", "R": "RULE_REPLACE", "X": "CHAIN_DEL"}


@dataclass(frozen=True)
class Program:
    """A program by its name, version and kind of tables."""

    name: str = "iptables"
    version: str = "1.8.11"
    backend: Backend = "nf_tables"

    @property
    def banner(self) -> str:
        """``iptables v1.8.11 (nf_tables)``; before 1.8 there was only one kind."""
        return f"{self.name} v{self.version}" + ("" if self.old else f" ({self.backend})")

    @property
    def old(self) -> bool:
        """It is from before 1.8."""
        return self.version.startswith("1.4")

    def misuse(self, text: str, line: int = 0, *, bare: bool = False) -> ToolError:
        """Words that make no sense, in a line of the file that it reads; bare : without its name before them."""
        where = f"Error occurred at line: {line}\n" if line else ""
        tail = f"Try `{self.name} -h' or '{self.name} --help' for more information.\n"
        return complaint(f"{'' if bare else f'{self.banner}: '}{text}\n{where}{tail}", PARAMETER_PROBLEM)

    def absent(self, names: list[str], command: str, chain: str) -> ToolError:
        """The kernel was built without matches or targets that a rule names."""
        warnings = "".join(
            f"Warning: Extension {name} revision 0 not supported, missing kernel module?\n"
            for name in names
            if name != "QUEUE"  # older than revisions
        )
        if command in ("D", "C"):
            return complaint(f"{warnings}{self.name}: Bad rule (does a matching rule exist in that chain?).\n", 1)
        if command not in VERBS:
            raise NotSimulated("iptables matches that the kernel lacks, before the command", Effect.CHANGES)
        text = f"{VERBS[command]} failed ({ERRNO_TEXT['ENOENT']}): rule in chain {chain}"
        return complaint(f"{warnings}{self.banner}:  {text}\n", RESOURCE_PROBLEM)


def complaint(text: str, status: int) -> ToolError:
    """The command ends with lines on standard error."""
    return ToolError(text, status, named=False)
