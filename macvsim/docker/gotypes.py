"""Documents as the Go programs behind them have them: what JSON does not tell, templates of ``--format`` do."""

from __future__ import annotations

from collections.abc import Mapping


class GoMap(dict[str, object]):
    """A Go map; dictionaries otherwise stand for structures."""


class JsonMap(GoMap):
    """What Go makes of an object of a JSON text."""


def from_json(value: object) -> object:
    """A document as Go reads it from JSON."""
    if isinstance(value, dict):
        return JsonMap((key, from_json(item)) for key, item in value.items())
    if isinstance(value, list):
        return [from_json(item) for item in value]
    return str(value) if isinstance(value, GoTime) else value


class Sparse(dict[str, object]):
    """A structure whose empty fields JSON leaves out.

    fields : all of them in order
    """

    def __init__(self, fields: Mapping[str, object]) -> None:
        super().__init__({name: value for name, value in fields.items() if value})
        self.fields = dict(fields)


class GoTime(str):
    """A time: this text in JSON, `shown` otherwise."""

    @property
    def shown(self) -> str:
        """As Go's time.Time prints itself."""
        return self.replace("T", " ").replace("Z", " +0000 UTC")


GO_NAMES: Mapping[str, str] = {
    "Id": "ID",
    "Dns": "DNS",
    "DnsOptions": "DNSOptions",
    "DnsSearch": "DNSSearch",
    "NanoCpus": "NanoCPUs",
    **{f"Cpu{word}": f"CPU{word}" for word in ("Shares", "Period", "Quota", "RealtimePeriod", "RealtimeRuntime")},
    "AuxiliaryAddresses": "AuxAddress",
}
"""Fields whose names in Go are not those in JSON."""
JSON_NAMES: Mapping[str, str] = {go: name for name, go in GO_NAMES.items()}
NIL_MAPS = frozenset(("DriverOpts", "Labels", "Options", "Volumes", "Authorization"))
NIL_POINTERS = frozenset(("IPAMConfig", "MemorySwappiness", "OomKillDisable", "PidsLimit"))
