"""Steps: what a journal's records say, a line for each station of a packet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from macvsim.engine.journal import Record
from macvsim.explain.functions import function
from macvsim.net.netfilter.table import Blame
from macvsim.wire.canon import frame_text
from macvsim.wire.frame import Frame


@dataclass(frozen=True)
class Step:
    """One station of a packet: at `time` (ns) `where` did `action` with it; `what` shows the frame."""

    time: int
    where: str
    action: str
    what: str
    uid: int
    function: str = ""
    """The kernel's, as far as it is one; empty on cables and in switches."""

    def __str__(self) -> str:
        return f"{self.time / 1000:12.3f} us  {self.where:<22} {self.action:<8} {self.what}".rstrip()


def step_of(record: Record, action: str, *, six: bool = False) -> Step:
    """A record as it is shown; `six`: its packet is one of IPv6."""
    what = short(record.frame) if record.frame else _said(record.detail)
    return Step(record.time, record.where.label, action, what, record.uid, function(record, six=six))


def _said(detail: Any) -> str:
    """A note in words: the rule that dropped a packet, how its addresses were translated, a line of the log."""
    if isinstance(detail, Blame):
        return detail.rule
    return detail if isinstance(detail, str) else ""


def short(frame: Frame) -> str:
    """A frame in one line, without its MACs where the rest says it."""
    return frame_text(frame.wire)
