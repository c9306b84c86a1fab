"""The manner of net-tools' programs, and the file of their usage texts."""

from __future__ import annotations

from dataclasses import replace

from macvsim.machine.tool import Manner, Texts, UsageError

USAGE = Texts(__package__)
NET_TOOLS = Manner(
    status=255,
    usage_status=3,
    help_options=("-h", "--help"),
    version_options=("-V", "--version"),
    lists_on_stderr=True,
)
NET_TOOLS_OWN = replace(NET_TOOLS, own=True)
VERSION = "net-tools 2.10\n"
_FAMILIES = "AF: (inet) +UNIX +INET +INET6 +IPX +AX25 +NETROM +X25 +ATALK +ECONET +ROSE -BLUETOOTH\n"
_HARDWARE = (
    "HW: {} +ETHER +ARC +SLIP +PPP +TUNNEL -TR +AX25 +NETROM +X25 +FR +ROSE +ASH +SIT +FDDI +HIPPI +HDLC/LAPB +EUI64 \n"
)
ROUTE_VERSION = f"{VERSION}+NEW_ADDRT +RTF_IRTT +RTF_REJECT +I18N +SELINUX\n{_FAMILIES}{_HARDWARE.format('')}"
ARP_VERSION = f"{VERSION}+I18N +SELINUX\n{_FAMILIES}{_HARDWARE.format('(ether)')}"
NETSTAT_VERSION = (
    f"{VERSION}Fred Baumgarten, Alan Cox, Bernd Eckenfels, Phil Blundell, Tuan Hoang, Brian Micek and others\n"
    f"+NEW_ADDRT +RTF_IRTT +RTF_REJECT +FW_MASQUERADE +I18N +SELINUX\n{_FAMILIES}{_HARDWARE.format('')}"
)


def usage_asked_for(_: str) -> None:
    """``-?`` is a usage error."""
    raise UsageError
