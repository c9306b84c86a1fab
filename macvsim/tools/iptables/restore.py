"""iptables-restore: all or nothing of a text that iptables-save wrote."""

from __future__ import annotations

import re
import shlex

from macvsim.errors import NetfilterError, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.options import Given, read_options
from macvsim.machine.tool import ToolError, UsageError
from macvsim.machine.usage import options_of
from macvsim.net.netfilter.rule import Standard
from macvsim.net.netfilter.table import BUILT_IN
from macvsim.tools.iptables.change import Session
from macvsim.tools.iptables.complaint import RESOURCE_PROBLEM, USAGE, Program, complaint
from macvsim.tools.iptables.names import check_chain_name
from macvsim.tools.iptables.request import Request
from macvsim.tools.iptables.words import Reader

OPTIONS = """
  -b, --binary
  -c, --counters
  -v, --verbose
  -V, --version
  -t, --test
  -h, --help
  -n, --noflush
  -w
  -W
  --wait[=SECONDS]
  --wait-interval[=USECONDS]
  -M, --modprobe=COMMAND
  -T, --table=TABLE
  -4, --ipv4
  -6, --ipv6
"""
_COUNTED = re.compile(r"\[(\d+):(\d+)\] *")


def run(call: Call, program: Program, session: Session) -> Waiting:
    """Read a file, or standard input, and put its tables in the place of those there are."""
    given = read_options(call.args, options_of(OPTIONS))
    if given.wrong:
        raise complaint(f"{program.name}: {given.wrong}\nTry `{program.name} -h' for more information.\n", 1)
    if "-V" in given:
        call.out(program.banner + "\n")
        return 0
    if "-h" in given:
        call.err(USAGE.blocks["iptables-restore"])
        return 0
    try:
        text = call.files.read(given.operands[0]) if given.operands else (yield from call.read_all())
    except FileError as error:
        raise complaint(f"Can't open {given.operands[0]}: {error.strerror}\n", 1) from None
    return Restorer(call, program, session, given).restore(text)


class Restorer:
    """One restoration.  Tables are changed as lines are read, and put back as they were if a line fails."""

    def __init__(self, call: Call, program: Program, session: Session, given: Given) -> None:
        self.call = call
        self.program = program
        self.session = session
        self.counters = "-c" in given
        self.noflush = "-n" in given
        self.test = "-t" in given
        self.verbose = int("-v" in given)
        self.only: str | None = given.get("-T", None)
        self.table = ""

    def restore(self, text: str) -> int:
        """All lines."""
        number = 0
        rules = self.session.rules
        snapshot = rules.snapshot()
        try:
            for number, line in enumerate(text.splitlines(), 1):
                self._line(line, number)
                if line == "COMMIT" and not self.test:
                    snapshot = rules.snapshot()
            if self.table:
                raise complaint(f"{self.program.name}: COMMIT expected at line {number + 1}\n", 1)
        except UsageError as error:
            rules.revert(snapshot)
            raise self.program.misuse(str(error), number) from error
        except (ToolError, NotSimulated):
            rules.revert(snapshot)
            raise
        if self.test:
            rules.revert(snapshot)
        return 0

    def _line(self, line: str, number: int) -> None:
        if line.startswith("#"):
            if self.verbose:
                self.call.out(line + "\n")
            return
        if not line.strip():
            return
        if line.startswith("*") and not self.table:
            self._begin(line[1:].strip(), number)
        elif self.table and line.strip() == "COMMIT":
            self.table = ""
        elif self.table and self.only not in (None, self.table):
            return
        elif self.table and line.startswith(":"):
            self._chain(line[1:].split(), number)
        elif self.table:
            self._command(line, number)
        else:
            raise complaint(f"{self.program.name}: line {number} failed\n", 1)

    def _begin(self, name: str, number: int) -> None:
        if name not in BUILT_IN:
            legacy = self.session.legacy
            why = f"unable to initialize table '{name}'" if legacy else f"line {number} table name '{name}' invalid"
            raise UsageError(f"{self.program.name}: {why}")
        self.table = name
        if self.noflush or self.only not in (None, name):
            return
        rules = self.session.rules
        for chain in self.session.listed(name) if self.verbose else []:
            self.call.out(f"Flushing chain `{chain.name}'\n")
        for deleted in rules.clear(name):
            self.call.out(f"Deleting chain `{deleted}'\n" if self.verbose else "")

    def _chain(self, words: list[str], number: int) -> None:
        """``:CHAIN POLICY [PACKETS:BYTES]``."""
        rules = self.session.rules
        if not words:
            raise UsageError(f"{self.program.name}: line {number} chain name invalid")
        if len(words) < 2:
            raise UsageError(f"{self.program.name}: line {number} policy invalid")
        name, policy = words[:2]
        known = rules.find(self.table, name)
        if known is None or known.hook is None:
            check_chain_name(name)
            if known is None:
                rules.new_chain(self.table, name)
            else:
                rules.flush_chain(known)
        if policy == "-":
            return
        if policy not in ("ACCEPT", "DROP") or known is None or known.hook is None:
            raise complaint(f"{self.program.name}: line {number} failed: Bad policy name.\n", 1)
        rules.set_policy(self.table, name, Standard[policy])
        counted = _COUNTED.fullmatch(words[2]) if len(words) > 2 else None
        chain = rules.chain(self.table, name)
        if self.counters and counted is not None:
            chain.packets, chain.bytes = int(counted[1]), int(counted[2])

    def _command(self, line: str, number: int) -> None:
        counted = _COUNTED.match(line)
        words = shlex.split(line[counted.end() :] if counted else line)
        request = Reader(words, self.program, Request(table=self.table, verbose=self.verbose), line=number).read()
        if request.table_given:
            raise UsageError('The "-t" option cannot be used in iptables-restore.')
        if self.counters and counted is not None:
            request.counters = (int(counted[1]), int(counted[2]))
        try:
            self.session.run(request)
        except ToolError as error:
            raise self._failed(error, number) from error

    def _failed(self, error: ToolError, number: int) -> ToolError:
        """A change the kernel or the program refused, as this program says it."""
        cause = error.__cause__
        if isinstance(cause, NetfilterError) and not self.session.legacy:
            name, banner = self.program.name, self.program.banner
            if error.status == 1:
                what = error.text.removeprefix(f"{name}: ")
                return complaint(f"{name}: line {number} failed: {what}", 1)
            what = error.text.removeprefix(f"{banner}:  ")
            return complaint(f"{banner}: \nline {number}: {what}", error.status or RESOURCE_PROBLEM)
        return complaint(f"{self.program.name}: line {number} failed\n", 1)
