"""busybox traceroute and traceroute6 (networking/traceroute.c), as Debian builds it: UDP only."""

from __future__ import annotations

from typing import Any

from macvsim.apps.base import inet_aton
from macvsim.apps.names6 import is_text6, prefers6
from macvsim.apps.traceroute import DATA_SIZE, FIRST_PORT, HEADERS, BusyboxTraceroute
from macvsim.apps.traceroute6 import BUSYBOX_SIZE, BusyboxTraceroute6
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import tool
from macvsim.tools.apps import run_program
from macvsim.tools.busybox.applet import usage
from macvsim.tools.getopt import NumberError, OptionError, busybox_number, getopt

_USAGE = """\
traceroute [-46Flnrv] [-f 1ST_TTL] [-m MAXTTL] [-q PROBES] [-p PORT]
	[-t TOS] [-w WAIT_SEC] [-s SRC_IP] [-i IFACE]
	[-z PAUSE_MSEC] HOST [BYTES]

Trace the route to HOST

	-4,-6	Force IP or IPv6 name resolution
	-F	Set don't fragment bit
	-l	Display TTL value of the returned packet
	-n	Print numeric addresses
	-r	Bypass routing tables, send directly to HOST
	-v	Verbose
	-f N	First number of hops (default 1)
	-m N	Max number of hops
	-q N	Number of probes per hop (default 3)
	-p N	Base UDP port number used in probes
		(default 33434)
	-s IP	Source address
	-i IFACE Source interface
	-t N	Type-of-service in probe packets (default 0)
	-w SEC	Wait for a response (default 3)
	-z MSEC	Wait before each send
"""
_HELP6 = _USAGE.replace("traceroute [-46Flnrv]", "traceroute6 [-nrv]")
_USAGE6 = "".join(line for line in _HELP6.splitlines(True) if line[:3] not in ("\t-4", "\t-F", "\t-l"))
_INT_MAX = 0x7FFFFFFF
_SMALLEST = HEADERS + DATA_SIZE


@tool("traceroute", flavour="busybox")
def traceroute(call: Call) -> int | Waiting:
    """``traceroute [OPTIONS] HOST [BYTES]``."""
    return _start(call, _USAGE, "FIlnrdvt:i:m:p:q:s:w:z:f:46")


@tool("traceroute6", flavour="busybox")
def traceroute6(call: Call) -> int | Waiting:
    """``traceroute6 [OPTIONS] HOST [BYTES]``."""
    return _start(call, _USAGE6, "FIlnrdvt:i:m:p:q:s:w:z:f:46")


def _start(call: Call, text: str, letters: str) -> int | Waiting:
    name = text.partition(" ")[0]
    if call.args == ["--help"]:
        return usage(call, text, code=0)
    try:
        found, words = getopt(call.args, letters)
    except OptionError as error:
        call.err(f"{name}: {error}\n")
        return usage(call, text)
    given = dict(found)
    if not words:
        return usage(call, text)
    for letter, what in (("r", "SO_DONTROUTE"), ("v", "every ICMP message in hexadecimal")):
        if letter in given:
            return call.not_simulated(f"{name} -{letter}: {what}")
    target = words[0]
    if name == "traceroute6" or "6" in given:
        six, strange = True, inet_aton(target) is not None
    elif "4" in given:
        six, strange = False, is_text6(target)
    else:
        six, strange = prefers6(call.box, target), False
    smallest = BUSYBOX_SIZE if six else _SMALLEST
    try:
        tos = busybox_number(given.get("t", "0"), 0, 255)
        max_ttl = busybox_number(given.get("m", "30"), 1, 255)
        port = busybox_number(given.get("p", str(FIRST_PORT)), 0, 0xFFFF)
        probes = busybox_number(given.get("q", "3"), 1, _INT_MAX)
        wait = busybox_number(given.get("w", "5"), 1, 24 * 60 * 60)
        pause = busybox_number(given.get("z", "0"), 0, 60 * 60 * 1000)
        first_ttl = busybox_number(given.get("f", "1"), 1, max_ttl)
        size = busybox_number(words[1], smallest, 32 * 1024) if len(words) > 1 else smallest
    except NumberError as error:
        call.err(f"{name}: {error}\n")
        return 1
    if strange:
        call.err(f"{name}: bad address '{target}'\n")
        return 1
    common: dict[str, Any] = {
        "first_ttl": first_ttl,
        "max_ttl": max_ttl,
        "probes": probes,
        "wait": wait,
        "pause": pause,
        "port": port,
        "size": size,
        "tos": tos,
        "source": given.get("s"),
        "device": given.get("i"),
        "numeric": "n" in given,
        "stdout": call.out,
        "stderr": call.err,
    }
    if six:
        return run_program(BusyboxTraceroute6(call.box, target, tag=name, **common))
    return run_program(BusyboxTraceroute(call.box, target, **common))
