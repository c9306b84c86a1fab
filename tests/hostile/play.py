"""What the simulated router does with hostile frames, in the form of `tests.hostile.record`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from macvsim import Lab
from macvsim.engine.sim import MS
from macvsim.wire.frame import Frame, PacketType
from tests.hostile.compare import counters, moved
from tests.hostile.router import FAR, NEAR, SETUP

RECORD = Path(__file__).parents[1] / "data/hostile/kernel.json.gz"


def recorded() -> dict[str, Any]:
    """The kernel's answers by name."""
    answers: dict[str, Any] = json.loads(gzip.decompress(RECORD.read_bytes()))["answers"]
    return answers


class Router:
    """The router and those who watch it."""

    def __init__(self) -> None:
        self.lab = Lab(seed=0)
        self.host = self.lab.host("router", nics={}, ipv6=True)
        for line in SETUP:
            result = self.host.sh(line)
            assert not result.code, (line, str(result))
        self.lab.run(4)
        self.near = self.host.kernel.netns[NEAR].dev("eth0")
        self.sent: list[list[str]] = []
        for ns in (NEAR, FAR):
            self.host.kernel.netns[ns].dev("eth0").add_tap(self._tap(ns))

    def _tap(self, ns: str) -> Any:
        def see(kind: PacketType, frame: Frame) -> None:
            if kind is not PacketType.OUTGOING:
                self.sent.append([ns, frame.wire.hex()])

        return see

    def _counters(self) -> dict[str, int]:
        return counters({name: self.host.sh(f"cat /proc/net/{name}").stdout for name in ("snmp", "snmp6")})

    def play(self, raw: bytes) -> dict[str, Any]:
        """What becomes of one frame."""
        sim = self.lab.sim
        before = self._counters()
        self.sent.clear()
        assert sim.journal is not None
        start = len(sim.journal.records)
        frame = Frame(raw, sim.born())
        self.near.xmit(frame)
        sim.run(until=sim.now + 2 * MS)
        drops = [
            r.detail
            for r in sim.journal.records[start:]
            if r.step == "drop" and not r.where.label.startswith((NEAR, FAR))
        ]
        return {
            "reasons": [reason.kernel for reason in drops],
            "names": [reason.name for reason in drops],
            "moved": moved(before, self._counters()),
            "sent": list(self.sent),
        }
