"""``udhcpd``: busybox' DHCP server and its configuration."""

from __future__ import annotations

from macvsim.apps.udhcpd import VERSION, Config, Udhcpd
from macvsim.errors import Effect, MacvsimError, SocketError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.job import Job
from macvsim.machine.streams import Sink
from macvsim.machine.tool import BUSYBOX, ToolError, tool
from macvsim.tools.busybox.applet import USAGE, number
from macvsim.wire import dhcp
from macvsim.wire.addr import ip_int, mac_bytes

_ADDRESSES = {"subnet": 1, "router": 3, "dns": 6, "broadcast": 28, "ntpsrv": 42, "wins": 44}
_TEXTS = {"hostname": 12, "domain": 15}
_NUMBERS = {"max_leases": "max_leases", "offer_time": "offer_time", "decline_time": "decline_time",
            "conflict_time": "conflict_time", "min_lease": "min_lease"}  # fmt: skip
_IGNORED = ("remaining", "auto_time", "pidfile", "notify_file", "sname", "boot_file")


@tool(
    "udhcpd",
    usage=USAGE,
    letters="v",
    left_out={"-I": "the address of one of several"},
    values={"-a": number()},
    effect=Effect.CHANGES,
    manner=BUSYBOX,
)
def udhcpd(call: Call) -> Waiting:
    """``udhcpd [-fS] [-a MSEC] [CONFFILE]``."""
    given = call.given

    def say(text: str) -> None:
        call.err(f"udhcpd: {text}\n")

    path = given.operands[0] if given.operands else "/etc/udhcpd.conf"
    try:
        config = parse(call.files.read(path), say)
    except FileError as error:
        raise ToolError(f"can't open '{path}': {error.strerror}") from None
    dev = call.box.ns.devices.get(config.interface)
    if dev is None:
        raise ToolError("SIOCGIFINDEX: No such device")
    say(f"started, v{VERSION}")
    room = config.end - config.start + 1
    if config.max_leases > room:
        say(f"max_leases={config.max_leases} is too big, setting to {room}")
    if config.lease_file not in call.box.files:
        say(f"can't open '{config.lease_file}': No such file or directory")
    server = Udhcpd(call.box.ns, dev, config, say, given.get("-a", 2000))
    try:
        server.open()
    except SocketError:
        raise ToolError("bind: Address already in use") from None
    if "-f" in given:
        return int((yield from server.run()))

    def body(job: Job) -> Waiting:
        return int((yield from server.run()))

    Job(call.box, body, call.fds, " ".join(call.argv))
    return 0


def parse(text: str, say: Sink) -> Config:
    """The configuration; what makes no sense is told and left out (read_config)."""
    config = Config()
    for place, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        try:
            _one(config, words)
        except (MacvsimError, ValueError, IndexError):
            say(f"can't parse line {place} in /etc/udhcpd.conf")
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
