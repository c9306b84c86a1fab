"""Why a packet was not answered: the journal, read.  Nothing here is simulated again, and nothing in the data path
knows of it.

A packet and what it caused (the ARP request it waited for, the reply to it, errors about it) are a family.
`explain_ping` follows the
family from the request to the place where it ended.  A copy that ended matters only if no other copy of the same
packet arrived,
and, among several, those on the way to the station it was meant for matter most.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from macvsim.advice import advice, beyond, route_behind, unanswered
from macvsim.asking import Asking, asking
from macvsim.dev.ipvlan import Ipvlan
from macvsim.drop import DropReason
from macvsim.net.netfilter.table import Blame
from macvsim.shown import Shown
from macvsim.sim import Place, Record, Sim
from macvsim.wire.addr import is_group
from macvsim.wire.canon import frame_text
from macvsim.wire.frame import Frame

if TYPE_CHECKING:
    from macvsim.apps.ping import PingResult

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
BYSTANDERS6 = BYSTANDERS | {DropReason.NIC_FILTER, DropReason.IPV6_NDISC_NS_OTHERHOST}
"""Of a neighbour solicitation, which goes to a group that only those with similar addresses listen to."""


@dataclass(frozen=True)
class Step:
    """One hop of a packet: at `time` (ns) `where` did `action` with it; `what` shows the frame."""

    time: int
    where: str
    action: str
    what: str
    uid: int

    def __str__(self) -> str:
        return f"{self.time / 1000:12.3f} us  {self.where:<22} {self.action:<8} {self.what}".rstrip()


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

    @property
    def text(self) -> str:
        name = self.reason.name
        kernel = f", kernel: {self.reason.kernel}" if self.reason.kernel not in ("", name) else ""
        return f"{self.where} {name}{kernel}: {self.detail or self.reason.meaning}"


@dataclass(frozen=True)
class Explanation(Shown):
    """The answer to "why": one sentence, the ending that decided, and the evidence.

    verdict : ``answered`` or ``lost``; reason, where, hint : None and "" when nothing was lost
    path : what happened to the request and its family, in order; others : further endings, and who ignored it
    """

    verdict: str
    sentence: str
    reason: DropReason | None
    where: str
    hint: str
    path: tuple[Step, ...]
    others: tuple[Ending, ...]

    def __str__(self) -> str:
        lines = [self.sentence]
        if self.hint:
            lines.append(f"  try: {self.hint}")
        lines += [f"  also: {ending.text}" for ending in self.others]
        return "\n".join(lines)

    def trace(self) -> str:
        """The path, a line for each hop: microseconds, place, what happened, the frame."""
        return "\n".join(map(str, self.path))


def explain_ping(ping: PingResult) -> Explanation:
    """Why the first unanswered request of a ping was not answered; or that all were.

    Raises
    ------
    MacvsimError : the lab keeps no journal, so there is nothing to read
    """
    answered = {(reply.seq - ping.first_seq) & 0xFFFF for reply in ping.replies}
    title = f"{ping.ns.name} -> {ping.target}"
    lost = [uid for number, uid in enumerate(ping.requests) if number & 0xFFFF not in answered]
    if not lost:
        if ping.requests:
            path = _Family(ping.sim).path(ping.requests[0])
            return Explanation("answered", f"{title}: every request was answered", None, "", "", path, ())
        return Explanation(
            "lost", f"{title}: nothing was sent: {ping.text.strip().splitlines()[-1]}", None, ping.ns.name, "", (), ()
        )
    family = _Family(ping.sim)
    end, others = family.fate(lost[0])
    path = family.path(lost[0])
    if end is None:
        return Explanation("lost", f"{title}: no answer came, and nothing was dropped", None, "", "", path, ())
    sentence = f"{title}: {end.what} ended at {end.text}"
    return Explanation("lost", sentence, end.reason, end.where, end.hint, path, tuple(others))


class _Family:
    """The journal by packet: its records, and the packets it caused."""

    def __init__(self, sim: Sim) -> None:
        from macvsim.errors import MacvsimError

        if sim.journal is None:
            raise MacvsimError("this lab keeps no journal, so nothing can be explained: make it with Lab(journal=True)")
        self.records: dict[int, list[Record]] = {}
        for record in sim.journal.records:
            self.records.setdefault(record.uid, []).append(record)
        self.children: dict[int, list[int]] = {}
        for uid, cause in sim.journal.causes.items():
            self.children.setdefault(cause, []).append(uid)

    def fate(self, uid: int, depth: int = 0) -> tuple[Ending | None, list[Ending]]:
        """The ending that decided, and others worth knowing."""
        records = self.records.get(uid, [])
        drops = [r for r in records if r.step == "drop"]
        origin = _host(records[0].where) if records else ""
        if depth < 6:
            waiting = [r for r in drops if r.detail in _UNANSWERED] or self._still_waiting(uid, drops)
            if waiting:
                return self._unresolved(uid, waiting[0], depth)
            arrived = [_host(r.where) for r in records if r.step == "local" and _host(r.where) != origin]
            for child in self.children.get(uid, []) if arrived else ():
                if self.records.get(child) and _host(self.records[child][0].where) in arrived:
                    return self.fate(child, depth + 1)
        ranked = self._ranked(drops)
        if not ranked:
            return None, []
        return ranked[0], ranked[1:4]

    def _still_waiting(self, uid: int, drops: list[Record]) -> list[Record]:
        """For a packet that has gone nowhere yet: what will become of it, where nobody has answered who was asked."""
        if drops or any(record.step == "xmit" for record in self.records.get(uid, [])):
            return []
        asked = [c for c in self.children.get(uid, []) if _asking(self.records.get(c, [])) is not None]
        return [
            Record(first.time, uid, first.where, "drop", None, _UNANSWERED[question.six])
            for first, question in ((self.records[c][0], _asking(self.records[c])) for c in asked[:1])
            if question is not None
        ]

    def _unresolved(self, uid: int, failure: Record, depth: int) -> tuple[Ending | None, list[Ending]]:
        """Nobody answered the question for the next hop: did anybody hear it, and what became of an answer?"""
        requests = [c for c in self.children.get(uid, []) if _asking(self.records.get(c, [])) is not None]
        for request in requests:
            for answer in self.children.get(request, []):
                if _asking(self.records.get(answer, [])) is not None:
                    end, others = self.fate(answer, depth + 1)
                    if end is not None:
                        return end, [self._ending(failure), *others]
        ends = self._ranked([r for c in requests[:1] for r in self.records[c] if r.step == "drop"])
        question = _asking(self.records[requests[0]]) if requests else None
        silent = BYSTANDERS6 if question is not None and question.six else BYSTANDERS
        blocked = [end for end in ends if end.reason not in silent]
        places = [r.where for c in requests[:1] for r in self.records[c] if r.step == "drop"]
        known = unanswered(failure.where, question, places) if question is not None else ""
        if blocked:
            return replace(blocked[0], hint=known or blocked[0].hint), [self._ending(failure), *blocked[1:3]]
        found = self._ending(failure)
        if question is None:
            return found, ends[:4]
        wanted = question.text
        hint = known or (
            f"is there a host with {wanted}, on this segment and VLAN? give it the address, or name another gateway"
        )
        return Ending(
            found.where, found.reason, f"the packet waited for the MAC of {wanted} and", found.uid, hint
        ), ends[:4]

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
        return Ending(record.where.label, reason, self._what(record), record.uid, hint)

    def _blame(self, record: Record) -> Blame | None:
        """The rule or policy that dropped a packet there, if one did."""
        if record.detail is not DropReason.NETFILTER_DROP:
            return None
        noted = [r for r in self.records[record.uid] if r.step == "netfilter" and r.time == record.time]
        return next((r.detail for r in noted if r.where is record.where), None)

    def _way_back(self, record: Record) -> str | None:
        """What to type where an answer finds no route: packets of ipvlan children come from behind their parent."""
        started = next((r.where for r in self.records[record.uid] if isinstance(r.where, Ipvlan)), None)
        return None if started is None else route_behind(started, record.where)

    def _what(self, record: Record) -> str:
        """The packet in words: the frame of the record, or the last one seen of it."""
        frame = record.frame or next((r.frame for r in self.records.get(record.uid, []) if r.frame is not None), None)
        return "the packet" if frame is None else _MACS.sub("", _short(frame))

    def path(self, uid: int) -> tuple[Step, ...]:
        """Everything that happened to a packet and what it caused, in order of time."""
        uids, queue = [uid], [uid]
        while queue:
            children = self.children.get(queue.pop(0), [])
            uids += children
            queue += children
        records = sorted(
            ((r.time, n, r) for u in uids for n, r in enumerate(self.records.get(u, []))), key=lambda item: item[0]
        )
        return tuple(_step(r, r.detail.name if r.step == "drop" else r.step) for _, _, r in records)


def steps(records: Iterable[Record]) -> Iterator[Step]:
    """Records of a journal as they are shown, in their order; a drop as ``DROP NAME: meaning;``."""
    for record in records:
        yield _step(record, f"{record.detail};" if record.step == "drop" else record.step)


def _step(record: Record, action: str) -> Step:
    what = _short(record.frame) if record.frame else _said(record.detail)
    return Step(record.time, record.where.label, action, what, record.uid)


def _said(detail: Any) -> str:
    """A note in words: the rule that dropped a packet, how its addresses were translated, a line of the log."""
    if isinstance(detail, Blame):
        return detail.rule
    return detail if isinstance(detail, str) else ""


def _host(where: Place) -> str:
    return where.label.partition(":")[0]


def _asking(records: list[Record]) -> Asking | None:
    """The question for a MAC, or answer, that a packet is, if it is one."""
    frame = next((record.frame for record in records if record.frame is not None), None)
    return None if frame is None else asking(frame)


def _short(frame: Frame) -> str:
    """A frame in one line, without its MACs where the rest says it."""
    return frame_text(frame.wire)


def _leads_to_target(record: Record) -> bool:
    """True if the frame was dropped on the way to the device it was meant for: there, below it, or at the port before
    it."""
    frame = record.frame
    if frame is None:
        return True
    question = asking(frame)
    for dev in beyond(record.where):
        if question is not None and question.request and is_group(frame.dst):
            if question.held_by(dev):
                return True
        elif dev.mac == frame.dst:
            return True
    return False


__all__ = ["BYSTANDERS", "BYSTANDERS6", "Ending", "Explanation", "Step", "explain_ping", "steps"]
