"""Scripts by chance: a TCP connection whose peer, 10 ms away, does what peers do, and what they should not."""

from __future__ import annotations

import random

from tests.injected.guest import Step

MSS = 1460


class Chance:
    """One random script: the connection's kind, then steps in which both sides send, lose, repeat and end."""

    def __init__(self, seed: int) -> None:
        self.dice = dice = random.Random(seed)
        self.stamps = dice.random() < 0.6
        self.sack = dice.random() < 0.75
        self.scale = dice.choice((7, 7, 0, None))
        self.mss = dice.choice((1460, 1460, 1000, 536))
        self.time = 10
        self.written = 0
        self.acked = 0
        self.sent = 0
        self.holes: list[tuple[int, int]] = []
        self.steps: list[Step] = []
        self._open()

    def _segment(self, **told: object) -> None:
        if self.stamps:
            told.setdefault("ts", self.time)
        self.steps.append(["seg", {"seq": 1 + self.sent, "ack": 1 + self.acked, "win": 400, **told}])

    def _wait(self, seconds: float) -> None:
        self.time += round(seconds * 1000)
        self.steps.append(["wait", seconds])

    def _open(self) -> None:
        syn: dict[str, object] = {"flags": "S", "dport": 5000, "mss": self.mss}
        if self.sack:
            syn["sack_ok"] = True
        if self.stamps:
            syn["ts"] = 1
        if self.scale is not None:
            syn["ws"] = self.scale
        self.steps += [["listen", 5000], ["seg", syn]]
        self._wait(0.01)
        self._segment()
        self.steps.append(["accept"])
        if self.dice.random() < 0.3:
            self.steps.append(["nodelay"])

    @property
    def size(self) -> int:
        return self.mss - (12 if self.stamps else 0)

    def _edge(self) -> int:
        """A place in what the host may have sent, mostly a segment's end."""
        if self.dice.random() < 0.1:
            return self.dice.randint(0, self.written + 1)
        return min(self.dice.randint(0, self.written // self.size + 1) * self.size, self.written)

    # -- possible events ----------------------------------------------------------------------------------------------

    def write(self) -> None:
        size = self.dice.choice((1, 100, self.size, 3 * self.size, 10 * self.size, 7000, 20_000))
        self.steps.append([self.dice.choice(("write", "write", "write", "more")), size])
        self.written += size

    def pause(self) -> None:
        self._wait(self.dice.choice((0.001, 0.01, 0.01, 0.02, 0.05, 0.3, 1.0)))

    def acknowledge(self) -> None:
        self.acked = max(self.acked, self._edge())
        self.holes = [hole for hole in self.holes if hole[1] > self.acked]
        self._segment(**self._told_holes())

    def duplicate(self) -> None:
        """Something arrived behind a hole; or, without SACK, that is all that is said."""
        left = max(self._edge(), self.acked + self.size)
        right = min(left + self.dice.randint(1, 3) * self.size, self.written)
        if left < right:
            self.holes.insert(0, (left, right))
        self._segment(**self._told_holes())

    def repeat(self) -> None:
        """The peer has had it already (RFC 2883)."""
        if self.sack and self.acked >= self.size:
            left = self.acked - self.size
            self._segment(sacks=[[1 + left, 1 + self.acked]])

    def _told_holes(self) -> dict[str, object]:
        if not self.sack or not self.holes:
            return {}
        return {"sacks": [[1 + left, 1 + right] for left, right in self.holes[:3]]}

    def window(self) -> None:
        self._segment(win=self.dice.choice((0, 0, 1, 10, 100, 400, 65535)))

    def data(self) -> None:
        size = self.dice.choice((1, 100, 536, self.size, self.size))
        self._segment(len=size, flags=self.dice.choice(("A", "PA")))
        self.sent += size

    def data_ahead(self) -> None:
        """Data behind a hole, which comes later or not at all."""
        gap = self.dice.randint(1, 4) * self.size
        self._segment(seq=1 + self.sent + gap, len=self.dice.choice((100, self.size)))

    def data_again(self) -> None:
        back = self.dice.randint(1, 3000)
        self._segment(seq=1 + self.sent - back, len=self.dice.choice((1, 100, self.size, 2000)))

    def read(self) -> None:
        self.steps.append(["read", self.dice.choice((1, 1000, 100_000))])

    def odd(self) -> None:
        """A segment that no honest peer sends."""
        kinds: tuple[dict[str, object], ...] = (
            {"ack": self.written + 50_000},
            {"ack": 1 + self.acked - 20_000},
            {"seq": 900_000, "len": 10},
            {"seq": 1 + self.sent - 90_000},
            {"flags": "S"},
            {"flags": "SA"},
            {"flags": "R", "seq": 5 + self.sent},
            {"flags": "R", "seq": 900_000},
            {"flags": "P", "len": 5},
            {"flags": "", "len": 5},
            {"flags": "PAU", "len": 5},
        )
        self._segment(**self.dice.choice(kinds))

    def old_stamp(self) -> None:
        if self.stamps:
            self._segment(ts=self.time - self.dice.choice((1, 2, 300, 5000)), len=self.dice.choice((0, 10)))

    def end(self) -> None:
        kind = self.dice.choice(("fin", "fin", "rst", "shutdown", "shutdown", "close"))
        if kind == "fin":
            self._segment(flags="FA")
            self.sent += 1
        elif kind == "rst":
            self._segment(flags="R")
        else:
            self.steps.append([kind])
            self.written += 1
            if kind == "close":
                self.closed = True

    closed = False

    def script(self, length: int) -> list[Step]:
        often = [self.acknowledge] * 5 + [self.pause] * 6 + [self.write] * 4 + [self.duplicate] * 4
        rare = [self.repeat, self.window, self.data, self.data, self.data_ahead, self.data_again, self.read,
                self.odd, self.old_stamp]  # fmt: skip
        for _ in range(length):
            act = self.dice.choice(often + rare)
            if self.closed and act in (self.write, self.read):
                continue
            act()
            if self.dice.random() < 0.02 and not self.closed:
                self.end()
        self._wait(3)
        return self.steps


def scripts() -> dict[str, list[Step]]:
    return {f"tcp chance {seed}": Chance(seed).script(40) for seed in range(40)}
