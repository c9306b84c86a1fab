"""arp of net-tools 2.10."""

from __future__ import annotations

from dataclasses import dataclass, field

from macvsim.errors import NetlinkError, NoSuchDevice, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.tool import tool
from macvsim.net import arpioctl
from macvsim.net.arpioctl import ATF_COM, ATF_PERM, ArpRow
from macvsim.tools.net_tools import texts
from macvsim.tools.net_tools.oldnet import UnknownHost, ether, known_name, lookup, require_net_admin
from macvsim.wire.addr import ip_text, mac_text

_USAGE, _FAILED = 3, 255
_HEADER = "Address                  HWtype  HWaddress           Flags Mask            Iface\n"
_LONG = {"--verbose": "v", "--numeric": "n", "--set": "s", "--delete": "d", "--use-device": "D", "--device": "i",
         "--file": "f", "--hw-type": "H", "--protocol": "p", "--symbolic": "N"}  # fmt: skip


class ArpError(Exception):
    """The command ends with this on standard error, and maybe a usage."""

    def __init__(self, text: str, *, usage: bool = False) -> None:
        super().__init__(text)
        self.usage = usage


@dataclass
class ArpOptions:
    """What the options of arp say; `action` is s, d, f or empty."""

    action: str = ""
    bsd: bool = False
    verbose: bool = False
    use_device: bool = False
    numeric: bool = False
    device: str = ""
    words: list[str] = field(default_factory=list)


@tool("arp", flavour="debian")
def arp(call: Call) -> int:
    """``arp [-an] [HOST]``, ``arp -s HOST MAC [temp]``, ``arp -d HOST``."""
    if "--help" in call.args or "-h" in call.args:
        texts.show(call, texts.ARP, error=False)
        return 0
    if "-V" in call.args or "--version" in call.args:
        call.out(texts.ARP_VERSION)
        return 0
    try:
        options = _options(call.args)
        if options.action == "s":
            return _set(call, options)
        if options.action == "d":
            return _delete(call, options)
        if options.action == "f":
            raise NotSimulated("arp -f: entries are set with arp -s")
        return _show(call, options)
    except ArpError as error:
        call.err(str(error))
        if error.usage:
            texts.show(call, texts.ARP, error=True)
            return _USAGE
        return _FAILED


def _options(args: list[str]) -> ArpOptions:
    found = ArpOptions()
    rest = list(args)
    while rest:
        word = rest.pop(0)
        letters = _LONG.get(word, word[1:])
        if not word.startswith("-") or not letters:
            found.words.append(word)
            continue
        while letters:
            letter, letters = letters[0], letters[1:]
            value = ""
            if letter in "AipHt":
                value, letters = letters or (rest.pop(0) if rest else ""), ""
                if not value:
                    raise ArpError(f"arp: option requires an argument -- '{letter}'\n", usage=True)
            if letter in "sdf":
                found.action = letter
            elif letter == "a":
                found.bsd = True
            elif letter == "D":
                found.use_device = True
            elif letter == "v":
                found.verbose = True
            elif letter in "nN":
                found.numeric = True
            elif letter == "i":
                found.device = value
            elif letter in "Ht" and value != "ether":
                raise ArpError(f"arp: {value}: unknown hardware type.\n")
            elif letter in "Ap" and value != "inet":
                raise ArpError(f"arp: {value}: unknown address family.\n")
            elif letter not in "eHtAp":
                raise ArpError(f"arp: invalid option -- '{letter}'\n", usage=True)
    return found


def _host(call: Call, text: str) -> int:
    try:
        return lookup(call, text)
    except UnknownHost as error:
        raise ArpError(f"{text}: {error}\n") from None


def _show(call: Call, options: ArpOptions) -> int:
    rows = arpioctl.table(call.box.ns)
    host = options.words[0] if options.words else ""
    ip = _host(call, host) if host else None
    shown = [row for row in rows if ip in (None, row.ip) and options.device in ("", row.dev)]
    if shown and not options.bsd:
        call.out(_HEADER)
    for row in shown:
        name = known_name(call, row.ip, numeric=options.numeric)
        call.out(_bsd_line(row, name or "?") if options.bsd else _linux_line(row, name or ip_text(row.ip)))
    if options.verbose:
        call.out(f"Entries: {len(rows)}\tSkipped: {len(rows) - len(shown)}\tFound: {len(shown)}\n")
    elif not shown:
        if host and not options.bsd:
            call.out(f"{host} ({ip_text(ip or 0)}) -- no entry\n")
        elif host or options.device:
            call.out(f"arp: in {len(rows)} entries no match found.\n")
    return 0


def _linux_line(row: ArpRow, name: str) -> str:
    if not row.flags & ATF_COM:
        return f"{name:<23.23}  {'':<7} {'(incomplete)':<19} {'':<5} {'':<15} {row.dev}\n"
    flags = "C" + ("M" if row.flags & ATF_PERM else "")
    return f"{name:<23.23}  {'ether':<7} {mac_text(row.ha):<19} {flags:<5} {'':<15} {row.dev}\n"


def _bsd_line(row: ArpRow, name: str) -> str:
    if not row.flags & ATF_COM:
        return f"{name} ({ip_text(row.ip)}) at <incomplete> on {row.dev}\n"
    permanent = "PERM " if row.flags & ATF_PERM else ""
    return f"{name} ({ip_text(row.ip)}) at {mac_text(row.ha)} [ether] {permanent}on {row.dev}\n"


def _set(call: Call, options: ArpOptions) -> int:
    words = options.words
    if not words:
        raise ArpError("arp: need host name\n")
    ip = _host(call, words[0])
    if len(words) < 2:
        raise ArpError("arp: need hardware address\n")
    device = options.device
    if options.use_device:
        try:
            mac = call.box.dev(words[1]).mac
        except NoSuchDevice:
            raise ArpError(f"arp: cant get HW-Address for `{words[1]}': No such device.\n") from None
        device = device or words[1]
    else:
        found = ether(words[1])
        if found is None:
            raise ArpError("arp: invalid hardware address\n")
        mac = found
    permanent = True
    for word in words[2:]:
        if word == "temp":
            permanent = False
        elif word in ("pub", "priv", "dontpub", "auto", "trail", "netmask"):
            raise NotSimulated(f"arp -s … {word}")
        elif word in ("dev",):
            continue
        else:
            raise ArpError("", usage=True)
    try:
        require_net_admin(call)
        arpioctl.add(call.box.ns, ip, mac, device, permanent=permanent)
    except NetlinkError as error:
        raise ArpError(f"SIOCSARP: {error.strerror}\n") from None
    return 0


def _delete(call: Call, options: ArpOptions) -> int:
    words = options.words
    if not words:
        raise ArpError("arp: need host name\n")
    ip = _host(call, words[0])
    if any(word not in ("pub", "temp") for word in words[1:]):
        raise ArpError("", usage=True)
    if "pub" in words:
        raise NotSimulated("arp -d … pub")
    try:
        require_net_admin(call)
        arpioctl.delete(call.box.ns, ip, options.device)
    except NetlinkError as error:
        if error.errno == "ENXIO":
            call.out(f"No ARP entry for {words[0]}\n")
            return _FAILED
        raise ArpError(f"SIOCDARP(dontpub): {error.strerror}\n") from None
    return 0
