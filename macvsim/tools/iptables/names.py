"""Names of chains and targets, and numbers of rules, as iptables takes them."""

from __future__ import annotations

from macvsim.machine.tool import UsageError
from macvsim.tools.iptables.known import OTHER_TARGETS, STANDARD, TARGETS
from macvsim.tools.iptables.values import number

MAX_CHAIN = 28


def check_length(name: str) -> None:
    """Of a chain's name, wherever it is used."""
    if len(name) > MAX_CHAIN:
        raise UsageError(f"chain name `{name}' too long (must be under {MAX_CHAIN + 1} chars)")


def check_chain_name(name: str) -> None:
    """Names of new chains (parse_chain)."""
    check_length(name)
    if name[:1] in ("-", "!"):
        raise UsageError(f"chain name not allowed to start with `{name[0]}'")
    if name in TARGETS or name in STANDARD or name in OTHER_TARGETS:
        raise UsageError("chain name may not clash with target name")
    if any(c.isspace() for c in name):
        raise UsageError(f"Invalid chain name `{name}'")


def check_target_name(name: str) -> None:
    """What stands behind ``-j`` (xt_parse_target)."""
    if len(name) > MAX_CHAIN:
        raise UsageError(f"Invalid target name `{name}' ({MAX_CHAIN} chars max)")
    if not name:
        raise UsageError("Invalid target name (too short)")
    if any(c.isspace() for c in name):
        raise UsageError(f"Invalid target name `{name}'")


def rule_number(text: str) -> int:
    """A rule's number, from 1 (parse_rulenumber)."""
    value = number(text, 1)
    if value is None:
        raise UsageError(f"Invalid rule number `{text}'")
    return value
