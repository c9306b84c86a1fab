"""How iptables refuses (xtables_error), and whose words they are."""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.net.netfilter.ruleset import Backend

PARAMETER_PROBLEM = 2
VERSION_PROBLEM = 3
RESOURCE_PROBLEM = 4


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

    @property
    def tail(self) -> str:
        """Where to read more."""
        return f"Try `{self.name} -h' or '{self.name} --help' for more information.\n"


class Complaint(Exception):
    """The command ends with `text` on standard error and `code`."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class Misuse(Exception):
    """Words that make no sense; `bare`: the text is printed without the program's name before it."""

    def __init__(self, text: str, *, bare: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.bare = bare

    def complaint(self, program: Program, line: int = 0) -> Complaint:
        """As `program` says it; `line`: of the file it reads."""
        where = f"Error occurred at line: {line}\n" if line else ""
        start = "" if self.bare else f"{program.banner}: "
        return Complaint(f"{start}{self.text}\n{where}{program.tail}", PARAMETER_PROBLEM)


class Absent(Exception):
    """The kernel was built without a match or target that a rule names."""

    def __init__(self, names: list[str], command: str, chain: str) -> None:
        super().__init__(*names)
        self.names = names
        self.command = command
        self.chain = chain

    def warnings(self) -> str:
        """What is said of each when it is read."""
        return "".join(
            f"Warning: Extension {name} revision 0 not supported, missing kernel module?\n"
            for name in self.names
            if name != "QUEUE"  # older than revisions
        )


class LeftOut(Exception):
    """A real feature that is not simulated."""
