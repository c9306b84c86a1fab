"""Matches that remember packets, as iptables reads their options (extensions/libxt_*.c)."""

from __future__ import annotations

from typing import ClassVar

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.netfilter import countmatches as model
from macvsim.net.netfilter.countmatches import CHANCE, PERIODS
from macvsim.net.netfilter.recent import Recent as RecentMatch
from macvsim.net.netfilter.rule import EVERYTHING, Match
from macvsim.tools.iptables.extension import MatchReader, Option, Rest
from macvsim.tools.iptables.rate import rate
from macvsim.tools.iptables.values import full_address, mask, number

_COMMANDS = ("set", "rcheck", "update", "remove")
_MODES = ("srcip", "srcport", "dstip", "dstport")
_SIZES = ("htable-size", "htable-max", "htable-gcinterval", "htable-expire")


class _Numbers(MatchReader):
    """Options that are numbers: their bounds by name."""

    bounds: ClassVar[dict[str, tuple[int, int]]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[str, int] = {}

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        low, high = self.bounds[name]
        found = number(value, low, high)
        if found is None:
            text = f" ({low}-{high})" if (low, high) != (0, EVERYTHING) else ""
            raise UsageError(f'{self.name}: bad value for option "--{name}", or out of range{text}.\n')
        self.numbers[name] = found


class Statistic(_Numbers):
    name = "statistic"
    options = (
        Option("mode"),
        Option("probability", invertible=True, excludes=("every", "packet")),
        Option("every", invertible=True, needs=("packet",)),
        Option("packet", needs=("every",)),
    )
    bounds: ClassVar[dict[str, tuple[int, int]]] = {"every": (1, EVERYTHING), "packet": (0, EVERYTHING)}

    def __init__(self) -> None:
        super().__init__()
        self.mode = "random"
        self.chance = 0
        self.negated = False

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        self.negated |= negated
        if name == "mode":
            if value not in ("random", "nth"):
                raise UsageError(f'Bad mode "{value}"')
            self.mode = value
        elif name == "probability":
            try:
                wanted = float(value)
            except ValueError:
                wanted = -1.0
            if not 0 <= wanted <= 1:
                raise UsageError('statistic: bad value for option "--probability", or out of range (0-1).\n')
            self.chance = int(wanted * CHANCE + 0.5)
        else:
            super().take(name, value, negated, rest)

    def finish(self) -> None:
        if self.mode == "random" and "probability" not in self.given:
            raise UsageError("--probability must be specified when using random mode")
        if self.mode == "nth":
            if not self.numbers:
                raise UsageError("--every and --packet must be specified when using nth mode")
            if len(self.numbers) == 2 and self.numbers["packet"] >= self.numbers["every"]:
                raise UsageError("the --packet p must be 0 <= p <= n-1")
        super().finish()

    def build(self) -> Match:
        if self.mode == "random":
            return model.Chance(self.chance, self.negated)
        return model.Nth(self.numbers["every"], self.numbers["packet"], self.negated)


class Quota(MatchReader):
    name = "quota"
    options = (Option("quota", invertible=True, must=True),)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        most = (1 << 64) - 1
        quota = number(value, 0, most)
        if quota is None:
            raise UsageError(f'quota: bad value for option "--quota", or out of range (0-{most}).\n')
        self.asked = (quota, negated)

    def build(self) -> Match:
        return model.Quota(*self.asked)


class Recent(_Numbers):
    name = "recent"
    options = (
        *(Option(name, flag=True, invertible=True, excludes=_COMMANDS[at + 1 :]) for at, name in enumerate(_COMMANDS)),
        Option("seconds"),
        Option("reap", flag=True, needs=("seconds",)),
        Option("hitcount"),
        Option("rttl", flag=True),
        Option("name"),
        Option("rsource", flag=True),
        Option("rdest", flag=True),
        Option("mask"),
    )
    bounds: ClassVar[dict[str, tuple[int, int]]] = {"seconds": (1, EVERYTHING), "hitcount": (0, EVERYTHING)}

    def __init__(self) -> None:
        super().__init__()
        self.how = ""
        self.table = "DEFAULT"
        self.mask = EVERYTHING
        self.negated = False

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name in _COMMANDS:
            self.how, self.negated = name, negated
        elif name == "name":
            if len(value) > 199:
                raise UsageError('recent: bad value for option "--name", or out of range (0-199 characters).')
            self.table = value
        elif name == "mask":
            wanted = full_address(value)
            if wanted is None:
                raise UsageError(f'recent: bad value for option "--mask": "{value}"')
            self.mask = wanted
        elif name in self.bounds:
            super().take(name, value, negated, rest)

    def finish(self) -> None:
        if not self.how:
            raise UsageError("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'")
        super().finish()

    def build(self) -> Match:
        return RecentMatch(
            self.how,
            self.table,
            self.numbers.get("seconds", 0),
            "reap" in self.given,
            self.numbers.get("hitcount", 0),
            "rttl" in self.given,
            self.mask,
            "rdest" in self.given,
            self.negated,
        )


class HashLimit(_Numbers):
    name = "hashlimit"
    options = (
        *(Option(name, invertible=True) for name in ("hashlimit-upto", "hashlimit-above", "hashlimit")),
        Option("hashlimit-srcmask"),
        Option("hashlimit-dstmask"),
        Option("hashlimit-burst"),
        *(Option(f"hashlimit-{name}") for name in _SIZES),
        Option("hashlimit-mode"),
        Option("hashlimit-name", must=True),
        *(Option(name, flag=name != "hashlimit-rate-interval") for name in
          ("hashlimit-rate-match", "hashlimit-rate-interval")),
    )  # fmt: skip
    bounds: ClassVar[dict[str, tuple[int, int]]] = {
        "hashlimit-srcmask": (0, 32),
        "hashlimit-dstmask": (0, 32),
        "hashlimit-burst": (1, EVERYTHING),
        **{f"hashlimit-{name}": (0, EVERYTHING) for name in _SIZES},
    }

    def __init__(self) -> None:
        super().__init__()
        self.rate: tuple[int, str] | None = None
        self.above = False
        self.period = "sec"
        self.modes: tuple[str, ...] = ()
        self.table = ""

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name in ("hashlimit", "hashlimit-upto", "hashlimit-above"):
            if value.endswith("b/s"):
                raise NotSimulated("iptables -m hashlimit with rates in bytes", Effect.CHANGES)
            found = rate(value)
            if found is None:
                raise UsageError(f'hashlimit: Bad value for "--{name}" option: "{value}"')
            self.rate, self.period = found
            self.above = negated != (name == "hashlimit-above")
        elif name == "hashlimit-mode":
            words = value.split(",")
            if any(word not in _MODES for word in words):
                raise UsageError('hashlimit: Bad value for "--hashlimit-mode" option: ' + f'"{value}"')
            self.modes = tuple(mode for mode in _MODES if mode in words)
        elif name == "hashlimit-name":
            self.table = value
        elif name in self.bounds:
            super().take(name, value, negated, rest)
        else:
            raise NotSimulated(f"iptables -m hashlimit --{name}", Effect.CHANGES)

    def finish(self) -> None:
        if self.rate is None:
            raise UsageError("You have to specify --hashlimit")
        super().finish()

    def build(self) -> Match:
        assert self.rate is not None
        given = {name.removeprefix("hashlimit-"): value for name, value in self.numbers.items()}
        return model.HashLimit(
            *self.rate,
            self.table,
            self.above,
            given.get("burst", 5),
            self.modes,
            given.get("srcmask", 32),
            given.get("dstmask", 32),
            tuple((name, given[name]) for name in _SIZES if name in given),
            given.get("htable-expire", PERIODS[self.period] * 1000),
        )


class ConnLimit(_Numbers):
    name = "connlimit"
    options = (
        Option("connlimit-upto", invertible=True, excludes=("connlimit-above",)),
        Option("connlimit-above", invertible=True),
        Option("connlimit-mask"),
        Option("connlimit-saddr", flag=True),
        Option("connlimit-daddr", flag=True),
    )
    bounds: ClassVar[dict[str, tuple[int, int]]] = {
        "connlimit-upto": (0, EVERYTHING),
        "connlimit-above": (0, EVERYTHING),
    }

    def __init__(self) -> None:
        super().__init__()
        self.above = False
        self.length = 32

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name == "connlimit-mask":
            self.length = mask(value).bit_count()
        elif name in self.bounds:
            super().take(name, value, negated, rest)
            self.above = negated != (name == "connlimit-above")

    def finish(self) -> None:
        if not self.numbers:
            raise UsageError('You must specify "--connlimit-above" or "--connlimit-upto".')
        super().finish()

    def build(self) -> Match:
        limit = next(iter(self.numbers.values()))
        return model.ConnLimit(limit, self.above, self.length, "connlimit-daddr" in self.given)
