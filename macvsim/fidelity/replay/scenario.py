"""Scenarios: what the recorder of the real kernel was told to do, one directive a line.

`parse` and `parse_file` read them; what each directive runs is in `macvsim.fidelity.replay.expand`.  A line that begins
with ``#`` is a comment; ``ipv6`` and ``txcsum`` hold for the whole scenario wherever they stand; includes and loops are
those of `macvsim.fidelity.replay.lines`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from macvsim.errors import ScenarioError
from macvsim.fidelity.replay.directives import (
    Capture,
    Container,
    Directive,
    DockerDaemon,
    DockerNamespace,
    Flush,
    Kill,
    Mark,
    Namespaces,
    Place,
    Run,
    Sleep,
    State,
    Switch,
    Title,
    Wait,
    Wire,
    WireEnd,
)
from macvsim.fidelity.replay.lines import Line, read_file, read_text

_IPV6, _OFFLOAD = "ipv6", "txcsum"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario.

    Attributes
    ----------
    name : as records are named: the file without its ending
    directives : in order, without comments
    ipv6 : IPv6 stays on (otherwise the recorder turns it off in every namespace)
    checksum_offload : the ends of wires leave checksums to the receiver (otherwise the recorder turns that off)
    """

    name: str
    directives: tuple[Directive, ...]
    ipv6: bool = False
    checksum_offload: bool = False

    @property
    def title(self) -> str:
        """Text of the ``title:`` line; the name where there is none."""
        return next((d.text for d in self.directives if isinstance(d, Title)), self.name)


def parse_file(path: Path | str, folders: Sequence[Path | str] = ()) -> Scenario:
    """Read a scenario file; included files are looked for beside the including one, then in `folders`.

    `ScenarioError` names file and line of what cannot be read.
    """
    path = Path(path)
    return _scenario(path.stem, read_file(path, [Path(folder) for folder in folders]))


def parse(
    text: str, name: str = "scenario", source: str = "scenario.txt", folders: Sequence[Path | str] = ()
) -> Scenario:
    """Read the text of a scenario, which is called `source` in errors; included files are looked for in `folders`."""
    return _scenario(name, read_text(text, source, [Path(folder) for folder in folders]))


def _scenario(name: str, lines: list[Line]) -> Scenario:
    """The scenario that lines spell."""
    meant = [line for line in lines if line.text and not line.text.startswith("#")]
    switches = {line.text for line in meant if line.text in (_IPV6, _OFFLOAD)}
    directives = tuple(_directive(line) for line in meant if line.text not in switches)
    return Scenario(name, directives, ipv6=_IPV6 in switches, checksum_offload=_OFFLOAD in switches)


class _Unreadable(Exception):
    """What is wrong with the words of a directive; empty if their number is."""


def _directive(line: Line) -> Directive:
    """The directive of a line."""
    place, text = line
    if text.startswith("title:"):
        return Title(place, text.removeprefix("title:").strip())
    if text.startswith(("@", "&@")):
        return _run(place, text)
    keyword, *words = text.split()
    if keyword == "host":
        if not words:
            raise ScenarioError(f"{place}: {text!r}: write {_USAGE['host']}")
        return Run(place, None, text.split(None, 1)[1], background=False)
    if keyword not in _READERS:
        close = get_close_matches(keyword, _USAGE, 1)
        advice = f"did you mean {_USAGE[close[0]]!r}?" if close else f"a line begins with @NS, {', '.join(_USAGE)}"
        raise ScenarioError(f"{place}: unknown directive {keyword!r}; {advice}")
    try:
        return _READERS[keyword](place, words)
    except _Unreadable as error:
        what = f" ({error})" if str(error) else ""
        raise ScenarioError(f"{place}: {text!r}{what}: write {_USAGE[keyword]}") from None


def _run(place: Place, text: str) -> Run:
    """``@NS COMMAND`` or ``&@NS COMMAND``."""
    ns, *command = text.lstrip("&").removeprefix("@").split(None, 1)
    if not command:
        raise ScenarioError(f"{place}: {text!r}: write @NS COMMAND, or &@NS COMMAND to run it in the background")
    return Run(place, ns, command[0], background=text.startswith("&"))


def _count(words: list[str], least: int, most: int | None = None) -> None:
    """Refuse too few or too many words."""
    if len(words) < least or (most is not None and len(words) > most):
        raise _Unreadable


def _namespaces(place: Place, words: list[str]) -> Directive:
    """``ns A B …``."""
    _count(words, 1)
    return Namespaces(place, tuple(words))


def _wire(place: Place, words: list[str]) -> Directive:
    """``wire NS/IF[/MAC] NS/IF[/MAC]``."""
    _count(words, 2, 2)
    ends = []
    for word in words:
        parts = word.split("/")
        if len(parts) not in (2, 3) or not all(parts):
            raise _Unreadable(f"{word!r} is not an end of a wire")
        ends.append(WireEnd(parts[0], parts[1], parts[2] if len(parts) == 3 else None))
    return Wire(place, (ends[0], ends[1]))


def _switch(place: Place, words: list[str]) -> Directive:
    """``switch NS BR PORT… KEY=VALUE…``."""
    _count(words, 2)
    options: dict[str, str] = {}
    for word in words[2:]:
        if "=" in word:
            key, _, value = word.partition("=")
            if not key or not value or "=" in value:
                raise _Unreadable(f"{word!r} is not KEY=VALUE")
            options[key] = value
    return Switch(place, words[0], words[1], tuple(w for w in words[2:] if "=" not in w), tuple(options.items()))


def _container(place: Place, words: list[str]) -> Directive:
    """``ctr NAME HOST PARENT KIND MAC [IP/LEN [GW]]``."""
    _count(words, 5, 7)
    name, host, parent, kind, mac, *network = words
    driver, mode, flag = "macvlan", kind, ""
    if kind.startswith("ipvlan"):
        parts = kind.split(":")
        if parts[0] != "ipvlan" or len(parts) not in (2, 3) or not all(parts):
            raise _Unreadable(f"{kind!r} is not ipvlan:MODE[:FLAG]")
        driver, mode, flag = "ipvlan", parts[1], parts[2] if len(parts) == 3 else "bridge"
    address, gateway = [*network, None, None][:2]
    return Container(place, name, host, parent, driver, mode, flag, None if mac == "-" else mac, address, gateway)


def _docker_daemon(place: Place, words: list[str]) -> Directive:
    """``dockerd NS [OPTION…]``."""
    _count(words, 1)
    return DockerDaemon(place, words[0], tuple(words[1:]))


def _docker_namespace(place: Place, words: list[str]) -> Directive:
    """``dns NAME HOST``."""
    _count(words, 2, 2)
    return DockerNamespace(place, *words)


def _mark(place: Place, words: list[str]) -> Directive:
    """``mark TEXT``."""
    return Mark(place, " ".join(words))


def _sleep(place: Place, words: list[str]) -> Directive:
    """``sleep SECONDS``."""
    _count(words, 1, 1)
    try:
        seconds = float(words[0])
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise _Unreadable(f"{words[0]!r} is not a number of seconds")
    return Sleep(place, seconds)


def _state(place: Place, words: list[str]) -> Directive:
    """``state LABEL``."""
    _count(words, 1, 1)
    return State(place, words[0])


def _alone(kind: Callable[[Place], Directive]) -> Callable[[Place, list[str]], Directive]:
    """The reader of a directive that is a single word."""

    def read(place: Place, words: list[str]) -> Directive:
        _count(words, 0, 0)
        return kind(place)

    return read


_USAGE: Mapping[str, str] = {
    "title:": "title: TEXT",
    "ns": "ns NAME…",
    "wire": "wire NS/IF[/MAC] NS/IF[/MAC]",
    "switch": "switch NS BRIDGE PORT… KEY=VALUE…",
    "ctr": "ctr NAME HOST PARENT KIND MAC [IP/LEN [GW]], KIND a macvlan mode or ipvlan:MODE[:FLAG], MAC - for none",
    "cap": "cap",
    "mark": "mark TEXT",
    "wait": "wait",
    "kill": "kill",
    "sleep": "sleep SECONDS",
    "flush": "flush",
    "state": "state LABEL",
    "host": "host COMMAND",
    "dockerd": "dockerd NS [OPTION…]",
    "dns": "dns NAME HOST",
    "include": "include FILE",
    "for": "for X in WORD… {, then the lines to repeat with %X%, then } alone on a line",
    "ipv6": "ipv6",
    "txcsum": "txcsum",
}
_READERS: Mapping[str, Callable[[Place, list[str]], Directive]] = {
    "ns": _namespaces,
    "wire": _wire,
    "switch": _switch,
    "ctr": _container,
    "dockerd": _docker_daemon,
    "dns": _docker_namespace,
    "cap": _alone(Capture),
    "mark": _mark,
    "wait": _alone(Wait),
    "kill": _alone(Kill),
    "sleep": _sleep,
    "flush": _alone(Flush),
    "state": _state,
}
