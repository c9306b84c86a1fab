"""The tables of every namespace at one moment: devices, addresses, routes, neighbours, forwarding databases, rules.

A state is recorded twice: as text, each table under a line ``=== [NS] COMMAND``, and as the JSON of ``ip -j`` and
``bridge -j``, an object of namespaces with one value for each of `JSON_COMMANDS`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STATE_FINAL = "final"
"""The label of the state that is recorded at the end by itself."""
TEXT_COMMANDS = (
    *("ip -d link", "ip addr", "ip route", "ip route show table local", "ip neigh", "ip -s link", "ip maddr"),
    *("bridge fdb", "bridge -d vlan", "bridge -d link"),
    'for f in /proc/net/vlan/*; do [ -e $f ] && echo "-- $f" && cat $f; done; true',
    *("cat /proc/net/dev", "iptables-save -c 2>/dev/null"),
)
IPV6_COMMANDS = ("ip -6 addr", "ip -6 route", "ip -6 neigh")
JSON_COMMANDS = {
    "link": "ip -n NS -j -d -s link",
    "addr": "ip -n NS -j addr",
    "route": "ip -n NS -j route",
    "neigh": "ip -n NS -j neigh",
    "fdb": "bridge -n NS -j fdb",
    "vlan": "bridge -n NS -j vlan",
}
"""Typed outside of the namespaces, NS standing for the namespace."""
_HEAD = re.compile(r"(?m)^=== (?=\[)")


@dataclass(frozen=True, slots=True)
class State:
    """All tables of one moment.

    Attributes
    ----------
    tables : texts by ``[NS] COMMAND``
    values : JSON values by namespace and key of `JSON_COMMANDS`
    unsettled : of a simulated state: addresses by namespace, see `macvsim.fidelity.replay.unsettled`
    """

    tables: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unsettled: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read_tables(text: str) -> dict[str, str]:
    """The tables of a ``state-LABEL.txt`` by ``[NS] COMMAND``."""
    return {head: table for head, _, table in (part.partition("\n") for part in _HEAD.split(text)[1:])}


def write_tables(tables: Mapping[str, str]) -> str:
    """The text of a ``state-LABEL.txt``."""
    return "".join(f"=== {head}\n{table}" for head, table in tables.items())
