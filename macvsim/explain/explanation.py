"""Why a packet was not answered: the journal, read (`macvsim.explain.fate`), and said in a sentence.  Nothing in the
data path knows of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from macvsim.engine.display import Shown
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import Record, Sim
from macvsim.engine.unsimulated import Unsimulated, after
from macvsim.explain.fate import Ending, Family
from macvsim.explain.steps import Step, step_of
from macvsim.explain.unsent import unsent
from macvsim.net.namespace import Namespace


class Answered(Protocol):
    """An echo reply as explanations read it."""

    @property
    def seq(self) -> int: ...


class Ping(Protocol):
    """The result of a ping as explanations read it (`macvsim.apps.ping_result.PingResult`)."""

    sim: Sim
    ns: Namespace
    target: str
    address: str

    @property
    def first_seq(self) -> int: ...
    @property
    def requests(self) -> Sequence[int]: ...
    @property
    def replies(self) -> Sequence[Answered]: ...
    @property
    def text(self) -> str: ...
    @property
    def after(self) -> tuple[Unsimulated, ...]: ...


@dataclass(frozen=True)
class Remedy:
    """Edits that were tried and work: node (host, container or switch) and command, in the order to type them."""

    edits: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "; ".join(f"{node}# {command}" for node, command in self.edits)


@dataclass(frozen=True)
class Explanation(Shown):
    """The answer to "why": one sentence, the ending that decided, and the evidence.

    verdict : ``answered`` or ``lost``; ending : None when nothing was lost, or nothing was sent
    where : of the ending, or the node that sent nothing; hint : what to type, empty if nothing is known
    path : what happened to the request and its family, in order; others : further endings, and who ignored it
    ignored : copies of what was flooded that ended at stations they were not meant for
    after : commands that would have changed the network before, and are not simulated
    fixes : edits that were tried, where somebody asked for them (`macvsim.lab.Lab.why`); untried : why none could be
    """

    PUBLIC = "after fixes hint ignored others path reason sentence trace untried verdict where"

    verdict: str
    sentence: str
    ending: Ending | None
    where: str
    path: tuple[Step, ...]
    others: tuple[Ending, ...] = ()
    ignored: tuple[Ending, ...] = ()
    fixes: tuple[Remedy, ...] = ()
    untried: str = ""
    after: tuple[Unsimulated, ...] = ()

    @property
    def reason(self) -> DropReason | None:
        """Of the ending."""
        return None if self.ending is None else self.ending.reason

    @property
    def hint(self) -> str:
        """What to type, and where."""
        return "" if self.ending is None else self.ending.hint

    def __repr__(self) -> str:
        return f"<Explanation {self.sentence}{''.join(f', {line}' for line in after(self.after))}>"

    def __str__(self) -> str:
        lines = [self.sentence]
        lines += [f"  fix, tried: {fix}" for fix in self.fixes]
        if self.hint and not self.fixes:
            lines.append(f"  try: {self.hint}")
        lines += [f"  no edits were tried: {self.untried}"] if self.untried else []
        lines += [f"  also: {ending.text}" for ending in self.others]
        lines += [f"  {self.balance}"] if self.verdict == "answered" else []
        lines += [f"  {line}" for line in after(self.after)]
        return "\n".join(lines)

    def trace(self) -> str:
        """The path, a line for each hop: microseconds, place, what happened, the frame."""
        return "\n".join(map(str, self.path))

    @property
    def balance(self) -> str:
        """Of an answered ping: what became of the copies that did not arrive."""
        flooded = f"; copies of flooded packets ended at devices that they were not for: {self.accounted()}"
        return f"nothing was dropped{flooded if self.ignored else ''}"

    def accounted(self) -> str:
        """The ignored copies in words, counted by reason; empty without any."""
        counts = Counter((ending.where, ending.reason) for ending in self.ignored)
        return ", ".join(
            f"{where} {reason.name}{f' {number} times' if number > 1 else ''}"
            for (where, reason), number in counts.items()
        )


def explain_ping(ping: Ping) -> Explanation:
    """Why the first unanswered request of a ping was not answered; or that all were.

    Raises
    ------
    MacvsimError : the lab keeps no journal, so there is nothing to read
    """
    return replace(_explained(ping), after=ping.after)


def _explained(ping: Ping) -> Explanation:
    title = f"{ping.ns.name} -> {ping.target}"
    answered = {(reply.seq - ping.first_seq) & 0xFFFF for reply in ping.replies}
    lost = [uid for number, uid in enumerate(ping.requests) if number & 0xFFFF not in answered]
    family = Family(ping.sim)
    if (lost and not family.records.get(lost[0])) or not ping.requests:
        return _nothing_sent(ping, title)
    if not lost:
        return _nothing_lost(ping, title, family)
    end, others = family.fate(lost[0])
    path = family.path(lost[0])
    if end is not None and end.reason is DropReason.PING_NO_SOCKET:
        twin = end.where.partition(":")[0]
        end = replace(end, detail=f"the answer came to {twin}, which has the address of {ping.ns.name} too")
    if end is None:
        return Explanation("lost", f"{title}: no answer came, and nothing was dropped", None, "", path)
    ignored = tuple(e for e in family.ignored(lost[0]) if e.where != end.where and e not in others)
    return Explanation("lost", f"{title}: {end.what} ended at {end.text}", end, end.where, path, tuple(others), ignored)


def _nothing_sent(ping: Ping, title: str) -> Explanation:
    """The host itself refused the request."""
    lines = ping.text.strip().splitlines()
    said = next((line for line in reversed(lines) if line.startswith("ping")), lines[-1] if lines else "")
    end = unsent(ping.ns, ping.address, said)
    text = f"{title}: nothing was sent" + (f": {said}" if said else "") + (f" ({end.text})" if end is not None else "")
    return Explanation("lost", text, end, ping.ns.name, ())


def _nothing_lost(ping: Ping, title: str, family: Family) -> Explanation:
    """All requests were answered, and nothing is explained."""
    uid = ping.requests[0]
    ignored = tuple(family.ignored(uid))
    return Explanation("answered", f"{title}: every request was answered", None, "", family.path(uid), ignored=ignored)


def steps(records: Iterable[Record]) -> Iterator[Step]:
    """Records of a journal as they are shown, in their order; a drop as ``DROP NAME: meaning;``."""
    for record in records:
        yield step_of(record, f"{record.detail};" if record.step == "drop" else record.step)


__all__ = ["Ending", "Explanation", "Remedy", "Step", "explain_ping", "steps"]
