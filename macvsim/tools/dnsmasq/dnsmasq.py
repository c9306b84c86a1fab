"""``dnsmasq``, as far as it is a DHCP server."""

from __future__ import annotations

import re
from collections.abc import Iterable

from macvsim.apps.dhcp_server import Lease
from macvsim.apps.dnsmasq import Config, Dnsmasq, Range
from macvsim.errors import Effect, MacvsimError, SocketError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.job import Job
from macvsim.machine.streams import discard
from macvsim.machine.tool import ToolError, tool
from macvsim.tools.dnsmasq import leasefile
from macvsim.wire import dhcp
from macvsim.wire.addr import ip_int, mac_bytes

_STARTED = """\
dnsmasq: started, version 2.91 DNS disabled
dnsmasq: compile time options: IPv6 GNU-getopt DBus no-UBus i18n IDN2 DHCP DHCPv6 no-Lua TFTP conntrack ipset nftset \
auth DNSSEC loop-detect inotify dumpfile
"""
_SHORT = {"p": "port", "i": "interface", "F": "dhcp-range", "G": "dhcp-host", "O": "dhcp-option", "C": "conf-file",
          "s": "domain", "l": "dhcp-leasefile", "d": "no-daemon", "k": "keep-in-foreground", "q": "log-queries",
          "z": "bind-interfaces", "5": "no-ping"}  # fmt: skip
_SWITCHES = ("no-daemon", "keep-in-foreground", "log-queries", "bind-interfaces", "no-ping", "dhcp-authoritative",
             "log-dhcp", "no-resolv", "no-hosts", "bind-dynamic")  # fmt: skip
_IGNORED = ("log-facility", "pid-file", "user", "group", "except-interface", "dhcp-lease-max")
_OPTIONS = {"netmask": 1, "router": 3, "dns-server": 6, "hostname": 12, "domain-name": 15, "broadcast": 28,
            "ntp-server": 42, "mtu": 26}  # fmt: skip
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MAC = re.compile(r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}")
_CONF = "/etc/dnsmasq.conf"
_INFINITE = 0xFFFFFFFF


def _bad(text: object, status: int = 1) -> ToolError:
    """The mistake that ends dnsmasq."""
    return ToolError(f"\ndnsmasq: {text}\n", status, named=False)


@tool("dnsmasq", flavour="debian", effect=Effect.CHANGES)
def dnsmasq(call: Call) -> Waiting:
    """``dnsmasq -p 0 [-d|-k] -i IFACE -F START,END[,MASK][,TIME] [-G MAC,IP] [-O OPTION,VALUE] [-C FILE]``."""
    settings = _settings(call)
    given = dict(settings)
    if left_out := next((name for name, _ in settings if name not in _KNOWN), ""):
        return call.not_simulated(f"dnsmasq --{left_out}", Effect.CHANGES)
    if given.get("port") != "0":
        return call.not_simulated("the name server of dnsmasq: give it --port=0", Effect.CHANGES)
    try:
        config = _config(settings)
    except ToolError:
        raise
    except (MacvsimError, ValueError) as wrong:
        raise _bad(wrong) from None
    names = [value for name, value in settings if name == "interface"]
    dev = call.box.ns.devices.get(names[0]) if names else next(
        (one for one in call.box.ns.devices.values() if not one.loopback and one.inet.addresses), None)  # fmt: skip
    if dev is None:
        raise _bad(f"unknown interface {names[0] if names else ''}", 2)
    stays = bool({"no-daemon", "keep-in-foreground"} & set(given))
    log = call.err if "no-daemon" in given else discard
    path = given.get("dhcp-leasefile") or leasefile.PATH
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
    if stays:
        return int((yield from server.run()))

    def body(job: Job) -> Waiting:
        return int((yield from server.run()))

    Job(call.box, body, call.fds, " ".join(call.argv))
    return 0


_KNOWN = frozenset((*_SHORT.values(), *_SWITCHES, *_IGNORED))


def _settings(call: Call) -> list[tuple[str, str]]:
    """Options as they were typed, and those of the configuration file."""
    found: list[tuple[str, str]] = []
    words = list(call.args)
    while words:
        word = words.pop(0)
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            if not equals and name not in _SWITCHES and words:
                value = words.pop(0)
        elif word.startswith("-") and len(word) > 1 and word[1] in _SHORT:
            name, value = _SHORT[word[1]], word[2:].removeprefix("=")
            if not value and name not in _SWITCHES and words:
                value = words.pop(0)
        else:
            raise _bad("bad command line options: try --help")
        found.append((name, value))
    path = dict(found).get("conf-file", _CONF)
    text = call.box.files.get(path, "")
    if not text and path not in (_CONF, "/dev/null"):
        raise _bad(f"cannot read {path}: No such file or directory")
    for line in text.splitlines():
        name, _, value = line.split("#")[0].strip().partition("=")
        if name:
            found.append((name.strip(), value.strip()))
    return found


def _config(settings: list[tuple[str, str]]) -> Config:
    config = Config()
    for name, value in settings:
        if name == "dhcp-range":
            config.ranges.append(_range(value))
        elif name == "dhcp-host":
            _host(config, value.split(","))
        elif name == "dhcp-option":
            _option(config, value.split(","))
        elif name == "domain":
            config.domain = value.partition(",")[0]
        elif name == "no-ping":
            config.ping = False
    return config


def _range(value: str) -> Range:
    words = value.split(",")
    if words and ":" in words[0]:
        words = words[1:]
    if len(words) < 2:
        raise _bad("bad dhcp-range at option -F")
    found = Range(ip_int(words[0]), ip_int(words[1]))
    for word in words[2:]:
        if "." in word:
            found.mask = found.mask or ip_int(word)
        else:
            found.lease = _seconds(word)
    return found


def _host(config: Config, words: list[str]) -> None:
    macs = [word for word in words if _MAC.fullmatch(word)]
    ips = [word for word in words if word.count(".") == 3]
    if not macs or not ips:
        raise _bad("bad dhcp-host")
    for mac in macs:
        config.hosts[mac_bytes(mac)] = ip_int(ips[0])


def _option(config: Config, words: list[str]) -> None:
    name, *values = words
    name = name.removeprefix("option:")
    code = _OPTIONS.get(name) or int(name)
    if values and all(value.count(".") == 3 for value in values):
        config.options[code] = dhcp.packed(map(ip_int, values))
    elif code == _OPTIONS["mtu"]:
        config.options[code] = int(values[0]).to_bytes(2, "big")
    else:
        config.options[code] = ",".join(values).encode()


def _seconds(word: str) -> int:
    if word == "infinite":
        return _INFINITE
    unit = _UNITS.get(word[-1:])
    return max(int(word[:-1]) * unit if unit else int(word), 120)


def _time(seconds: int) -> str:
    if seconds == _INFINITE:
        return "infinite"
    for unit in ("d", "h", "m"):
        if not seconds % _UNITS[unit]:
            return f"{seconds // _UNITS[unit]}{unit}"
    return f"{seconds}s"


def _dotted(ip: int) -> str:
    return ".".join(map(str, ip.to_bytes(4, "big")))
