"""The journal by packet: the family of a request, and where it ended.  Nothing here is simulated again.

A packet and what it caused (the ARP request it waited for, the reply to it, errors about it) are a family.  A copy
that ended matters only if no other copy of the same packet arrived, and, among several, those on the way to the station
it was meant for matter most.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from macvsim.dev.base import NetDevice
from macvsim.dev.ipvlan import netif_is_ipvlan
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import Place, Record, Sim
from macvsim.errors import MacvsimError
from macvsim.explain.advice import Known, advice, beyond, elsewhere, route_behind, told, unanswered, withheld
from macvsim.explain.resolution import Solicitation, solicitation
from macvsim.explain.steps import Step, short, step_of
from macvsim.net.netfilter.table import Blame
from macvsim.switch import SwitchPort
from macvsim.wire.addr import is_group
from macvsim.wire.frame import ETH_P_IPV6

_MACS = re.compile(r"^\S+ > \S+ (\[[^]]*\] )?")
_UNANSWERED = (DropReason.NEIGH_FAILED, DropReason.NEIGH6_FAILED)
BYSTANDERS = frozenset(
    (
        DropReason.OTHERHOST,
        DropReason.ARP_OTHERHOST,
        DropReason.ARP_NOT_FOR_US,
        DropReason.NO_OTHER_PORT,
        DropReason.PORT_SAME,
    )
)
"""What befalls copies of a flooded frame at stations it is not meant for."""
BYSTANDERS6 = BYSTANDERS | {DropReason.NIC_FILTER, DropReason.IP_NOT_JOINED, DropReason.IPV6_NDISC_NS_OTHERHOST}
"""Of a neighbour solicitation, which goes to a group that only those with similar addresses listen to."""


@dataclass(frozen=True)
class Ending:
    """Where a packet, or a copy of it, ended."""

    where: str
    reason: DropReason
    what: str
    uid: int
    hint: str
    detail: str = ""
    """What is known beyond the reason: the rule that dropped it."""
    vid: int = 0
    """VLAN the frame was in, 0 if it does not matter."""

    @property
    def text(self) -> str:
        name = self.reason.name
        kernel = f", kernel: {self.reason.kernel}" if self.reason.kernel not in ("", name) else ""
        return f"{self.where} {name}{kernel}: {self.detail or self.reason.meaning}"


class Family:
    """The journal by packet: its records, and the packets it caused."""

    def __init__(self, sim: Sim) -> None:
        if sim.journal is None:
            raise MacvsimError("this lab keeps no journal, so nothing can be explained: make it with Lab(journal=True)")
        self.records: dict[int, list[Record]] = {}
        self._turns: dict[int, list[int]] = {}
        """In the journal, of each packet's records."""
        for number, record in enumerate(sim.journal.records):
            self.records.setdefault(record.uid, []).append(record)
            self._turns.setdefault(record.uid, []).append(number)
        self.children: dict[int, list[int]] = {}
        for uid, cause in sim.journal.causes.items():
            self.children.setdefault(cause, []).append(uid)

    def fate(self, uid: int, depth: int = 0) -> tuple[Ending | None, list[Ending]]:
        """The ending that decided, and others worth knowing."""
        records = self.records.get(uid, [])
        drops = [r for r in records if r.step == "drop"]
        origin = _host(records[0].where) if records else ""
        if depth < 6:
            waiting = [r for r in drops if r.detail in _UNANSWERED] or self._still_waiting(uid)
            if waiting:
                return self._unresolved(uid, waiting[0], depth)
            arrived = [_host(r.where) for r in records if r.step == "local" and _host(r.where) != origin]
            for child in self.children.get(uid, []) if arrived else ():
                if self.records.get(child) and _host(self.records[child][0].where) in arrived:
                    return self.fate(child, depth + 1)
        ranked = self._ranked(drops)
        if not ranked:
            return self._stalled(uid), []
        return ranked[0], ranked[1:4]

    def _stalled(self, uid: int) -> Ending | None:
        """A packet whose host never got to ask for the MAC of the next hop, for want of a carrier or of an address that
        may be used.
        """
        turn = next((r for r in reversed(self.records.get(uid, [])) if r.step in ("send", "forward")), None)
        if turn is None or not isinstance(turn.detail, tuple) or not isinstance(turn.detail[-2], NetDevice):
            return None
        dev, nexthop = turn.detail[-2], turn.detail[-1]
        if not (dev.up and dev.carrier):
            reason = DropReason.DEV_NO_CARRIER if dev.up else DropReason.DEV_DOWN
            return Ending(dev.label, reason, "the packet waited and", uid, advice(dev, reason))
        if nexthop > 0xFFFFFFFF and any(a.tentative for a in dev.inet.addresses6):
            detail = f"{dev.label} has no address that may be used yet: they are tentative"
            return Ending(dev.label, DropReason.NEIGH6_FAILED, "the packet waited and", uid, "", detail)
        return None

    def _still_waiting(self, uid: int) -> list[Record]:
        """For a packet that waits where it was sent or forwarded: what will become of it, where nobody has answered who
        was asked.
        """
        records = self.records.get(uid, [])
        turns = [number for number, record in enumerate(records) if record.step in ("send", "forward")]
        if not turns or any(record.step in ("xmit", "receive", "local", "drop") for record in records[turns[-1] + 1 :]):
            return []
        turn = records[turns[-1]]
        for first, question in self._asked(uid, turn.where):
            if first.time >= turn.time:
                return [Record(first.time, uid, first.where, "drop", None, _UNANSWERED[question.six])]
        return []

    def _asked(self, uid: int, where: Place) -> list[tuple[Record, Solicitation]]:
        """The questions for a MAC that a packet caused on one node: the first record of each, and what it asks."""
        found = []
        for child in self.children.get(uid, []):
            records = self.records.get(child, [])
            question = _solicitation(records)
            if question is not None and _host(records[0].where) == _host(where):
                found.append((records[0], question))
        return found

    def _unresolved(self, uid: int, failure: Record, depth: int) -> tuple[Ending | None, list[Ending]]:
        """Nobody answered the question for the next hop: did anybody hear it, and what became of an answer?"""
        requests = [first.uid for first, _ in self._asked(uid, failure.where)]
        for request in requests:
            for answer in self.children.get(request, []):
                if _solicitation(self.records.get(answer, [])) is not None:
                    end, others = self.fate(answer, depth + 1)
                    if end is not None:
                        return end, [self._ending(failure), *others]
        drops = [r for c in requests[:1] for r in self.records[c] if r.step == "drop"]
        ends = self._ranked(drops)
        question = _solicitation(self.records[requests[0]]) if requests else None
        silent = BYSTANDERS6 if question is not None and question.six else BYSTANDERS
        on_the_way = [r for r in drops if r.detail is DropReason.CABLE_LOSS or _leads_to_target(r)]
        blocked = [self._ending(r) for r in on_the_way if r.detail not in silent]
        blocked += self._withheld(requests[:1], question)
        if not any(r.detail in silent and not _on_one_machine(r.where, failure.where) for r in drops):
            # nobody else heard it
            blocked += [end for end in ends if end not in blocked]
        known = unanswered(failure.where, question, [r.where for r in drops]) if question is not None else Known()
        if blocked:
            return replace(blocked[0], hint=known.hint or blocked[0].hint), [self._ending(failure), *blocked[1:3]]
        found = self._ending(failure)
        if question is None:
            return found, ends[:4]
        wanted = question.text
        detail = known.why or elsewhere(question, [r.where for r in drops])
        hint = known.hint or (
            f"is there a host with {wanted}, on this segment and VLAN? give it the address, or name another gateway"
        )
        what = f"the packet waited for the MAC of {wanted} and"
        return Ending(found.where, found.reason, what, found.uid, hint, detail), ends[:4]

    def _withheld(self, uids: list[int], question: Solicitation | None) -> Iterator[Ending]:
        """Ports of switches towards who has the address, where a question never left: what stood against it."""
        if question is None:
            return
        for uid in uids:
            records = self.records.get(uid, [])
            passed = [r.where for r in records if r.step in ("xmit", "drop")]
            for record in records:
                came = record.where
                if record.step != "receive" or not isinstance(came, SwitchPort):
                    continue
                for port in came.switch.ports.values():
                    reason = withheld(came, port, self._vid(record))
                    if port is not came and port not in passed and reason and any(map(question.held_by, beyond(port))):
                        yield self._ending(record._replace(where=port, step="drop", detail=reason))

    def _ranked(self, drops: list[Record]) -> list[Ending]:
        """Endings of copies, those towards the station the frame was meant for first; then those that are not mere
        bystanders."""

        def rank(i: int) -> tuple[bool, bool, int]:
            return not _leads_to_target(drops[i]), drops[i].detail in BYSTANDERS, i

        return [self._ending(drops[i]) for i in sorted(range(len(drops)), key=rank)]

    def _ending(self, record: Record) -> Ending:
        reason: DropReason = record.detail
        blame = self._blame(record)
        if blame is not None:
            node = record.where.label.partition(":")[0]
            detail = f"dropped by {blame.rule}"
            hint = f"{blame.hint}   (on {node})"
            return Ending(record.where.label, reason, self._what(record), record.uid, hint, detail)
        way_back = self._way_back(record) if reason is DropReason.IP_OUTNOROUTES else None
        hint = advice(record.where, reason) if way_back is None else way_back
        vid = self._vid(record)
        detail = told(record.where, reason, vid, self._came(record))
        return Ending(record.where.label, reason, self._what(record), record.uid, hint, detail, vid)

    def _came(self, record: Record) -> Record | None:
        """How a packet came into the switch that a record is of; None: it is of no switch."""
        port = record.where
        if not isinstance(port, SwitchPort):
            return None
        came = [
            r
            for r in self.records[record.uid]
            if r.step == "receive" and isinstance(r.where, SwitchPort) and r.where.switch is port.switch
        ]
        return came[-1] if came else None

    def _vid(self, record: Record) -> int:
        """The VLAN of a frame at a device, or within a switch."""
        came = self._came(record)
        if came is not None and came.frame is not None:
            vid = came.where.vlans.ingress(came.frame.tag)  # type: ignore[attr-defined]
            return vid if isinstance(vid, int) else came.frame.tag & 0xFFF
        return record.frame.tag & 0xFFF if record.frame is not None else 0

    def ignored(self, uid: int) -> list[Ending]:
        """Copies of the family's packets that ended at stations they were not meant for."""
        drops = [r for one in self._uids(uid) for r in self.records.get(one, []) if r.step == "drop"]
        return [self._ending(r) for r in drops if r.detail in BYSTANDERS6 or not _leads_to_target(r)]

    def _blame(self, record: Record) -> Blame | None:
        """The rule or policy that dropped a packet there, if one did."""
        if record.detail is not DropReason.NETFILTER_DROP:
            return None
        noted = [r for r in self.records[record.uid] if r.step == "netfilter" and r.time == record.time]
        return next((r.detail for r in noted if r.where is record.where), None)

    def _way_back(self, record: Record) -> str | None:
        """What to type where an answer finds no route: packets of ipvlan children come from behind their parent."""
        started = next((r.where for r in self.records[record.uid] if netif_is_ipvlan(r.where)), None)
        return None if started is None else route_behind(started, record.where)

    def _what(self, record: Record) -> str:
        """The packet in words: the frame of the record, or the last one seen of it."""
        frame = record.frame or next((r.frame for r in self.records.get(record.uid, []) if r.frame is not None), None)
        return "the packet" if frame is None else _MACS.sub("", short(frame))

    def _uids(self, uid: int) -> list[int]:
        """A packet and everything it caused."""
        uids, queue = [uid], [uid]
        while queue:
            children = self.children.get(queue.pop(0), [])
            uids += children
            queue += children
        return uids

    def path(self, uid: int) -> tuple[Step, ...]:
        """Everything that happened to a packet and what it caused, in order of time."""
        uids = self._uids(uid)
        records = sorted(
            ((n, r) for u in uids for n, r in zip(self._turns.get(u, ()), self.records.get(u, ()), strict=True)),
            key=lambda item: item[0],
        )
        six = {u for u in uids if any(r.frame and r.frame.ethertype == ETH_P_IPV6 for r in self.records.get(u, []))}
        return tuple(step_of(r, r.detail.name if r.step == "drop" else r.step, six=r.uid in six) for _, r in records)


def _on_one_machine(one: Place, other: Place) -> bool:
    """True for places of one kernel, also of two of its namespaces."""
    kernels = [getattr(getattr(place, "ns", place), "linkwatch", None) for place in (one, other)]
    return kernels[0] is not None and kernels[0] is kernels[1]


def _host(where: Place) -> str:
    return where.label.partition(":")[0]


def _solicitation(records: list[Record]) -> Solicitation | None:
    """The question for a MAC, or answer, that a packet is, if it is one."""
    frame = next((record.frame for record in records if record.frame is not None), None)
    return None if frame is None else solicitation(frame)


def _leads_to_target(record: Record) -> bool:
    """True if the frame was dropped on the way to the device it was meant for: there, below it, or at the port before
    it."""
    frame = record.frame
    if frame is None:
        return True
    question = solicitation(frame)
    for dev in beyond(record.where):
        if question is not None and question.request and is_group(frame.dst):
            if question.held_by(dev):
                return True
        elif dev.mac == frame.dst:
            return True
    return False
