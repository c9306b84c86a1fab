"""Checks before a change by `ip`, and reports of a flush."""

from __future__ import annotations

from macvsim.errors import NetlinkError
from macvsim.tools.iproute2.tool import Tool
from macvsim.tools.iproute2.words import complaint


def may_change(tool: Tool) -> None:
    """EPERM without CAP_NET_ADMIN (rtnetlink_rcv_msg)."""
    if not tool.call.box.net_admin:
        raise NetlinkError("EPERM", f"{tool.call.box.name} may not configure the network: it lacks NET_ADMIN")


def may_flush(tool: Tool, code: int) -> None:
    """The same for a flush, whose requests are sent in one go (rtnl_send_check)."""
    if not tool.call.box.net_admin:
        raise complaint("Failed to send flush request: Operation not permitted\n", code)


def flushed(tool: Tool, count: int, noun: str) -> None:
    """What ``-s`` tells about a flush."""
    if not tool.options.stats:
        return
    if not count:
        tool.call.out("Nothing to flush.\n")
        return
    tool.call.out(f"\n*** Round 1, deleting {count} {noun} ***\n*** Flush is complete after 1 round ***\n")
