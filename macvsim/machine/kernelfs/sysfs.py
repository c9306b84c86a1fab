"""/sys/class/net: the devices of a namespace as the kernel shows them (net/core/net-sysfs.c)."""

from __future__ import annotations

from collections.abc import Callable

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import netif_is_bridge_master
from macvsim.dev.state import kernel_flags, operstate
from macvsim.errors import Effect, MacvsimError, NetlinkError, NotSimulated
from macvsim.machine.host import Box
from macvsim.machine.kernelfs import Directory, File, Node
from macvsim.wire.addr import mac_text

ARPHRD_ETHER = 1
ARPHRD_LOOPBACK = 772

STATISTICS = (
    "collisions", "multicast", "rx_bytes", "rx_compressed", "rx_crc_errors", "rx_dropped", "rx_errors",
    "rx_fifo_errors", "rx_frame_errors", "rx_length_errors", "rx_missed_errors", "rx_nohandler", "rx_over_errors",
    "rx_packets", "tx_aborted_errors", "tx_bytes", "tx_carrier_errors", "tx_compressed", "tx_dropped", "tx_errors",
    "tx_fifo_errors", "tx_heartbeat_errors", "tx_packets", "tx_window_errors",
)  # fmt: skip

_LEFT_OUT = frozenset(
    ("addr_assign_type", "carrier_changes", "carrier_down_count", "carrier_up_count", "device", "gro_flush_timeout",
     "napi_defer_hard_irqs", "name_assign_type", "phys_port_id", "phys_port_name", "phys_switch_id", "power", "queues",
     "subsystem", "threaded", "uevent", "bridge", "brport")
)  # fmt: skip

_ATTRIBUTES: dict[str, Callable[[NetDevice], object]] = {
    "addr_len": lambda dev: 6,
    "address": lambda dev: mac_text(dev.mac),
    "broadcast": lambda dev: mac_text(bytes(6) if dev.loopback else b"\xff" * 6),
    "carrier": lambda dev: _running(dev, int(dev.carrier)),
    "dev_id": lambda dev: f"0x{dev.dev_id:x}",
    "dev_port": lambda dev: 0,
    "dormant": lambda dev: _running(dev, 0),
    "duplex": lambda dev: _running(dev, dev.link_kind.ethtool.duplex),
    "flags": lambda dev: f"0x{kernel_flags(dev):x}",
    "ifalias": lambda dev: dev.alias,
    "ifindex": lambda dev: dev.ifindex,
    "iflink": lambda dev: dev.iflink,
    "link_mode": lambda dev: 0,
    "mtu": lambda dev: dev.mtu,
    "netdev_group": lambda dev: dev.group,
    "operstate": operstate,
    "proto_down": lambda dev: 0,
    "speed": lambda dev: _running(dev, dev.link_kind.ethtool.speed),
    "testing": lambda dev: _running(dev, 0),
    "tx_queue_len": lambda dev: dev.txqlen,
    "type": lambda dev: ARPHRD_LOOPBACK if dev.loopback else ARPHRD_ETHER,
}


def sys_class_net(box: Box, parts: tuple[str, ...]) -> Node | None:
    """What is at /sys/class/net and below."""
    if not parts:
        return Directory(list(box.ns.devices))
    dev = box.ns.devices.get(parts[0])
    if dev is None:
        return None
    match parts[1:]:
        case ():
            ports = ["brif"] if netif_is_bridge_master(dev) else []
            return Directory([*_ATTRIBUTES, "statistics", *ports])
        case ("statistics",):
            return Directory(list(STATISTICS))
        case ("statistics", name) if name in STATISTICS:
            return File(lambda: f"{getattr(dev.stats, name, 0)}\n")
        case ("brif",) if netif_is_bridge_master(dev):
            return Directory([port.name for port in dev.ns.devices.values() if port.master is dev])
        case (name,) if name in _ATTRIBUTES:
            return File(lambda: f"{_ATTRIBUTES[name](dev)}\n", _writer(dev, name))
        case (name, *_) if name in _LEFT_OUT:
            raise NotSimulated(f"/sys/class/net/{dev.name}/{name}", Effect.READS)
    return None


def _running(dev: NetDevice, value: object) -> object:
    """Attributes that only a device that is up has."""
    if not dev.up or (dev.loopback and value in ("unknown", -1)):
        raise OSError("EINVAL")
    return value


def _writer(dev: NetDevice, name: str) -> Callable[[str], None] | None:
    """What writing to an attribute does; None where it is read-only."""
    if name not in ("mtu", "tx_queue_len"):
        return None

    def write(text: str) -> None:
        try:
            number = int(text.strip(), 0)
            if name == "mtu":
                dev.set_mtu(number)
            else:
                dev.txqlen = number
        except NetlinkError as error:
            raise OSError(error.errno) from None
        except (ValueError, MacvsimError):
            raise OSError("EINVAL") from None

    return write
