"""``ip link``: showing, making, changing and deleting devices (iplink.c of iproute2)."""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.dev.base import NetDevice
from macvsim.errors import NetlinkError, NotSimulated
from macvsim.shell.call import Call
from macvsim.shell.iproute import usage
from macvsim.shell.iproute.linkadd import add_link
from macvsim.shell.iproute.linkargs import parse_link
from macvsim.shell.iproute.linkset import change_link
from macvsim.shell.iproute.linkshow import print_link
from macvsim.shell.iproute.tool import Options, Tool
from macvsim.shell.iproute.words import Complaint, Words, garbage, invalid, matches

_LEFT_OUT = ("xstats", "afstats", "property", "replace")
_SIMULATED_KINDS = ("veth", "dummy", "bridge", "vlan", "macvlan")


def run(call: Call, options: Options, args: list[str]) -> int:
    """``ip link [show]|add|set|delete …``; raises `Complaint` and `NetlinkError`."""
    tool = Tool(call, call.box.ns, options)
    words = Words(args)
    if not words:
        return _show(tool, words)
    word = words.take()
    if matches(word, "show") or word in ("lst", "list") or matches(word, "lst") or matches(word, "list"):
        return _show(tool, words)
    if matches(word, "help"):
        raise Complaint(usage.LINK)
    if not matches(word, "add") and not matches(word, "set") and not matches(word, "change"):
        if any(matches(word, name) for name in _LEFT_OUT):
            raise NotSimulated(f"ip link {word}")
        if not matches(word, "delete"):
            raise Complaint(f'Command "{word}" is unknown, try "ip link help".\n')
        request = parse_link(words, tool)
        dev = tool.device(_required(request.dev))
        tool.require_net_admin()
        with tool.ns.linkwatch.held():
            _delete(dev)
        return 0
    if matches(word, "add"):
        add_link(tool, words)
    else:
        change_link(tool, words)
    return 0


def _required(dev: str | None) -> str:
    if dev is None:
        raise Complaint('Not enough information: "dev" argument is required.\n')
    return dev


def _delete(dev: NetDevice) -> None:
    """rtnl_dellink: only what was made by a command goes."""
    if dev.kind not in _SIMULATED_KINDS:
        raise NetlinkError("EOPNOTSUPP", f"{dev.label} cannot be deleted: it came with the machine")
    dev.destroy()


# -- show ------------------------------------------------------------------------------------------------------------


@dataclass
class _Filter:
    """Which devices to show; None: whatever.  master : empty for ``nomaster``."""

    dev: str | None = None
    up: bool = False
    master: str | None = None
    kind: str | None = None

    def takes(self, dev: NetDevice) -> bool:
        """What the kernel sends."""
        if self.master is not None and (dev.master.name if dev.master else "") != self.master:
            return False
        if self.kind is None:
            return True
        if self.kind == "bridge_slave":
            return dev.master is not None
        return dev.kind == self.kind and dev.kind in _SIMULATED_KINDS


def _show(tool: Tool, words: Words) -> int:
    wanted = _parse_filter(tool, words)
    ns = tool.ns
    if wanted.dev is None:
        found = [dev for dev in ns.devices.values() if wanted.takes(dev)]
    elif wanted.dev in ns.devices:
        found = [tool.device(wanted.dev)]
    else:
        raise Complaint(f'Device "{wanted.dev}" does not exist.\n', 1)
    with tool.printer() as out:
        for dev in found:
            with out.object():
                if dev.up or not wanted.up:
                    print_link(out, dev, tool, link=True)
    return 0


def _parse_filter(tool: Tool, words: Words) -> _Filter:
    wanted = _Filter()
    while words:
        word = words.take()
        if word == "up":
            wanted.up = True
        elif word == "master":
            wanted.master = words.value()
            if wanted.master not in tool.ns.devices:
                raise invalid("Device does not exist\n", wanted.master)
        elif word == "nomaster":
            wanted.master = ""
        elif word == "group":
            value = words.value()
            if value not in ("default", "0"):
                raise NotSimulated(f"device groups (group {value})")
        elif word == "type":
            wanted.kind = words.value()
        elif word in ("vrf", "novf"):
            raise NotSimulated(f"ip link show {word}")
        elif matches(word, "help"):
            raise Complaint(usage.LINK)
        else:
            if word == "dev":
                word = words.value()
            if wanted.dev is not None:
                raise garbage("dev", word)
            wanted.dev = word
    return wanted
