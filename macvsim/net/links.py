"""Making network devices in a namespace: what `ip link add`, vconfig, Docker's drivers and the Python API share.

Every function checks first and makes then: when one raises, nothing was made.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from macvsim.dev.base import NetDevice
from macvsim.dev.ipvlan import Flag as IpvlanFlag
from macvsim.dev.ipvlan import Mode as IpvlanMode
from macvsim.dev.macvlan import BC_QUEUE_LEN, Mode
from macvsim.dev.registry import Kind, NewLink
from macvsim.engine.history import recorded
from macvsim.errors import NetlinkError
from macvsim.wire.frame import ETH_P_8021Q

if TYPE_CHECKING:
    from macvsim.dev.bridge import Bridge
    from macvsim.dev.dummy import Dummy
    from macvsim.dev.ipvlan import Ipvlan
    from macvsim.dev.macvlan import Macvlan
    from macvsim.dev.veth import Veth
    from macvsim.dev.vlan import Vlan
    from macvsim.net.namespace import Namespace


def random_mac(ns: Namespace, name: str) -> bytes:
    """A locally administered unicast MAC, drawn from the stream of this device."""
    return ns.sim.draw(mac_stream(ns, name), draw_mac)


def mac_stream(ns: Namespace, name: str) -> str:
    """The name of the stream from which a device's MAC is drawn."""
    return f"mac/{ns.name}:{name}"


def draw_mac(dice: random.Random) -> bytes:
    """The next MAC of a stream (eth_random_addr)."""
    drawn = dice.getrandbits(48).to_bytes(6, "big")
    return bytes(((drawn[0] & 0xFC) | 0x02,)) + drawn[1:]


def check_kind(ns: Namespace, kind: str) -> None:
    """EOPNOTSUPP for a kind of device that this kernel was built without (rtnl_newlink)."""
    if kind in ns.missing_kinds:
        what = f"the kernel of {ns.name} has no {kind} devices: it was built without them"
        raise NetlinkError("EOPNOTSUPP", what, "Unknown device type")


def new_link(ns: Namespace, kind: Kind, new: NewLink) -> Sequence[NetDevice]:
    """Make a device of any kind; returns all that were made, the one asked for last (rtnl_newlink_create)."""
    check_kind(ns, kind.name)
    if kind.newlink is None:
        raise NetlinkError("EOPNOTSUPP", f"{kind.name} devices come with the machine", "Unknown device type")
    ns.check_name(new.name)
    peer, peer_ns = new.peer, cast("Namespace", new.peer_ns)
    if kind.paired:
        if peer is None:
            raise NetlinkError("EINVAL", f"{new.name}: a {kind.name} device needs a peer")
        peer_ns.check_name(peer.name)
        if ns is peer_ns and new.name == peer.name:
            raise NetlinkError("EEXIST", f"both ends would be called {new.name}: choose another name for the peer")
    if kind.stacked and new.lower is None:
        raise NetlinkError("EINVAL", f"{new.name} needs a device to stand on: ip link add link DEV …", kind.no_lower)
    new.mac_given = new.mac is not None
    if kind.random_mac:
        new.mac = new.mac if new.mac is not None else random_mac(ns, new.name)
        if kind.paired and peer is not None:
            peer.mac = peer.mac if peer.mac is not None else random_mac(peer_ns, peer.name)
    with ns.linkwatch.held():
        return kind.newlink(ns, new)


@recorded
def add_link(
    ns: Namespace,
    kind: str,
    name: str,
    *,
    lower: NetDevice | None = None,
    mac: bytes | None = None,
    mtu: int | None = None,
    ifindex: int | None = None,
    **options: Any,
) -> NetDevice:
    """A device of any kind but a pair; `options`: of ``ip link add … type KIND``, such as ``mode="bridge"``."""
    dev = new_link(ns, ns.kinds[kind], NewLink(name, lower, mac, mtu=mtu, ifindex=ifindex, options=options))[-1]
    if mtu is not None:
        dev.set_mtu(mtu)
    return dev


@recorded
def add_vlan(
    ns: Namespace,
    lower: NetDevice,
    vid: int,
    name: str | None = None,
    *,
    protocol: int = ETH_P_8021Q,
    mac: bytes | None = None,
    mtu: int | None = None,
    reorder_hdr: bool = True,
    loose_binding: bool = False,
    ifindex: int | None = None,
) -> Vlan:
    """An 802.1Q sub-interface; its name is ``LOWER.VID`` unless given."""
    options = {"id": vid, "protocol": protocol, "reorder_hdr": reorder_hdr, "loose_binding": loose_binding}
    new = NewLink(name or f"{lower.name}.{vid}", lower, mac, mtu=mtu, ifindex=ifindex, options=options)
    return cast("Vlan", new_link(ns, ns.kinds["vlan"], new)[-1])


@recorded
def add_macvlan(
    ns: Namespace,
    lower: NetDevice,
    name: str,
    *,
    mode: Mode = Mode.VEPA,
    mac: bytes | None = None,
    mtu: int | None = None,
    nopromisc: bool = False,
    nodst: bool = False,
    bcqueuelen: int = BC_QUEUE_LEN,
    ifindex: int | None = None,
) -> Macvlan:
    """A macvlan child; its MAC is random unless given."""
    flags = [flag for flag, on in (("nopromisc", nopromisc), ("nodst", nodst)) if on]
    options = {"mode": mode.value, "flags": flags, "bcqueuelen": bcqueuelen}
    new = NewLink(name, lower, mac, mtu=mtu, ifindex=ifindex, options=options)
    return cast("Macvlan", new_link(ns, ns.kinds["macvlan"], new)[-1])


@recorded
def add_ipvlan(
    ns: Namespace,
    lower: NetDevice,
    name: str,
    *,
    mode: IpvlanMode = IpvlanMode.L3,
    flag: IpvlanFlag | None = None,
    mtu: int | None = None,
    mac_given: bool = False,
    ifindex: int | None = None,
) -> Ipvlan:
    """An ipvlan child; mode and flag are then those of every child of `lower`."""
    options = {"mode": mode.value} if flag is None else {"mode": mode.value, "flag": flag.value}
    new = NewLink(name, lower, lower.mac if mac_given else None, mtu=mtu, ifindex=ifindex, options=options)
    return cast("Ipvlan", new_link(ns, ns.kinds["ipvlan"], new)[-1])


@recorded
def add_veth(
    ns: Namespace,
    name: str,
    peer_ns: Namespace,
    peer_name: str,
    *,
    mac: bytes | None = None,
    peer_mac: bytes | None = None,
    mtu: int | None = None,
    ifindex: int | None = None,
    peer_ifindex: int | None = None,
) -> tuple[Veth, Veth]:
    """A veth pair, one end in each namespace."""
    peer = NewLink(peer_name, mac=peer_mac, ifindex=peer_ifindex)
    right, left = new_link(
        ns, ns.kinds["veth"], NewLink(name, mac=mac, mtu=mtu, ifindex=ifindex, peer=peer, peer_ns=peer_ns)
    )
    return cast("Veth", left), cast("Veth", right)


@recorded
def add_dummy(ns: Namespace, name: str, *, mac: bytes | None = None, ifindex: int | None = None) -> Dummy:
    """A dummy device."""
    return cast("Dummy", new_link(ns, ns.kinds["dummy"], NewLink(name, mac=mac, ifindex=ifindex))[-1])


@recorded
def add_bridge(
    ns: Namespace,
    name: str,
    *,
    mac: bytes | None = None,
    vlan_filtering: bool = False,
    vlan_default_pvid: int = 1,
    ifindex: int | None = None,
) -> Bridge:
    """A Linux bridge without ports."""
    options = {"vlan_filtering": int(vlan_filtering), "vlan_default_pvid": vlan_default_pvid}
    new = NewLink(name, mac=mac, ifindex=ifindex, options=options)
    return cast("Bridge", new_link(ns, ns.kinds["bridge"], new)[-1])
