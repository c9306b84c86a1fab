"""Tables, ages and orders as the docker command line prints them, from plain data.

Columns are those of Go's ``text/tabwriter`` with the settings of docker/cli; ages are docker/go-units HumanDuration;
``network ls`` is sorted like fvbommel/sortorder NaturalLess.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from macvsim.docker.ids import short_id
from macvsim.docker.profile import Profile

_SECOND = 1_000_000_000
_COMMAND_WIDTH = 20


def render_table(profile: Profile, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a line per row and a final newline; every column but the last is padded with spaces.

    A column is as wide as its longest cell and the padding, and at least the minimum width of this version.
    """
    return render_columns(profile.table_min_width, [headers, *rows], profile.table_padding)


def render_columns(min_width: int, rows: Sequence[Sequence[str]], padding: int = 3) -> str:
    """Rows of as many cells each in columns of at least `min_width`."""
    lines = [tuple(row) for row in rows]
    widths = [max(min_width, max(len(line[column]) for line in lines) + padding) for column in range(len(lines[0]) - 1)]
    return "".join(_padded(line[:-1], widths) + line[-1] + "\n" for line in lines)


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The cells, each filled up to its column's width."""
    return "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))


# -- sizes, orders and ages


def human_size(size: float, digits: int = 4) -> str:
    """Bytes with so many digits and a decimal unit (units.HumanSizeWithPrecision)."""
    units = ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:.{digits}g}{units[0]}"


def natural_key(name: str) -> tuple[tuple[int, int, bytes, int], ...]:
    """Sort key that puts ``mac2`` before ``mac10``.

    Runs of digits compare as numbers (fewer leading zeros first) and come before other characters, which compare
    byte by byte.
    """
    key: list[tuple[int, int, bytes, int]] = []
    for digits, run in groupby(name.encode(), key=lambda byte: 0x30 <= byte <= 0x39):
        chunk = bytes(run)
        if digits:
            number = chunk.lstrip(b"0")
            key.append((0, len(number), number, len(chunk) - len(number)))
        else:
            key.extend((1, byte, b"", 0) for byte in chunk)
    return tuple(key)


def human_duration(nanoseconds: int) -> str:
    """A length of time in one rounded unit: ``34 seconds``, ``About a minute``, ``3 weeks``."""
    seconds = nanoseconds // _SECOND
    minutes = seconds // 60
    hours = (nanoseconds + 1800 * _SECOND) // (3600 * _SECOND)  # to the nearest, unlike all others
    if seconds < 1:
        return "Less than a second"
    if seconds == 1:
        return "1 second"
    if seconds < 60:
        return f"{seconds} seconds"
    if minutes == 1:
        return "About a minute"
    if minutes < 60:
        return f"{minutes} minutes"
    if hours == 1:
        return "About an hour"
    if hours < 48:
        return f"{hours} hours"
    if hours < 24 * 7 * 2:
        return f"{hours // 24} days"
    if hours < 24 * 30 * 2:
        return f"{hours // 24 // 7} weeks"
    if hours < 24 * 365 * 2:
        return f"{hours // 24 // 30} months"
    return f"{nanoseconds // (3600 * _SECOND) // 24 // 365} years"


def up_status(age: int, *, paused: bool = False) -> str:
    """STATUS of a container started `age` nanoseconds ago."""
    return f"Up {human_duration(age)}" + " (Paused)" * paused


def restarting_status(code: int, age: int) -> str:
    """STATUS of a container that ended `age` nanoseconds ago with exit code `code`, and will start again."""
    return f"Restarting ({code}) {human_duration(age)} ago"


def exited_status(code: int, age: int) -> str:
    """STATUS of a container that ended `age` nanoseconds ago with exit code `code`."""
    return f"Exited ({code}) {human_duration(age)} ago"


CREATED_STATUS = "Created"
"""STATUS of a container that was never started, or failed to start."""


# -- docker network ls


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """A network in ``docker network ls``; `id` is the full one."""

    id: str
    name: str
    driver: str
    scope: str = "local"


def network_table(
    profile: Profile, networks: Iterable[NetworkRow], *, no_trunc: bool = False, quiet: bool = False
) -> str:
    """What ``docker network ls`` prints; `quiet`: only identifiers, one a line."""
    ordered = sorted(networks, key=lambda network: natural_key(network.name))
    shown = [(network.id if no_trunc else short_id(network.id), network) for network in ordered]
    if quiet:
        return "".join(f"{number}\n" for number, _ in shown)
    rows = [(number, network.name, network.driver, network.scope) for number, network in shown]
    return render_table(profile, ("NETWORK ID", "NAME", "DRIVER", "SCOPE"), rows)


# -- docker ps


@dataclass(frozen=True, slots=True)
class ContainerRow:
    """A container in ``docker ps``.

    Attributes
    ----------
    id : the full one
    command : program and arguments, joined by spaces
    age : nanoseconds since the container was made
    status : `up_status`, `exited_status` or `CREATED_STATUS`
    ports : published ports; always empty on macvlan
    size : of the files that it wrote, and with those of its image
    """

    id: str
    image: str
    command: str
    age: int
    status: str
    name: str
    ports: str = ""
    size: str = ""


def container_table(
    profile: Profile,
    containers: Iterable[ContainerRow],
    *,
    no_trunc: bool = False,
    quiet: bool = False,
    sizes: bool = False,
) -> str:
    """What ``docker ps`` prints, newest first; which containers (``-a``) is up to the caller."""
    ordered = sorted(containers, key=lambda container: container.age)
    shown = [(container.id if no_trunc else short_id(container.id), container) for container in ordered]
    if quiet:
        return "".join(f"{number}\n" for number, _ in shown)
    rows = [
        (
            number,
            container.image,
            command_cell(container.command, full=no_trunc),
            f"{human_duration(container.age)} ago",
            container.status,
            container.ports,
            container.name,
            *([container.size] if sizes else []),
        )
        for number, container in shown
    ]
    heads = ("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES", *(["SIZE"] if sizes else []))
    return render_table(profile, heads, rows)


def command_cell(command: str, *, full: bool = False) -> str:
    """The COMMAND column: in quotes, cut unless in full."""
    return json.dumps(command if full else _ellipsis(command), ensure_ascii=False)


def _ellipsis(text: str) -> str:
    """`text`, cut to the width of the COMMAND column's content."""
    return text if len(text) <= _COMMAND_WIDTH else text[: _COMMAND_WIDTH - 1] + "…"
