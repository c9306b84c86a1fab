"""What is told of a ping: the way of the packet that decided, from the first program to where it arrived or ended."""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.apps.ping_result import PingResult
from macvsim.engine.drop import DropReason
from macvsim.engine.journal import Journal
from macvsim.engine.sim import Sim
from macvsim.errors import MacvsimError
from macvsim.explain.explanation import Explanation
from macvsim.view.packets import BACK, packet_text
from macvsim.view.topology import Topology
from macvsim.view.trail import Visit, owner, trail

_UNANSWERED = (DropReason.NEIGH_FAILED, DropReason.NEIGH6_FAILED)


@dataclass
class Story:
    """One packet's fate.

    chain : the visits that led to the end, in order; aside : visits of copies that went elsewhere, and of questions
    that nobody answered; end : the last visit, None where nothing was sent or noted
    """

    explanation: Explanation
    visits: list[Visit]
    chain: list[Visit]
    aside: list[Visit]
    end: Visit | None

    def notes(self, topology: Topology) -> dict[str, str]:
        """The reason, at the node where the packet ended."""
        if self.explanation.verdict == "answered":
            return {}
        reason = self.explanation.reason.name if self.explanation.reason is not None else "nothing was sent"
        at = self.end
        while at is not None:
            node = topology.at(at.place)
            if node is not None:
                return {node.id: reason}
            at = at.before  # it ended on a cable: told where it left
        return {self.explanation.where: reason} if self.explanation.where in topology.nodes else {}


def explained(path: PingResult | Explanation) -> Explanation:
    """The explanation of a ping, or the one given; `MacvsimError` for anything else."""
    if isinstance(path, PingResult):
        return path.explain()
    if isinstance(path, Explanation):
        return path
    raise MacvsimError(f"path={path!r} is no ping and no explanation: give the result of ping(), or its explain()")


def journal_of(sim: Sim) -> Journal:
    """`MacvsimError` where the lab keeps no journal."""
    if sim.journal is None:
        raise MacvsimError("this lab keeps no journal, so no packet can be drawn: make it with Lab(journal=True)")
    return sim.journal


def story(sim: Sim, explanation: Explanation) -> Story:
    """Read from the journal."""
    visits = trail(journal_of(sim), {step.uid for step in explanation.path})
    end = _end(visits, explanation)
    chain = end.chain() if end is not None else []
    told = {visit.uid for visit in chain}
    if explanation.reason in _UNANSWERED:
        told |= {visit.uid for visit in visits if visit.before is not None and visit.before.uid in told}
    aside = [visit for visit in visits if visit not in chain and (visit.uid in told or not chain)]
    return Story(explanation, visits, chain, aside, end)


def _end(visits: list[Visit], explanation: Explanation) -> Visit | None:
    if explanation.verdict == "answered":
        arrived = [v for v in visits if v.step == "local" and owner(v.place) is owner(visits[0].place)]
        return arrived[-1] if arrived else None
    fatal = [v for v in visits if v.reason is explanation.reason and v.place.label == explanation.where]
    waiting = [v for v in visits if v.place.label == explanation.where]  # nobody has answered so far
    return next(iter(fatal or waiting), None)


def goes_back(visit: Visit) -> bool:
    """The packet is an answer, as far as its frame shows."""
    return visit.frame is not None and packet_text(visit.frame.wire).kind in BACK
