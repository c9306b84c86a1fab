"""The devices of a namespace: how they come, go and are called, and what follows them (net/core/dev.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from macvsim.dev.attributes import joined, left
from macvsim.dev.base import NetDevice
from macvsim.dev.contracts import Event
from macvsim.dev.loopback import Loopback
from macvsim.errors import NetlinkError
from macvsim.net.addr import ALL_HOSTS, Address, InDev
from macvsim.net.fibroute import Scope
from macvsim.wire.addr import multicast_mac

if TYPE_CHECKING:
    from macvsim.net.igmp import Reporter
    from macvsim.net.namespace import Namespace

IFNAMSIZ = 16
LO_IFINDEX = 1


def check_name(ns: Namespace, name: str) -> None:
    """EINVAL for what cannot be a device name, EEXIST for one that is taken (dev_valid_name)."""
    if not 0 < len(name) < IFNAMSIZ or "/" in name or name in (".", "..") or any(c.isspace() for c in name):
        raise NetlinkError("EINVAL", f"{name!r} is not a device name: 1 to 15 characters without blanks and slashes")
    if ns.has(name):
        raise NetlinkError("EEXIST", f"{ns.name} has a device {name} already: choose another name")


def register(ns: Namespace, dev: NetDevice, *, rename: str | None = None, ifindex: int | None = None) -> None:
    """Take a device in, new or moved here; EEXIST when the name is taken."""
    name = rename or dev.name
    check_name(ns, name)
    taken = [other.ifindex for other in ns.present.values()]
    if ns.lo_rests:
        taken.append(LO_IFINDEX)
    if ifindex is None or ifindex in taken:
        ifindex = ns.next_ifindex
        while ifindex in taken:
            ifindex += 1
        ns.next_ifindex = ifindex + 1
    _take_in(ns, dev, name, ifindex)
    ns.router.forget()
    for watch in ns.sim.device_watchers:
        watch(dev)


def wake_lo(ns: Namespace, up: bool) -> None:
    """Make a lo that rested, `up` or not; whoever asks sees it as if it had been there all the time."""
    with ns.sim.unchanged():
        lo = Loopback(ns)
        _take_in(ns, lo, lo.name, LO_IFINDEX)
        if up:
            lo.set_up()


def _take_in(ns: Namespace, dev: NetDevice, name: str, ifindex: int) -> None:
    """A device is in the namespace now, with what the protocols keep of it."""
    dev.ns = ns
    dev.linkwatch = ns.linkwatch
    if not dev.carrier:
        dev.operstate = dev.find_operstate()
    dev.rename(name)
    dev.ifindex = ifindex
    before = max([other.ifindex for other in ns.present.values()], default=0)
    ns.present[name] = dev
    if ifindex < before:
        ns.present = dict(sorted(ns.present.items(), key=lambda item: item[1].ifindex))
    conf = ns.conf_default.shared()
    if dev.loopback and not conf.disable_policy:
        conf = conf.but("disable_policy", 1)
    dev.inet = InDev(dev, conf, ns.parms_default.shared())
    ns.six.attach(dev)


def unregister(ns: Namespace, dev: NetDevice) -> None:
    """Let a device go: its addresses, routes and neighbours go first."""
    _hush(dev)
    ns.addresses.remove_all(dev)
    ns.neigh.device_down(dev)
    ns.six.detach(dev)
    del ns.present[dev.name]
    ns.router.forget()


def rename(ns: Namespace, dev: NetDevice, name: str) -> None:
    """``ip link set … name …``; EEXIST when taken."""
    if name == dev.name:
        return
    if ns.has(name):
        raise NetlinkError("EEXIST", f"{ns.name} has a device {name} already: choose another name")
    for address in dev.inet.addresses:
        address.label = name if address.label == dev.name else address.label
    ns.present = {name if d is dev else old: d for old, d in ns.present.items()}
    dev.rename(name)


def move(ns: Namespace, dev: NetDevice, target: Namespace, *, rename: str | None = None) -> None:
    """``ip link set … netns …`` (dev_change_net_namespace): goes down, loses addresses and routes, keeps its index
    if free there.
    """
    if dev.loopback:
        raise NetlinkError(
            "EINVAL", f"{dev.label}: the loopback device stays where it is", "The interface netns is immutable"
        )
    name = rename or dev.name
    if target.has(name):
        raise NetlinkError("EEXIST", f"{target.name} has a device {name} already: choose another name")
    dev.set_down()
    unregister(ns, dev)
    ns.nsid(target)
    dev.qdisc = "noop"
    register(target, dev, rename=name, ifindex=dev.ifindex)
    if link := link_namespace(target, dev):
        target.nsid(link)


def link_namespace(ns: Namespace, dev: NetDevice) -> Namespace | None:
    """The namespace of the device below, or of a veth's other end, where it is another one (get_link_net)."""
    other = dev.peer_device() or dev.lower
    if other is None or other.ns is ns or not dev.link_kind.link_net:
        return None
    return cast("Namespace", other.ns)


def follow(ns: Namespace, dev: NetDevice, event: Event) -> None:
    """Addresses, routes and neighbours follow their device (fib_netdev_event, arp_netdev_event)."""
    if event is Event.UP:
        _init_address(ns, dev)
        ns.addresses.device_up(dev)
        join_group(ns, dev, ALL_HOSTS)
        _tell_groups(ns, dev)
        _announce(ns, dev)
        if link := link_namespace(ns, dev):
            ns.nsid(link)
    elif event is Event.GOING_DOWN:
        leave_group(ns, dev, ALL_HOSTS)
    elif event is Event.DOWN:
        _hush(dev)
        ns.addresses.device_down(dev)
        ns.neigh.device_down(dev)
    elif event is Event.CHANGEADDR:
        if ns.made("neigh"):
            ns.neigh.flush(dev)
        _announce(ns, dev)
    elif (
        event is Event.CHANGE
        and not dev.carrier
        and dev.inet.conf.arp_evict_nocarrier
        and ns.conf_all.arp_evict_nocarrier
    ):
        ns.neigh.flush(dev, keep_permanent=True)
    if event is Event.CHANGEMTU:
        ns.wake_ipv6()
    ns.six.device_event(dev, event)
    ns.router.forget()
    for listener in ns.listeners:
        listener(dev, event)


def _announce(ns: Namespace, dev: NetDevice) -> None:
    """arp_notify: tell everybody whose the device's addresses are (inetdev_send_gratuitous_arp)."""
    if (dev.inet.conf.arp_notify or ns.conf_all.arp_notify) and dev.up and not dev.noarp:
        for address in dev.inet.addresses:
            ns.arp.announce(dev, address.local)
            ns.sim.run_softirqs()


def _init_address(ns: Namespace, dev: NetDevice) -> None:
    """lo gets 127.0.0.1/8 when it comes up (inetdev_event)."""
    if dev.loopback and not dev.inet.addresses:
        ns.addresses.add(dev, Address(0x7F000001, 8, scope=Scope.HOST))


# -- IPv4 groups that they listen to (net/ipv4/igmp.c) -----------------------------------------------------------------


def join_group(ns: Namespace, dev: NetDevice, group: int) -> None:
    """The host listens to a multicast group on a device (ip_mc_join_group)."""
    indev: InDev = dev.inet
    indev.groups = joined(indev.groups, group)
    if indev.groups[group] == 1:
        if not dev.loopback:
            dev.add_mc(multicast_mac(group))
        ns.router.forget()
        if group != ALL_HOSTS:
            _reporter(ns, dev).joined(group)


def leave_group(ns: Namespace, dev: NetDevice, group: int) -> None:
    """Undo one `join_group`."""
    indev: InDev = dev.inet
    if group not in indev.groups:
        return
    indev.groups = left(indev.groups, group)
    if group not in indev.groups:
        if not dev.loopback:
            dev.del_mc(multicast_mac(group))
        ns.router.forget()
        if group != ALL_HOSTS:
            _reporter(ns, dev).left(group)


def _tell_groups(ns: Namespace, dev: NetDevice) -> None:
    """All its groups are told anew (ip_mc_up)."""
    for group in reversed(dev.inet.groups):
        if group != ALL_HOSTS:
            _reporter(ns, dev).joined(group)


def _hush(dev: NetDevice) -> None:
    """No group is told any more (ip_mc_down)."""
    if dev.inet.igmp is not None:
        dev.inet.igmp.stop()


def _reporter(ns: Namespace, dev: NetDevice) -> Reporter:
    found: Reporter | None = dev.inet.igmp
    if found is None:
        from macvsim.net.igmp import Reporter

        found = dev.inet.igmp = Reporter(ns, dev)
    return found
