"""netstat of net-tools 2.10: sockets of TCP and UDP, routes, interfaces."""

from __future__ import annotations

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import UsageError, tool
from macvsim.tools.net_tools.common import NET_TOOLS, NETSTAT_VERSION, USAGE, usage_asked_for
from macvsim.tools.net_tools.ifconfig import show
from macvsim.tools.net_tools.netstattable import Entry, address_text, chosen, title
from macvsim.tools.net_tools.route import is_six, route

_INTERFACES = "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
_TIMERS = ("off", "on", "keepalive", "timewait", "probe")
_MORE = """\
  -4, --inet, --tcpip
  -t, --tcp
  -u, --udp
  -U, --udplite
  -S, --sctp
  -w, --raw
  -x, --unix
  --ax25
  --ipx
  --netrom
  -A, --protocol FAMILY
  -6, --inet6
"""
_LEFT_OUT = {
    "-g": "groups",
    "-s": "statistics: see /proc/net/snmp",
    "-M": "masquerading: see conntrack",
    "-c": "a list that goes on",
    "-Z": "SELinux",
    "-d": "",
    "-f": "Bluetooth",
    "-2": "Bluetooth",
    "-U": "UDP-Lite",
    "-S": "SCTP",
    "-w": "raw sockets",
    "-x": "Unix sockets",
    "--ax25": "AX.25",
    "--ipx": "IPX",
    "--netrom": "NET/ROM",
    "--numeric-hosts": "names of ports without those of hosts",
    "--numeric-ports": "names of hosts without those of ports",
    "--numeric-users": "numbers of users with names of hosts",
}
_LAYOUTS = ("-e", "", "-ee")
"""The options of route for no ``-e``, one, and two."""


@tool(
    "netstat",
    flavour="debian",
    usage=USAGE,
    version=NETSTAT_VERSION,
    letters="df2?",
    more=_MORE,
    left_out=_LEFT_OUT,
    values={"-A": is_six, "-?": usage_asked_for},
    manner=NET_TOOLS,
    effect=Effect.READS,
)
def netstat(call: Call) -> int | Waiting:
    """``netstat [-antuloe46]``, ``netstat -r``, ``netstat -i``."""
    given = call.given
    if "-r" in given and "-i" in given:
        raise UsageError
    families = [value if name == "-A" else name == "-6" for name, value in given.options if name in ("-4", "-6", "-A")]
    if "-r" in given:
        words = ["-6" if True in families else "-4", *(name for name in ("-C", "-n") if name in given)]
        layout = _LAYOUTS[min(given.names.count("-e"), 2)]
        return route(call.derived(["route", *words, *([layout] if layout else [])]))
    if "-i" in given:
        call.out("Kernel Interface table\n")
        return show(call, None, "-a" in given, "" if "-e" in given else _INTERFACES)
    if "-p" in given:
        raise NotSimulated("netstat -p: which program has a socket", Effect.READS)
    if "-t" not in given and "-u" not in given:
        raise NotSimulated("netstat without -t or -u: it shows Unix sockets too", Effect.READS)
    titles = f"Proto Recv-Q Send-Q {'Local Address':<23} {'Foreign Address':<23} State      "
    titles += " User       Inode     " if "-e" in given else ""
    titles += " Timer" if "-o" in given else ""
    call.out(f"{title(given)}{titles}\n")
    for entry in chosen(call.box, given):
        if not families or entry.dual in families:
            call.out(_line(call, entry) + "\n")
    return 0


def _line(call: Call, entry: Entry) -> str:
    given, numeric = call.given, "-n" in call.given
    local, remote = (
        address_text(call.box, address, dual=entry.dual, mapped=False, numeric=numeric)
        for address in (entry.local, entry.remote)
    )
    proto = entry.proto + ("6" if entry.dual else "")
    text = f"{proto:<4}  {entry.received:6} {entry.sent:6} {local:<23} {remote:<23} {entry.state:<11}"
    if "-e" in given:
        text += f" {0 if numeric else 'root':<10} {entry.inode:<9}"
    if "-o" in given:
        kind, when, retransmits, probes = entry.timer
        text += f" {_TIMERS[kind]} ({when / 100:.2f}/{retransmits}/{probes})"
    return text
