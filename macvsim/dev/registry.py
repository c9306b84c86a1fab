"""The kinds of network devices (struct rtnl_link_ops): everything that is said of one kind, said once.

Each kind has a `Kind`, in the file of its device or beside it, which tells how `ip link` makes, changes and shows it,
and all that ethtool, modprobe, explanations, pictures, imports and repairs need.  Rooms above ask
`NetDevice.link_kind`, or `Namespace.kinds` by name, and list no kinds themselves.

A kind comes from the table below, from another package's entry point of the group ``macvsim.devices``, whose name is
the kind's, or is registered for the kernels of one lab (``Lab(kinds=…)``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from macvsim.errors import MacvsimError

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice, Stack
    from macvsim.dev.linkwords import Option, Options, Reader

ENTRY_POINTS = "macvsim.devices"
_BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        "bridge": "macvsim.dev.bridge_netlink",
        "dummy": "macvsim.dev.dummy",
        "ipvlan": "macvsim.dev.ipvlan_netlink",
        "ipvtap": "macvsim.dev.ipvtap",
        "loopback": "macvsim.dev.loopback",
        "macvlan": "macvsim.dev.macvlan_netlink",
        "macvtap": "macvsim.dev.macvtap",
        "nic": "macvsim.dev.nic",
        "veth": "macvsim.dev.veth",
        "vlan": "macvsim.dev.vlan_netlink",
    }
)
"""Modules of this package's kinds, imported when a kind is asked for; each has a `KIND`."""


class Decimal(float):
    """A number of seconds, written with two decimals in JSON."""


@dataclass(frozen=True)
class Info:
    """One field that ``ip -d link`` prints of a kind: `text` in text, a line break first where it begins with one,
    and `value` under `key` in JSON.
    """

    key: str
    text: str
    value: Any

    @classmethod
    def number(cls, name: str, value: int, key: str = "") -> Info:
        """``NAME VALUE``."""
        return cls(key or name, f"{name} {value} ", value)

    @classmethod
    def word(cls, name: str, value: str) -> Info:
        """``NAME VALUE``."""
        return cls(name, f"{name} {value} ", value)


@dataclass
class NewLink:
    """A device that is wanted, as the kernel is asked for it (RTM_NEWLINK).

    lower : the device it stands on; mac : given or drawn, None where the kind takes another device's
    peer : the other end of a pair, and `peer_ns` where that is
    """

    name: str
    lower: NetDevice | None = None
    mac: bytes | None = None
    mac_given: bool = False
    mtu: int | None = None
    ifindex: int | None = None
    options: Options = field(default_factory=dict)
    peer: NewLink | None = None
    peer_ns: Stack | None = None


@dataclass(frozen=True)
class Ethtool:
    """All that ``ethtool`` tells: the driver's row (``-i``), and the rest.

    link : of a device, speed, duplex, port and the lines below them; None: nothing is known
    statistics : of a device, the lines of ``-S``; None: it has none
    hardware : its statistics are those of real hardware, which are not simulated
    features : of a device, the features that are on
    message_level : ``ethtool DEV`` shows one; stamps_sent : it stamps frames that it sends; channels : ``-l`` shows one
    queue each way
    """

    driver: str = ""
    version: str = ""
    firmware: str = ""
    bus: str = ""
    link: Callable[[Any], tuple[str, str, str, str]] | None = None
    statistics: Callable[[Any], Iterable[tuple[str, int]]] | None = None
    features: Callable[[Any], Iterable[str]] | None = None
    hardware: bool = False
    message_level: bool = False
    stamps_sent: bool = True
    channels: bool = False
    duplex: str = "unknown"
    speed: int = -1
    """The speed in sysfs of a device that is up, in Mbit/s."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Kind:
    """All that is said of one kind of device.

    name : the word after ``type``, and in ``ip -d link`` (IFLA_INFO_KIND)
    newlink : makes and registers devices, the one asked for last; None: it comes with the machine, and no command
    makes or deletes it
    changelink : applies options to a device; None: the kind has none to change
    info : the fields of IFLA_INFO_DATA; None: the kind has none
    stacked : it stands on the device named by ``link``; no_lower : the kernel's message without one
    paired : it comes with another end
    random_mac : without a given MAC it draws one (eth_hw_addr_random); False: it has that of the device below
    own_mac : a MAC can be given to it; False: it always has that of the device below
    link_net : it tells the namespace of the device below or at the other end (get_link_net)
    module : the kernel's module, if it is one
    options, unknown, usage : the words behind its name, what an unknown word is called, and the usage text
    check : looks at all options once they are read: raises, or adds options that the tool always sends
    xmit, receive : the kernel's functions that send a frame, and that take one from below
    files_left_out : of a device, files and folders that it brings on a real machine, and that are not simulated
    title : its name in pictures; empty: the kind's
    summary : of a device, a few words for pictures; empty says nothing
    restore : the options of a device that was seen elsewhere, from its info_data, in words of ``ip link add``
    state : the options that make another device of a real kernel equal to one here, in words of ``ip link add``
    path_cost : spanning tree cost of a bridge port on it (port_cost)
    shim : the words after ``type`` for one more child, by which the host of the lower device reaches a child of this
    kind, as the two do not hear each other otherwise; empty: they do
    nests : others can stand on it; False: they stand beside it, on its own lower device
    master : it has ports; noarp : it does no ARP by its nature
    tag : the VLAN that frames of a device seen elsewhere leave with, from its info_data; 0: none
    """

    name: str
    device: type[NetDevice]
    newlink: Callable[[Stack, NewLink], Sequence[NetDevice]] | None = None
    changelink: Callable[[Any, Options], None] | None = None
    info: Callable[[Any], Iterable[Info]] | None = None
    stacked: bool = False
    no_lower: str = ""
    paired: bool = False
    random_mac: bool = True
    own_mac: bool = True
    link_net: bool = True
    module: str = ""
    options: tuple[Option, ...] = ()
    unknown: str = "option"
    usage: str = ""
    check: Callable[[Reader, Options], None] = lambda words, options: None
    ethtool: Ethtool = Ethtool()
    xmit: str = "dev_hard_start_xmit"
    receive: str = "__netif_receive_skb_core"
    files_left_out: Callable[[Any], tuple[str, ...]] = lambda dev: ()
    title: str = ""
    summary: Callable[[Any], str] | None = None
    restore: Callable[[Mapping[str, Any]], list[str]] = lambda info: []
    state: Callable[[Any], tuple[str, ...]] = lambda dev: ()
    path_cost: int = 100
    shim: str = ""
    nests: bool = True
    master: bool = False
    noarp: bool = False
    tag: Callable[[Mapping[str, Any]], int] = lambda info: 0

    def __repr__(self) -> str:
        return f"<Kind {self.name}>"

    @property
    def made(self) -> bool:
        """True if commands make and delete it."""
        return self.newlink is not None

    def describe(self, dev: NetDevice) -> str:
        """A device in a few words, for pictures."""
        return self.name if self.summary is None else self.summary(dev)


class Kinds:
    """The kinds that the kernels of one lab know."""

    UNCOMPARED = ("_known", "_plugins")

    def __init__(self, more: Iterable[Kind] = ()) -> None:
        self._registered = {kind.name: kind for kind in more}
        self._known: dict[str, Kind] = {}
        self._plugins: Mapping[str, Any] | None = None

    def get(self, name: str) -> Kind | None:
        """A kind by its name; None: there is none."""
        if name in self._registered:
            return self._registered[name]
        if name not in self._known:
            if name in _BUILT_IN:
                self._known[name] = import_module(_BUILT_IN[name]).KIND
            elif (plugin := self._entry_points().get(name)) is not None:
                self._known[name] = plugin.load()
        return self._known.get(name)

    def __getitem__(self, name: str) -> Kind:
        kind = self.get(name)
        if kind is None:
            raise MacvsimError(f"there is no kind of device called {name}: register it, as Lab(kinds=…) does")
        return kind

    def __iter__(self) -> Iterator[Kind]:
        """All kinds, by name."""
        return (self[name] for name in sorted({*self._registered, *_BUILT_IN, *self._entry_points()}))

    def register(self, kind: Kind) -> None:
        """Take one more kind; it replaces one of the same name."""
        self._registered[kind.name] = kind

    @property
    def registered(self) -> tuple[Kind, ...]:
        """The kinds that were registered for this lab."""
        return tuple(self._registered.values())

    def _entry_points(self) -> Mapping[str, Any]:
        if self._plugins is None:
            from importlib.metadata import entry_points

            self._plugins = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
        return self._plugins


__all__ = ["Decimal", "Ethtool", "Info", "Kind", "Kinds", "NewLink"]
