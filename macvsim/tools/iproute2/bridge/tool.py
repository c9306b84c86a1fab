"""What every part of the `bridge` command works with: options, devices, and how refusals are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from macvsim.dev.base import NetDevice
from macvsim.errors import MacvsimError, NetlinkError
from macvsim.machine.call import Call
from macvsim.machine.tool import ToolError
from macvsim.net.namespace import Namespace
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.words import complaint
from macvsim.tools.net_tools.oldnet import require_net_admin
from macvsim.wire.addr import mac_bytes


@dataclass
class Options:
    """What stands before the object: ``bridge -s -d -j …``."""

    stats: bool = False
    details: bool = False
    oneline: bool = False
    json: bool = False
    pretty: bool = False
    compress: bool = False
    """``-compressvlans``: runs of VLANs with the same flags as ranges."""


@dataclass
class Tool:
    """One run of `bridge`; `ns` is the namespace it works in."""

    call: Call
    ns: Namespace
    options: Options

    @contextmanager
    def printer(self) -> Iterator[Printer]:
        """Where objects are printed to, in the form the options ask for."""
        options = self.options
        out = Printer(self.call.out, json=options.json, pretty=options.pretty, oneline=options.oneline)
        yield out
        out.close()

    def device(self, name: str, *, kind: str = "device") -> NetDevice:
        """A device that has to exist; asking for one settles its link.  `kind` is what the complaint calls it."""
        found = self.ns.devices.get(name)
        if found is None:
            raise complaint(f'Cannot find {kind} "{name}"\n')
        self.ns.linkwatch.sync(found)
        return found

    def kernel(self, fn: Callable[[], object]) -> None:
        """Ask the kernel for something, and complain with its words if it refuses (rtnl_talk)."""
        try:
            require_net_admin(self.call)
            with self.ns.linkwatch.held():
                fn()
        except NetlinkError as error:
            raise refused(error) from None


def refused(error: NetlinkError, code: int = 255) -> ToolError:
    """What is printed when the kernel refuses: its own words where it has some, else the errno's text."""
    text = f"Error: {error.extack}.\n" if error.extack else f"RTNETLINK answers: {error.strerror}\n"
    return complaint(text, code)


def mac(text: str) -> bytes:
    """A MAC address; complains about what is none."""
    try:
        return mac_bytes(text)
    except MacvsimError:
        raise complaint(f"Invalid mac address {text}\n") from None
