"""Names and numbers of routes: tables, protocols, scopes (lib/rt_names.c of iproute2)."""

from __future__ import annotations

from macvsim.errors import Effect, NotSimulated
from macvsim.net.fibroute import TABLE_NAMES, Scope
from macvsim.tools.iproute2.linkshow import SCOPES
from macvsim.tools.iproute2.tool import Tool
from macvsim.tools.iproute2.words import invalid, number

PROTOCOLS = {
    "unspec": 0, "redirect": 1, "kernel": 2, "boot": 3, "static": 4, "gated": 8, "ra": 9, "mrt": 10, "zebra": 11,
    "bird": 12, "dnrouted": 13, "xorp": 14, "ntk": 15, "dhcp": 16, "mrouted": 17, "keepalived": 18, "babel": 42,
    "openr": 99, "bgp": 186, "isis": 187, "ospf": 188, "rip": 189, "eigrp": 192,
}  # fmt: skip

TYPES = (
    "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw",
)  # fmt: skip
"""RTN_* from 1 on."""


def route_table(word: str) -> int:
    """Number of a routing table."""
    named = next((table for table, name in TABLE_NAMES.items() if name == word), None)
    found = number(word) if named is None else named
    if found is None:
        raise invalid("table id value is invalid\n", word)
    return found


def route_proto(word: str) -> str:
    """Who made a route: a name, or a number without one."""
    if word in PROTOCOLS:
        return word
    value = number(word, limit=255)
    if value is None:
        raise invalid('invalid "protocol"\n', word)
    return next((name for name, known in PROTOCOLS.items() if known == value), str(value))


def table_name(table: int, tool: Tool) -> str:
    """Name of a routing table (rtnl_rttable_n2a)."""
    return tool.named(TABLE_NAMES.get(table, str(table)), table)


def proto_name(proto: str, tool: Tool) -> str:
    """Name of a protocol (rtnl_rtprot_n2a)."""
    return tool.named(proto, PROTOCOLS[proto]) if proto in PROTOCOLS else proto


def scope_of(word: str, said: str = 'invalid "scope" value\n') -> Scope:
    """A scope by name or number; said : the complaint about another word."""
    if word in SCOPES:
        return SCOPES[word]
    value = number(word, limit=255)
    if value is None:
        raise invalid(said, word)
    try:
        return Scope(value)
    except ValueError:
        raise NotSimulated(f"scope {word}", Effect.CHANGES) from None
