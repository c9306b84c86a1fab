"""A lab in memory, copied for every set of edits that is tried on it."""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.engine.history import Call
from macvsim.errors import MacvsimError
from macvsim.explain.explanation import Explanation, Remedy
from macvsim.repair.candidates import candidates, ended
from macvsim.repair.edit import Edit
from macvsim.repair.scene import Repairable, Scene, owners_of
from macvsim.repair.search import TRIALS, Seen, search
from macvsim.repair.target import alike, is_unknown

RECORDS = 400_000
"""How much is simulated again at most, in records of the journal."""
FEWEST = 12
Ranked = list[tuple[int, tuple[Edit, ...]]]


@dataclass(frozen=True)
class LabTrial:
    """Pings from `source` to `target` on copies of a lab; `others` work there, and must go on doing so.

    owners : who has the target; an answer from anybody else is none
    """

    lab: Repairable
    source: str
    target: str
    others: tuple[tuple[str, str], ...]
    owners: frozenset[str]

    def play(self, edits: tuple[Edit, ...]) -> Seen[Edit] | None:
        """As `macvsim.repair.search.Trial` wants it."""
        lab = self.lab.copy()
        try:
            if any(lab.sh(edit.node, edit.command).code for edit in edits):
                return None
            ping = lab[self.source].ping(self.target, count=1, timeout=1.0)
            if not owners_of(lab, ping.address) <= (self.owners or owners_of(lab, ping.address)):
                return None  # somebody else was given the address
            if ping.received:
                return Seen(True, harmless=all(_reaches(lab, *one) for one in self.others))
        except MacvsimError:
            return None
        found = ping.explain()
        return Seen(False, place=place(found), more=lambda: self.called_for(lab, found))

    def called_for(self, lab: Repairable, found: Explanation) -> Ranked:
        """What an ending calls for, with ranks."""
        scene = Scene(lab, lab[self.source].ns, self.target, ended(found), _typed(lab))
        return [(rank, one.edits) for rank, one in candidates(scene)]


def remedies(lab: Repairable, source: str, address: str, found: Explanation) -> tuple[Remedy, ...]:
    """Edits with which a lost ping is answered, tried on copies of the lab; `found` is why it was lost.  To an address
    that nobody was ever to have: pings to the likest that somebody has.

    Raises
    ------
    MacvsimError : the lab cannot be copied
    """
    if unknown(lab, address):
        there = [other for other in alike(lab, source, address) if _reaches(lab.copy(), source, other)]
        if there:
            return tuple(Remedy(((source, f"ping -c 1 {other}"),)) for other in there)
    journal = lab.sim.journal
    records = len(journal.records) if journal is not None else 0
    trials = max(FEWEST, min(TRIALS, RECORDS // max(records, 1)))
    trial = LabTrial(lab, source, address, _working(lab.copy(), source, address), owners_of(lab, address))
    fixes, _ = search(trial, trial.called_for(lab, found), place(found), trials)
    return tuple(Remedy(tuple((edit.node, edit.command) for edit in fix.edits)) for fix in fixes)


def unknown(lab: Repairable, address: str) -> bool:
    """True if nobody has an address, and no call but pings named it."""
    return is_unknown(lab, address, (f"{call.name} {call.args} {call.options}" for call in lab.history.calls))


def place(found: Explanation) -> str:
    """What tells one ending from another."""
    return f"{found.where} {found.sentence}"


def _working(lab: Repairable, source: str, address: str) -> tuple[tuple[str, str], ...]:
    """The pings that were made before, by source and target, and are answered now."""
    made = [(_node(call), str(call.args[0])) for call in lab.history.calls if call.name == "ping" and call.args]
    others = [one for one in dict.fromkeys(made) if one != (source, address)]
    return tuple(one for one in others if _reaches(lab, *one))


def _typed(lab: Repairable) -> list[tuple[str, str]]:
    """Commands, and calls in the words of commands, by node."""
    found = []
    for call in lab.history.calls:
        words = [str(arg) for arg in call.args]
        if call.name == "sh" and words:
            found.append((_node(call), words[0]))
        elif call.name == "addr_add" and len(words) == 2:
            found.append((_node(call), f"ip addr add {words[1]} dev {words[0]}"))
        elif call.name == "route_add" and words:
            options = " ".join(f"{key} {value}" for key, value in call.options.items())
            found.append((_node(call), f"ip route add {words[0]} {options}".strip()))
    return found


def _node(call: Call) -> str:
    """The host or container that a call was made on."""
    return str(call.on.get("container", call.on.get("host", "")))


def _reaches(lab: Repairable, source: str, target: str) -> bool:
    try:
        return bool(lab[source].ping(target, count=1, timeout=1.0))
    except MacvsimError:
        return False
