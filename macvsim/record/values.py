"""Values as JSON has them, and back: everything that calls of a lab's Python API are given.

Numbers, texts and lists stand for themselves; all else is an object with one key that says what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import import_module
from typing import Any

from macvsim.engine.history import Settings, Unnamed
from macvsim.errors import MacvsimError
from macvsim.record.references import References

RECORDS: Mapping[str, str] = {
    "ContainerConfig": "macvsim.docker.container_config",
    "EndpointSettings": "macvsim.docker.network",
    "IpamConfig": "macvsim.docker.ipam_config",
    "Machine": "macvsim.docker.machine",
    "PortPolicy": "macvsim.switch.policy",
    "RestartPolicy": "macvsim.docker.container_config",
}
"""The module of each record, which a lab without any does not load."""
CHOICES: Mapping[str, str] = {
    "DropReason": "macvsim.engine.drop",
    "MacChange": "macvsim.switch.policy",
    "Promiscuous": "macvsim.switch.policy",
    "ipvlan.Flag": "macvsim.dev.ipvlan_port",
    "ipvlan.Mode": "macvsim.dev.ipvlan_port",
    "macvlan.Mode": "macvsim.dev.macvlan_port",
}
"""The module of each enumeration, likewise."""

MISTAKES = (MacvsimError, AttributeError, LookupError, TypeError, ValueError)
"""How calls end that a file has with other values than macvsim writes."""


class Values(References):
    """Reads and writes values; objects of the lab are written as references."""

    def encode(self, value: object) -> Any:
        """A value as data; raises `Unnamed`."""
        match value:
            case Enum():
                known = type(value)
                place = (known.__module__, known.__name__)
                kind = next((kind for kind, module in CHOICES.items() if (module, _last(kind)) == place), None)
                if kind is None:
                    raise Unnamed(repr(value))
                return {kind: value.name}
            case None | bool() | int() | float() | str():
                return value
            case bytes():
                return {"bytes": value.hex(":")}
            case list():
                return [self.encode(one) for one in value]
            case tuple():
                return {"tuple": [self.encode(one) for one in value]}
            case set() | frozenset():
                return {"frozenset": sorted((self.encode(one) for one in value), key=repr)}
            case Mapping() if not isinstance(value, Settings):
                return {"mapping": [[self.encode(key), self.encode(one)] for key, one in value.items()]}
        if is_dataclass(value) and RECORDS.get(type(value).__name__) == type(value).__module__:
            return {type(value).__name__: {one.name: self.encode(getattr(value, one.name)) for one in fields(value)}}
        if callable(value):
            return {"observer": None}
        return {"ref": dict(self.reference(value))}

    def decode(self, data: Any) -> Any:
        """The value; `MacvsimError` if this is no data of `encode`."""
        if isinstance(data, list):
            return [self.decode(one) for one in data]
        if not isinstance(data, dict):
            return data
        match data:
            case {"bytes": str(text)}:
                return bytes.fromhex(text.replace(":", ""))
            case {"tuple": list(items)}:
                return tuple(map(self.decode, items))
            case {"frozenset": list(items)}:
                return frozenset(map(self.decode, items))
            case {"mapping": list(pairs)}:
                return {self.decode(key): self.decode(one) for key, one in pairs}
            case {"observer": None}:
                return _ignore
            case {"ref": dict(place)}:
                return self.find(place)
        kind, content = next(iter(data.items()), ("", None))
        if kind in CHOICES and isinstance(content, str):
            known: type[Enum] = getattr(import_module(CHOICES[kind]), _last(kind))
            if content in known.__members__:
                return known[content]
        if kind in RECORDS and isinstance(content, dict):
            return getattr(import_module(RECORDS[kind]), kind)(
                **{key: self.decode(one) for key, one in content.items()}
            )
        raise MacvsimError(f"{data!r} is no value of a saved lab")


def _last(kind: str) -> str:
    return kind.rpartition(".")[2]


def _ignore(*_: object) -> None:
    """In the place of a function that was told what was printed."""


__all__ = ["MISTAKES", "Values"]
