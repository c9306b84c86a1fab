"""``udhcpd``: busybox' DHCP server and its configuration."""

from __future__ import annotations

from macvsim.apps.udhcpd import VERSION, Config, Udhcpd
from macvsim.errors import MacvsimError, SocketError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.job import Job
from macvsim.machine.tool import tool
from macvsim.tools.getopt import OptionError, getopt
from macvsim.wire import dhcp
from macvsim.wire.addr import ip_int, mac_bytes

_USAGE = """\
Usage: udhcpd [-fS] [-I ADDR] [-a MSEC] [CONFFILE]

DHCP server

	-f	Run in foreground
	-S	Log to syslog too
	-I ADDR	Local address
	-a MSEC	Timeout for ARP ping (default 2000)
"""
_ADDRESSES = {"subnet": 1, "router": 3, "dns": 6, "broadcast": 28, "ntpsrv": 42, "wins": 44}
_TEXTS = {"hostname": 12, "domain": 15}
_NUMBERS = {"max_leases": "max_leases", "offer_time": "offer_time", "decline_time": "decline_time",
            "conflict_time": "conflict_time", "min_lease": "min_lease"}  # fmt: skip
_IGNORED = ("remaining", "auto_time", "pidfile", "notify_file", "sname", "boot_file")


@tool("udhcpd")
def udhcpd(call: Call) -> Waiting:
    """``udhcpd [-fS] [-a MSEC] [CONFFILE]``."""
    try:
        found, words = getopt(call.args, "fSI:va:P:")
    except OptionError as error:
        call.err(f"udhcpd: {error}\n{_USAGE}")
        return 1
    given = dict(found)
    if left_out := next((letter for letter in "IP" if letter in given), ""):
        return call.not_simulated(f"udhcpd -{left_out}")

    def say(text: str) -> None:
        call.err(f"udhcpd: {text}\n")

    path = words[0] if words else "/etc/udhcpd.conf"
    try:
        config = parse(call.files.read(path), say)
    except FileError as error:
        say(f"can't open '{path}': {error.strerror}")
        return 1
    dev = call.box.ns.devices.get(config.interface)
    if dev is None:
        say("SIOCGIFINDEX: No such device")
        return 1
    say(f"started, v{VERSION}")
    room = config.end - config.start + 1
    if config.max_leases > room:
        say(f"max_leases={config.max_leases} is too big, setting to {room}")
    if config.lease_file not in call.box.files:
        say(f"can't open '{config.lease_file}': No such file or directory")
    server = Udhcpd(call.box.ns, dev, config, say, int(given.get("a", "2000")))
    try:
        server.open()
    except SocketError:
        say("bind: Address already in use")
        return 1
    if "f" in given:
        return int((yield from server.run()))

    def body(job: Job) -> Waiting:
        return int((yield from server.run()))

    Job(call.box, body, call.fds, " ".join(call.argv))
    return 0


def parse(text: str, say: object) -> Config:
    """The configuration; what makes no sense is told and left out (read_config)."""
    config = Config()
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        try:
            _one(config, words)
        except (MacvsimError, ValueError, IndexError):
            say(f"can't parse line {number} in /etc/udhcpd.conf")  # type: ignore[operator]
    return config


def _one(config: Config, words: list[str]) -> None:
    key, *values = words
    if key in ("start", "end", "siaddr"):
        setattr(config, key, ip_int(values[0]))
    elif key == "interface":
        config.interface = values[0]
    elif key == "lease_file":
        config.lease_file = values[0]
    elif key in _NUMBERS:
        setattr(config, _NUMBERS[key], int(values[0]))
    elif key == "static_lease":
        config.static[mac_bytes(values[0])] = ip_int(values[1])
    elif key in ("opt", "option"):
        _option(config, values)
    elif key not in _IGNORED:
        raise ValueError(key)


def _option(config: Config, words: list[str]) -> None:
    name, *values = words
    if name == "lease":
        config.lease = int(values[0])
    elif name in _ADDRESSES:
        code = _ADDRESSES[name]
        config.options[code] = config.options.get(code, b"") + dhcp.packed(map(ip_int, values))
    elif name in _TEXTS:
        config.options[_TEXTS[name]] = " ".join(values).encode()
    else:
        code = int(name, 0)
        config.options[code] = bytes.fromhex(values[0])
