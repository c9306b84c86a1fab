"""traceroute of Debian (version 2.1.6, by Dmitry Butskoy), whose options are read in a way of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from macvsim.apps.base import inet_aton, resolve
from macvsim.apps.names6 import UnknownZone, is_text6, prefers6, resolve6
from macvsim.apps.traceroute6 import DEFAULT_SIZE as DEFAULT_SIZE6
from macvsim.apps.traceroute6 import LinuxTraceroute6
from macvsim.apps.traceroute_linux import DEFAULT_SIZE, LinuxTraceroute
from macvsim.errors import Effect, MacvsimError, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import Texts, ToolError, tool
from macvsim.net.ipv6.ip6 import FLOW_MASK
from macvsim.tools.apps import run_program

_VERSION = """\
Modern traceroute for Linux, version 2.1.6
Copyright (c) 2016  Dmitry Butskoy,   License: GPL v2 or any later
"""
_MAX_HOPS = 255
_MAX_PROBES = 10
_MAX_SIZE = 65000
_LONG = {
    "debug": "d", "dont-fragment": "F", "first": "f", "gateway": "g", "icmp": "I", "tcp": "T", "interface": "i",
    "max-hops": "m", "sim-queries": "N", "port": "p", "tos": "t", "flowlabel": "l", "wait": "w", "queries": "q",
    "source": "s", "sendwait": "z", "extensions": "e", "as-path-lookups": "A", "module": "M", "options": "O",
    "sport": "sport", "fwmark": "fwmark", "udp": "U", "dccp": "D", "protocol": "P", "mtu": "mtu", "back": "back",
    "version": "V", "help": "help",
}  # fmt: skip
_ARGUMENTS = {
    "f": "first_ttl", "g": "gate,...", "i": "device", "m": "max_ttl", "N": "squeries", "p": "port", "t": "tos",
    "l": "flow_label", "w": "MAX,HERE,NEAR", "q": "nqueries", "s": "src_addr", "z": "sendwait", "M": "name",
    "O": "OPTS,...", "P": "prot", "sport": "num", "fwmark": "num",
}  # fmt: skip
_FLAGS = "46dFITnreAUDV"
_NOT_SIMULATED = {
    "g": "source routes",
    "T": "half-open TCP connections",
    "r": "SO_DONTROUTE",
    "e": "ICMP extensions",
    "A": "routing registries",
    "O": "module options",
    "sport": "source ports",
    "fwmark": "firewall marks",
    "U": "UDP to one port",
    "UL": "there is no UDPLITE",
    "D": "there is no DCCP",
    "P": "raw protocols",
    "mtu": "path MTU discovery",
    "back": "the way back",
}
_MODULES = {"default": "", "icmp": "I", "tcp": "T", "udp": "U", "udplite": "UL", "dccp": "D", "raw": "P"}
_DECIMAL = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"


def _shown(text: str) -> ToolError:
    """A text about itself, where traceroute stops reading."""
    return ToolError(text, 0, named=False)


def _refused(text: str) -> ToolError:
    """The mistake that ends traceroute."""
    return ToolError(f"{text}\n", 2, named=False)


@dataclass
class _Options:
    """What was read: options by letter or long name, and the other words with their places on the line."""

    given: dict[str, str] = field(default_factory=dict)
    words: list[tuple[int, str]] = field(default_factory=list)

    def add(self, call: Call, place: int, shown: str, name: str, value: str) -> None:
        """Check a value and keep it; `shown` is the option as it was written."""
        complaint = f"Cannot handle `{shown}' option with arg `{value}' (argc {place})"
        if name in "fmNptlq" and len(name) == 1 and _unsigned(value) is None:
            raise _refused(complaint)
        if name == "z" and not re.fullmatch(_DECIMAL, value):
            raise _refused(complaint)
        if name == "w" and not re.fullmatch(rf"{_DECIMAL}(.{_DECIMAL}){{0,2}}", value):
            raise _refused(complaint)
        if name == "s":
            self.given["s"] = _address(call, value, self, complaint)
            return
        self.given[name] = value


@tool(
    "traceroute",
    flavour="debian",
    usage=Texts(__package__),
    left_out={f"{'-' if len(name) < 3 else '--'}{name}": text for name, text in _NOT_SIMULATED.items()},
    effect=Effect.READS,
)
def traceroute(call: Call) -> int | Waiting:
    """``traceroute [OPTIONS] host [packetlen]``."""
    options = _parse(call)
    if not call.args:
        raise _shown(traceroute.text())
    return _start(call, options, _words(call, options))


def _parse(call: Call) -> _Options:
    """Options in any place, joined with their values or not (CLIF_parse)."""
    options = _Options()
    rest = list(enumerate(call.args, start=1))
    while rest:
        place, word = rest.pop(0)
        if word == "--":
            options.words += rest
            return options
        if word == "-UL":
            options.given["UL"] = ""
        elif word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            letter = _LONG.get(name)
            if letter is None:
                raise _refused(f"Bad option `{word}' (with arg `{value}') (argc {place})" if equals
                               else f"Bad option `{word}' (argc {place})")  # fmt: skip
            if letter in _ARGUMENTS and not equals:
                need = f"--{name}={_ARGUMENTS[letter]}"
                raise _refused(f"Option `--{name}' (argc {place}) requires an argument: `{need}'")
            if letter in ("help", "V"):
                raise _shown(traceroute.text() if letter == "help" else _VERSION)
            options.add(call, place, f"--{name}", letter, value)
        elif word.startswith("-") and word != "-":
            _cluster(call, options, place, word, rest)
        else:
            options.words.append((place, word))
    return options


def _cluster(call: Call, options: _Options, place: int, word: str, rest: list[tuple[int, str]]) -> None:
    """Letters behind one dash; one that takes a value takes what is left of the word, or the next word."""
    for at, letter in enumerate(word[1:], start=1):
        if letter == "V":
            raise _shown(_VERSION)
        if letter in _FLAGS:
            options.given[letter] = ""
            continue
        if letter not in _ARGUMENTS:
            raise _refused(f"Bad option `-{letter}' (argc {place})")
        value = word[at + 1 :]
        if not value:
            if not rest:
                raise _refused(
                    f"Option `-{letter}' (argc {place}) requires an argument: `-{letter} {_ARGUMENTS[letter]}'"
                )
            place, value = rest.pop(0)
        options.add(call, place, f"-{letter}", letter, value)
        return


def _words(call: Call, options: _Options) -> int:
    """Check host and packet length; returns the length, -1 if there is none."""
    words = options.words
    size = -1
    if words:
        place, host = words[0]
        _address(call, host, options, f'Cannot handle "host" cmdline arg `{host}\' on position 1 (argc {place})')
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


def _start(call: Call, options: _Options, size: int) -> int | Waiting:
    given = options.given
    module = given.get("M", "default")
    if module not in _MODULES:
        raise _refused(f"Unknown traceroute module {module}")
    first, hops, probes = (
        _unsigned(given.get("f", "1")),
        _unsigned(given.get("m", "30")),
        _unsigned(given.get("q", "3")),
    )
    assert first is not None and hops is not None and probes is not None
    wait = [float(number) for number in re.findall(_DECIMAL, given.get("w", "5,3,10"))]
    wait += [0.0] * (3 - len(wait))
    pause = float(given.get("z", "0"))
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
    left_out = next((name for name in (*given, _MODULES[module]) if name in _NOT_SIMULATED), None)
    if left_out:
        dashes = "-" if len(left_out) < 3 else "--"
        raise NotSimulated(f"traceroute {dashes}{left_out}: {_NOT_SIMULATED[left_out]}", Effect.READS)
    target = options.words[0][1]
    six = _is_six(call, target, options)
    size = (DEFAULT_SIZE6 if six else DEFAULT_SIZE) if size < 0 else size
    common: dict[str, Any] = {
        "echo": "I" in given or module == "icmp",
        "first_ttl": first,
        "max_ttl": hops,
        "probes": probes,
        "together": _unsigned(given.get("N", "16")) or 1,
        "wait": wait[0],
        "here": wait[1],
        "near": wait[2],
        "pause": pause / 1000 if pause >= 10 else pause,
        "port": _unsigned(given.get("p", "0")) or 0,
        "size": size,
        "tos": (_unsigned(given.get("t", "0")) or 0) & 0xFF,
        "source": given.get("s"),
        "device": given.get("i"),
        "numeric": "n" in given,
        "stdout": call.out,
        "stderr": call.err,
    }
    if six:
        if "F" in given:
            raise NotSimulated("traceroute -6 -F: IPV6_PMTUDISC_PROBE", Effect.READS)
        flow = (_unsigned(given.get("l", "0")) or 0) & FLOW_MASK
        return run_program(LinuxTraceroute6(call.box, target, flow=flow, **common))
    return run_program(LinuxTraceroute(call.box, target, uncut="F" in given, **common))


@tool("traceroute6", flavour="debian", effect=Effect.READS)
def traceroute6(call: Call) -> int | Waiting:
    """The traceroute6 of the package ndisc6."""
    raise NotSimulated("traceroute6 of ndisc6; traceroute -6 does it", Effect.READS)


def _address(call: Call, name: str, options: _Options, complaint: str) -> str:
    """A name that is known here; the complaint otherwise."""
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
    return name


def _is_six(call: Call, name: str, options: _Options) -> bool:
    """True if a word is taken for an IPv6 address: by option, because it is one, or because it has no other."""
    if "6" in options.given or "4" in options.given:
        return "6" in options.given
    return name != "localhost" and prefers6(call.box, name)


def _unsigned(text: str) -> int | None:
    """A number as strtoul() reads it, in any base; None if it is not one."""
    match = re.fullmatch(r"([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)", text)
    if not match:
        return None
    digits = match[2]
    value = int(digits, 16 if digits[:2].lower() == "0x" else 8 if digits[0] == "0" else 10)
    return (-value if match[1] == "-" else value) & 0xFFFFFFFF
