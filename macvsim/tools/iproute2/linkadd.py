"""``ip link add``: a device of each kind that is simulated (rtnl_newlink_create, and the newlink of each driver)."""

from __future__ import annotations

from collections.abc import Callable

from macvsim.dev.base import NetDevice, check_unicast_mac
from macvsim.dev.linkwords import Options
from macvsim.dev.registry import Kind, NewLink
from macvsim.errors import Effect, MacvsimError, NetlinkError, NotSimulated
from macvsim.net import links
from macvsim.net.devices import IFNAMSIZ
from macvsim.net.namespace import Namespace
from macvsim.tools.iproute2.linkargs import LinkRequest, parse_link
from macvsim.tools.iproute2.linkset import set_flags, set_master
from macvsim.tools.iproute2.linktypes import parse_options
from macvsim.tools.iproute2.tool import Tool
from macvsim.tools.iproute2.words import Words, complaint, duplicate, no_device

_KINDS_LEFT_OUT = (
    "amt", "bareudp", "bond", "dsa", "erspan", "geneve", "gre", "gretap", "gtp", "hsr", "ifb", "ip6erspan", "ip6gre",
    "ip6gretap", "ip6tnl", "ipip", "ipoib", "macsec", "netdevsim", "netkit", "nlmon",
    "pfcp", "rmnet", "sit", "team", "vcan", "vrf", "vti", "vxcan", "vxlan", "wwan", "xfrm", "virt_wifi",
)  # fmt: skip
_MIN_MTU, _MAX_MTU = 68, 65535

Made = list[tuple[Namespace, NetDevice, LinkRequest]]
"""New devices in the order they are configured, the one asked for last."""
_Make = Callable[[], Made]


def add_link(tool: Tool, words: Words) -> None:
    """Read all the words, then make the device; when something is refused there is none."""
    request = parse_link(words, tool)
    if request.name is not None and request.dev != request.name:
        raise complaint('both "name" and "dev" cannot be used when creating devices.\n')
    request.name = request.name or request.dev
    if request.name and len(request.name) >= IFNAMSIZ:
        raise complaint("Error: Attribute failed policy validation.\n", 2)
    if request.link is not None:
        tool.device(request.link)
    if request.kind is None:
        raise complaint('Not enough information: "type" argument is required\n', 1)
    maker = _Maker(tool, request)
    make = maker.prepare(request.kind, request.kind_words)
    tool.require_net_admin()
    with tool.ns.linkwatch.held():
        maker.check()
        made = make()
        try:
            for ns, dev, wanted in made:
                dev.group = wanted.group or 0
                dev.alias = wanted.alias or ""
                set_flags(ns, dev, wanted)
            _, dev, wanted = made[-1]
            if wanted.master:
                set_master(tool, dev, wanted.master)
        except MacvsimError:
            made[-1][1].destroy()
            raise


class _Maker:
    """Makes the one device a request asks for."""

    def __init__(self, tool: Tool, request: LinkRequest) -> None:
        self.tool = tool
        self.request = request
        self.ns = request.netns or tool.ns
        self.peer = request

    # -- before ------------------------------------------------------------------------------------------------------

    def prepare(self, kind: str, words: Words) -> _Make:
        """Read what is behind ``type KIND``; gives what makes the device."""
        known = self.ns.kinds.get(kind)
        if known is not None and known.made:
            options = parse_options(known, words, self._parse_peer)
            self.peer = options.pop("peer", self.request)
            return lambda: self._new(known, options)
        if kind in _KINDS_LEFT_OUT:
            raise NotSimulated(f"{kind} devices", Effect.CHANGES)
        if words:
            raise complaint(f'Garbage instead of arguments "{words.here} ...". Try "ip link help".\n', 1)
        raise NetlinkError("EOPNOTSUPP", f"there is no kind of device called {kind}", "Unknown device type")

    def _parse_peer(self, words: Words) -> LinkRequest:
        peer = parse_link(words, self.tool)
        peer.name = peer.name or peer.dev
        if peer.kind is not None:
            raise duplicate("type", peer.kind)
        return peer

    def check(self) -> None:
        """What the kernel looks at before it asks the driver (__rtnl_newlink, rtnl_create_link)."""
        request, ns = self.request, self.tool.ns
        if request.index is not None and any(dev.ifindex == request.index for dev in ns.devices.values()):
            raise NetlinkError("EEXIST", f"{ns.name} has a device with index {request.index} already")
        if request.name in ns.devices:
            raise NetlinkError("EEXIST", f"{ns.name} has a device {request.name} already: choose another name")
        for wanted in (request, self.peer):
            if wanted.mac is not None:
                check_unicast_mac(wanted.mac, wanted.name or "the new device")
            if wanted.mtu is not None and not _MIN_MTU <= wanted.mtu <= _MAX_MTU:
                which = "less than device minimum" if wanted.mtu < _MIN_MTU else "greater than device maximum"
                raise NetlinkError("EINVAL", f"choose an mtu from {_MIN_MTU} to {_MAX_MTU}", f"mtu {which}")

    # -- making ------------------------------------------------------------------------------------------------------

    def _new(self, kind: Kind, options: Options) -> Made:
        request = self.request
        if not kind.paired:
            name = request.name or free_name(self.ns, kind.name)
            new = NewLink(name, self._lower(), request.mac, mtu=request.mtu, ifindex=request.index, options=options)
            dev = links.new_link(self.ns, kind, new)[-1]
            _apply_sizes(dev, request)
            return [(self.ns, dev, request)]
        peer, alone = self.peer, self.peer is request
        peer_ns = peer.netns if not alone and peer.netns is not None else self.tool.ns
        peer_name = free_name(peer_ns, kind.name) if alone or peer.name is None else peer.name
        name = request.name or free_name(self.ns, kind.name, without=peer_name if peer_ns is self.ns else "")
        other = NewLink(peer_name, mac=peer.mac, ifindex=None if alone else peer.index)
        new = NewLink(name, mac=request.mac, ifindex=request.index, options=options, peer=other, peer_ns=peer_ns)
        right, left = links.new_link(self.ns, kind, new)
        _apply_sizes(right, peer)  # a peer without words of its own has the sizes of its sibling
        _apply_sizes(left, request)
        return [(peer_ns, right, LinkRequest() if alone else peer), (self.ns, left, request)]

    def _lower(self) -> NetDevice | None:
        """The device named by ``link``."""
        if self.request.link is None:
            return None
        found = self.tool.ns.devices.get(self.request.link)
        if found is None:
            raise no_device(self.request.link)
        return found


def _apply_sizes(dev: NetDevice, request: LinkRequest) -> None:
    """What rtnl_create_link sets by itself."""
    if request.mtu is not None:
        dev.set_mtu(request.mtu)
    if request.txqlen is not None:
        dev.txqlen = request.txqlen
    if request.numtxqueues is not None:
        dev.numtxqueues = request.numtxqueues


def free_name(ns: Namespace, pattern: str, *, without: str = "") -> str:
    """``veth0``, ``veth1``, …: the first that is free (dev_alloc_name)."""
    number = 0
    while f"{pattern}{number}" in ns.devices or f"{pattern}{number}" == without:
        number += 1
    return f"{pattern}{number}"
