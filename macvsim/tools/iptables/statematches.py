"""Matches that ask the stack, as iptables reads their options (extensions/libxt_conntrack.c and others)."""

from __future__ import annotations

from macvsim.errors import Effect, MacvsimError, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.netfilter import statematches as model
from macvsim.net.netfilter.rule import Match, Net
from macvsim.net.netfilter.statematches import ADDRESS_TYPES, CT_STATUSES, STATES
from macvsim.tools.iptables.extension import MatchReader, Option, Rest, flags
from macvsim.tools.iptables.rate import rate
from macvsim.tools.iptables.values import nets as parse_nets
from macvsim.tools.iptables.values import number, protocol
from macvsim.wire.addr import mac_bytes

_WITHOUT_NAT = STATES[:5]
_NOT_A_LIST = '"--state" requires a list of states with no spaces, e.g. ESTABLISHED,RELATED'


def _states(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """States in the order of printing; any case will do."""
    words = text.split(",")
    for at, word in enumerate(words):
        if word.upper() not in known:
            raise UsageError(f'Bad state "{",".join(words[at:])}"')
    return tuple(state for state in known if state in text.upper().split(","))


class State(MatchReader):
    name = "state"
    options = (Option("state", invertible=True, must=True),)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        listed = value.removesuffix(",")
        states = _states(listed, _WITHOUT_NAT)
        if listed != value:
            raise UsageError(_NOT_A_LIST)
        self.asked = (states, negated)

    def build(self) -> Match:
        return model.StateMatch(*self.asked)


class Conntrack(MatchReader):
    name = "conntrack"
    options = (
        *(Option(n, invertible=True) for n in ("ctstate", "ctproto", "ctorigsrc", "ctorigdst", "ctreplsrc",
                                               "ctrepldst", "ctstatus", "ctexpire", "ctorigsrcport", "ctorigdstport",
                                               "ctreplsrcport", "ctrepldstport")),
        Option("ctdir"),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.states: tuple[tuple[str, ...], bool] = ((), False)
        self.ctproto: tuple[int | None, bool] = (None, False)
        self.nets: dict[str, Net] = {}
        self.statuses: tuple[tuple[str, ...], bool] = ((), False)
        self.direction: int | None = None

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name == "ctstate":
            self.states = (_states(value, STATES), negated)
        elif name == "ctproto":
            self.ctproto = (protocol(value), negated)
        elif name == "ctstatus":
            words = flags(value.upper(), lambda word: word in CT_STATUSES, 'Bad status "{}"')
            self.statuses = (tuple(status for status in CT_STATUSES if status in words), negated)
        elif name == "ctdir":
            if value.upper() not in ("ORIGINAL", "REPLY"):
                raise UsageError(f'conntrack: Bad value for "--ctdir" option: "{value}"')
            self.direction = ("ORIGINAL", "REPLY").index(value.upper())
        elif name in ("ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"):
            self.nets[name[2:]] = parse_nets(value, {}, negated=negated)[0]
        else:
            raise NotSimulated(f"iptables -m conntrack --{name}", Effect.CHANGES)

    def finish(self) -> None:
        if not self.given:
            raise UsageError("conntrack: At least one option is required")

    def build(self) -> Match:
        order = ("origsrc", "origdst", "replsrc", "repldst")
        nets = tuple((name, self.nets[name]) for name in order if name in self.nets)
        return model.ConntrackMatch(*self.states, *self.ctproto, nets, *self.statuses, self.direction)


class AddrType(MatchReader):
    name = "addrtype"
    options = (
        Option("src-type", invertible=True),
        Option("dst-type", invertible=True),
        Option("limit-iface-in", flag=True),
        Option("limit-iface-out", flag=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self.types: dict[str, tuple[tuple[str, ...], bool]] = {}
        self.limit = ""

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name.startswith("limit-iface-"):
            if self.limit:
                raise UsageError("addrtype: only one of --limit-iface-in and --limit-iface-out may be given")
            self.limit = name.removeprefix("limit-iface-")
            return
        words = flags(value, lambda word: word.upper() in ADDRESS_TYPES, 'addrtype: bad type "{}"')
        wanted = [word.upper() for word in words]
        self.types[name] = (tuple(kind for kind in ADDRESS_TYPES if kind in wanted), negated)

    def finish(self) -> None:
        if not self.types:
            raise UsageError("addrtype: you must specify --src-type or --dst-type")

    def build(self) -> Match:
        nothing: tuple[tuple[str, ...], bool] = ((), False)
        (src, not_src), (dst, not_dst) = (self.types.get(n, nothing) for n in ("src-type", "dst-type"))
        return model.AddrType(src, dst, not_src, not_dst, self.limit)


class Limit(MatchReader):
    name = "limit"
    options = (Option("limit"), Option("limit-burst"))

    def __init__(self) -> None:
        super().__init__()
        self.rate = (3, "hour")
        self.burst = 5

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name == "limit-burst":
            burst = number(value, 0, 10000)
            if burst is None:
                raise UsageError('limit: bad value for option "--limit-burst", or out of range (0-10000).\n')
            self.burst = burst
            return
        found = rate(value)
        if found is None:
            raise UsageError(f'bad rate "{value}"\'')
        self.rate = found[0]
        if not self.rate[0]:
            raise UsageError(f'Rate too fast "{value}"')

    def build(self) -> Match:
        return model.Limit(*self.rate, burst=self.burst)


class SourceMac(MatchReader):
    name = "mac"
    options = (Option("mac-source", invertible=True, must=True),)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        try:
            self.sender = (mac_bytes(value), negated)
        except MacvsimError:
            raise UsageError("Invalid MAC address specified.") from None

    def build(self) -> Match:
        return model.SourceMac(*self.sender)


class PhysDev(MatchReader):
    name = "physdev"
    options = (
        Option("physdev-in", invertible=True),
        Option("physdev-out", invertible=True),
        *(Option(f"physdev-is-{how}", flag=True, invertible=True) for how in ("in", "out", "bridged")),
    )

    def __init__(self) -> None:
        super().__init__()
        self.ports: dict[str, tuple[str, bool]] = {}
        self.flags: list[str] = []

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name.startswith("physdev-is-"):
            self.flags.append(("!" if negated else "") + name.removeprefix("physdev-"))
        else:
            self.ports[name] = (value, negated)

    def finish(self) -> None:
        if not self.given:
            raise UsageError("PHYSDEV: no physdev option specified")

    def build(self) -> Match:
        (source, not_source), (target, not_target) = (
            self.ports.get(name, ("", False)) for name in ("physdev-in", "physdev-out")
        )
        return model.PhysDev(source, target, not_source, not_target, tuple(self.flags))
