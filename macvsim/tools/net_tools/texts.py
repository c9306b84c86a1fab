"""Usage texts of net-tools 2.10.

A usage is a sequence of texts for its own stream and of lists, which always go to standard error.
"""

from __future__ import annotations

from typing import NamedTuple

from macvsim.machine.call import Call


class Part(NamedTuple):
    """A stretch of a usage; `is_list` if it goes to standard error in any case."""

    text: str
    is_list: bool = False


Usage = tuple[Part, ...]


def show(call: Call, usage: Usage, *, error: bool) -> None:
    """Print a usage, as help or as the answer to a mistake."""
    for part in usage:
        (call.err if error or part.is_list else call.out)(part.text)


IFCONFIG: Usage = (
    Part(
        """\
Usage:
  ifconfig [-a] [-v] [-s] <interface> [[<AF>] <address>]
  [add <address>[/<prefixlen>]]
  [del <address>[/<prefixlen>]]
  [[-]broadcast [<address>]]  [[-]pointopoint [<address>]]
  [netmask <address>]  [dstaddr <address>]  [tunnel <address>]
  [outfill <NN>] [keepalive <NN>]
  [hw <HW> <address>]  [mtu <NN>]
  [[-]trailers]  [[-]arp]  [[-]allmulti]
  [multicast]  [[-]promisc]
  [mem_start <NN>]  [io_addr <NN>]  [irq <NN>]  [media <type>]
  [txqueuelen <NN>]
  [name <newname>]
  [[-]dynamic]
  [up|down] ...

  <HW>=Hardware Type.
  List of possible hardware types:
""",
    ),
    Part(
        (
            "    loop (Local Loopback) slip (Serial Line IP) cslip (VJ Serial Line IP) \n"
            "    slip6 (6-bit Serial Line IP) cslip6 (VJ 6-bit Serial Line IP) adaptive (Adaptive Serial Line IP) \n"
            "    ash (Ash) ether (Ethernet) ax25 (AMPR AX.25) \n"
            "    netrom (AMPR NET/ROM) rose (AMPR ROSE) tunnel (IPIP Tunnel) \n"
            "    ppp (Point-to-Point Protocol) hdlc ((Cisco)-HDLC) lapb (LAPB) \n"
            "    arcnet (ARCnet) dlci (Frame Relay DLCI) frad (Frame Relay Access Device) \n"
            "    sit (IPv6-in-IPv4) fddi (Fiber Distributed Data Interface) hippi (HIPPI) \n"
            "    irda (IrLAP) ec (Econet) x25 (generic X.25) \n"
            "    eui64 (Generic EUI-64) \n"
        ),
        is_list=True,
    ),
    Part(
        """\
  <AF>=Address family. Default: inet
  List of possible address families:
""",
    ),
    Part(
        (
            "    unix (UNIX Domain) inet (DARPA Internet) inet6 (IPv6) \n"
            "    ax25 (AMPR AX.25) netrom (AMPR NET/ROM) rose (AMPR ROSE) \n"
            "    ipx (Novell IPX) ddp (Appletalk DDP) ec (Econet) \n"
            "    ash (Ash) x25 (CCITT X.25) \n"
        ),
        is_list=True,
    ),
)
ROUTE: Usage = (
    Part(
        """\
Usage: route [-nNvee] [-FC] [<AF>]           List kernel routing tables
       route [-v] [-FC] {add|del|flush} ...  Modify routing table for AF.

       route {-h|--help} [<AF>]              Detailed usage syntax for specified AF.
       route {-V|--version}                  Display version/author and exit.

        -v, --verbose            be verbose
        -n, --numeric            don't resolve names
        -e, --extend             display other/more information
        -F, --fib                display Forwarding Information Base (default)
        -C, --cache              display routing cache instead of FIB

  <AF>=Use -4, -6, '-A <af>' or '--<af>'; default: inet
  List of possible address families (which support routing):
""",
    ),
    Part(
        (
            "    inet (DARPA Internet) inet6 (IPv6) ax25 (AMPR AX.25) \n"
            "    netrom (AMPR NET/ROM) rose (AMPR ROSE) ipx (Novell IPX) \n"
            "    ddp (Appletalk DDP) x25 (CCITT X.25) \n"
        ),
        is_list=True,
    ),
)
INET_ROUTE: Usage = (
    Part(
        """\
Usage: inet_route [-vF] del {-host|-net} Target[/prefix] [gw Gw] [metric M] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [gw Gw] [metric M]
                              [netmask N] [mss Mss] [window W] [irtt I]
                              [mod] [dyn] [reinstate] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [metric M] reject
       inet_route [-FC] flush      NOT supported
""",
    ),
)
ARP: Usage = (
    Part(
        """\
Usage:
  arp [-vn]  [<HW>] [-i <if>] [-a] [<hostname>]             <-Display ARP cache
  arp [-v]          [-i <if>] -d  <host> [pub]               <-Delete ARP entry
  arp [-vnD] [<HW>] [-i <if>] -f  [<filename>]            <-Add entry from file
  arp [-v]   [<HW>] [-i <if>] -s  <host> <hwaddr> [temp]            <-Add entry
  arp [-v]   [<HW>] [-i <if>] -Ds <host> <if> [netmask <nm>] pub          <-''-

        -a                       display (all) hosts in alternative (BSD) style
        -e                       display (all) hosts in default (Linux) style
        -s, --set                set a new ARP entry
        -d, --delete             delete a specified entry
        -v, --verbose            be verbose
        -n, --numeric            don't resolve names
        -i, --device             specify network interface (e.g. eth0)
        -D, --use-device         read <hwaddr> from given device
        -A, -p, --protocol       specify protocol family
        -f, --file               read new entries from file or from /etc/ethers

  <HW>=Use '-H <hw>' to specify hardware address type. Default: ether
  List of possible hardware types (which support ARP):
""",
    ),
    Part(
        (
            "    ash (Ash) ether (Ethernet) ax25 (AMPR AX.25) \n"
            "    netrom (AMPR NET/ROM) rose (AMPR ROSE) arcnet (ARCnet) \n"
            "    dlci (Frame Relay DLCI) fddi (Fiber Distributed Data Interface) hippi (HIPPI) \n"
            "    irda (IrLAP) x25 (generic X.25) eui64 (Generic EUI-64) \n"
        ),
        is_list=True,
    ),
)
IFCONFIG_VERSION = "net-tools 2.10\n"
ROUTE_VERSION = (
    "net-tools 2.10\n"
    "+NEW_ADDRT +RTF_IRTT +RTF_REJECT +I18N +SELINUX\n"
    "AF: (inet) +UNIX +INET +INET6 +IPX +AX25 +NETROM +X25 +ATALK +ECONET +ROSE -BLUETOOTH\n"
    "HW:  +ETHER +ARC +SLIP +PPP +TUNNEL -TR +AX25 +NETROM +X25 +FR +ROSE +ASH +SIT +FDDI +HIPPI +HDLC/LAPB +EUI64 \n"
)
ARP_VERSION = (
    "net-tools 2.10\n"
    "+I18N +SELINUX\n"
    "AF: (inet) +UNIX +INET +INET6 +IPX +AX25 +NETROM +X25 +ATALK +ECONET +ROSE -BLUETOOTH\n"
    "HW: (ether) +ETHER +ARC +SLIP +PPP +TUNNEL -TR +AX25 +NETROM +X25 +FR +ROSE +ASH +SIT +FDDI +HIPPI "
    "+HDLC/LAPB +EUI64 \n"
)
