"""Targets, as iptables reads their options (extensions/libxt_*.c, libipt_*.c)."""

from __future__ import annotations

from typing import ClassVar

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.netfilter import targets as model
from macvsim.net.netfilter.natport import Range
from macvsim.net.netfilter.rule import Target
from macvsim.net.netfilter.targets import REJECT_CODES, TCP_RESET
from macvsim.tools.iptables.extension import Option, Rest, TargetReader
from macvsim.tools.iptables.fieldtargets import changed_bits
from macvsim.tools.iptables.matches import mark
from macvsim.tools.iptables.values import full_address, number

_REJECT_ALIASES = {
    "net-unreach": "icmp-net-unreachable",
    "host-unreach": "icmp-host-unreachable",
    "proto-unreach": "icmp-proto-unreachable",
    "port-unreach": "icmp-port-unreachable",
    "net-prohib": "icmp-net-prohibited",
    "host-prohib": "icmp-host-prohibited",
    "tcp-rst": TCP_RESET,
    "admin-prohib": "icmp-admin-prohibited",
}
LOG_LEVELS = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug")
_LEVEL_ALIASES = {"panic": 0, "err": 3, "warning": 4}
_LOG_FLAGS = {"log-tcp-sequence": 1, "log-tcp-options": 2, "log-ip-options": 4, "log-uid": 8, "log-macdecode": 32}
_MAX_PREFIX = 29


class Reject(TargetReader):
    name = "REJECT"
    options = (Option("reject-with"),)

    def __init__(self) -> None:
        super().__init__()
        self.how = "icmp-port-unreachable"

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        known = [*REJECT_CODES, TCP_RESET, *_REJECT_ALIASES]
        word = next((known_word for known_word in known if value and known_word.startswith(value.lower())), None)
        if word is None:
            raise UsageError(f'unknown reject type "{value}"')
        self.how = _REJECT_ALIASES.get(word, word)

    def build(self) -> Target:
        return model.Reject(self.how)


class Log(TargetReader):
    name = "LOG"
    options = (Option("log-level"), Option("log-prefix"), *(Option(name, flag=True) for name in _LOG_FLAGS))

    def __init__(self) -> None:
        super().__init__()
        self.level, self.prefix, self.flags = 4, "", 0

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name == "log-prefix":
            if "\n" in value:
                raise UsageError("Newlines not allowed in --log-prefix")
            self.prefix = value[:_MAX_PREFIX]
        elif name == "log-level":
            level = number(value, 0, 7)
            if level is None:
                names = {name: at for at, name in enumerate(LOG_LEVELS)} | _LEVEL_ALIASES
                level = next((at for known, at in names.items() if value and known.startswith(value.lower())), None)
            if level is None:
                raise UsageError(f'log level "{value}" unknown\n')
            self.level = level
        else:
            self.flags |= _LOG_FLAGS[name]

    def build(self) -> Target:
        return model.Log(self.level, self.prefix, self.flags)


class Mark(TargetReader):
    name = "MARK"
    options = tuple(Option(name) for name in ("set-xmark", "set-mark", "and-mark", "or-mark", "xor-mark"))

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        self.asked = changed_bits(name, *mark(value, self.name, name))

    def finish(self) -> None:
        if not self.given:
            raise UsageError("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required")

    def build(self) -> Target:
        return model.Mark(*self.asked)


class Ct(TargetReader):
    name = "CT"
    options = (Option("notrack", flag=True), *(Option(name) for name in ("helper", "timeout", "ctevents", "zone")))

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name != "notrack":
            raise NotSimulated(f"iptables -j CT --{name}", Effect.CHANGES)

    def finish(self) -> None:
        if not self.given:
            raise NotSimulated("iptables -j CT without --notrack", Effect.CHANGES)

    def build(self) -> Target:
        return model.NoTrack()


class NoTrack(Ct):
    name = "NOTRACK"
    options = ()

    def finish(self) -> None:
        return

    def build(self) -> Target:
        return model.NoTrack(by_old_name=True)


class _Translation(TargetReader):
    """What the targets of the nat table share."""

    to: ClassVar[str]
    model: ClassVar[type[model.Snat | model.Dnat | model.Masquerade | model.Redirect]]

    def __init__(self) -> None:
        super().__init__()
        self.addresses = (0, 0)
        self.ports: tuple[int, int] | None = None

    def _takes_ports(self) -> None:
        if self.proto not in (6, 17, 33, 132, 136, 1) or self.not_proto:
            raise UsageError("Need TCP, UDP, SCTP or DCCP with port specification")

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name == self.to:
            self._destination(value)

    def _destination(self, value: str) -> None:
        """``10.0.0.1-10.0.0.3:80-90``."""
        addresses, colon, ports = value.partition(":")
        if colon:
            self._takes_ports()
            self.ports = _port_range(ports)
        if addresses:
            first, dash, last = addresses.partition("-")
            low, high = full_address(first), full_address(last if dash else first)
            for text, address in ((first, low), (last, high)):
                if address is None:
                    raise UsageError(f'Bad IP address "{text}"')
            assert low is not None and high is not None
            self.addresses = (low, high)

    def build(self) -> Target:
        wanted = Range(
            *self.addresses,
            ports=self.ports,
            random="random" in self.given,
            fully_random="random-fully" in self.given,
            persistent="persistent" in self.given,
        )
        return self.model(wanted)


def _port_range(text: str) -> tuple[int, int]:
    """``80``, ``80-90``."""
    first, dash, last = text.partition("-")
    low = number(first, 1, 0xFFFF)
    if low is None:
        raise UsageError(f"Port `{text}' not valid" if not dash else f"Port range `{text}' not valid")
    high = number(last, 1, 0xFFFF) if dash else low
    if high is None or high < low:
        raise UsageError(f"Port range `{text}' funky")
    return low, high


class Snat(_Translation):
    name = "SNAT"
    to = "to-source"
    model = model.Snat
    options = (
        Option(to, must=True),
        *(Option(name, flag=True) for name in ("random", "random-fully", "persistent")),
    )


class Dnat(_Translation):
    name = "DNAT"
    to = "to-destination"
    model = model.Dnat
    options = (Option(to, must=True), *(Option(name, flag=True) for name in ("random", "persistent")))


class _ToPorts(_Translation):
    to = "to-ports"

    def _destination(self, value: str) -> None:
        self._takes_ports()
        self.ports = _port_range(value)


class Masquerade(_ToPorts):
    name = "MASQUERADE"
    model = model.Masquerade
    options = (Option("to-ports"), *(Option(name, flag=True) for name in ("random", "random-fully")))


class Redirect(_ToPorts):
    name = "REDIRECT"
    model = model.Redirect
    options = (Option("to-ports"), Option("random", flag=True))
