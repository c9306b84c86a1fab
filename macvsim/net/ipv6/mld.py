"""Multicast listener discovery of one device: reports of groups joined and left (net/ipv6/mcast.c; RFC 3810)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.wheel import Timer
from macvsim.wire import icmpv6
from macvsim.wire.addr6 import ALL_MLDV2_ROUTERS, ALL_NODES, SCOPE_LINK, multicast_scope
from macvsim.wire.compose6 import icmpv6_template, mld_record_template

if TYPE_CHECKING:
    from macvsim.net.ipv6.device import Group, Inet6Dev
    from macvsim.net.ipv6.stack import Ipv6

ROBUSTNESS = 2
"""How often everything is reported (mld_qrv)."""
_FIRST_DELAY = 2
"""Jiffies that any report waits at least."""
_MS = 1000


class Mld:
    """Who reports for one device, version 2."""

    def __init__(self, stack: Ipv6, inet6: Inet6Dev) -> None:
        self.stack = stack
        self.inet6 = inet6
        self._changes = Timer(stack.ns.sim, self._report_changes)
        self._state = Timer(stack.ns.sim, self._report_state)
        self._answer = Timer(stack.ns.sim, self._report_now)
        self._left: dict[int, int] = {}
        """Groups that were left, and how often that is still to be reported."""
        self._rounds = self._state_rounds = 0

    # -- what happens --------------------------------------------------------------------------------------------------

    def joined(self, group: Group) -> None:
        """A group was joined (mld_ifc_event)."""
        self._left.pop(group.group, None)
        group.pending = ROBUSTNESS
        self._event()

    def left(self, group: Group) -> None:
        """A group was left (mld_add_delrec)."""
        self._left[group.group] = ROBUSTNESS
        self._event()

    def report_all(self) -> None:
        """Tell all groups, now and once more (mld_send_initial_cr, mld_dad_work)."""
        self._state_rounds = ROBUSTNESS
        self._report_state()

    def queried(self, message: bytes) -> None:
        """A router asks (igmp6_event_query): answer within the time it gives."""
        longest = int.from_bytes(message[4:6], "big") * self.stack.ns.sim.hz // _MS
        self._answer.start(self._draw(max(longest, 1)) + _FIRST_DELAY)

    def stop(self) -> None:
        """The device goes down."""
        for timer in (self._changes, self._state, self._answer):
            timer.stop()
        self._left.clear()

    # -- time passes ---------------------------------------------------------------------------------------------------

    def _event(self) -> None:
        self._rounds = ROBUSTNESS
        self._changes.start(_FIRST_DELAY)

    def _draw(self, below: int) -> int:
        return self.stack.ns.sim.rng(f"mld/{self.inet6.dev.label}").randrange(max(below, 1))

    def _interval(self) -> int:
        """Jiffies to the next report (unsolicited_report_interval)."""
        longest = self.inet6.conf.mldv2_unsolicited_report_interval * self.stack.ns.sim.hz // _MS
        return self._draw(longest) + _FIRST_DELAY

    def _report_changes(self) -> None:
        """What was joined and left since (mld_ifc_work)."""
        records = []
        for group in list(self._left):
            records.append((icmpv6.CHANGE_TO_INCLUDE, group))
            self._left[group] -= 1
            if not self._left[group]:
                del self._left[group]
        for member in self.inet6.groups.values():
            if member.pending:
                member.pending -= 1
                records.append((icmpv6.CHANGE_TO_EXCLUDE, member.group))
        self._send(records)
        self._rounds -= 1
        if self._rounds > 0:
            self._changes.start(self._interval())

    def _report_state(self) -> None:
        self._send(self._members(icmpv6.CHANGE_TO_EXCLUDE))
        self._state_rounds -= 1
        if self._state_rounds > 0:
            self._state.start(self._interval())

    def _report_now(self) -> None:
        self._send(self._members(icmpv6.MODE_IS_EXCLUDE))

    def _members(self, kind: int) -> list[tuple[int, int]]:
        return [
            (kind, group) for group in self.inet6.groups if group != ALL_NODES and multicast_scope(group) >= SCOPE_LINK
        ]

    def _send(self, records: list[tuple[int, int]]) -> None:
        """One report, from the link-local address, or from none while that is not settled (mld_sendpack)."""
        dev = self.inet6.dev
        if not records or not dev.up:
            return
        message = icmpv6.mldv2_report(icmpv6_template(icmpv6.MLDV2_REPORT), mld_record_template(), records)
        self.stack.icmp.send(
            message,
            self.stack.router.direct(dev, ALL_MLDV2_ROUTERS),
            ALL_MLDV2_ROUTERS,
            self.stack.ns.sim.born(),
            src=self.inet6.link_local() or 0,
            hop_limit=1,
            flow=0,
            alert=True,
            loop=False,
        )
