"""A program that boxes have: its names, the text of its usage, what it leaves out, and the function that runs it.

::

    @tool("macaddr", usage=USAGE, manner=GNU, effect=Effect.READS)
    def macaddr(call: Called) -> int:
        call.out(f"{call.operands}")
        return 0

The usage text is what the real program prints, kept as data.  Options with their letters, long names and arguments are
read from it (`macvsim.machine.usage`); ``--help``, usage errors, completion, ``not simulated`` and the reference page
come from it too.  A program whose words are a language of its own (`ip`, `iptables`, `find`) has the manner `OWN`: it
reads its words itself.

Three exceptions end a program: `UsageError`, `ToolError`, and `macvsim.errors.NotSimulated`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import simpy

from macvsim.errors import Effect, MacvsimError, NotSimulated
from macvsim.machine.streams import ClosedInput

if TYPE_CHECKING:
    from macvsim.machine.options import Given
    from macvsim.machine.usage import Option

Waiting = Generator[simpy.Event, Any, int]
"""A program that takes simulated time: it yields events and returns its exit status."""
Run = Callable[[Any], int | Waiting]
"""The function of a program, which is given a `macvsim.machine.call.Call`."""
Reader: TypeAlias = "Callable[[list[str], Mapping[str, Option]], Given]"
"""Reads words by options, in place of `read_options`; raises `ToolError` for words that do not fit."""


class Called(Protocol):
    """The part of a `macvsim.machine.call.Call` that every program's options and errors need."""

    tool: Tool | None
    given: Given

    @property
    def name(self) -> str: ...

    @property
    def args(self) -> list[str]: ...

    def out(self, text: str) -> None: ...

    def err(self, text: str) -> None: ...

    def not_simulated(self, what: str, effect: Effect) -> int: ...


class UsageError(MacvsimError):
    """The words make no sense: the text, which may be empty, is printed behind the program's name, then the usage as
    the program's manner has it.

    topic : the block of the usage, where the program has several (``ip link``)
    """

    def __init__(self, text: str = "", *, topic: str = "") -> None:
        super().__init__(text)
        self.topic = topic


class ToolError(MacvsimError):
    """The program ends with one line on standard error.

    text : printed behind the program's name; status : its exit status, None for the one that its manner has
    named : False where the text is the whole line, or lines
    """

    def __init__(self, text: str, status: int | None = None, *, named: bool = True) -> None:
        super().__init__(text, status)
        self.text = text
        self.status = status
        self.named = named

    def __str__(self) -> str:
        return self.text


_ENDS = (UsageError, ToolError, NotSimulated, ClosedInput)


@dataclass(frozen=True)
class Manner:
    """How a family of programs reads options and answers mistakes.

    own : the program reads its words itself
    reader : reads options where the program does it otherwise than getopt_long
    permute : options may stand behind operands (glibc's getopt without POSIXLY_CORRECT)
    long : there are long options (getopt_long)
    complaint : the form of a usage error
    after : what follows a usage error: ``try`` (the hint, a line that names ``--help``), ``synopsis`` (the first
    line of the usage, then the hint), ``usage`` (all of it) or ``nothing``
    status, usage_status : exit status of a `ToolError`, and of a `UsageError`
    usage_on_stdout : the usage goes to standard output, though the complaint does not
    lists_on_stderr : lines of the usage that end with a blank, which are lists, go to standard error in any case
    usage_part : a regular expression for the part of the usage that follows a mistake; empty: all of it
    help_options : options that print the usage; help_status, help_on_stderr : how they end and where they print
    version_options : options that print the version; version_status, version_on_stderr : as for the usage
    busybox : the program is an applet of busybox
    """

    own: bool = False
    reader: Reader | None = None
    permute: bool = True
    long: bool = True
    complaint: str = "{name}: {error}\n"
    after: str = "usage"
    hint: str = "Try '{name} --help' for more information.\n"
    status: int = 1
    usage_status: int = 1
    usage_on_stdout: bool = False
    lists_on_stderr: bool = False
    usage_part: str = ""
    help_options: tuple[str, ...] = ("--help",)
    help_status: int = 0
    help_on_stderr: bool = False
    version_options: tuple[str, ...] = ("--version",)
    version_status: int = 0
    version_on_stderr: bool = False
    busybox: bool = False


OWN = Manner(own=True)
GNU = Manner(after="try")
GNU_SHORT = replace(GNU, help_options=("-h", "--help"), version_options=("-V", "--version"))
BUSYBOX = Manner(help_on_stderr=True, version_options=(), busybox=True)
BUSYBOX_OWN = replace(BUSYBOX, own=True)


@dataclass(frozen=True)
class Texts:
    """A file of usage texts, as the real programs print them: blocks that begin with ``#### NAME``.

    package : the Python package that holds the file; file : its name there
    """

    package: str
    file: str = "usage.txt"

    @cached_property
    def blocks(self) -> Mapping[str, str]:
        """The texts by name."""
        from pkgutil import get_data  # a tool that prints no usage does not load it

        text = get_data(self.package, self.file)
        assert text is not None, self
        parts = re.split(r"^#### (.*)\n", text.decode(), flags=re.MULTILINE)[1:]
        return MappingProxyType(dict(zip(parts[::2], parts[1::2], strict=True)))


@dataclass(frozen=True)
class Subcommand:
    """A command of a program that has several, as completion and the reference page list it.

    words : behind the program's name (``network create``); options : its own, by their first names
    left_out : names of options that are not simulated; works : False if all of it is left out
    """

    words: tuple[str, ...]
    options: tuple[Option, ...] = ()
    left_out: frozenset[str] = frozenset()
    works: bool = True


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Tool:
    """One program.

    names : the words that run it, its own name first
    flavour : the boxes that have it: ``debian`` (and ``centos``, unless that has another one), ``centos``,
    ``busybox``, or ``*``
    usage : the text, or the file that has it under the program's name
    topics : the other blocks of that file that are its own, by the words that print them (``ip link`` for
    ``ip link help``)
    listing : the block that lists the options where the usage does not, by the words that print it
    version : the text of ``--version``; empty: it is not simulated
    letters : options as getopt(3) takes them, where the usage text does not tell them all, or none
    more : a list of options, in the form of a usage text, that the real one does not tell
    works : the options that are simulated, all others of the usage text are left out; None: `left_out` tells them
    left_out : options of the real program that are not simulated, by letter (``-m``) or long name (``--mark``), and
    what each would do; words of a language where it has one
    values : functions that read the arguments of options, by letter or long name; each raises `ToolError`
    subcommands : lists its commands where it has several; without it they are its topics
    effect : what a feature that is left out would have done; reads : options that would only have read, all the same
    manner : how it reads options and answers mistakes
    """

    names: tuple[str, ...]
    run: Run
    flavour: str = "*"
    usage: str | Texts = ""
    topics: tuple[str, ...] = ()
    listing: str = ""
    version: str = ""
    letters: str = ""
    more: str = ""
    works: frozenset[str] | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    subcommands: Callable[[], Iterable[Subcommand]] | None = None
    effect: Effect
    reads: frozenset[str] = frozenset()
    manner: Manner = OWN

    def __repr__(self) -> str:
        return f"<Tool {self.name} ({self.package}, {self.flavour})>"

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def package(self) -> str:
        """The Debian package that has it; the Python module of a program from elsewhere."""
        module: str = self.run.__module__
        parts = module.split(".")
        return parts[2].replace("_", "-") if parts[:2] == ["macvsim", "tools"] else module

    def text(self, topic: str = "") -> str:
        """The usage text, or another block of its file (``ip link``)."""
        if isinstance(self.usage, str):
            return self.usage
        blocks, name = self.usage.blocks, topic or self.name
        return blocks[f"busybox {name}" if self.manner.busybox and f"busybox {name}" in blocks else name]

    @cached_property
    def options(self) -> Mapping[str, Option]:
        """The options of the usage text, by every name they have (``-c``, ``--count``)."""
        from macvsim.machine.usage import options_of  # a program with words of its own needs no options

        text = self.text(self.listing) if self.usage else ""
        return options_of(f"{text}\n{self.more}" if self.more else text, self.letters)

    @cached_property
    def commands(self) -> tuple[Subcommand, ...]:
        """Its commands; empty if it has one thing to do."""
        if self.subcommands is not None:
            return tuple(self.subcommands())
        return tuple(Subcommand(tuple(topic.split()[1:])) for topic in self.topics)

    def left_out_text(self, option: Option) -> str | None:
        """The use of an option that is left out; None for an option that works."""
        found = next((self.left_out[name] for name in option.names if name in self.left_out), None)
        if found is None and self.works is not None:
            known = self.works.union(f"-{letter}" for letter in self.letters if letter != ":")
            return None if known.intersection(option.names) else ""
        return found

    def __call__(self, call: Called) -> int | Waiting:
        """Run: read the options, answer ``--help`` and its like, and print the errors."""
        call.tool = self
        try:
            if self.manner.busybox and call.args[:1] == ["--help"]:
                raise self.help(call)
            if not self.manner.own:
                call.given = self.read(call, call.args)
            answer = self.run(call)
        except _ENDS as error:
            return self.answer(call, error)
        return answer if isinstance(answer, int) else self._waiting(call, answer)

    def _waiting(self, call: Called, body: Waiting) -> Waiting:
        try:
            return (yield from body)
        except _ENDS as error:
            return self.answer(call, error)

    def read(self, call: Called, words: list[str]) -> Given:
        """The options and operands of words; an exception where one of them ends the program."""
        manner = self.manner
        if manner.reader is not None:
            given = manner.reader(words, self._all_options)
        else:
            from macvsim.machine.options import read_options

            given = read_options(words, self._all_options, permute=manner.permute, long=manner.long)
        for at, (name, text) in enumerate(given.options):
            option = self._all_options[name]
            if option.is_any(manner.help_options):
                raise self.help(call, text)
            if option.is_any(manner.version_options) and self.version:
                (call.err if manner.version_on_stderr else call.out)(self.version)
                raise ToolError("", manner.version_status, named=False)
            if (what := self.left_out_text(option)) is not None or option.is_any(manner.version_options):
                effect = Effect.READS if self.reads.intersection(option.names) else self.effect
                raise NotSimulated(f"{self.name} {given.typed[at]}{f': {what}' if what else ''}", effect)
            if name in self.values:
                given.options[at] = name, self.values[name](text)
        if given.wrong:
            raise UsageError(given.wrong)
        return given

    def help(self, call: Called, subject: str = "") -> ToolError:
        """Print the usage that was asked for, or that of a subject; the exception that ends the program then."""
        topic = f"{self.name} --help {subject}" if subject else ""
        if topic not in ("", self.listing):
            raise NotSimulated(topic, Effect.NONE)
        self._show(call, self.text(topic), on_stderr=self.manner.help_on_stderr)
        return ToolError("", self.manner.help_status, named=False)

    def _show(self, call: Called, text: str, *, on_stderr: bool) -> None:
        lines = text.splitlines(keepends=True) if self.manner.lists_on_stderr else [text]
        for line in lines:
            is_list = self.manner.lists_on_stderr and line.endswith(" \n")
            (call.err if on_stderr or is_list else call.out)(line)

    @cached_property
    def _all_options(self) -> Mapping[str, Option]:
        """`options`, and ``--help`` and its like, which busybox knows as the first word."""
        from macvsim.machine.usage import Option

        more = () if self.manner.busybox else (*self.manner.help_options, *self.manner.version_options)
        return {**{name: Option((name,)) for name in more}, **self.options}

    def answer(self, call: Called, error: Exception) -> int:
        """Print what ended the program; its exit status."""
        if isinstance(error, ClosedInput):
            from macvsim.machine.closedinput import closed_input

            recorded = closed_input(call.name, busybox=self.flavour == "busybox")
            if recorded is None:
                return call.not_simulated("to read standard input that is closed", Effect.NONE)
            status, text = recorded
            call.err(text)
            return status
        if isinstance(error, NotSimulated):
            return call.not_simulated(str(error), error.effect)
        if isinstance(error, ToolError):
            call.err(f"{call.name}: {error.text}\n" if error.named else error.text)
            return self.manner.status if error.status is None else error.status
        assert isinstance(error, UsageError)
        call.err(self.manner.complaint.format(name=call.name, error=error) if str(error) else "")
        if self.manner.after == "synopsis":
            call.err(self.text().partition("\n")[0] + "\n")
        if self.manner.after in ("try", "synopsis"):
            call.err(self.manner.hint.format(name=call.name))
        elif self.manner.after == "usage":
            text = self.text(error.topic)
            if self.manner.usage_part:
                text = "".join(re.findall(self.manner.usage_part, text, re.DOTALL))
            self._show(call, text, on_stderr=not self.manner.usage_on_stdout)
        return self.manner.usage_status


def tool(
    *names: str,
    effect: Effect,
    reads: str = "",
    flavour: str = "*",
    usage: str | Texts = "",
    topics: tuple[str, ...] = (),
    listing: str = "",
    version: str = "",
    letters: str = "",
    more: str = "",
    works: str | None = None,
    left_out: Mapping[str, str] | None = None,
    values: Mapping[str, Callable[[str], Any]] | None = None,
    subcommands: Callable[[], Iterable[Subcommand]] | None = None,
    manner: Manner = OWN,
) -> Callable[[Run], Tool]:
    """Make a `Tool` of the function below; the parameters are fields of `Tool`, names with blanks between."""

    def make(run: Run) -> Tool:
        return Tool(
            names=names, run=run, flavour=flavour, usage=usage, topics=topics, listing=listing, version=version,
            letters=letters, more=more, works=None if works is None else frozenset(works.split()),
            left_out=left_out or {}, values=values or {}, subcommands=subcommands, effect=effect,
            reads=frozenset(reads.split()), manner=manner,
        )  # fmt: skip

    return make
