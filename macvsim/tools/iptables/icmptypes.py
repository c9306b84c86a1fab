"""The names of ICMP types and codes in iptables (extensions/libxt_icmp.h): type, first and last code."""

from __future__ import annotations


def _type(kind: int) -> tuple[int, int, int]:
    return kind, 0, 0xFF


def _code(kind: int, code: int) -> tuple[int, int, int]:
    return kind, code, code


NAMES: dict[str, tuple[int, int, int]] = {
    "any": (0xFF, 0, 0xFF),
    "echo-reply": _type(0),
    "destination-unreachable": _type(3),
    "network-unreachable": _code(3, 0),
    "host-unreachable": _code(3, 1),
    "protocol-unreachable": _code(3, 2),
    "port-unreachable": _code(3, 3),
    "fragmentation-needed": _code(3, 4),
    "source-route-failed": _code(3, 5),
    "network-unknown": _code(3, 6),
    "host-unknown": _code(3, 7),
    "network-prohibited": _code(3, 9),
    "host-prohibited": _code(3, 10),
    "TOS-network-unreachable": _code(3, 11),
    "TOS-host-unreachable": _code(3, 12),
    "communication-prohibited": _code(3, 13),
    "host-precedence-violation": _code(3, 14),
    "precedence-cutoff": _code(3, 15),
    "source-quench": _type(4),
    "redirect": _type(5),
    "network-redirect": _code(5, 0),
    "host-redirect": _code(5, 1),
    "TOS-network-redirect": _code(5, 2),
    "TOS-host-redirect": _code(5, 3),
    "echo-request": _type(8),
    "router-advertisement": _type(9),
    "router-solicitation": _type(10),
    "time-exceeded": _type(11),
    "ttl-zero-during-transit": _code(11, 0),
    "ttl-zero-during-reassembly": _code(11, 1),
    "parameter-problem": _type(12),
    "ip-header-bad": _code(12, 0),
    "required-option-missing": _code(12, 1),
    "timestamp-request": _type(13),
    "timestamp-reply": _type(14),
    "address-mask-request": _type(17),
    "address-mask-reply": _type(18),
}
ALIASES = {"ping": "echo-request", "pong": "echo-reply", "ttl-exceeded": "time-exceeded"}


def name_of(kind: int, low: int, high: int) -> str | None:
    """The name, if it has one."""
    return next((name for name, value in NAMES.items() if value == (kind, low, high)), None)
