"""``docker ps --filter`` (moby ``daemon/list.go``)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from macvsim.docker.container import Container
from macvsim.docker.engine import Engine
from macvsim.docker.images import split_reference
from macvsim.errors import DockerError
from macvsim.machine.tool import ToolError
from macvsim.tools.docker.flagvalues import integer
from macvsim.tools.docker.tool import Invocation

Filters = Mapping[str, list[str]]
_STATES = ("created", "dead", "exited", "paused", "removing", "restarting", "running")
_HEALTHS = ("healthy", "none", "starting", "unhealthy")
PS_FILTERS = (
    *("ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation", "label", "name", "network"),
    *("publish", "since", "status", "volume"),
)


def read_filters(run: Invocation, known: tuple[str, ...]) -> Filters:
    """What ``--filter`` asks for, by key.  `DockerError` for an unknown key."""
    wanted: dict[str, list[str]] = {}
    for text in run.parsed.all("filter"):
        key, sign, value = text.partition("=")
        key = key.strip().lower()
        if sign and key not in known:
            raise run.profile.error("filter.unknown", name=key)
        if sign:
            wanted.setdefault(key, []).append(value.strip())
    return wanted


def choose(engine: Engine, filters: Filters, *, everything: bool) -> list[Container]:
    """The containers that pass, newest first.  Raises `DockerError`."""
    _check(engine, filters)
    return [
        container
        for container in engine.ps(all=everything)
        if all(any(_has(engine, container, key, value) for value in values) for key, values in filters.items())
    ]


def _check(engine: Engine, filters: Filters) -> None:
    """Values that no container can have."""
    error = engine.profile.error
    for key, values in filters.items():
        for value in values:
            if key == "status" and value not in _STATES:
                raise error("filter.bad_value", name=key, value=value)
            if key == "health" and value not in _HEALTHS:
                raise error("filter.health", value=value)
            if key == "is-task" and value not in ("true", "false"):
                raise error("filter.bad_value", name=key, value=f"[{value}]")
            if key == "exited" and not re.fullmatch(r"[+-]?[0-9]+", value):
                raise error("filter.exited", value=value)
            if key in ("publish", "expose"):
                _ports(engine, key, value)
            if key in ("before", "since"):
                engine.find(value, by_daemon=True)


def _has(engine: Engine, container: Container, key: str, value: str) -> bool:
    """Whether a container passes one value of one filter."""
    match key:
        case "id":
            return container.id.startswith(value)
        case "status":
            return container.status == value
        case "exited":
            return container.status == "exited" and container.exit_code == int(value)
        case "ancestor":
            return split_reference(container.config.image) == split_reference(value)
        case "label":
            return labelled(container.config.labels, value)
        case "network":
            return any(value in (name, s.network_id) for name, s in container.settings.items())
        case "before" | "since":
            order = list(engine.containers.values())
            other = order.index(engine.find(value, by_daemon=True))
            return order.index(container) < other if key == "before" else order.index(container) > other
        case "publish":
            places = (place for found in engine.ports.map(container).values() for place in found)
            return any(f"{place.host_port}/{place.proto}" in _ports(engine, key, value) for place in places)
        case "expose":
            own = {*container.config.ports, *container.config.exposed}
            return not own.isdisjoint(_ports(engine, key, value))
        case "health":
            return value == "none"
        case "is-task":
            return value == "false"
        case "isolation":
            return value == "default"
        case "volume":
            return False
    return matches(value.removeprefix("/"), container.name)


def _ports(engine: Engine, key: str, value: str) -> list[str]:
    """``PORT[-PORT][/PROTOCOL]``, each as ``80/tcp``."""
    if ":" in value:
        raise engine.profile.error("filter.colon", name=key, value=value)
    span, _, proto = value.partition("/")
    first, _, last = span.partition("-")
    try:
        low, high = integer(first, "ParseUint", 16), integer(last or first, "ParseUint", 16)
    except ToolError as error:
        raise engine.profile.error("filter.port", name=key, value=value, error=error) from None
    if high < low:
        what = f"invalid range specified for port: {span}"
        raise engine.profile.error("filter.port", name=key, value=value, error=what)
    return [f"{port}/{(proto or 'tcp').lower()}" for port in range(low, high + 1)]


def labelled(labels: Mapping[str, str], wanted: str) -> bool:
    """Whether there is a label ``KEY``, or ``KEY=VALUE``."""
    key, sign, value = wanted.partition("=")
    return key in labels and (not sign or labels[key] == value)


def matches(pattern: str, text: str) -> bool:
    """Whether a regular expression is in a text; one that cannot be read is taken as it is (filters.Match)."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return pattern in text


__all__ = ["PS_FILTERS", "DockerError", "choose", "labelled", "matches", "read_filters"]
