"""Making network devices in a namespace: what `ip link add`, vconfig, Docker's drivers and the Python API share.

Every function checks first and makes then: when one raises, nothing was made.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.dev.dummy import Dummy
from macvsim.dev.ipvlan import Flag as IpvlanFlag
from macvsim.dev.ipvlan import Ipvlan
from macvsim.dev.ipvlan import Mode as IpvlanMode
from macvsim.dev.macvlan import BC_QUEUE_LEN, Macvlan, Mode
from macvsim.dev.veth import Veth, veth_pair
from macvsim.dev.vlan import Vlan
from macvsim.engine.errors import NetlinkError
from macvsim.engine.history import recorded
from macvsim.wire.frame import ETH_P_8021Q

if TYPE_CHECKING:
    from macvsim.dev.bridge import Bridge
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
    name = name or f"{lower.name}.{vid}"
    check_kind(ns, "vlan")
    ns.check_name(name)
    vlan = Vlan(
        ns, name, lower, vid, protocol=protocol, mac=mac, mtu=mtu, reorder_hdr=reorder_hdr, loose_binding=loose_binding
    )
    ns.register(vlan, ifindex=ifindex)
    vlan.link_changed()
    return vlan


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
    check_kind(ns, "macvlan")
    ns.check_name(name)
    child = Macvlan(
        ns,
        name,
        lower,
        mac if mac is not None else random_mac(ns, name),
        mode=mode,
        mtu=mtu,
        nopromisc=nopromisc,
        nodst=nodst,
        bcqueuelen=bcqueuelen,
    )
    ns.register(child, ifindex=ifindex)
    child.link_changed()
    return child


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
    ns.check_name(name)
    child = Ipvlan(ns, name, lower, mode=mode, flag=flag, mtu=mtu, mac_given=mac_given)
    ns.register(child, ifindex=ifindex)
    return child


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
    ns.check_name(name)
    peer_ns.check_name(peer_name)
    if ns is peer_ns and name == peer_name:
        raise NetlinkError("EEXIST", f"both ends would be called {name}: choose another name for the peer")
    left, right = veth_pair(
        (ns, name, mac if mac is not None else random_mac(ns, name)),
        (peer_ns, peer_name, peer_mac if peer_mac is not None else random_mac(peer_ns, peer_name)),
        mtu=mtu or 1500,
    )
    left.carrier = right.carrier = True
    with ns.linkwatch.held():
        peer_ns.register(right, ifindex=peer_ifindex)  # the peer comes first and gets the lower index (veth_newlink)
        right.set_carrier(False)
        ns.register(left, ifindex=ifindex)
        left.set_carrier(False)
    return left, right


@recorded
def add_dummy(ns: Namespace, name: str, *, mac: bytes | None = None, ifindex: int | None = None) -> Dummy:
    """A dummy device."""
    check_kind(ns, "dummy")
    ns.check_name(name)
    dummy = Dummy(ns, name, mac if mac is not None else random_mac(ns, name))
    ns.register(dummy, ifindex=ifindex)
    return dummy


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
    from macvsim.dev.bridge import Bridge

    ns.check_name(name)
    bridge = Bridge(
        ns,
        name,
        mac if mac is not None else random_mac(ns, name),
        mac_given=mac is not None,
        vlan_filtering=vlan_filtering,
        vlan_default_pvid=vlan_default_pvid,
    )
    bridge.carrier = True
    ns.register(bridge, ifindex=ifindex)
    bridge.fdb.change_bridge_mac(bridge.mac)  # br_device_event, NETDEV_REGISTER
    if mac is not None:
        bridge.set_carrier(False)  # an address of its own makes it look at its ports (br_stp_change_bridge_id)
    return bridge
