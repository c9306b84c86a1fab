"""What every part of the `ip` command works with: options, the namespace it looks at, how kernel errors are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from macvsim.dev.base import NetDevice
from macvsim.errors import NetlinkError
from macvsim.machine.call import Call
from macvsim.machine.kernel import Kernel
from macvsim.machine.tool import ToolError
from macvsim.net.namespace import Namespace
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.words import complaint, invalid, no_device

INET = "inet"
INET6 = "inet6"
LINK = "link"


@dataclass
class Options:
    """What stands before the object: ``ip -br -j -n NS …``.

    family : ``inet``, ``inet6``, ``link``, or empty when not given; stats : how often ``-s`` was given
    """

    family: str = ""
    stats: int = 0
    details: bool = False
    brief: bool = False
    oneline: bool = False
    json: bool = False
    pretty: bool = False
    human: bool = False
    iec: bool = False
    numeric: bool = False
    every: bool = False
    """``-all``."""


@dataclass
class Tool:
    """One run of `ip`; `ns` is the namespace it works in, that of the box or the one ``-n`` names."""

    call: Call
    ns: Namespace
    options: Options

    @property
    def kernel(self) -> Kernel:
        return self.call.box.kernel

    @contextmanager
    def printer(self) -> Iterator[Printer]:
        """Where objects are printed to, in the form the options ask for."""
        options = self.options
        out = Printer(self.call.out, json=options.json, pretty=options.pretty, oneline=options.oneline)
        yield out
        out.close()

    def named(self, name: str, number: int | str) -> str:
        """A name of lib/rt_names.c, or with ``-N`` its number."""
        return str(number) if self.options.numeric else name

    def device(self, name: str) -> NetDevice:
        """A device that has to exist; asking the kernel for one settles its link (ll_link_get, linkwatch_sync_dev)."""
        found = self.ns.devices.get(name)
        if found is None:
            raise no_device(name)
        self.ns.linkwatch.sync(found)
        return found

    def require_net_admin(self) -> None:
        """EPERM where programs may not configure the network."""
        box = self.call.box
        if not box.net_admin:
            raise NetlinkError("EPERM", f"{box.name} may not configure its network")

    def namespace(self, name: str) -> Namespace:
        """The namespace behind ``netns NAME``: one of `ip netns`."""
        found = self.kernel.netns.get(name)
        if found is None:
            raise invalid('Invalid "netns" value\n', name)
        return found


def refused(error: NetlinkError) -> ToolError:
    """What is printed when the kernel refuses (rtnl_talk): its own words where it has some, else the errno's text."""
    text = f"Error: {error.extack}.\n" if error.extack else f"RTNETLINK answers: {error.strerror}\n"
    return complaint(text, 2)
