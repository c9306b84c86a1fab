"""One IPv4 route, and the names of its kinds and scopes (struct fib_alias, struct fib_info)."""

from __future__ import annotations

import enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from macvsim.wire.addr import ip_text

if TYPE_CHECKING:
    from macvsim.net.multipath import Hop

TABLE_DEFAULT = 253
TABLE_MAIN = 254
TABLE_LOCAL = 255
TABLE_NAMES = {TABLE_DEFAULT: "default", TABLE_MAIN: "main", TABLE_LOCAL: "local"}


class RouteType(enum.Enum):
    """rtm_type."""

    __hash__ = object.__hash__  # that of Enum is a Python function

    UNICAST = "unicast"
    LOCAL = "local"
    BROADCAST = "broadcast"
    UNREACHABLE = "unreachable"
    PROHIBIT = "prohibit"
    BLACKHOLE = "blackhole"
    THROW = "throw"
    ANYCAST = "anycast"
    """Only in IPv6, like the next one."""
    MULTICAST = "multicast"


# see the note in wire/frame.py: decisions use these names
RTN_UNICAST: Final = RouteType.UNICAST
RTN_LOCAL: Final = RouteType.LOCAL
RTN_BROADCAST: Final = RouteType.BROADCAST
RTN_THROW: Final = RouteType.THROW

ERRORS = {RouteType.UNREACHABLE: "EHOSTUNREACH", RouteType.PROHIBIT: "EACCES", RouteType.BLACKHOLE: "EINVAL"}


class Scope(enum.IntEnum):
    """rtm_scope: how far away the destination may be."""

    UNIVERSE = 0
    SITE = 200
    LINK = 253
    HOST = 254
    NOWHERE = 255

    @property
    def text(self) -> str:
        return "global" if self is Scope.UNIVERSE else self.name.lower()


class FibInfo(NamedTuple):
    """What many routes have in common (struct fib_info, and some of struct fib_alias).

    proto : who made it (``kernel``, ``boot``, ``static``, ``dhcp`` or a number)
    """

    type: RouteType
    scope: Scope
    proto: str
    table: int
    metric: int
    tos: int
    mtu: int
    onlink: bool


_info = lru_cache(FibInfo)


class Route:
    """One route with one next hop.

    dst, plen : prefix; gateway : 0 when the destination is on the link; dev : None for unreachable, prohibit, blackhole
    and throw
    src : preferred source, 0 for none; info : what it has in common with others, and shares with them
    hops : the ways of a multipath route, of which `gateway` and `dev` are the first
    """

    __slots__ = ("age", "chosen", "dev", "dst", "gateway", "gone", "hops", "info", "plen", "src")

    def __init__(
        self,
        dst: int,
        plen: int,
        type: RouteType = RouteType.UNICAST,
        gateway: int = 0,
        dev: Any = None,
        scope: Scope = Scope.UNIVERSE,
        src: int = 0,
        proto: str = "boot",
        table: int = TABLE_MAIN,
        *,
        metric: int = 0,
        tos: int = 0,
        mtu: int = 0,
        onlink: bool = False,
    ) -> None:
        self.dst = dst
        self.plen = plen
        self.gateway = gateway
        self.dev = dev
        self.src = src
        self.info = _info(type, scope, proto, table, metric, tos, mtu, onlink)
        self.age = 0
        self.hops: tuple[Hop, ...] = ()
        self.chosen = -1
        """Which of the default routes like this one was taken last (fa_default)."""
        self.gone = False
        """Taken out: what still waits to go this way has no device any more (dst_dev_put)."""

    @property
    def type(self) -> RouteType:
        return self.info.type

    @property
    def scope(self) -> Scope:
        return self.info.scope

    @property
    def proto(self) -> str:
        return self.info.proto

    @property
    def table(self) -> int:
        return self.info.table

    @property
    def metric(self) -> int:
        return self.info.metric

    @property
    def tos(self) -> int:
        return self.info.tos

    @property
    def mtu(self) -> int:
        return self.info.mtu

    @property
    def onlink(self) -> bool:
        return self.info.onlink

    @property
    def prefix(self) -> str:
        """``172.16.10.0/24``, ``172.16.10.1`` for host routes, ``default``."""
        if self.plen == 0 and self.dst == 0:
            return "default"
        return ip_text(self.dst) if self.plen == 32 else f"{ip_text(self.dst)}/{self.plen}"

    @property
    def linkdown(self) -> bool:
        """True while the device is up but has no carrier (RTNH_F_LINKDOWN)."""
        if self.hops:
            return all(hop.linkdown for hop in self.hops)
        return self.dev is not None and self.dev.up and not self.dev.carrier

    @property
    def order(self) -> tuple[int, int, int]:
        """Preference within one prefix: exact TOS before none, lower metric, older."""
        info = self.info
        return -info.tos, info.metric, self.age
