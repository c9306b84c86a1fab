"""traceroute of Debian (version 2.1.6, by Dmitry Butskoy), whose options are read in a way of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from macvsim.apps.base import inet_aton, resolve
from macvsim.apps.names6 import UnknownZone, is_text6, prefers6, resolve6
from macvsim.apps.traceroute6 import DEFAULT_SIZE as DEFAULT_SIZE6
from macvsim.apps.traceroute6 import LinuxTraceroute6
from macvsim.apps.traceroute_linux import DEFAULT_SIZE, LinuxTraceroute
from macvsim.errors import Effect, MacvsimError, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.options import Given
from macvsim.machine.tool import Manner, Texts, ToolError, tool
from macvsim.machine.usage import Option
from macvsim.net.ipv6.ip6 import FLOW_MASK
from macvsim.tools.apps import run_program
from macvsim.tools.toolkit import WORDS

_VERSION = """\
Modern traceroute for Linux, version 2.1.6
Copyright (c) 2016  Dmitry Butskoy,   License: GPL v2 or any later
"""
_MAX_HOPS = 255
_MAX_PROBES = 10
_MAX_SIZE = 65000
_LEFT_OUT = {
    "-g": "source routes",
    "-T": "half-open TCP connections",
    "-r": "SO_DONTROUTE",
    "-e": "ICMP extensions",
    "-A": "routing registries",
    "-O": "module options",
    "--sport": "source ports",
    "--fwmark": "firewall marks",
    "-U": "UDP to one port",
    "-UL": "there is no UDPLITE",
    "-D": "there is no DCCP",
    "-P": "raw protocols",
    "--mtu": "path MTU discovery",
    "--back": "the way back",
}
_MODULES = {"default": "", "icmp": "-I", "tcp": "-T", "udp": "-U", "udplite": "-UL", "dccp": "-D", "raw": "-P"}
_DECIMAL = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"


def _refused(text: str) -> ToolError:
    """The mistake that ends traceroute."""
    return ToolError(f"{text}\n", 2, named=False)


@dataclass
class _Given(Given):
    """The words of a command line, the place of each option's last word and of each operand, and the word that does
    not fit, which ends traceroute when the options before it are looked at.
    """

    option_places: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    mistake: ToolError | None = None

    def take(self, option: Option, typed: str, value: str, place: int) -> None:
        """Check the argument of an option and keep it."""
        check = _CHECKS.get(option.name)
        if check is not None and not check(value):
            raise _refused(_unfit(typed, value, place))
        self.add(option, typed, value)
        self.option_places.append(place)


def _read_words(words: list[str], options: Mapping[str, Option]) -> Given:
    """Options in any place, joined with their arguments or not (CLIF_parse)."""
    given = _Given()
    try:
        _read(list(enumerate(words, start=1)), options, given)
    except ToolError as error:
        given.mistake = error
    return given


def _read(rest: list[tuple[int, str]], options: Mapping[str, Option], given: _Given) -> None:
    while rest and _ENDS.isdisjoint(given.names):
        place, word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word == "--":
            given.places += [at for at, _ in rest]
            given.operands += [other for _, other in rest]
            return
        if not word.startswith("-") or word == "-":
            given.places.append(place)
            given.operands.append(word)
        elif word == "-UL":
            given.take(options[word], word, "", place)
        elif not word.startswith("--"):
            _cluster(given, options, place, word, rest)
        elif (option := options.get(name)) is None or (equals and not option.argument):
            argument = f" (with arg `{value}')" if equals else ""
            raise _refused(f"Bad option `{word}'{argument} (argc {place})")
        elif option.argument and not equals:
            need = f"{name}={option.argument}"
            raise _refused(f"Option `{name}' (argc {place}) requires an argument: `{need}'")
        else:
            given.take(option, name, value, place)


def _cluster(given: _Given, options: Mapping[str, Option], place: int, word: str, rest: list[tuple[int, str]]) -> None:
    """Letters behind one dash; one that takes an argument takes what is left of the word, or the next word."""
    for at, letter in enumerate(word[1:], start=1):
        option, value = options.get(f"-{letter}"), word[at + 1 :]
        if option is None:
            raise _refused(f"Bad option `-{letter}' (argc {place})")
        if option.argument and not value:
            if not rest:
                need = f"-{letter} {option.argument}"
                raise _refused(f"Option `-{letter}' (argc {place}) requires an argument: `{need}'")
            place, value = rest.pop(0)
        given.take(option, f"-{letter}", value if option.argument else "", place)
        if option.argument or option.name in _ENDS:
            return


_ENDS = frozenset(("-V", "--help"))
"""traceroute reads no further behind these."""


@tool(
    "traceroute",
    flavour="debian",
    usage=Texts(__package__),
    version=_VERSION,
    left_out=_LEFT_OUT,
    effect=Effect.READS,
    manner=Manner(reader=_read_words, help_on_stderr=True, version_options=("-V", "--version"), version_on_stderr=True),
)
def traceroute(call: Call) -> int | Waiting:
    """``traceroute [OPTIONS] host [packetlen]``."""
    if len(call.argv) == 1:
        raise traceroute.help(call)
    given = call.given
    assert isinstance(given, _Given)
    _check_sources(call, given)
    if given.mistake is not None:
        raise given.mistake
    return _start(call, given, _size(call, given))


def _check_sources(call: Call, given: _Given) -> None:
    """Look source addresses up in the family that the options before them ask for."""
    for at, (name, value) in enumerate(given.options):
        if name == "-s":
            complaint = _unfit(given.typed[at], value, given.option_places[at])
            _check_address(call, value, given.names[:at], complaint)


def _size(call: Call, given: _Given) -> int:
    """Check host and packet length; returns the length, -1 if there is none."""
    words = list(zip(given.places, given.operands, strict=True))
    size = -1
    if words:
        place, host = words[0]
        complaint = f'Cannot handle "host" cmdline arg `{host}\' on position 1 (argc {place})'
        _check_address(call, host, given.names, complaint)
    if len(words) > 1:
        place, text = words[1]
        if not re.fullmatch(r"[-+]?[0-9]+", text):
            raise _refused(f'Cannot handle "packetlen" cmdline arg `{text}\' on position 2 (argc {place})')
        size = int(text)
    if len(words) > 2:
        place, text = words[2]
        raise _refused(f"Extra arg `{text}' (position 3, argc {place})")
    if not words:
        raise _refused('Specify "host" missing argument.')
    return size


def _start(call: Call, given: Given, size: int) -> int | Waiting:
    module = given.get("-M", "default")
    if module not in _MODULES:
        raise _refused(f"Unknown traceroute module {module}")
    first, hops, probes = (
        _unsigned(given.get("-f", "1")),
        _unsigned(given.get("-m", "30")),
        _unsigned(given.get("-q", "3")),
    )
    assert first is not None and hops is not None and probes is not None
    wait = [float(number) for number in re.findall(_DECIMAL, given.get("-w", "5,3,10"))]
    wait += [0.0] * (3 - len(wait))
    pause = float(given.get("-z", "0"))
    if not first or first > hops:
        raise _refused("first hop out of range")
    if hops > _MAX_HOPS:
        raise _refused(f"max hops cannot be more than {_MAX_HOPS}")
    if not probes or probes > _MAX_PROBES:
        raise _refused(f"no more than {_MAX_PROBES} probes per hop")
    if min(wait) < 0:
        raise _refused("bad wait specifications `{:g},{:g},{:g}' used".format(*wait))
    if size > _MAX_SIZE:
        raise _refused(f"too big packetlen {size} specified")
    if pause < 0:
        raise _refused(f"bad sendtime `{pause:g}' specified")
    if (option := _MODULES[module]) in _LEFT_OUT:
        raise NotSimulated(f"traceroute {option}: {_LEFT_OUT[option]}", Effect.READS)
    target = given.operands[0]
    six = _is_six(call, target, given.names)
    size = (DEFAULT_SIZE6 if six else DEFAULT_SIZE) if size < 0 else size
    common: dict[str, Any] = {
        "echo": "-I" in given or module == "icmp",
        "first_ttl": first,
        "max_ttl": hops,
        "probes": probes,
        "together": _unsigned(given.get("-N", "16")) or 1,
        "wait": wait[0],
        "here": wait[1],
        "near": wait[2],
        "pause": pause / 1000 if pause >= 10 else pause,
        "port": _unsigned(given.get("-p", "0")) or 0,
        "size": size,
        "tos": (_unsigned(given.get("-t", "0")) or 0) & 0xFF,
        "source": given.get("-s", None),
        "device": given.get("-i", None),
        "numeric": "-n" in given,
        "stdout": call.out,
        "stderr": call.err,
    }
    if six:
        if "-F" in given:
            raise NotSimulated("traceroute -6 -F: IPV6_PMTUDISC_PROBE", Effect.READS)
        flow = (_unsigned(given.get("-l", "0")) or 0) & FLOW_MASK
        return run_program(LinuxTraceroute6(call.box, target, flow=flow, **common))
    return run_program(LinuxTraceroute(call.box, target, uncut="-F" in given, **common))


@tool("traceroute6", flavour="debian", manner=WORDS, effect=Effect.READS)
def traceroute6(call: Call) -> int | Waiting:
    """The traceroute6 of the package ndisc6."""
    raise NotSimulated("traceroute6 of ndisc6; traceroute -6 does it", Effect.READS)


def _check_address(call: Call, name: str, options: list[str], complaint: str) -> None:
    """Raise the complaint about a name that is not known here."""
    why = "Temporary failure in name resolution"
    six = _is_six(call, name, options)
    try:
        if inet_aton(name) is not None if six else is_text6(name):
            why = "Address family for hostname not supported"
            raise MacvsimError(f"{name} is no address for {'-6' if six else '-4'}")
        if six:
            resolve6(call.box, name)
        else:
            resolve(call.box, name)
    except UnknownZone:
        raise _refused(f"{name}: Name or service not known\n{complaint}") from None
    except MacvsimError:
        raise _refused(f"{name}: {why}\n{complaint}") from None


def _is_six(call: Call, name: str, options: list[str]) -> bool:
    """True if a word is taken for an IPv6 address: by option, because it is one, or because it has no other."""
    if "-6" in options or "-4" in options:
        return "-6" in options
    return name != "localhost" and prefers6(call.box, name)


def _unsigned(text: str) -> int | None:
    """A number as strtoul() reads it, in any base; None if it is not one."""
    match = re.fullmatch(r"([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)", text)
    if not match:
        return None
    digits = match[2]
    value = int(digits, 16 if digits[:2].lower() == "0x" else 8 if digits[0] == "0" else 10)
    return (-value if match[1] == "-" else value) & 0xFFFFFFFF


def _is_number(text: str) -> bool:
    return _unsigned(text) is not None


def _unfit(typed: str, value: str, place: int) -> str:
    """The complaint about an option's argument."""
    return f"Cannot handle `{typed}' option with arg `{value}' (argc {place})"


_CHECKS: Mapping[str, Callable[[str], object]] = {
    **dict.fromkeys(("-f", "-m", "-N", "-p", "-t", "-l", "-q"), _is_number),
    "-z": re.compile(_DECIMAL).fullmatch,
    "-w": re.compile(rf"{_DECIMAL}(.{_DECIMAL}){{0,2}}").fullmatch,
}
"""Checks of options' arguments, by the option."""
