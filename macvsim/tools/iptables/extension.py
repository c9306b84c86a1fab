"""Options of matches and targets, and how their words are read (libxtables, xtables_option_parse)."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from macvsim.machine.tool import UsageError
from macvsim.net.netfilter.rule import Match, Target


class Option(NamedTuple):
    """``--NAME``; flag: it takes no value; invertible: a ``!`` may stand before it; must: it has to be given;
    excludes, needs: other options.
    """

    name: str
    flag: bool = False
    invertible: bool = False
    must: bool = False
    several: bool = False
    excludes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


class Rest:
    """The words behind an option, for those that take two."""

    def __init__(self, words: list[str], at: int) -> None:
        self.words = words
        self.at = at

    def take(self) -> str | None:
        """The next word unless it is an option."""
        if self.at < len(self.words) and self.words[self.at][:1] not in ("-", "!"):
            self.at += 1
            return self.words[self.at - 1]
        return None


class Extension:
    """One ``-m NAME`` or ``-j NAME`` of a rule while it is read.

    proto : the rule's protocol, as far as it is known
    """

    name: ClassVar[str]
    options: ClassVar[tuple[Option, ...]] = ()

    def __init__(self) -> None:
        self.given: list[str] = []
        self.proto = 0
        self.not_proto = False

    def find(self, name: str) -> Option | None:
        """The option of that name."""
        return next((option for option in self.options if option.name == name), None)

    def read(self, option: Option, value: str, negated: bool, rest: Rest) -> None:
        """One option with its value."""
        if option.name in self.given and not option.several:
            raise UsageError(f'{self.name}: option "--{option.name}" can only be used once.\n')
        if negated and not option.invertible:
            raise UsageError(f'{self.name}: option "--{option.name}" cannot be inverted.\n')
        self.given.append(option.name)
        self.take(option.name, value, negated, rest)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        """Remember an option's value."""

    def finish(self) -> None:
        """Complain of options that are missing, and of such as do not go together (xtables_options_fcheck)."""
        for option in self.options:
            head = f'{self.name}: option "--{option.name}"'
            if option.name not in self.given:
                if option.must:
                    raise UsageError(f"{head} must be specified\n")
                continue
            for other in option.needs:
                if other not in self.given:
                    raise UsageError(f'{head} also requires "--{other}".\n')
            for other in option.excludes:
                if other in self.given:
                    raise UsageError(f'{head} cannot be used together with "--{other}".\n')


class MatchReader(Extension):
    """A match while it is read."""

    def build(self) -> Match:
        """The match itself."""
        raise NotImplementedError


class TargetReader(Extension):
    """A target while it is read."""

    def build(self) -> Target:
        """The target itself."""
        raise NotImplementedError


def flags(text: str, known: Callable[[str], bool], bad: str) -> list[str]:
    """Words between commas, each known; else the complaint `bad` with the word in it."""
    words = text.split(",")
    for word in words:
        if not known(word):
            raise UsageError(bad.format(word))
    return words
