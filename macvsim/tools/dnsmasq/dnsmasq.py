"""``dnsmasq``, as far as it is a DHCP server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from macvsim.apps.dhcp_server import Lease
from macvsim.apps.dnsmasq import Config, Dnsmasq, Range
from macvsim.errors import Effect, MacvsimError, NotSimulated, SocketError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.job import Job
from macvsim.machine.options import Given
from macvsim.machine.streams import discard
from macvsim.machine.tool import Manner, Texts, ToolError, tool
from macvsim.tools.dnsmasq import leasefile
from macvsim.wire import dhcp
from macvsim.wire.addr import ip_int, mac_bytes

_STARTED = """\
dnsmasq: started, version 2.91 DNS disabled
dnsmasq: compile time options: IPv6 GNU-getopt DBus no-UBus i18n IDN2 DHCP DHCPv6 no-Lua TFTP conntrack ipset nftset \
auth DNSSEC loop-detect inotify dumpfile
"""
_TEXTS = Texts(__package__)
_MANNER = Manner(
    after="nothing", complaint="\n{name}: bad command line options: try --help\n",
    help_options=("-w", "--help"), version_options=("-v", "--version"),
)  # fmt: skip
_STAYS = ("-d", "-k")
_OPTIONS = {"netmask": 1, "router": 3, "dns-server": 6, "hostname": 12, "domain-name": 15, "broadcast": 28,
            "ntp-server": 42, "mtu": 26}  # fmt: skip
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MAC = re.compile(r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}")
_IP = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_CONF = "/etc/dnsmasq.conf"
_INFINITE = 0xFFFFFFFF


def _bad(text: object, status: int = 1) -> ToolError:
    """The mistake that ends dnsmasq."""
    return ToolError(f"\ndnsmasq: {text}\n", status, named=False)


def _range(value: str) -> Range:
    words = value.split(",")
    if ":" in words[0]:
        words = words[1:]
    try:
        found = Range(ip_int(words[0]), ip_int(words[1]))
        for word in words[2:]:
            if "." in word:
                found.mask = found.mask or ip_int(word)
            else:
                found.lease = _seconds(word)
    except (MacvsimError, ValueError, IndexError):
        raise _bad("bad command line options: bad dhcp-range") from None
    return found


def _seconds(word: str) -> int:
    if word == "infinite":
        return _INFINITE
    unit = _UNITS.get(word[-1:])
    return max(int(word[:-1]) * unit if unit else int(word), 120)


def _hosts(value: str) -> dict[bytes, int]:
    """The address of each MAC."""
    words = value.split(",")
    macs = [word for word in words if _MAC.fullmatch(word)]
    ips = [word for word in words if _IP.fullmatch(word)]
    if not macs or not ips:
        raise NotSimulated(f"dnsmasq --dhcp-host={value}: only MACs with an address are", Effect.CHANGES)
    return dict.fromkeys(map(mac_bytes, macs), ip_int(ips[0]))


def _option(value: str) -> tuple[int, bytes]:
    """The code of a DHCP option, and its bytes."""
    name, *values = value.split(",")
    name = name.removeprefix("option:")
    code = _OPTIONS.get(name) or (int(name) if name.isdecimal() else 0)
    number = int(values[0]) if code == _OPTIONS["mtu"] and values and values[0].isdecimal() else 0
    if not 0 < code < 255 or number > 0xFFFF:
        raise NotSimulated(f"dnsmasq --dhcp-option={value}", Effect.CHANGES)
    if values and all(map(_IP.fullmatch, values)):
        return code, dhcp.packed(map(ip_int, values))
    if number:
        return code, number.to_bytes(2, "big")
    return code, ",".join(values).encode()


_VALUES: Mapping[str, Callable[[str], Any]] = {"-F": _range, "-G": _hosts, "-O": _option}


@tool(
    "dnsmasq",
    flavour="debian",
    usage=_TEXTS,
    version=_TEXTS.blocks["version"],
    works="-p -i -F -G -O -C -s -l -d -k -q -z -5 -K -R -h -8 -x -u -g -I -X -v -w --bind-dynamic --log-dhcp",
    values=_VALUES,
    manner=_MANNER,
    effect=Effect.CHANGES,
)
def dnsmasq(call: Call) -> Waiting:
    """``dnsmasq -p 0 [-d|-k] -i IFACE -F START,END[,MASK][,TIME] [-G MAC,IP] [-O OPTION,VALUE] [-C FILE]``."""
    given = call.given
    if given.operands:
        raise _bad("junk found in command line")
    _read_file(call, given)
    if given.get("-p") != "0":
        return call.not_simulated("the name server of dnsmasq: give it --port=0", Effect.CHANGES)
    config = Config(given.all("-F"), domain=given.get("-s").partition(",")[0], ping="-5" not in given)
    for hosts in given.all("-G"):
        config.hosts.update(hosts)
    config.options.update(given.all("-O"))
    names = given.all("-i")
    dev = call.box.ns.devices.get(names[0]) if names else next(
        (one for one in call.box.ns.devices.values() if not one.loopback and one.inet.addresses), None)  # fmt: skip
    if dev is None:
        raise _bad(f"unknown interface {names[0] if names else ''}", 2)
    log = call.err if "-d" in given else discard
    path = given.get("-l") or leasefile.PATH
    try:
        leases = list(leasefile.read(call.box, path))
    except (MacvsimError, ValueError):
        return call.not_simulated(f"dnsmasq with a lease file that it did not write: {path}", Effect.CHANGES)

    def store(leases: Iterable[Lease]) -> None:
        leasefile.write(call.box, path, leases)

    server = Dnsmasq(call.box.ns, dev, config, lambda text: log(f"{text}\n"), leases, store)
    try:
        server.open()
    except SocketError as error:
        raise _bad(f"failed to bind DHCP server socket: {error}", 2) from None
    server.expire()
    log(_STARTED)
    for one in config.ranges:
        log(f"dnsmasq-dhcp: DHCP, IP range {_dotted(one.start)} -- {_dotted(one.end)}, lease time {_time(one.lease)}\n")
    if any(option in given for option in _STAYS):
        return int((yield from server.run()))

    def body(job: Job) -> Waiting:
        return int((yield from server.run()))

    Job(call.box, body, call.fds, " ".join(call.argv))
    return 0


def _read_file(call: Call, given: Given) -> None:
    """Add the options of the configuration file, whose lines are long options without dashes."""
    path = given.get("-C", _CONF)
    text = call.box.files.get(path, "")
    if not text and path not in (_CONF, "/dev/null"):
        raise _bad(f"cannot read {path}: No such file or directory", 3)
    for number, line in enumerate(text.splitlines(), start=1):
        name, equals, value = (word.strip() for word in line.split("#")[0].partition("="))
        option = dnsmasq.options.get(f"--{name}")
        if name and option is None:
            raise _bad(f"bad option at line {number} of {path}")
        if option is None:
            continue
        if dnsmasq.left_out_text(option) is not None:
            raise NotSimulated(f"dnsmasq --{name}", Effect.CHANGES)
        if option.argument and not equals and not option.optional:
            raise _bad(f"missing parameter at line {number} of {path}")
        if equals and not option.argument:
            raise _bad(f"extraneous parameter at line {number} of {path}")
        try:
            given.add(option, f"--{name}", _VALUES.get(option.name, str)(value))
        except ToolError:
            raise _bad(f"bad {name} at line {number} of {path}") from None


def _time(seconds: int) -> str:
    if seconds == _INFINITE:
        return "infinite"
    for unit in ("d", "h", "m"):
        if not seconds % _UNITS[unit]:
            return f"{seconds // _UNITS[unit]}{unit}"
    return f"{seconds}s"


def _dotted(ip: int) -> str:
    return ".".join(map(str, ip.to_bytes(4, "big")))
