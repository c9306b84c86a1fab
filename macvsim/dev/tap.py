"""The network side of a tap, which macvtap and ipvtap share (drivers/net/tap.c).

A program that opens /dev/tapN takes the frames that come in on the device.  No program can do that here, so they go on
to the host's own stack, as on a machine where nothing has the character device open.
"""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.dev.contracts import PASS, Rx
from macvsim.wire.frame import Frame, PacketType

TUN_READQ_SIZE = 500
"""Frames that the queue of the character device holds; the device's own queue is as long."""


class TapHandler:
    """The rx_handler of a tap; a device that has one cannot become a bridge port.

    owner : the kind of device
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner

    def handle(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> Rx:
        """No program reads: the frame passes (tap_handle_frame)."""
        return PASS


def set_up(dev: NetDevice) -> None:
    """Give a new device the queue and the rx_handler of a tap (macvtap_setup, ipvtap_setup)."""
    dev.txqlen = TUN_READQ_SIZE
    dev.default_qdisc = dev.ns.default_qdisc
    dev.rx_handler = TapHandler(dev.kind)


def character_device(dev: NetDevice) -> tuple[str, ...]:
    """Paths of the character device of a tap, and of its entries in sysfs."""
    tap = f"tap{dev.ifindex}"
    folder = f"/sys/class/net/{dev.name}"
    return f"/dev/{tap}", f"{folder}/{dev.kind}", f"{folder}/{tap}", f"/sys/class/{dev.kind}"
