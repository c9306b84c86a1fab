"""busybox netstat (networking/netstat.c)."""

from __future__ import annotations

from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import tool
from macvsim.tools.busybox.applet import usage
from macvsim.tools.busybox.route import route
from macvsim.tools.getopt import OptionError, getopt
from macvsim.tools.net_tools.netstattable import address_text, is_server, tcp_entries, udp_entries

_USAGE = """\
netstat [-ral] [-tuwx] [-en]

Display networking information

	-r	Routing table
	-a	All sockets
	-l	Listening sockets
		Else: connected sockets
	-t	TCP sockets
	-u	UDP sockets
	-w	Raw sockets
	-x	Unix sockets
		Else: all socket types
	-e	Other/more information
	-n	Don't resolve names
"""


@tool("netstat", flavour="busybox")
def netstat(call: Call) -> int | Waiting:
    """``netstat [-al] [-tu] [-n]``, ``netstat -r``."""
    try:
        found, _ = getopt(call.args, "laentuwxr")
    except OptionError as error:
        call.err(f"netstat: {error}\n")
        return usage(call, _USAGE)
    letters = {letter for letter, _ in found}
    if "r" in letters:
        words = ["route", "-en" if "n" in letters else "-e"]
        return route(call.derived(words))
    for letter in sorted(letters & set("ewx")):
        return call.not_simulated(f"netstat -{letter}")
    if not letters & set("tu"):
        return call.not_simulated("netstat without -t or -u: it shows raw and Unix sockets too")
    servers = "servers and established" if "a" in letters else "only servers" if "l" in letters else "w/o servers"
    call.out(f"Active Internet connections ({servers})\n")
    call.out(f"Proto Recv-Q Send-Q {'Local Address':<23} {'Foreign Address':<23} State       \n")
    entries = (tcp_entries(call.box) if "t" in letters else []) + (udp_entries(call.box) if "u" in letters else [])
    for entry in entries:
        if "a" not in letters and is_server(entry) != ("l" in letters):
            continue
        local, remote = (
            address_text(call.box, address, dual=entry.dual, mapped=True, numeric="n" in letters)
            for address in (entry.local, entry.remote)
        )
        call.out(f"{entry.proto:<5} {entry.received:6} {entry.sent:6} {local:<23} {remote:<23} {entry.state:<12}\n")
    return 0
