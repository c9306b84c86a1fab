"""ping of iputils 20240905."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from macvsim.apps.base import inet_aton
from macvsim.apps.names6 import is_text6, prefers6
from macvsim.apps.ping6_iputils import IputilsPing6
from macvsim.apps.ping_iputils import IputilsPing
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import tool
from macvsim.tools.apps import run_program
from macvsim.tools.getopt import NumberError, OptionError, getopt, iputils_number

VERSION = """\
{} from iputils 20240905
libcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes
"""
_USAGE = """\

Usage
  ping [options] <destination>

Options:
  <destination>      DNS name or IP address
  -3                 RTT precision (do not round up the result time)
  -a                 use audible ping
  -A                 use adaptive ping
  -B                 sticky source address
  -c <count>         stop after <count> replies
  -C                 call connect() syscall on socket creation
  -D                 print timestamps
  -d                 use SO_DEBUG socket option
  -e <identifier>    define identifier for ping session, default is random for
                     SOCK_RAW and kernel defined for SOCK_DGRAM
                     Imply using SOCK_RAW (for IPv4 only for identifier 0)
  -f                 flood ping
  -h                 print help and exit
  -H                 force reverse DNS name resolution (useful for numeric
                     destinations or for -f), override -n
  -I <interface>     either interface name or address
  -i <interval>      seconds between sending each packet
  -L                 suppress loopback of multicast packets
  -l <preload>       send <preload> number of packages while waiting replies
  -m <mark>          tag the packets going out
  -M <pmtud opt>     define path MTU discovery, can be one of <do|dont|want|probe>
  -n                 no reverse DNS name resolution, override -H
  -O                 report outstanding replies
  -p <pattern>       contents of padding byte
  -q                 quiet output
  -Q <tclass>        use quality of service <tclass> bits
  -s <size>          use <size> as number of data bytes to be sent
  -S <size>          use <size> as SO_SNDBUF socket option value
  -t <ttl>           define time to live
  -U                 print user-to-user latency
  -v                 verbose output
  -V                 print version and exit
  -w <deadline>      reply wait <deadline> in seconds
  -W <timeout>       time to wait for response

IPv4 options:
  -4                 use IPv4
  -b                 allow pinging broadcast
  -R                 record route
  -T <timestamp>     define timestamp, can be one of <tsonly|tsandaddr|tsprespec>

IPv6 options:
  -6                 use IPv6
  -F <flowlabel>     define flow label, default is random
  -N <nodeinfo opt>  use IPv6 node info query, try <help> as argument

For more details see ping(8).
"""
_LETTERS = "h?4bRT:6F:N:3aABc:CdDe:fHi:I:l:Lm:M:nOp:qQ:rs:S:t:UvVw:W:"
_INT_MAX = 0x7FFFFFFF
_LONG_MAX = 0x7FFFFFFFFFFFFFFF
_NOT_SIMULATED = {
    "N": "node information queries",
    "T": "timestamp options",
    "m": "firewall marks",
    "r": "SO_DONTROUTE",
}
_LARGEST = 65507
_LARGEST6 = 65527


class _Refused(Exception):
    """A value that makes no sense to ping, which exits with 2."""


@tool("ping", "ping4", "ping6", flavour="debian")
def ping(call: Call) -> int | Waiting:
    """``ping [options] <destination>``."""
    try:
        found, words = getopt(call.args, _LETTERS)
    except OptionError as error:
        call.err(f"{call.name}: {error}\n{_USAGE}")
        return 2
    letters = {letter for letter, _ in found}
    if letters & {"h", "?"}:
        call.err(_USAGE)
        return 2
    try:
        options = _read(call, found)
    except NumberError as error:
        call.err(f"ping: {error}\n")
        return 1
    except _Refused as error:
        call.err(f"ping: {error}\n")
        return 2
    if "V" in letters:
        call.out(VERSION.format("ping"))
        return 0
    if not words:
        call.err("ping: usage error: Destination address required\n")
        return 2
    left_out = next((letter for letter, _ in found if letter in _NOT_SIMULATED), None)
    if left_out:
        return call.not_simulated(f"ping -{left_out}: {_NOT_SIMULATED[left_out]}")
    if len(words) > 1:
        return call.not_simulated("ping by way of other hosts (source routes)")
    if "flood" in options:
        options.setdefault("interval", 0.0)
    if options.get("interval") == 0 and not options.keys() & {"count", "deadline"}:
        return call.not_simulated("a flood ping without -c and -w")
    six = "6" in letters or call.name == "ping6" or ("4" not in letters and prefers6(call.box, words[0]))
    largest = _LARGEST6 if six else _LARGEST
    if options.get("size", 0) > largest:
        call.err(f"ping: invalid -s value: '{options['size']}': out of range: 0 <= value <= {largest}\n")
        return 1
    if (inet_aton(words[0]) is not None) if six else is_text6(words[0]):
        call.err(f"{call.name}: {words[0]}: Address family for hostname not supported\n")
        return 2
    if "v" in letters:
        _tell_sockets(call, letters, words[0])
    if six and "record_route" in options:
        return call.not_simulated("ping -R: IPv6 has no such option")
    if six and "unlooped" in options:
        return call.not_simulated("ping -L: IPV6_MULTICAST_LOOP")
    if not six:
        options.pop("flow", None)
    program = partial(IputilsPing6, tag=f"{call.name}: ") if six else IputilsPing
    return run_program(program(call.box, words[0], stdout=call.out, stderr=call.err, **options))


def _tell_sockets(call: Call, letters: set[str], target: str) -> None:
    """What -v says before anything is sent."""
    families = [family for family in "46" if family in letters] or ["4", "6"]
    sockets = [
        f"sock{family}.fd: {3 + families.index(family)} (socktype: SOCK_RAW)" if family in families
        else f"sock{family}.fd: -1 (socktype: 0)" for family in "46"
    ]  # fmt: skip
    hint = "AF_UNSPEC" if len(families) > 1 else f"AF_INET{families[0].removeprefix('4')}"
    call.err(f"ping: {', '.join(sockets)}, hints.ai_family: {hint}\n\n")
    kind = "AF_INET6" if "6" in letters or is_text6(target) else "AF_INET"
    call.out(f"ai->ai_family: {kind}, ai->ai_canonname: '{target}'\n")


def _read(call: Call, found: list[tuple[str, str]]) -> dict[str, Any]:
    """The options as those of `IputilsPing`; `NumberError`, `_Refused` for the first that is wrong."""
    options: dict[str, Any] = {}
    families = {letter for letter, _ in found if letter in "46"}
    for letter, value in found:
        if letter in _FLAGS:
            options[_FLAGS[letter]] = True
        elif letter in _NUMBERS:
            name, low, high = _NUMBERS[letter]
            options[name] = iputils_number(value, low, high)
        elif letter in "46" and len(families) > 1:
            raise _Refused("only one -4 or -6 option may be specified")
        elif letter == "i":
            options["interval"] = _seconds(call, value, "bad timing interval")
        elif letter == "W":
            options["timeout"] = _seconds(call, value, "bad linger time")
        elif letter == "I":
            options["source"] = value
        elif letter == "M":
            if value not in ("do", "dont", "want", "probe"):
                raise _Refused(f"invalid -M argument: {value}")
            options["pmtu"] = value
        elif letter in "nH":
            options["numeric"] = letter == "n"
            options["lookup"] = letter == "H"
        elif letter == "p":
            options["pattern"] = _pattern(value)
        elif letter == "Q":
            options["tos"] = _tos(value)
        elif letter == "F":
            options["flow"] = _flow(value)
        elif letter == "S":
            iputils_number(value, 1, _INT_MAX)
    return options


_FLAGS = {
    "3": "precise", "B": "sticky", "O": "outstanding", "a": "audible", "b": "broadcast", "q": "quiet", "f": "flood",
    "A": "adaptive", "D": "stamped", "v": "verbose", "U": "user_latency", "R": "record_route",
    "L": "unlooped",
}  # fmt: skip
_NUMBERS = {
    "c": ("count", 1, _LONG_MAX),
    "e": ("ident", 0, 0xFFFF),
    "l": ("preload", 1, 65536),
    "s": ("size", 0, _INT_MAX),
    "t": ("ttl", 0, 255),
    "w": ("deadline", 0, _INT_MAX),
}


def _seconds(call: Call, text: str, wrong: str) -> float:
    """A time with decimals, what follows it ignored with a warning (ping_strtod)."""
    match = re.match(r"\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", text)
    value = float(match[0]) if match else 0.0
    garbage = text[match.end() :] if match else text
    if garbage:
        call.err(
            f"ping: option argument contains garbage: {garbage}\nping: this will become fatal error in the future\n"
        )
    if not 0 <= value <= _INT_MAX / 1000:
        raise _Refused(f"{wrong}: {text}")
    return value


def _pattern(text: str) -> bytes:
    """Bytes written as hexadecimal digits, at most 16; a last single digit is a byte."""
    for at, digit in enumerate(text):
        if digit not in "0123456789abcdefABCDEF":
            raise _Refused(f"patterns must be specified as hex digits: {text[at:]}")
    return bytes(int(text[at : at + 2], 16) for at in range(0, min(len(text), 32), 2))


def _flow(text: str) -> int:
    """A flow label, decimal or hexadecimal (parseflow)."""
    match = re.fullmatch(r"0[xX]([0-9a-fA-F]+)|([0-9]+)", text)
    if not match:
        raise _Refused(f"Invalid flowinfo {text}")
    value = int(match[1], 16) if match[1] else int(match[2])
    if value & ~0xFFFFF:
        raise _Refused("flow value is greater than 20 bits.")
    return value


def _tos(text: str) -> int:
    """A type of service, decimal or hexadecimal (parsetos)."""
    match = re.fullmatch(r"0[xX]([0-9a-fA-F]+)|([-+]?[0-9]+)", text)
    if not match:
        raise _Refused(f"bad TOS value: {text}")
    value = int(match[1], 16) if match[1] else int(match[2])
    if value > 255:
        raise _Refused(f"the decimal value of TOS bits must be in range 0-255: {value}")
    return value & 0xFF
