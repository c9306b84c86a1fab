"""busybox arp (networking/arp.c)."""

from __future__ import annotations

from dataclasses import dataclass, field

from macvsim.errors import NetlinkError, NoSuchDevice, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.tool import tool
from macvsim.net import arpioctl
from macvsim.net.arpioctl import ATF_COM, ATF_PERM, ArpRow
from macvsim.tools.busybox.applet import Die, usage
from macvsim.tools.net_tools.oldnet import UnknownHost, ether, known_name, lookup, require_net_admin
from macvsim.wire.addr import ip_text, mac_text

_USAGE = """\
arp
[-vn]	[-H HWTYPE] [-i IF] -a [HOSTNAME]
[-v]		    [-i IF] -d HOSTNAME [pub]
[-v]	[-H HWTYPE] [-i IF] -s HOSTNAME HWADDR [temp]
[-v]	[-H HWTYPE] [-i IF] -s HOSTNAME HWADDR [netmask MASK] pub
[-v]	[-H HWTYPE] [-i IF] -Ds HOSTNAME IFACE [netmask MASK] pub

Manipulate ARP cache

	-a		Display (all) hosts
	-d		Delete ARP entry
	-s		Set new entry
	-v		Verbose
	-n		Don't resolve names
	-i IF		Network interface
	-D		Read HWADDR from IFACE
	-A,-p AF	Protocol family
	-H HWTYPE	Hardware address type
"""


class _BadOption(Exception):
    """An option arp does not have, or words that make no sense; the text, if any, goes before the usage."""


@dataclass
class _Options:
    letters: str = ""
    device: str = ""
    words: list[str] = field(default_factory=list)


@tool("arp", flavour="busybox")
def arp(call: Call) -> int:
    """``arp [-an] [HOST]``, ``arp -s HOST MAC [temp]``, ``arp -d HOST``."""
    if "--help" in call.args:
        return usage(call, _USAGE, code=0)
    try:
        options = _options(call.args)
        if "d" in options.letters:
            return _delete(call, options)
        if "s" in options.letters:
            return _set(call, options)
        return _show(call, options)
    except _BadOption as error:
        if str(error):
            call.err(f"arp: {error}\n")
        return usage(call, _USAGE)
    except Die as error:
        call.err(f"arp: {error}\n")
        return 1


def _options(args: list[str]) -> _Options:
    found = _Options()
    rest = list(args)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word == "-":
            found.words.append(word)
            continue
        for position, letter in enumerate(word[1:], 1):
            if letter in "AipHt":
                value = word[position + 1 :] or (rest.pop(0) if rest else "")
                if not value:
                    raise _BadOption(f"option requires an argument -- '{letter}'")
                if letter == "i":
                    found.device = value
                elif letter in "Ht" and value != "ether":
                    raise Die(f"{value}: unknown hardware type")
                elif letter in "Ap" and value != "inet":
                    raise Die(f"{value}: unknown address family")
                break
            if letter not in "adsnDv":
                raise _BadOption(f"invalid option -- '{letter}'")
            found.letters += letter
    return found


def _host(call: Call, words: list[str]) -> int:
    if not words:
        raise Die("need host name")
    try:
        return lookup(call, words[0])
    except UnknownHost as error:
        raise Die(f"{words[0]}: {error}") from None


def _show(call: Call, options: _Options) -> int:
    rows = arpioctl.table(call.box.ns)
    ip = _host(call, options.words) if options.words else None
    shown = [row for row in rows if ip in (None, row.ip) and options.device in ("", row.dev)]
    for row in shown:
        call.out(_line(row, known_name(call, row.ip, numeric="n" in options.letters) or "?"))
    if not shown and (ip is not None or options.device):
        call.out(f"No match found in {len(rows)} entries\n")
    return 0


def _line(row: ArpRow, name: str) -> str:
    if not row.flags & ATF_COM:
        return f"{name} ({ip_text(row.ip)}) at <incomplete>  on {row.dev}\n"
    permanent = "PERM" if row.flags & ATF_PERM else ""
    return f"{name} ({ip_text(row.ip)}) at {mac_text(row.ha)} [ether] {permanent} on {row.dev}\n"


def _set(call: Call, options: _Options) -> int:
    words, device = options.words, options.device
    ip = _host(call, words)
    if len(words) < 2:
        raise Die("need hardware address")
    if "D" in options.letters:
        try:
            mac = call.box.dev(words[1]).mac
        except NoSuchDevice:
            raise Die(f"can't get HW-Address for '{words[1]}'") from None
        device = device or words[1]
    else:
        found = ether(words[1], strict=True)
        if found is None:
            raise Die("invalid hardware address")
        mac = found
    if set(words[2:]) - {"temp"}:
        raise NotSimulated(f"arp -s … {' '.join(words[2:])}")
    try:
        require_net_admin(call)
        arpioctl.add(call.box.ns, ip, mac, device, permanent="temp" not in words[2:])
    except NetlinkError as error:
        raise Die(f"SIOCSARP: {error.strerror}") from None
    return 0


def _delete(call: Call, options: _Options) -> int:
    ip = _host(call, options.words)
    if set(options.words[1:]) - {"pub"}:
        raise _BadOption
    if "pub" in options.words[1:]:
        raise NotSimulated("arp -d … pub")
    try:
        require_net_admin(call)
        arpioctl.delete(call.box.ns, ip, options.device)
    except NetlinkError as error:
        if error.errno == "ENXIO":  # it then looks for a published entry
            raise Die("SIOCDARP(pub): No such file or directory") from None
        raise Die(f"SIOCDARP(priv): {error.strerror}") from None
    return 0
