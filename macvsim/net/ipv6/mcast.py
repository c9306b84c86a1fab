"""The groups a host listens to on its devices (net/ipv6/mcast.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.net.ipv6.device import Group, Inet6Dev
from macvsim.net.ipv6.mld import Mld
from macvsim.net.ipv6.packet import Packet6
from macvsim.wire import icmpv6, ipv6
from macvsim.wire.addr6 import (
    ALL_NODES,
    ALL_ROUTERS,
    NODE_LOCAL_ALL_ROUTERS,
    SCOPE_LINK,
    SITE_LOCAL_ALL_ROUTERS,
    is_link_local6,
    multicast_mac6,
    multicast_scope,
    solicited_node,
)

if TYPE_CHECKING:
    from macvsim.net.ipv6.stack import Ipv6

_MLD_ALERT = b"\5\2\0\0"
"""The router alert that listener discovery has (RFC 3810, section 5)."""
ROUTER_GROUPS = (ALL_ROUTERS, NODE_LOCAL_ALL_ROUTERS, SITE_LOCAL_ALL_ROUTERS)


def is_reported(group: int) -> bool:
    """False for groups that everybody is in, or that do not leave the node (MAF_NOREPORT)."""
    return group != ALL_NODES and multicast_scope(group) >= SCOPE_LINK


class Groups:
    """The groups of one namespace."""

    __slots__ = ("stack",)

    def __init__(self, stack: Ipv6) -> None:
        self.stack = stack

    def join(self, dev: NetDevice, group: int) -> None:
        """Listen to a group (__ipv6_dev_mc_inc)."""
        inet6: Inet6Dev = dev.inet.inet6
        found = inet6.groups.get(group)
        if found is not None:
            found.users += 1
            return
        found = inet6.groups[group] = Group(group)
        self._added(inet6, found)
        self.stack.router.forget()

    def leave(self, dev: NetDevice, group: int) -> None:
        """Undo one `join` (__ipv6_dev_mc_dec)."""
        inet6: Inet6Dev = dev.inet.inet6
        found = inet6.groups.get(group)
        if found is None:
            return
        found.users -= 1
        if not found.users:
            del inet6.groups[group]
            self._dropped(inet6, found)
            self.stack.router.forget()

    def join_solicited(self, dev: NetDevice, ip: int) -> None:
        """Listen to what asks for an address, where neighbours ask at all (addrconf_join_solict)."""
        if not dev.loopback and not dev.noarp:
            self.join(dev, solicited_node(ip))

    def leave_solicited(self, dev: NetDevice, ip: int) -> None:
        """Undo one `join_solicited` (addrconf_leave_solict)."""
        if not dev.loopback and not dev.noarp:
            self.leave(dev, solicited_node(ip))

    def device_up(self, inet6: Inet6Dev) -> None:
        """Groups are listened to and reported from now on (ipv6_mc_up)."""
        for group in inet6.groups.values():
            self._added(inet6, group)

    def device_down(self, inet6: Inet6Dev) -> None:
        """Groups stay, but nobody listens (ipv6_mc_down)."""
        for group in inet6.groups.values():
            self._dropped(inet6, group, silent=True)
        if inet6.mld is not None:
            inet6.mld.stop()

    def address_settled(self, inet6: Inet6Dev) -> None:
        """The first link-local address may be used now: report again, from it (ipv6_mc_dad_complete)."""
        self._mld(inet6).report_all()

    def receive(self, packet: Packet6, message: bytes) -> DropReason | None:
        """A listener discovery message (igmp6_event_query): only queries are answered, and nobody here sends any."""
        data = packet.data
        alert = data[6] == ipv6.HOP_BY_HOP and _MLD_ALERT in data[ipv6.HLEN + 2 : ipv6.HLEN + 8]
        if (
            message[0] != icmpv6.MLD_QUERY
            or packet.in_dev is None
            or not (is_link_local6(ipv6.addresses(data)[0]) and data[7] == 1 and alert)
        ):
            known = message[0] in (icmpv6.MLD_QUERY, icmpv6.MLD_REPORT)
            reason = DropReason.ICMP_NO_LISTENER if known else DropReason.ICMP6_UNKNOWN
            return self.stack.ns.sim.drop(packet.uid, packet.in_dev or self.stack.ns, reason)
        self._mld(packet.in_dev.inet.inet6).queried(message)
        return None

    def _mld(self, inet6: Inet6Dev) -> Mld:
        if inet6.mld is None:
            inet6.mld = Mld(self.stack, inet6)
        return inet6.mld

    def _added(self, inet6: Inet6Dev, group: Group) -> None:
        """igmp6_group_added."""
        dev = inet6.dev
        if multicast_scope(group.group) < SCOPE_LINK or dev.loopback:
            return
        if not group.filtered:
            group.filtered = True
            dev.add_mc(multicast_mac6(group.group))
        if dev.up and is_reported(group.group):
            self._mld(inet6).joined(group)

    def _dropped(self, inet6: Inet6Dev, group: Group, *, silent: bool = False) -> None:
        """igmp6_group_dropped."""
        dev = inet6.dev
        if group.filtered:
            group.filtered = False
            dev.del_mc(multicast_mac6(group.group))
        if dev.up and not silent and is_reported(group.group):
            self._mld(inet6).left(group)
