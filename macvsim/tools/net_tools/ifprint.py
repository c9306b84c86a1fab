"""How net-tools' ifconfig prints an interface, long and short (ife_print_long, ife_print_short in lib/interface.c)."""

from __future__ import annotations

from macvsim.net.namespace import Namespace
from macvsim.tools.net_tools.oldnet import Interface, scaled
from macvsim.tools.net_tools.oldnet6 import lines6
from macvsim.wire.addr import ip_text, mac_text, mask_int

_NAMES = {
    0x1: "UP",
    0x2: "BROADCAST",
    0x8: "LOOPBACK",
    0x10: "POINTOPOINT",
    0x40: "RUNNING",
    0x80: "NOARP",
    0x100: "PROMISC",
    0x200: "ALLMULTI",
    0x1000: "MULTICAST",
}
_LETTERS = {0x200: "A", 0x2: "B", 0x8: "L", 0x1000: "M", 0x100: "P", 0x80: "O", 0x10: "P", 0x40: "R", 0x1: "U"}
_BROADCAST = 0x2

SHORT_HEADER = "Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"


_LINE6 = "        inet6 {ip}  prefixlen {plen}  scopeid 0x{scope:x}<{name}>"


def long(interface: Interface, ns: Namespace) -> str:
    """One interface as ``ifconfig`` shows it, with the empty line behind it."""
    flags = ",".join(name for bit, name in _NAMES.items() if interface.has(bit))
    lines = [f"{interface.name}: flags={interface.flags}<{flags}>  mtu {interface.mtu}"]
    address = interface.address
    if address is not None:
        line = f"        inet {ip_text(address.local)}  netmask {ip_text(mask_int(address.plen))}"
        if interface.has(_BROADCAST):
            line += f"  broadcast {ip_text(address.broadcast)}"
        lines.append(line)
    lines += lines6(ns, interface.name, _LINE6)
    if interface.loopback:
        lines.append(f"        loop  txqueuelen {interface.txqlen}  (Local Loopback)")
    else:
        lines.append(f"        ether {mac_text(interface.mac)}  txqueuelen {interface.txqlen}  (Ethernet)")
    stats = interface.stats
    if stats is not None:
        for way, packets, size, errors in (
            (
                "RX",
                stats.rx_packets,
                stats.rx_bytes,
                f"errors {stats.rx_errors}  dropped {stats.rx_dropped}  overruns 0  frame 0",
            ),
            (
                "TX",
                stats.tx_packets,
                stats.tx_bytes,
                f"errors {stats.tx_errors}  dropped {stats.tx_dropped} overruns 0  "
                f"carrier {stats.tx_carrier_errors}  collisions {stats.collisions}",
            ),
        ):
            amount, prefix = scaled(size)
            lines.append(f"        {way} packets {packets}  bytes {size} ({amount} {prefix}B)")
            lines.append(f"        {way} {errors}")
    return "\n".join(lines) + "\n\n"


def short(interface: Interface) -> str:
    """One interface as a line of ``ifconfig -s``."""
    stats = interface.stats
    text = f"{interface.name[:15]:<15} {interface.mtu:>5} "
    if stats is None:
        text += "     - no statistics available -                        "
    else:
        text += (
            f"{stats.rx_packets:>8} {stats.rx_errors:>6} {stats.rx_dropped:>6} {0:<6} "
            f"{stats.tx_packets:>8} {stats.tx_errors:>6} {stats.tx_dropped:>6} {0:>6} "
        )
    return text + ("".join(letter for bit, letter in _LETTERS.items() if interface.has(bit)) or "[NO FLAGS]") + "\n"
