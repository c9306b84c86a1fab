"""busybox arping (networking/arping.c)."""

from __future__ import annotations

from macvsim.apps.arping_busybox import BusyboxArping
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import tool
from macvsim.tools.apps import run_program
from macvsim.tools.busybox.applet import usage
from macvsim.tools.getopt import NumberError, OptionError, busybox_number, getopt

_USAGE = """\
arping [-fqbDUA] [-c CNT] [-w TIMEOUT] [-I IFACE] [-s SRC_IP] DST_IP

Send ARP requests/replies

	-f		Quit on first ARP reply
	-q		Quiet
	-b		Keep broadcasting, don't go unicast
	-D		Exit with 1 if DST_IP replies
	-U		Unsolicited ARP mode, update your neighbors
	-A		ARP answer mode, update your neighbors
	-c N		Stop after sending N ARP requests
	-w TIMEOUT	Seconds to wait for ARP reply
	-I IFACE	Interface to use (default eth0)
	-s SRC_IP	Sender IP address
	DST_IP		Target IP address
"""


@tool("arping", flavour="busybox")
def arping(call: Call) -> int | Waiting:
    """``arping [-fqbDUA] [-c CNT] [-w TIMEOUT] [-I IFACE] [-s SRC_IP] DST_IP``."""
    if call.args == ["--help"]:
        return usage(call, _USAGE, code=0)
    try:
        found, words = getopt(call.args, "DUAqfbc:w:I:s:")
    except OptionError as error:
        call.err(f"arping: {error}\n")
        return usage(call, _USAGE)
    given = dict(found)
    if len(words) != 1:
        return usage(call, _USAGE)
    try:
        count = busybox_number(given["c"], 0, 0x7FFFFFFF) if "c" in given else None
        timeout = busybox_number(given.get("w", "0"), 0, 0x7FFFFFFF // 2_000_000)
    except NumberError as error:
        call.err(f"arping: {error}\n")
        return 1
    app = BusyboxArping(
        call.box,
        words[0],
        count=count,
        timeout=timeout,
        device=given.get("I"),
        source=given.get("s"),
        quit_on_reply="f" in given,
        quiet="q" in given,
        broadcast_only="b" in given,
        dad="D" in given,
        unsolicited="U" in given,
        advert="A" in given,
        stdout=call.out,
        stderr=call.err,
    )
    return run_program(app)
