"""ipvtap: an ipvlan child that a program can read packets from at /dev/tapN (drivers/net/ipvlan/ipvtap.c, tap.c).

Only its network side is simulated: without a program on its character device it is an ipvlan child of the host's own
stack, with a queue.  Programs that need /dev/tapN, QEMU for one, are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from macvsim.dev import ipvlan_netlink, tap
from macvsim.dev.base import Stack
from macvsim.dev.ipvlan import Ipvlan
from macvsim.dev.registry import NewLink

NAME = "ipvtap"


class Ipvtap(Ipvlan):
    """An ipvlan child with a queue of its own, as it has no IFF_NO_QUEUE (ipvtap_setup)."""

    kind: ClassVar[str] = NAME

    def __init__(self, ns: Stack, *args: Any, **options: Any) -> None:
        super().__init__(ns, *args, **options)
        tap.set_up(self)


def newlink(ns: Stack, new: NewLink) -> Sequence[Ipvlan]:
    """A child (ipvtap_newlink)."""
    return ipvlan_netlink.newlink(ns, new, Ipvtap)


KIND = replace(
    ipvlan_netlink.KIND,
    name=NAME,
    device=Ipvtap,
    newlink=newlink,
    module="ipvtap",
    link_net=False,
    usage=ipvlan_netlink.USAGE.replace("ipvlan", "ipvtap", 1),
    files_left_out=tap.character_device,
)
