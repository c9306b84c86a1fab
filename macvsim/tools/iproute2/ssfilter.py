"""What sockets ss is asked for: states, and expressions about their ends."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from macvsim.errors import Effect, MacvsimError, NotSimulated
from macvsim.machine.tool import ToolError
from macvsim.tools.iproute2.words import complaint, incomplete
from macvsim.tools.ports import port_number
from macvsim.wire.addr import ip_int, mask_int

End = tuple[int, int]
Test = Callable[[End, End], bool]

_CONNECTED = ("ESTAB", "SYN-SENT", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "LAST-ACK", "CLOSING")
CONNECTED = frozenset(_CONNECTED)
"""Without -a and -l (SS_CONN)."""
LISTENING = frozenset(("LISTEN", "UNCONN"))
ALL = CONNECTED | LISTENING | {"TIME-WAIT", "SYN-RECV"}
_SYNCHRONIZED = (CONNECTED | {"TIME-WAIT", "SYN-RECV"}) - {"SYN-SENT"}
_STATES = {
    "all": ALL,
    "connected": CONNECTED | {"SYN-RECV", "TIME-WAIT"},
    "synchronized": _SYNCHRONIZED,
    "bucket": frozenset(("SYN-RECV", "TIME-WAIT")),
    "big": ALL - {"SYN-RECV", "TIME-WAIT"},
    "established": frozenset(("ESTAB",)),
    "listening": frozenset(("LISTEN",)),
    "closed": frozenset(("UNCONN",)),
    **{name.lower(): frozenset((name,)) for name in sorted(ALL - {"ESTAB", "LISTEN", "UNCONN"})},
}
_OPERATORS: dict[str, Callable[[int, int], bool]] = {
    **dict.fromkeys(("=", "==", "eq"), operator.eq), **dict.fromkeys(("!=", "ne", "neq"), operator.ne),
    **dict.fromkeys((">=", "ge", "geq"), operator.ge), **dict.fromkeys(("<=", "le", "leq"), operator.le),
    **dict.fromkeys((">", "gt"), operator.gt), **dict.fromkeys(("<", "lt"), operator.lt),
}  # fmt: skip


def read_filter(words: list[str]) -> tuple[frozenset[str], Test]:
    """The states that are asked for, none without any, and what is asked of local and remote ends."""
    rest = " ".join(words).split()
    states: frozenset[str] = frozenset()
    while rest and rest[0] == "state":
        if len(rest) < 2:
            raise incomplete()
        if rest[1] not in _STATES:
            raise ToolError(f"wrong state name: {rest[1]}", 255)
        states |= _STATES[rest[1]]
        rest = rest[2:]
    tests = []
    while rest:
        word = rest.pop(0)
        if word in ("and", "&", "&&"):
            continue
        if word in ("(", ")", "or", "|", "||", "not", "!", "exclude", "excl", "dev", "fwmark", "cgroup", "autobound"):
            raise NotSimulated(f"ss … {word}", Effect.READS)
        if word in ("src", "dst") and rest:
            tests.append(_about(word == "src", rest.pop(0)))
        elif word in ("sport", "dport") and len(rest) > 1:
            tests.append(_of_port(word == "sport", rest.pop(0), rest.pop(0)))
        else:
            _about(False, word)
            raise NotSimulated(f"ss … {word}: its usage text", Effect.READS)
    return states, lambda local, remote: all(test(local, remote) for test in tests)


def _about(is_local: bool, text: str) -> Test:
    """``ADDRESS[/LENGTH][:PORT]`` of an end."""
    match = re.fullmatch(r"(?:\[?(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)(?:/(\d+))?\]?|\*)?(?::(\w+|\*))?", text)
    try:
        address, length = (0, 0) if match is None or not match[1] else (ip_int(match[1]), int(match[2] or 32))
    except MacvsimError:
        match = None
    if match is None or not text or length > 32:
        wrong = f'Error: an inet prefix is expected rather than "{text}".'
        raise complaint(f"{wrong}\nCannot parse dst/src address.\n", 1)
    port = None if match[3] in (None, "*") else _port(match[3])
    mask = mask_int(length)

    def test(local: End, remote: End) -> bool:
        ip, number = local if is_local else remote
        return ip & mask == address & mask and port in (None, number)

    return test


def _of_port(is_local: bool, compare: str, text: str) -> Test:
    if compare not in _OPERATORS:
        raise NotSimulated(f"ss … {compare}", Effect.READS)
    port, holds = _port(text.removeprefix("*").removeprefix(":")), _OPERATORS[compare]
    return lambda local, remote: holds((local if is_local else remote)[1], port)


def _port(text: str) -> int:
    number = port_number(text)
    if number is None:
        raise complaint(f'Error: "{text}" does not look like a port.\nCannot parse dst/src address.\n', 1)
    return number
