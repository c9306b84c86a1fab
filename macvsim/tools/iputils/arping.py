"""arping of iputils 20240905."""

from __future__ import annotations

from macvsim.apps.arping_iputils import IputilsArping
from macvsim.apps.names6 import is_text6
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import tool
from macvsim.tools.apps import run_program
from macvsim.tools.getopt import NumberError, OptionError, getopt, iputils_number
from macvsim.tools.iputils.ping import VERSION

_USAGE = """\

Usage:
  arping [options] <destination>

Options:
  -f            quit on first reply
  -q            be quiet
  -b            keep on broadcasting, do not unicast
  -D            duplicate address detection mode
  -U            unsolicited ARP mode, update your neighbours
  -A            ARP answer mode, update your neighbours
  -V            print version and exit
  -c <count>    how many packets to send
  -w <timeout>  how long to wait for a reply
  -i <interval> set interval between packets (default: 1 second)
  -I <device>   which ethernet device to use
  -s <source>   source IP address
  <destination> DNS name or IP address

For more details see arping(8).
"""
_INT_MAX = 0x7FFFFFFF


@tool("arping", flavour="debian")
def arping(call: Call) -> int | Waiting:
    """``arping [options] <destination>``."""
    try:
        found, words = getopt(call.args, "h?bfDUAqc:w:i:s:I:V")
    except OptionError as error:
        call.err(f"{call.name}: {error}\n{_USAGE}")
        return 2
    given = dict(found)
    try:
        count = iputils_number(given["c"], 1, _INT_MAX) if "c" in given else None
        timeout = iputils_number(given.get("w", "0"), 0, _INT_MAX)
        interval = iputils_number(given.get("i", "1"), 0, _INT_MAX)
    except NumberError as error:
        call.err(f"arping: {error}\n")
        return 1
    if given.keys() & {"h", "?"}:
        call.err(_USAGE)
        return 2
    if "V" in given:
        call.out(VERSION.format("arping"))
        return 0
    if len(words) != 1:
        call.err(_USAGE)
        return 2
    if is_text6(words[0]):
        call.err(f"arping: {words[0]}: Address family for hostname not supported\n")
        return 2
    app = IputilsArping(
        call.box,
        words[0],
        count=count,
        timeout=timeout,
        interval=interval,
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
