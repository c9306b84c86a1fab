"""busybox traceroute (networking/traceroute.c), as Debian builds it: UDP only."""

from __future__ import annotations

from macvsim.apps.traceroute import DATA_SIZE, FIRST_PORT, HEADERS, BusyboxTraceroute
from macvsim.shell.busybox.applet import usage
from macvsim.shell.call import Call, Waiting, command
from macvsim.shell.getopt import NumberError, OptionError, busybox_number, getopt
from macvsim.shell.programs import run_program

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
_INT_MAX = 0x7FFFFFFF
_SMALLEST = HEADERS + DATA_SIZE


@command("traceroute", flavour="busybox")
def traceroute(call: Call) -> int | Waiting:
    """``traceroute [OPTIONS] HOST [BYTES]``."""
    if call.args == ["--help"]:
        return usage(call, _USAGE, code=0)
    try:
        found, words = getopt(call.args, "FIlnrdvt:i:m:p:q:s:w:z:f:46")
    except OptionError as error:
        call.err(f"traceroute: {error}\n")
        return usage(call, _USAGE)
    given = dict(found)
    if not words:
        return usage(call, _USAGE)
    for letter, what in (("6", "there is no IPv6"), ("r", "SO_DONTROUTE"), ("v", "every ICMP message in hexadecimal")):
        if letter in given:
            return call.not_simulated(f"traceroute -{letter}: {what}")
    try:
        tos = busybox_number(given.get("t", "0"), 0, 255)
        max_ttl = busybox_number(given.get("m", "30"), 1, 255)
        port = busybox_number(given.get("p", str(FIRST_PORT)), 0, 0xFFFF)
        probes = busybox_number(given.get("q", "3"), 1, _INT_MAX)
        wait = busybox_number(given.get("w", "5"), 1, 24 * 60 * 60)
        pause = busybox_number(given.get("z", "0"), 0, 60 * 60 * 1000)
        first_ttl = busybox_number(given.get("f", "1"), 1, max_ttl)
        size = busybox_number(words[1], _SMALLEST, 32 * 1024) if len(words) > 1 else _SMALLEST
    except NumberError as error:
        call.err(f"traceroute: {error}\n")
        return 1
    app = BusyboxTraceroute(
        call.box,
        words[0],
        first_ttl=first_ttl,
        max_ttl=max_ttl,
        probes=probes,
        wait=wait,
        pause=pause,
        port=port,
        size=size,
        tos=tos,
        source=given.get("s"),
        device=given.get("i"),
        numeric="n" in given,
        stdout=call.out,
        stderr=call.err,
    )
    return run_program(app)
