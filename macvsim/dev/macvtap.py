"""macvtap: a macvlan child that a program can read frames from at /dev/tapN (drivers/net/macvtap.c, tap.c).

Only its network side is simulated: without a program on its character device it is a macvlan child of the host's own
stack, with a queue.  Programs that need /dev/tapN, QEMU for one, are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from macvsim.dev import macvlan_netlink, tap
from macvsim.dev.base import Stack
from macvsim.dev.macvlan import Macvlan
from macvsim.dev.registry import NewLink

NAME = "macvtap"


class Macvtap(Macvlan):
    """A macvlan child with a queue of its own, as it has no IFF_NO_QUEUE (macvtap_setup)."""

    kind: ClassVar[str] = NAME

    def __init__(self, ns: Stack, *args: Any, **options: Any) -> None:
        super().__init__(ns, *args, **options)
        tap.set_up(self)


def newlink(ns: Stack, new: NewLink) -> Sequence[Macvlan]:
    """A child (macvtap_newlink)."""
    return macvlan_netlink.newlink(ns, new, Macvtap)


KIND = replace(
    macvlan_netlink.KIND,
    name=NAME,
    device=Macvtap,
    newlink=newlink,
    module="macvtap",
    usage=macvlan_netlink.USAGE.replace("macvlan", "macvtap", 1),
    files_left_out=tap.character_device,
)
