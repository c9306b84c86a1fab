"""ping of iputils 20240905."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from macvsim.apps.base import inet_aton
from macvsim.apps.names6 import is_text6, prefers6
from macvsim.apps.ping_iputils import IputilsPing
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import ToolError, tool
from macvsim.tools.apps import run_program
from macvsim.tools.iputils.common import INT_MAX, IPUTILS, LONG_MAX, USAGE, VERSION, number

_LARGEST = 65507
_LARGEST6 = 65527
_FLAGS = {
    "-3": "precise", "-B": "sticky", "-O": "outstanding", "-a": "audible", "-b": "broadcast", "-q": "quiet",
    "-f": "flood", "-A": "adaptive", "-D": "stamped", "-v": "verbose", "-U": "user_latency", "-R": "record_route",
    "-L": "unlooped",
}  # fmt: skip
_VALUES = {
    "-c": "count", "-e": "ident", "-l": "preload", "-s": "size", "-t": "ttl", "-w": "deadline", "-I": "source",
    "-M": "pmtu", "-p": "pattern", "-Q": "tos", "-F": "flow",
}  # fmt: skip


def _pmtu(text: str) -> str:
    """A way of path MTU discovery."""
    if text not in ("do", "dont", "want", "probe"):
        raise ToolError(f"invalid -M argument: {text}")
    return text


def _pattern(text: str) -> bytes:
    """Bytes written as hexadecimal digits, at most 16; a last single digit is a byte."""
    for at, digit in enumerate(text):
        if digit not in "0123456789abcdefABCDEF":
            raise ToolError(f"patterns must be specified as hex digits: {text[at:]}")
    return bytes(int(text[at : at + 2], 16) for at in range(0, min(len(text), 32), 2))


def _flow(text: str) -> int:
    """A flow label, decimal or hexadecimal (parseflow)."""
    match = re.fullmatch(r"0[xX]([0-9a-fA-F]+)|([0-9]+)", text)
    if not match:
        raise ToolError(f"Invalid flowinfo {text}")
    value = int(match[1], 16) if match[1] else int(match[2])
    if value & ~0xFFFFF:
        raise ToolError("flow value is greater than 20 bits.")
    return value


def _tos(text: str) -> int:
    """A type of service, decimal or hexadecimal (parsetos)."""
    match = re.fullmatch(r"0[xX]([0-9a-fA-F]+)|([-+]?[0-9]+)", text)
    if not match:
        raise ToolError(f"bad TOS value: {text}")
    value = int(match[1], 16) if match[1] else int(match[2])
    if value > 255:
        raise ToolError(f"the decimal value of TOS bits must be in range 0-255: {value}")
    return value & 0xFF


@tool(
    "ping",
    "ping4",
    "ping6",
    flavour="debian",
    usage=USAGE,
    version=VERSION.format("ping"),
    letters="r",
    left_out={
        "-N": "node information queries",
        "-T": "timestamp options",
        "-m": "firewall marks",
        "-r": "SO_DONTROUTE",
    },
    values={
        "-c": number(1, LONG_MAX),
        "-e": number(0, 0xFFFF),
        "-l": number(1, 65536),
        "-s": number(0, INT_MAX),
        "-S": number(1, INT_MAX),
        "-t": number(0, 255),
        "-w": number(0, INT_MAX),
        "-M": _pmtu,
        "-p": _pattern,
        "-Q": _tos,
        "-F": _flow,
    },
    manner=IPUTILS,
    effect=Effect.READS,
)
def ping(call: Call) -> Waiting:
    """``ping [options] <destination>``."""
    given = call.given
    options = _options(call)
    if not given.operands:
        raise ToolError("usage error: Destination address required")
    if len(given.operands) > 1:
        raise NotSimulated("ping by way of other hosts (source routes)", Effect.READS)
    if "flood" in options:
        options.setdefault("interval", 0.0)
    if options.get("interval") == 0 and not options.keys() & {"count", "deadline"}:
        raise NotSimulated("a flood ping without -c and -w", Effect.READS)
    target = given.operands[0]
    families = "".join(letter for letter in "46" if f"-{letter}" in given)
    six = families == "6" or call.name == "ping6" or (families != "4" and prefers6(call.box, target))
    largest = _LARGEST6 if six else _LARGEST
    if options.get("size", 0) > largest:
        raise ToolError(f"invalid -s value: '{options['size']}': out of range: 0 <= value <= {largest}", 1)
    if (inet_aton(target) is not None) if six else is_text6(target):
        raise ToolError(f"{target}: Address family for hostname not supported")
    if "verbose" in options:
        _tell_sockets(call, families, target)
    if six and "record_route" in options:
        raise NotSimulated("ping -R: IPv6 has no such option", Effect.READS)
    if six and "unlooped" in options:
        raise NotSimulated("ping -L: IPV6_MULTICAST_LOOP", Effect.READS)
    if not six:
        options.pop("flow", None)
    program: Any = IputilsPing
    if six:
        from macvsim.apps.ping6_iputils import IputilsPing6  # IPv4 does not load it

        program = partial(IputilsPing6, tag=f"{call.name}: ")
    return run_program(program(call.box, target, stdout=call.out, stderr=call.err, **options))


def _options(call: Call) -> dict[str, Any]:
    """The options as parameters of `IputilsPing`."""
    given = call.given
    if "-4" in given and "-6" in given:
        raise ToolError("only one -4 or -6 option may be specified")
    options: dict[str, Any] = {}
    for name, value in given.options:
        if name in _FLAGS:
            options[_FLAGS[name]] = True
        elif name in _VALUES:
            options[_VALUES[name]] = value
        elif name == "-i":
            options["interval"] = _seconds(call, value, "bad timing interval")
        elif name == "-W":
            options["timeout"] = _seconds(call, value, "bad linger time")
        elif name in ("-n", "-H"):
            options["numeric"], options["lookup"] = name == "-n", name == "-H"
    return options


def _seconds(call: Call, text: str, wrong: str) -> float:
    """A time with decimals, what follows it ignored with a warning (ping_strtod)."""
    match = re.match(r"\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", text)
    value = float(match[0]) if match else 0.0
    garbage = text[match.end() :] if match else text
    if garbage:
        call.err(f"{call.name}: option argument contains garbage: {garbage}\n")
        call.err(f"{call.name}: this will become fatal error in the future\n")
    if not 0 <= value <= INT_MAX / 1000:
        raise ToolError(f"{wrong}: {text}")
    return value


def _tell_sockets(call: Call, letters: str, target: str) -> None:
    """Print the sockets, as ``-v`` does before anything is sent; `letters`: 4 or 6 where an option asks for one."""
    families = [family for family in "46" if family in letters] or ["4", "6"]
    sockets = [
        f"sock{family}.fd: {3 + families.index(family)} (socktype: SOCK_RAW)" if family in families
        else f"sock{family}.fd: -1 (socktype: 0)" for family in "46"
    ]  # fmt: skip
    hint = "AF_UNSPEC" if len(families) > 1 else f"AF_INET{families[0].removeprefix('4')}"
    call.err(f"ping: {', '.join(sockets)}, hints.ai_family: {hint}\n\n")
    kind = "AF_INET6" if "6" in letters or is_text6(target) else "AF_INET"
    call.out(f"ai->ai_family: {kind}, ai->ai_canonname: '{target}'\n")
