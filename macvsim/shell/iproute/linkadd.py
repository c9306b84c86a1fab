"""``ip link add``: a device of each kind that is simulated (rtnl_newlink_create, and the newlink of each driver)."""

from __future__ import annotations

from collections.abc import Callable

from macvsim.dev.base import NetDevice, check_unicast_mac
from macvsim.dev.ipvlan import Mode as IpvlanMode
from macvsim.dev.macvlan import BC_QUEUE_LEN, Mode
from macvsim.engine.errors import MacvsimError, NetlinkError, NotSimulated
from macvsim.net import links
from macvsim.net.devices import IFNAMSIZ
from macvsim.net.namespace import Namespace
from macvsim.shell.iproute import usage
from macvsim.shell.iproute.linkargs import LinkRequest, parse_link
from macvsim.shell.iproute.linkset import change_bridge, change_sources, change_vlan, set_flags, set_master
from macvsim.shell.iproute.linktypes import (
    IpvlanOptions,
    MacvlanOptions,
    VlanOptions,
    parse_bridge,
    parse_ipvlan,
    parse_macvlan,
    parse_vlan,
)
from macvsim.shell.iproute.tool import Tool
from macvsim.shell.iproute.words import Complaint, Words, duplicate, matches, no_device
from macvsim.wire.frame import ETH_P_8021Q

_KINDS_LEFT_OUT = (
    "amt", "bareudp", "bond", "dsa", "erspan", "geneve", "gre", "gretap", "gtp", "hsr", "ifb", "ip6erspan", "ip6gre",
    "ip6gretap", "ip6tnl", "ipip", "ipoib", "ipvtap", "macsec", "macvtap", "netdevsim", "netkit", "nlmon",
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
        raise Complaint('both "name" and "dev" cannot be used when creating devices.\n')
    request.name = request.name or request.dev
    if request.name and len(request.name) >= IFNAMSIZ:
        raise Complaint("Error: Attribute failed policy validation.\n", 2)
    if request.link is not None:
        tool.device(request.link)
    if request.kind is None:
        raise Complaint('Not enough information: "type" argument is required\n', 1)
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
        match kind:
            case "vlan":
                vlan = parse_vlan(words)
                return lambda: self._vlan(vlan)
            case "macvlan":
                macvlan = parse_macvlan(words)
                return lambda: self._macvlan(macvlan)
            case "ipvlan":
                ipvlan = parse_ipvlan(words)
                return lambda: self._ipvlan(ipvlan)
            case "bridge":
                bridge = parse_bridge(words)
                return lambda: self._bridge(bridge)
            case "veth":
                self._parse_peer(words)
                return self._veth
            case "dummy":
                self._no_words(kind, words)
                return self._dummy
        if kind in _KINDS_LEFT_OUT:
            raise NotSimulated(f"{kind} devices")
        if words:
            raise Complaint(f'Garbage instead of arguments "{words.here} ...". Try "ip link help".\n', 1)
        raise NetlinkError("EOPNOTSUPP", f"there is no kind of device called {kind}", "Unknown device type")

    @staticmethod
    def _no_words(kind: str, words: Words) -> None:
        if words:
            word = words.take()
            heading = "" if matches(word, "help") else f'{kind}: unknown command "{word}"?\n'
            raise Complaint(heading + usage.TYPES[kind], 1)

    def _parse_peer(self, words: Words) -> None:
        if not words:
            return
        word = words.take()
        if word != "peer":
            raise Complaint(usage.TYPES["veth"], 1)
        self.peer = parse_link(words, self.tool)
        self.peer.name = self.peer.name or self.peer.dev
        if self.peer.kind is not None:
            raise duplicate("type", self.peer.kind)

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

    def _name(self, pattern: str) -> str:
        return self.request.name or free_name(self.ns, pattern)

    def _lower(self) -> NetDevice:
        """The device named by ``link``; EINVAL without one."""
        if self.request.link is None:
            raise NetlinkError("EINVAL", f"{self.request.name} needs a device to stand on: ip link add link DEV …")
        found = self.tool.ns.devices.get(self.request.link)
        if found is None:
            raise no_device(self.request.link)
        return found

    def _done(self, dev: NetDevice) -> Made:
        _apply_sizes(dev, self.request)
        return [(self.ns, dev, self.request)]

    # -- kinds -------------------------------------------------------------------------------------------------------

    def _vlan(self, options: VlanOptions) -> Made:
        request = self.request
        if request.link is None:
            where = f"{request.name}: ip link add link DEV …"
            raise NetlinkError("EINVAL", where, "8021q: link not specified")
        if options.vid is None:
            raise NetlinkError("EINVAL", f"{request.name}: type vlan id VID", "8021q: VLAN properties not specified")
        vlan = links.add_vlan(
            self.ns,
            self._lower(),
            options.vid,
            self._name("vlan"),
            protocol=options.protocol or ETH_P_8021Q,
            mac=request.mac,
            mtu=request.mtu,
            loose_binding=options.flags.get("loose_binding", False),
            ifindex=request.index,
        )
        change_vlan(vlan, options)
        return self._done(vlan)

    def _macvlan(self, options: MacvlanOptions) -> Made:
        request, mode = self.request, options.mode or Mode.VEPA
        if options.sources is not None and mode is not Mode.SOURCE:
            raise NetlinkError("EINVAL", f"{request.name}: only source mode has a list of MACs")
        flags = options.flags or set()
        child = links.add_macvlan(
            self.ns,
            self._lower(),
            self._name("macvlan"),
            mode=mode,
            mac=request.mac,
            mtu=request.mtu,
            nopromisc="nopromisc" in flags,
            nodst="nodst" in flags,
            bcqueuelen=BC_QUEUE_LEN if options.bcqueuelen is None else options.bcqueuelen,
            ifindex=request.index,
        )
        if options.sources is not None:
            change_sources(child, *options.sources)
        return self._done(child)

    def _ipvlan(self, options: IpvlanOptions) -> Made:
        request = self.request
        child = links.add_ipvlan(
            self.ns,
            self._lower(),
            self._name("ipvlan"),
            mode=options.mode or IpvlanMode.L3,
            flag=options.flag,
            mtu=request.mtu,
            mac_given=request.mac is not None,
            ifindex=request.index,
        )
        return self._done(child)

    def _bridge(self, options: dict[str, int]) -> Made:
        request = self.request
        bridge = links.add_bridge(self.ns, self._name("bridge"), mac=request.mac, ifindex=request.index)
        try:
            change_bridge(bridge, options)
        except MacvsimError:
            bridge.destroy()
            raise
        if request.mtu is not None:
            bridge.set_mtu(request.mtu)
        return self._done(bridge)

    def _dummy(self) -> Made:
        dummy = links.add_dummy(self.ns, self._name("dummy"), mac=self.request.mac, ifindex=self.request.index)
        return self._done(dummy)

    def _veth(self) -> Made:
        """A pair; without words about the peer it gets what its sibling gets, but for the name (veth_newlink)."""
        request, peer = self.request, self.peer
        alone = peer is request
        peer_ns = peer.netns if not alone and peer.netns is not None else self.tool.ns
        peer_name = free_name(peer_ns, "veth") if alone or peer.name is None else peer.name
        name = request.name or free_name(self.ns, "veth", without=peer_name if peer_ns is self.ns else "")
        left, right = links.add_veth(
            self.ns,
            name,
            peer_ns,
            peer_name,
            mac=request.mac,
            peer_mac=peer.mac,
            ifindex=request.index,
            peer_ifindex=None if alone else peer.index,
        )
        _apply_sizes(right, peer)
        _apply_sizes(left, request)
        return [(peer_ns, right, LinkRequest() if alone else peer), (self.ns, left, request)]


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
