"""busybox brctl, which in Debian's build only makes bridges and fills them (networking/brctl.c)."""

from __future__ import annotations

from macvsim.errors import NetlinkError
from macvsim.machine.call import Call
from macvsim.machine.tool import tool
from macvsim.net import brioctl
from macvsim.tools.busybox.applet import usage
from macvsim.tools.net_tools.oldnet import IFNAMSIZ, require_net_admin

_USAGE = """\
brctl COMMAND [BRIDGE [ARGS]]

Manage ethernet bridges
Commands:
	addbr BRIDGE		Create BRIDGE
	delbr BRIDGE		Delete BRIDGE
	addif BRIDGE IFACE	Add IFACE to BRIDGE
	delif BRIDGE IFACE	Delete IFACE from BRIDGE
"""


@tool("brctl", flavour="busybox")
def brctl(call: Call) -> int:
    """``brctl addbr|delbr BRIDGE``, ``brctl addif|delif BRIDGE IFACE``."""
    args = call.args
    if args[:1] == ["--help"]:
        return usage(call, _USAGE, code=0)
    if not args:
        return usage(call, _USAGE)
    what, *words = args
    if what not in ("addbr", "delbr", "addif", "delif"):
        call.err(f"brctl: invalid argument '{what}' to 'brctl'\n")
        return 1
    if len(words) < (1 if what.endswith("br") else 2):
        return usage(call, _USAGE)
    ns = call.box.ns
    name, *ports = (word[: IFNAMSIZ - 1] for word in words)
    try:
        if what in ("addbr", "delbr"):
            require_net_admin(call)
            brioctl.add(ns, name) if what == "addbr" else brioctl.delete(ns, name)
            return 0
        if ports[0] not in ns.devices:
            call.err(f"brctl: iface {ports[0]}: No such device\n")
            return 1
        require_net_admin(call)
        brioctl.add_port(ns, name, ports[0]) if what == "addif" else brioctl.delete_port(ns, name, ports[0])
    except NetlinkError as error:
        call.err(f"brctl: bridge {name}: {error.strerror}\n")
        return 1
    return 0
