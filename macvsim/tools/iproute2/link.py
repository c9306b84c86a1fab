"""``ip link``: showing, making, changing and deleting devices (iplink.c of iproute2)."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.errors import NetlinkError, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.tools.iproute2.linkshow import kernel_picks, parse_filter, print_link
from macvsim.tools.iproute2.tool import Tool
from macvsim.tools.iproute2.words import PORT_USAGE, USAGE, Words, complaint, effect_of, matches

COMMANDS = ("show", "lst", "list", "add", "set", "change", "delete")
LEFT_OUT = ("xstats", "afstats", "property", "replace")


def work(words: Words, tool: Tool) -> int:
    """``ip link [show]|add|set|delete …``; raises `UsageError`, `ToolError`, `NetlinkError` and `NotSimulated`."""
    if not words:
        return _show(tool, words)
    word = words.take()
    if matches(word, "show") or word in ("lst", "list") or matches(word, "lst") or matches(word, "list"):
        return _show(tool, words)
    if matches(word, "help"):
        text = _usage(tool, words.here) if words else ""
        if text:
            tool.call.out(text)
            return 0
        raise UsageError(topic="ip link")
    if not matches(word, "add") and not matches(word, "set") and not matches(word, "change"):
        if any(matches(word, name) for name in LEFT_OUT):
            raise NotSimulated(f"ip link {word}", effect_of(word, "xstats", "afstats"))
        if not matches(word, "delete"):
            raise complaint(f'Command "{word}" is unknown, try "ip link help".\n')
        from macvsim.tools.iproute2.linkargs import parse_link

        request = parse_link(words, tool)
        dev = tool.device(_required(request.dev))
        tool.require_net_admin()
        with tool.ns.linkwatch.held():
            _delete(dev)
        return 0
    if matches(word, "add"):
        from macvsim.tools.iproute2.linkadd import add_link

        add_link(tool, words)
    else:
        from macvsim.tools.iproute2.linkset import change_link

        change_link(tool, words)
    return 0


def _usage(tool: Tool, name: str) -> str:
    """The usage of what follows ``type NAME``; empty if there is none."""
    if name == "bridge_slave":
        return USAGE.blocks[PORT_USAGE]
    kind = tool.ns.kinds.get(name)
    return "" if kind is None else kind.usage


def _required(dev: str | None) -> str:
    if dev is None:
        raise complaint('Not enough information: "dev" argument is required.\n')
    return dev


def _delete(dev: NetDevice) -> None:
    """rtnl_dellink: only what was made by a command goes."""
    if not dev.link_kind.made:
        raise NetlinkError("EOPNOTSUPP", f"{dev.label} cannot be deleted: it came with the machine")
    dev.destroy()


# -- show ------------------------------------------------------------------------------------------------------------


def _show(tool: Tool, words: Words) -> int:
    wanted = parse_filter(words, tool)
    if wanted.dev is not None:
        tool.device(wanted.dev.name)
    with tool.printer() as out:
        for dev in tool.ns.devices.values():
            if kernel_picks(dev, wanted):
                with out.object():
                    if dev.up or not wanted.up:
                        print_link(out, dev, tool, link=True)
    return 0
