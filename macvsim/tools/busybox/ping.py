"""busybox ping (networking/ping.c)."""

from __future__ import annotations

from functools import partial

from macvsim.apps.names6 import prefers6
from macvsim.apps.ping import BusyboxPing
from macvsim.apps.ping6 import BusyboxPing6
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import tool
from macvsim.tools.apps import run_program
from macvsim.tools.busybox.applet import usage
from macvsim.tools.getopt import NumberError, OptionError, busybox_duration, busybox_number, getopt

_USAGE = """\
ping [OPTIONS] HOST

Send ICMP ECHO_REQUESTs to HOST

	-4,-6		Force IP or IPv6 name resolution
	-c CNT		Send only CNT pings
	-s SIZE		Send SIZE data bytes in packets (default 56)
	-i SECS		Interval
	-A		Ping as soon as reply is received
	-t TTL		Set TTL
	-I IFACE/IP	Source interface or IP address
	-W SEC		Seconds to wait for the first response (default 10)
			(after all -c CNT packets are sent)
	-w SEC		Seconds until ping exits (default:infinite)
			(can exit earlier with -c CNT)
	-q		Quiet, only display output at start/finish
	-p HEXBYTE	Payload pattern
"""
_USAGE6 = """\
ping6 [OPTIONS] HOST

Send ICMP ECHO_REQUESTs to HOST

	-c CNT		Send only CNT pings
	-s SIZE		Send SIZE data bytes in packets (default 56)
	-i SECS		Interval
	-A		Ping as soon as reply is received
	-I IFACE/IP	Source interface or IP address
	-W SEC		Seconds to wait for the first response (default 10)
			(after all -c CNT packets are sent)
	-w SEC		Seconds until ping exits (default:infinite)
			(can exit earlier with -c CNT)
	-q		Quiet, only display output at start/finish
	-p HEXBYTE	Payload pattern
"""
_INT_MAX = 0x7FFFFFFF


@tool("ping", flavour="busybox")
def ping(call: Call) -> int | Waiting:
    """``ping [OPTIONS] HOST``."""
    return _ping(call, "ping", _USAGE)


@tool("ping6", flavour="busybox")
def ping6(call: Call) -> int | Waiting:
    """``ping6 [OPTIONS] HOST``."""
    return _ping(call, "ping6", _USAGE6)


def _ping(call: Call, name: str, text: str) -> int | Waiting:
    if call.args == ["--help"]:
        return usage(call, text, code=0)
    try:
        found, words = getopt(call.args, "qvAc:s:t:w:W:I:np:i:46")
    except OptionError as error:
        call.err(f"{name}: {error}\n")
        return usage(call, text)
    given = dict(found)
    if len(words) != 1 or ("q" in given and "v" in given):
        return usage(call, text)
    try:
        count, ttl, deadline = (busybox_number(given.get(letter, "0"), 0, _INT_MAX) for letter in "ctw")
        timeout = busybox_number(given.get("W", "10"), 0, _INT_MAX)
        size = busybox_number(given.get("s", "56"), 0, 0xFFFF)
        pattern = busybox_number(given.get("p", "0"), 0, 255, 16)
        interval = busybox_duration(given.get("i", "1"))
    except NumberError as error:
        call.err(f"{name}: {error}\n")
        return 1
    if not timeout or not interval:
        return call.not_simulated("ping -W 0 and -i 0, which wait for ever")
    six = name == "ping6" or "6" in given or ("4" not in given and prefers6(call.box, words[0]))
    make = partial(BusyboxPing6, tag=name) if six else BusyboxPing
    app = make(
        call.box,
        words[0],
        count=count,
        interval=interval,
        size=size,
        ttl=ttl if 0 < ttl < 256 else None,  # setsockopt fails otherwise, which ping does not look at
        timeout=timeout,
        source=given.get("I"),
        deadline=deadline,
        pattern=pattern,
        quiet="q" in given,
        adaptive="A" in given,
        stdout=call.out,
        stderr=call.err,
    )
    return run_program(app)
