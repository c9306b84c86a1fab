"""How the ifconfigs of net-tools and of busybox print an interface (lib/interface.c, networking/interface.c)."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Form:
    """The lines of an interface, for devices and, where they differ, for the loopback device.

    joint : stands between the names of flags; no_flags : stands for none
    """

    first: str
    first_loop: str
    inet: str
    broadcast: str
    inet6: str
    last: str
    last_loop: str
    stats: str
    joint: str
    no_flags: str


NET_TOOLS = Form(
    first="{name}: flags={flags}<{names}>  mtu {mtu}\n",
    first_loop="{name}: flags={flags}<{names}>  mtu {mtu}\n",
    inet="        inet {local}  netmask {mask}{broadcast}\n",
    broadcast="  broadcast {}",
    inet6="        inet6 {ip}  prefixlen {plen}  scopeid 0x{scope:x}<{name}>\n",
    last="        ether {mac}  txqueuelen {txqlen}  (Ethernet)\n",
    last_loop="        loop  txqueuelen {txqlen}  (Local Loopback)\n",
    stats="""\
        RX packets {rx_packets}  bytes {rx_bytes} ({rx_amount})
        RX errors {rx_errors}  dropped {rx_dropped}  overruns 0  frame 0
        TX packets {tx_packets}  bytes {tx_bytes} ({tx_amount})
        TX errors {tx_errors}  dropped {tx_dropped} overruns 0  carrier {carrier}  collisions {collisions}
""",
    joint=",",
    no_flags="",
)
BUSYBOX = Form(
    first="{name:<9} Link encap:Ethernet  HWaddr {MAC}  \n",
    first_loop="{name:<9} Link encap:Local Loopback  \n",
    inet="          inet addr:{local} {broadcast} Mask:{mask}\n",
    broadcast=" Bcast:{} ",
    inet6="          inet6 addr: {ip}/{plen} Scope:{title}\n",
    last="          {names}  MTU:{mtu}  Metric:1\n",
    last_loop="          {names}  MTU:{mtu}  Metric:1\n",
    stats="""\
          RX packets:{rx_packets} errors:{rx_errors} dropped:{rx_dropped} overruns:0 frame:0
          TX packets:{tx_packets} errors:{tx_errors} dropped:{tx_dropped} overruns:0 carrier:{carrier}
          collisions:{collisions} txqueuelen:{txqlen}\x20
          RX bytes:{rx_bytes} ({rx_amount})  TX bytes:{tx_bytes} ({tx_amount})
""",
    joint=" ",
    no_flags="[NO FLAGS]",
)


def long(interface: Interface, ns: Namespace, form: Form) -> str:
    """One interface, with the empty line behind it (ife_print_long)."""
    fields: dict[str, object] = {
        "name": interface.name,
        "flags": interface.flags,
        "names": form.joint.join(name for bit, name in _NAMES.items() if interface.has(bit)) or form.no_flags,
        "mtu": interface.mtu,
        "mac": mac_text(interface.mac),
        "MAC": mac_text(interface.mac).upper(),
        "txqlen": interface.txqlen,
    }
    text = form.first_loop if interface.loopback else form.first
    address = interface.address
    if address is not None:
        text += form.inet
        fields["local"], fields["mask"] = ip_text(address.local), ip_text(mask_int(address.plen))
        fields["broadcast"] = form.broadcast.format(ip_text(address.broadcast)) if interface.has(_BROADCAST) else ""
    text = text.format(**fields) + "".join(lines6(ns, interface.name, form.inet6))
    text += (form.last_loop if interface.loopback else form.last).format(**fields)
    stats = interface.stats
    if stats is not None:
        text += form.stats.format(
            rx_packets=stats.rx_packets,
            rx_bytes=stats.rx_bytes,
            rx_amount=_amount(stats.rx_bytes),
            rx_errors=stats.rx_errors,
            rx_dropped=stats.rx_dropped,
            tx_packets=stats.tx_packets,
            tx_bytes=stats.tx_bytes,
            tx_amount=_amount(stats.tx_bytes),
            tx_errors=stats.tx_errors,
            tx_dropped=stats.tx_dropped,
            carrier=stats.tx_carrier_errors,
            collisions=stats.collisions,
            txqlen=interface.txqlen,
        )
    return text + "\n"


def _amount(count: int) -> str:
    amount, prefix = scaled(count)
    return f"{amount} {prefix}B"


def short(interface: Interface) -> str:
    """One interface as a line of ``ifconfig -s`` (ife_print_short)."""
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
