"""How the ifconfigs of net-tools and of busybox change an interface, one system call after the other.

They have their words in common, but for a few, and what each word does.  They differ in the texts of failures, and
in what follows: net-tools' goes on with the next word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from macvsim.dev.state import IFF_ALLMULTI, IFF_BROADCAST, IFF_MULTICAST, IFF_NOARP, IFF_PROMISC, IFF_RUNNING, IFF_UP
from macvsim.errors import NetlinkError
from macvsim.machine.call import Call
from macvsim.net import ifioctl
from macvsim.net.ifioctl import IFF_DYNAMIC, IFF_NOTRAILERS
from macvsim.net.ipv6 import ioctl6
from macvsim.net.namespace import Namespace
from macvsim.tools.net_tools.oldnet import IFNAMSIZ, require_net_admin

FLAG_WORDS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "up": (IFF_UP | IFF_RUNNING, 0),
        "down": (0, IFF_UP),
        "arp": (0, IFF_NOARP),
        "-arp": (IFF_NOARP, 0),
        "promisc": (IFF_PROMISC, 0),
        "-promisc": (0, IFF_PROMISC),
        "allmulti": (IFF_ALLMULTI, 0),
        "-allmulti": (0, IFF_ALLMULTI),
        "-broadcast": (0, IFF_BROADCAST),
        "-pointopoint": (0, 0),
        "multicast": (IFF_MULTICAST, 0),
        "-multicast": (0, IFF_MULTICAST),
        "trailers": (0, IFF_NOTRAILERS),
        "-trailers": (IFF_NOTRAILERS, 0),
        "dynamic": (IFF_DYNAMIC, 0),
        "-dynamic": (0, IFF_DYNAMIC),
    }
)
"""Flags that a word sets, and flags that it clears."""
SETTERS: Mapping[str, tuple[str, Callable[[Namespace, str, int], None]]] = MappingProxyType(
    {
        "netmask": ("SIOCSIFNETMASK", ifioctl.set_netmask),
        "broadcast": ("SIOCSIFBRDADDR", ifioctl.set_broadcast),
        "dstaddr": ("SIOCSIFDSTADDR", ifioctl.set_peer),
        "pointopoint": ("SIOCSIFDSTADDR", ifioctl.set_peer),
    }
)
"""The words that set an address: the name of the system call, and the call."""
_MAP = ("SIOCGIFMAP", "SIOCSIFMAP")
NO_DRIVER: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "mem_start": _MAP,
        "io_addr": _MAP,
        "irq": _MAP,
        "metric": ("SIOCSIFMETRIC", "SIOCSIFMETRIC"),
        "keepalive": ("SIOCSKEEPALIVE", "SIOCSKEEPALIVE"),
        "outfill": ("SIOCSOUTFILL", "SIOCSOUTFILL"),
    }
)
"""What no driver can: the system call that fails without a device, and the one that fails with it."""
NUMBERS: Mapping[str, str] = MappingProxyType({"mtu": "SIOCSIFMTU", "txqueuelen": "SIOCSIFTXQLEN"})


class Change:
    """The changes of one interface.  A subclass says what a failure is: `fail` gets its text."""

    def __init__(self, call: Call, name: str) -> None:
        self.call = call
        self.ns = call.box.ns
        self.name = name[: IFNAMSIZ - 1]

    def fail(self, text: str) -> None:
        """A system call failed."""
        raise NotImplementedError

    def ioctl(self, what: str, run: Callable[..., object], *args: object) -> bool:
        """One system call."""
        try:
            require_net_admin(self.call)
            run(*args)
        except NetlinkError as error:
            self.fail(f"{what}: {error.strerror}")
            return False
        return True

    def set_address(self, ip: int) -> None:
        """The interface's address; the kernel has no other one for IPv4."""
        self.ioctl("SIOCSIFADDR", ifioctl.set_address, self.ns, self.name, ip)

    def set_number(self, word: str, number: int) -> None:
        """``mtu`` and ``txqueuelen``."""
        self.ioctl(NUMBERS[word], self._number, word, number)

    def _number(self, word: str, number: int) -> None:
        dev = ifioctl.device(self.ns, self.name)
        if word == "mtu":
            dev.set_mtu(number)
        elif number < 0:
            raise NetlinkError("EINVAL", f"{dev.label}: the length of a queue is not negative")
        else:
            dev.txqlen = number

    def set_mac(self, mac: bytes) -> None:
        """``hw ether``."""
        self.ioctl("SIOCSIFHWADDR", lambda: ifioctl.device(self.ns, self.name).set_mac(mac))

    def change6(self, ip: int, plen: int, *, add: bool, lookup: str) -> None:
        """One more IPv6 address, or one less; `lookup` is how the search for the device is called."""
        if self.ns.devices.get(self.name) is None:
            self.fail(f"{lookup}: No such device")
        elif add:
            self.ioctl("SIOCSIFADDR", ioctl6.add_address, self.ns, self.name, ip, plen)
        else:
            self.ioctl("SIOCDIFADDR", ioctl6.delete_address, self.ns, self.name, ip, plen)

    def ask_driver(self, word: str) -> None:
        """A setting that no driver has."""
        without, with_device = NO_DRIVER[word]
        try:
            ifioctl.device(self.ns, self.name)
        except NetlinkError as error:
            self.fail(f"{without}: {error.strerror}")
        else:
            self.fail(f"{with_device}: Operation not supported")
