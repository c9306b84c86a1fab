"""Flags as the docker command reads them (spf13/pflag): long and short, in clusters, with or without ``=``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from macvsim.machine.tool import ToolError
from macvsim.tools.docker.flagvalues import check
from macvsim.tools.docker.manual import SWITCH, Option

TRUE = ("1", "t", "T", "true", "TRUE", "True")
FALSE = ("0", "f", "F", "false", "FALSE", "False")


@dataclass
class Parsed:
    """Flags that were given, in order, and the arguments.

    warned : ``-h`` was given, which is an old way to ask for help
    """

    given: list[tuple[str, str]] = field(default_factory=list)
    args: list[str] = field(default_factory=list)
    warned: bool = False

    def on(self, name: str) -> bool:
        """Whether a switch is on; the last one counts."""
        return self.last(name, "false") in TRUE

    def last(self, name: str, default: str = "") -> str:
        """The value given last."""
        return next((value for key, value in reversed(self.given) if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every value given, in order."""
        return [value for key, value in self.given if key == name]

    def pairs(self, name: str) -> dict[str, str]:
        """Values of the form ``KEY=VALUE``; a key alone has an empty value."""
        return {key: value for key, _, value in (text.partition("=") for text in self.all(name))}

    def has(self, name: str) -> bool:
        """Whether a flag was given."""
        return any(key == name for key, _ in self.given)


def parse(options: Mapping[str, Option], words: list[str], *, interspersed: bool = True) -> Parsed:
    """Sort words into flags and arguments.  Raises `ToolError`.

    options : the flags there are, by long name; interspersed : flags may stand behind arguments
    """
    parsed = Parsed()
    letters = {option.short: option for option in options.values() if option.short}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            parsed.args += rest
            break
        if word.startswith("--"):
            _long(options, word, rest, parsed)
        elif word.startswith("-") and word != "-":
            _cluster(options, letters, word, rest, parsed)
        else:
            parsed.args.append(word)
            if not interspersed:
                parsed.args += rest
                break
    return parsed


def _long(options: Mapping[str, Option], word: str, rest: list[str], parsed: Parsed) -> None:
    name, equals, value = word[2:].partition("=")
    if not name or name.startswith("-"):
        raise ToolError(f"bad flag syntax: {word}")
    option = options.get(name)
    if option is None:
        raise ToolError(f"unknown flag: --{name}")
    if equals:
        _set(parsed, option, value)
    elif option.kind == SWITCH:
        _set(parsed, option, "true")
    elif rest:
        _set(parsed, option, rest.pop(0))
    else:
        raise ToolError(f"flag needs an argument: --{name}")


def _cluster(
    options: Mapping[str, Option], known: Mapping[str, Option], word: str, rest: list[str], parsed: Parsed
) -> None:
    """One-letter flags behind one dash; the first that takes a value takes what follows."""
    letters = word[1:]
    while letters:
        letter, tail = letters[0], letters[1:]
        option = known.get(letter)
        if option is None and letter == "h":
            option, parsed.warned = options["help"], True
        if option is None:
            raise ToolError(f"unknown shorthand flag: '{letter}' in -{letters}")
        if tail.startswith("="):
            _set(parsed, option, tail[1:])
            return
        if option.kind == SWITCH:
            _set(parsed, option, "true")
            letters = tail
            continue
        if not tail and not rest:
            raise ToolError(f"flag needs an argument: '{letter}' in -{letters}")
        _set(parsed, option, tail or rest.pop(0))
        return


def _set(parsed: Parsed, option: Option, value: str) -> None:
    """Take a value, or several behind commas for a flag that takes them so."""
    try:
        if option.kind == SWITCH:
            if value not in TRUE + FALSE:
                raise ToolError(f'strconv.ParseBool: parsing "{value}": invalid syntax')
            values = [value]
        else:
            values = check(option, value)
    except ToolError as error:
        quoted = json.dumps(value, ensure_ascii=False)
        raise ToolError(f'invalid argument {quoted} for "{option.shown}" flag: {error}') from None
    parsed.given += [(option.name, one) for one in values]
