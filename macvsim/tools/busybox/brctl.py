"""busybox brctl, which in Debian's build only makes bridges and fills them (networking/brctl.c)."""

from __future__ import annotations

from macvsim.errors import Effect, NetlinkError
from macvsim.machine.call import Call
from macvsim.machine.tool import BUSYBOX_OWN, ToolError, UsageError, tool
from macvsim.net import brioctl
from macvsim.tools.busybox.applet import USAGE
from macvsim.tools.net_tools.oldnet import IFNAMSIZ, require_net_admin


@tool("brctl", flavour="busybox", usage=USAGE, effect=Effect.CHANGES, manner=BUSYBOX_OWN)
def brctl(call: Call) -> int:
    """``brctl addbr|delbr BRIDGE``, ``brctl addif|delif BRIDGE IFACE``."""
    if not call.args:
        raise UsageError
    what, *words = call.args
    if what not in ("addbr", "delbr", "addif", "delif"):
        raise ToolError(f"invalid argument '{what}' to 'brctl'")
    if len(words) < (1 if what.endswith("br") else 2):
        raise UsageError
    ns = call.box.ns
    name, *ports = (word[: IFNAMSIZ - 1] for word in words)
    try:
        if what in ("addbr", "delbr"):
            require_net_admin(call)
            if what == "addbr":
                brioctl.add(ns, name)
            else:
                brioctl.delete(ns, name)
            return 0
        if ports[0] not in ns.devices:
            raise ToolError(f"iface {ports[0]}: No such device")
        require_net_admin(call)
        if what == "addif":
            brioctl.add_port(ns, name, ports[0])
        else:
            brioctl.delete_port(ns, name, ports[0])
    except NetlinkError as error:
        raise ToolError(f"bridge {name}: {error.strerror}") from None
    return 0
