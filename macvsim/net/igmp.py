"""What a host tells routers and snooping bridges about the IPv4 groups it listens to (net/ipv4/igmp.c; RFC 3376)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.engine.wheel import Timer
from macvsim.net.addr import ALL_HOSTS
from macvsim.net.dst import ERROR
from macvsim.net.packet import Packet
from macvsim.wire import igmp
from macvsim.wire.addr import ip_int
from macvsim.wire.compose import igmp_header_template

if TYPE_CHECKING:
    from macvsim.net.namespace import Namespace

_ALL_ROUTERS = ip_int("224.0.0.2")
_ALL_V3_ROUTERS = ip_int("224.0.0.22")
_LINK_GROUPS = ip_int("224.0.0.0") >> 8
_FIRST_DELAY = 2
"""Jiffies that any report waits at least."""
_MS = 1000


class Reporter:
    """Who reports for one device."""

    def __init__(self, ns: Namespace, dev: NetDevice) -> None:
        self.ns = ns
        self.dev = dev
        self._joined: dict[int, int] = {}
        """Groups whose joining is still to be told, and how often."""
        self._left: dict[int, int] = {}
        self._rounds = 0
        self._changes = Timer(ns.sim, self._report_changes)
        self._single: dict[int, Timer] = {}
        """Timers of version 2, one for each group."""
        self._unsolicited: dict[int, int] = {}

    @property
    def version(self) -> int:
        """As ``force_igmp_version`` has it; nobody here asks in an older one."""
        everywhere, here = self.ns.conf_all.force_igmp_version, self.dev.inet.conf.force_igmp_version
        return next((version for version in (1, 2) if version in (everywhere, here)), 3)

    # -- what happens --------------------------------------------------------------------------------------------------

    def joined(self, group: int) -> None:
        """The group is listened to from now on, or the device came up (igmp_group_added)."""
        self._left.pop(group, None)
        if not self._told(group):
            return
        times = max(self.ns.ipv4_conf.igmp_qrv, 1)
        if self.version < 3:
            self._unsolicited[group] = times
            if group not in self._single:
                self._single[group] = Timer(self.ns.sim, lambda: self._report_one(group))
            self._single[group].start(_FIRST_DELAY)
            return
        self._joined[group] = times
        self._event(times)

    def left(self, group: int) -> None:
        """Nobody listens to the group any more (igmp_group_dropped)."""
        if group in self._single:
            self._single.pop(group).stop()
        self._joined.pop(group, None)
        if not self._told(group):
            return
        if self.version == 3:
            times = max(self.ns.ipv4_conf.igmp_qrv, 1)
            self._left[group] = times
            self._event(times)
        elif self.version == 2:
            self._send(_ALL_ROUTERS, igmp.about(igmp.LEAVE, group))

    def stop(self) -> None:
        """The device is down (ip_mc_down)."""
        for timer in (self._changes, *self._single.values()):
            timer.stop()

    def _told(self, group: int) -> bool:
        """Everybody is in 224.0.0.1; groups of the link are reported unless a parameter says no."""
        linked = group >> 8 == _LINK_GROUPS
        return group != ALL_HOSTS and not (linked and not self.ns.ipv4_conf.igmp_link_local_mcast_reports)

    # -- time passes ---------------------------------------------------------------------------------------------------

    def _event(self, times: int) -> None:
        self._rounds = times
        self._changes.start(_FIRST_DELAY)

    def _interval(self) -> int:
        """Jiffies to the next report."""
        conf, sim = self.dev.inet.conf, self.ns.sim
        longest = (
            conf.igmpv3_unsolicited_report_interval if self.version == 3 else conf.igmpv2_unsolicited_report_interval
        )
        return sim.rng(f"igmp/{self.dev.label}").randrange(max(longest * sim.hz // _MS, 1)) + _FIRST_DELAY

    def _report_changes(self) -> None:
        """What was left and joined since, newest first (igmpv3_send_cr)."""
        records = [(igmp.CHANGE_TO_INCLUDE, group) for group in reversed(self._left)]
        newest_first = reversed(self.dev.inet.groups)
        records += [(igmp.CHANGE_TO_EXCLUDE, group) for group in newest_first if self._joined.get(group)]
        for waiting in (self._left, self._joined):
            for group in list(waiting):
                waiting[group] -= 1
                if not waiting[group]:
                    del waiting[group]
        room = (self.dev.mtu - len(igmp_header_template()) - igmp.HLEN) // igmp.RECORD
        for at in range(0, len(records), room):
            part = records[at : at + room]
            self._send(_ALL_V3_ROUTERS, igmp.report(part))
        if self._rounds:
            self._rounds -= 1
            self._changes.start(self._interval())

    def _report_one(self, group: int) -> None:
        """A report of version 1 or 2 (igmp_timer_expire)."""
        self._unsolicited[group] -= 1
        if self._unsolicited[group] > 0:
            self._single[group].start(self._interval())
        kind = igmp.REPORT1 if self.version == 1 else igmp.REPORT2
        self._send(group, igmp.about(kind, group))

    def _send(self, dst: int, message: bytes) -> None:
        """From the device's own address, if it has one (igmpv3_newpack, igmp_send_report)."""
        ns, dev = self.ns, self.dev
        way = ns.router.on_link(dst, dev)
        if way.kind is ERROR:
            return
        own = any(address.local == way.src for address in dev.inet.addresses)
        src = way.src if own or dst != _ALL_V3_ROUTERS else 0
        ns.ipv4.send_packet(igmp.packet(igmp_header_template(), src, dst, message), way, ns.sim.born())


def receive(ns: Namespace, packet: Packet) -> DropReason:
    """What others report is for routers and bridges (igmp_rcv); nobody here asks."""
    message = packet.data[(packet.data[0] & 15) * 4 :]
    asked = igmp.is_valid(message) and message[0] == igmp.QUERY
    reason = DropReason.IGMP_NO_ANSWER if asked else DropReason.IGMP_NOT_FOR_HOSTS
    return ns.sim.drop(packet.uid, packet.in_dev or ns, reason)
