"""netstat of net-tools 2.10: sockets of TCP and UDP, routes, interfaces."""

from __future__ import annotations

from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import tool
from macvsim.tools.getopt import OptionError, getopt
from macvsim.tools.net_tools.ifconfig import show
from macvsim.tools.net_tools.netstattable import Entry, address_text, is_server, tcp_entries, udp_entries
from macvsim.tools.net_tools.route import route

_INTERFACES = "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
_TIMERS = ("off", "on", "keepalive", "timewait", "probe")
_LONG = {"--all": "a", "--listening": "l", "--numeric": "n", "--tcp": "t", "--udp": "u", "--timers": "o",
         "--extend": "e", "--wide": "W", "--route": "r", "--interfaces": "i"}  # fmt: skip
_KNOWN = "antuloeWri"
_LEFT_OUT = "MACFSUwxgspvcT46N"


@tool("netstat", flavour="debian")
def netstat(call: Call) -> int | Waiting:
    """``netstat [-antuloe]``, ``netstat -r``, ``netstat -i``."""
    words = [f"-{_LONG[word]}" if word in _LONG else word for word in call.args]
    for word in words:
        if word.startswith("--"):
            return call.not_simulated(f"netstat {word}")
    try:
        found, _ = getopt(words, _KNOWN + _LEFT_OUT)
    except OptionError as error:
        call.err(f"netstat: {error}\n")
        return call.not_simulated("netstat's usage text")
    letters = {letter for letter, _ in found}
    if "r" in letters:
        return route(_as(call, "route", "-en" if "n" in letters else "-e"))
    if "i" in letters:
        call.out("Kernel Interface table\n")
        return show(call, None, "a" in letters, "" if "e" in letters else _INTERFACES)
    for letter in sorted(letters & set(_LEFT_OUT)):
        return call.not_simulated(f"netstat -{letter}")
    if not letters & set("tu"):
        return call.not_simulated("netstat without -t or -u: it shows Unix sockets too")
    servers = "servers and established" if "a" in letters else "only servers" if "l" in letters else "w/o servers"
    call.out(f"Active Internet connections ({servers})\n")
    titles = f"Proto Recv-Q Send-Q {'Local Address':<23} {'Foreign Address':<23} State      "
    titles += " User       Inode     " if "e" in letters else ""
    titles += " Timer" if "o" in letters else ""
    call.out(titles + "\n")
    entries = (tcp_entries(call.box) if "t" in letters else []) + (udp_entries(call.box) if "u" in letters else [])
    for entry in entries:
        if "a" in letters or is_server(entry) == ("l" in letters):
            call.out(_line(call, entry, letters) + "\n")
    return 0


def _as(call: Call, *words: str) -> Call:
    """Another tool's call with the same streams."""
    return call.derived([word for word in words if word])


def _line(call: Call, entry: Entry, letters: set[str]) -> str:
    numeric = "n" in letters
    local, remote = (
        address_text(call.box, address, dual=entry.dual, mapped=False, numeric=numeric)
        for address in (entry.local, entry.remote)
    )
    proto = entry.proto + ("6" if entry.dual else "")
    text = f"{proto:<4}  {entry.received:6} {entry.sent:6} {local:<23} {remote:<23} {entry.state:<11}"
    if "e" in letters:
        text += f" {0 if numeric else 'root':<10} {entry.inode:<9}"
    if "o" in letters:
        kind, when, retransmits, probes = entry.timer
        text += f" {_TIMERS[kind]} ({when / 100:.2f}/{retransmits}/{probes})"
    return text
