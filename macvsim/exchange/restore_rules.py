"""Rules of netfilter and kernel parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from macvsim.docker.host import DockerHost
from macvsim.exchange.machine import Place
from macvsim.exchange.restore import Restorer
from macvsim.net.sysctl import Sysctl, UnknownSysctl

_FAILED = re.compile(r"(?:line |line: )(\d+)")
_ORDER = ("net/ipv4/ip_forward", "net/ipv4/conf/all/forwarding", "net/ipv6/conf/all/", "net/ipv4/conf/default/")
"""Parameters whose writing changes others."""


def restore_rules(restorer: Restorer, places: Iterable[Place]) -> None:
    """Tables of iptables: rules that are not simulated are left out, and said."""
    for place in places:
        if _has_rules(_plain(place.ip6tables)):
            restorer.note("ip6tables-save", "ip6tables")
        lines = _plain(place.iptables)
        there = _plain(restorer.box.sh(restorer.command(place.name, "iptables-save")).stdout)
        if lines in ([], there) or not (_has_rules(lines) or _has_rules(there)):
            continue
        lines = _without_failing(restorer, place, lines)
        restorer.do(_restore(restorer, place, lines), "iptables-save")


def _plain(text: str) -> list[str]:
    """Lines without comments and counters."""
    lines = (re.sub(r"^\[\d+:\d+\] | \[\d+:\d+\]$", "", line) for line in text.splitlines())
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _has_rules(lines: Iterable[str]) -> bool:
    """True for anything but empty chains that accept."""
    return any(line.startswith("-A ") or re.match(r":\S+ DROP", line) for line in lines)


def _restore(restorer: Restorer, place: Place, lines: Sequence[str]) -> str:
    command = restorer.command(place.name, "iptables-restore")
    return f"{command} <<'END'\n" + "".join(f"{line}\n" for line in lines) + "END"


def _without_failing(restorer: Restorer, place: Place, lines: list[str]) -> list[str]:
    """The lines but those that iptables-restore refuses."""
    while True:
        result = restorer.box.sh(_restore(restorer, place, lines))
        if not result.code:
            return lines
        said = " ".join(str(result).split())
        number = _FAILED.search(said)
        bad = int(number[1]) - 1 if number is not None else -1
        if not (0 <= bad < len(lines) and lines[bad].startswith("-A")):
            bad = next(
                (at for at in _rules(lines) if restorer.box.sh(_restore(restorer, place, _alone(lines, at))).code), -1
            )
        if bad < 0:
            restorer.note("iptables-save", said)
            return []
        restorer.note(f"iptables {lines[bad]}", said)
        lines = lines[:bad] + lines[bad + 1 :]


def _rules(lines: Sequence[str]) -> list[int]:
    return [at for at, line in enumerate(lines) if line.startswith("-A")]


def _alone(lines: Sequence[str], at: int) -> list[str]:
    """One rule with the tables and chains there are."""
    return [line for number, line in enumerate(lines) if number == at or not line.startswith("-A")]


def restore_sysctls(restorer: Restorer, places: Iterable[Place], only: str = "") -> None:
    """Parameters that have another value than they would have; `only` those of that name at the end."""
    for place in places:
        parameters = _parameters(restorer, place)
        if parameters is None:
            continue
        for name in sorted(place.sysctls, key=_rank):
            try:
                is_other = name.endswith(only) and str(parameters[name]) != place.sysctls[name]
            except UnknownSysctl:  # of a device that is not there, or one that changes nothing here
                continue
            if is_other:
                restorer.run(place.name, "sysctl", "-q", "-w", f"{name}={place.sysctls[name]}")


def _parameters(restorer: Restorer, place: Place) -> Sysctl | None:
    box = restorer.box
    if place.kind == "host":
        return box.sysctl
    if place.kind == "netns":
        ns = box.kernel.netns.get(place.label)
        return None if ns is None else ns.sysctl
    assert isinstance(box, DockerHost)
    return next((one.sysctl for one in box.containers() if one.name == place.label), None)


def _rank(name: str) -> tuple[int, str]:
    return next((number for number, begin in enumerate(_ORDER) if name.startswith(begin)), len(_ORDER)), name


__all__ = ["restore_rules", "restore_sysctls"]
