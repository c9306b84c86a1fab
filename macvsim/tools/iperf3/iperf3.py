"""iperf3 3.18 (Debian 13): its words; the tests themselves are in `macvsim.apps.iperf3`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from macvsim.apps.base import inet_aton, resolve
from macvsim.apps.iperf3.client import Client
from macvsim.apps.iperf3.control import Failed
from macvsim.apps.iperf3.server import Server
from macvsim.apps.iperf3.session import Words
from macvsim.apps.iperf3.settings import MAX_BLOCK, MAX_STREAMS, UDP_RATE, VERSION, Settings
from macvsim.engine.sim import SECOND
from macvsim.errors import Effect, MacvsimError, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.job import Job
from macvsim.machine.kernel import RELEASE
from macvsim.machine.kernel import VERSION as KERNEL
from macvsim.machine.options import Given
from macvsim.machine.streams import Descriptors
from macvsim.machine.tool import Manner, Texts, ToolError, UsageError, tool

_FEATURES = (
    "CPU affinity setting, IPv6 flow label, SCTP, TCP congestion algorithm setting, sendfile / zerocopy, "
    "socket pacing, authentication, bind to device, support IPv4 don't fragment, POSIX threads"
)
_SUFFIXES = " KMGT"
_CLIENT_ONLY = (*(f"-{letter}" for letter in "ubtnklPRwCMNSOT"), "--get-server-output", "--udp-counters-64bit")
_SERVER_ONLY = ("-D", "-1")
_MAX_WINDOW = 512 << 20


def _wrong(text: str) -> UsageError:
    return UsageError(f"parameter error - {text}")


def _integer(text: str) -> int:
    """atoi(3)."""
    found = re.match(r"\s*[+-]?\d+", text)
    return int(found[0]) if found else 0


def _scaled(base: int) -> Callable[[str], int]:
    """A reader of numbers with a K, M, G or T behind them (unit_atof)."""

    def read(text: str) -> int:
        found = re.match(r"\s*([+-]?(?:\d+\.?\d*|\.\d+))([kKmMgGtT]?)", text)
        return int(float(found[1]) * base ** max(_SUFFIXES.find(found[2].upper() or " "), 0)) if found else 0

    return read


_size = _scaled(1024)


def _rate(text: str) -> int:
    if "/" in text:
        raise NotSimulated("iperf3 -b RATE/PACKETS: bursts", Effect.READS)
    return _scaled(1000)(text)


def _within(least: int, most: int, text: str) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not least <= _integer(value) <= most:
            raise _wrong(text)
        return _integer(value)

    return read


def _length(text: str) -> int:
    if not 0 <= _size(text) <= MAX_BLOCK:
        raise _wrong(f"block size too large (maximum = {MAX_BLOCK} bytes)")
    return _size(text)


def _window(text: str) -> int:
    if _size(text) > _MAX_WINDOW:
        raise _wrong(f"socket buffer size too large (maximum = {_MAX_WINDOW} bytes)")
    return _size(text)


def _interval(text: str) -> int:
    found = re.match(r"\s*(\d+\.?\d*|\.\d+)", text)
    seconds = float(found[1]) if found else 0.0
    if seconds and not 0.1 <= seconds <= 60:
        raise _wrong("invalid report interval (min = 0.1, max = 60 seconds)")
    return int(seconds * SECOND)


def _tos(text: str) -> int:
    known = re.fullmatch(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*", text)
    base = 16 if text[:2].lower() == "0x" else 8 if text.startswith("0") else 10
    if known is None or int(text, base) > 255:
        raise _wrong("bad TOS value (must be between 0 and 255 inclusive)")
    return int(text, base)


def _unit(text: str) -> str:
    if text[:1] not in list("kmgtKMGT"):
        raise _wrong("bad format specifier (valid formats are in the set [kmgtKMGT])")
    return text[0]


def _least(least: int, read: Callable[[str], int]) -> Callable[[str], int]:
    """A reader of numbers; iperf3 takes smaller ones as huge numbers, or waits for ever."""

    def at_least(text: str) -> int:
        value = read(text)
        if value < least:
            raise NotSimulated(f"iperf3 with {value} for a number of at least {least}", Effect.READS)
        return value

    return at_least


_VALUES: Mapping[str, Callable[[str], object]] = {
    "-p": _within(1, 0xFFFF, "port number must be between 1 and 65535 inclusive"),
    "-t": _within(0, 86400, "test duration valid values are 0 to 86400 seconds"),
    "-O": _within(0, 600, "bogus value for --omit (maximum = 600 seconds)"),
    "-M": _within(-(1 << 31), 9216, "TCP MSS too large (maximum = 9216 bytes)"),
    "-P": _least(
        1, _within(-(1 << 31), MAX_STREAMS, f"number of parallel streams too large (maximum = {MAX_STREAMS})")
    ),
    "-n": _least(0, _size),
    "-k": _least(0, _size),
    "-l": _length,
    "-w": _least(0, _window),
    "-b": _least(0, _rate),
    "-i": _interval,
    "-S": _tos,
    "-f": _unit,
}


@tool(
    "iperf3",
    flavour="*",
    usage=Texts(__package__),
    works="-c -s -p -f -i -B -V -J --logfile --forceflush -v -h -D -1 -u -b -t -n -k -l -P -R -w -C -M -N -4 -S -O -T "
    "--get-server-output --udp-counters-64bit",
    letters="c:p:f:i:B:b:t:n:k:l:P:w:C:M:S:O:T:",
    left_out={"-6": "TCP over IPv6"},
    values=_VALUES,
    effect=Effect.READS,
    manner=Manner(
        complaint="{name}: {error}\n\n",
        after="synopsis",
        hint="Try `{name} --help' for more information.\n",
        help_options=("-h", "--help"),
        version_options=(),
    ),
)
def iperf3(call: Call) -> int | Waiting:
    """``iperf3 {-s|-c HOST} [OPTION]…``."""
    given = call.given
    system = f"Linux {call.box.hostname} {RELEASE} {KERNEL} x86_64"
    if "-v" in given:
        call.out(f"iperf {VERSION} (cJSON 1.7.15)\n{system}\nOptional features available: {_FEATURES}\n")
        return 0
    _check(given)
    host, _, device = given.get("-c").partition("%")
    source, _, bound = given.get("-B").partition("%")
    if ":" in host or ":" in source:
        raise NotSimulated("iperf3: TCP over IPv6", Effect.READS)
    words = Words(
        port=given.get("-p", 5201),
        interval=given.get("-i", SECOND),
        json="-J" in given,
        verbose="-V" in given,
        unit=given.get("-f", "a"),
        source=_address(call, source),
        device=device or bound,
        one_off="-1" in given,
        title=given.get("-T"),
        system=system,
    )
    out = call.out if "--logfile" not in given else _log(call, given.get("--logfile"))
    if "-c" in given:
        return Client(call.box, words, _settings(given), host, out, call.err).run()
    return _serve(call, Server(call.box, words, out, call.err), daemon="-D" in given)


def _check(given: Given) -> None:
    """Options that do not go together."""
    client, server = "-c" in given, "-s" in given
    if client and server:
        raise _wrong("cannot be both server and client")
    if not client and not server:
        raise _wrong("must either be a client (-c) or server (-s)")
    for names, wrong, side in ((_CLIENT_ONLY, server, "client"), (_SERVER_ONLY, client, "server")):
        if wrong and any(name in given for name in names):
            raise _wrong(f"some option you are trying to set is {side} only")
    length = given.get("-l", 0)
    if "-u" in given and length and not 16 <= length <= 65507:
        raise _wrong("block size invalid (minimum = 16 bytes, maximum = 65507 bytes)")
    ends = sum(bool(given.get(name, 0)) for name in ("-t", "-n", "-k"))
    if ends > 1:
        raise _wrong("only one test end condition (-t, -n, -k) may be specified")


def _settings(given: Given) -> Settings:
    size, blocks = given.get("-n", 0), given.get("-k", 0)
    return Settings(
        udp="-u" in given,
        reverse="-R" in given,
        streams=max(given.get("-P", 1), 1),
        length=given.get("-l", 0),
        rate=given.get("-b", UDP_RATE if "-u" in given else 0),
        seconds=0 if size or blocks else given.get("-t", 10),
        size=size,
        blocks=blocks,
        omit=given.get("-O", 0),
        mss=given.get("-M", 0),
        window=given.get("-w", 0),
        no_delay="-N" in given,
        tos=given.get("-S", 0),
        congestion=given.get("-C"),
        title=given.get("-T"),
        wants_output="--get-server-output" in given,
        wide="--udp-counters-64bit" in given,
    )


def _address(call: Call, text: str) -> int:
    """The address of ``-B``."""
    known = inet_aton(text) if text else 0
    if known is not None:
        return known
    try:
        return resolve(call.box, text)
    except MacvsimError:
        raise ToolError(f"error - unable to resolve {text}") from None


def _log(call: Call, path: str) -> Callable[[str], None]:
    """A file that takes the output; the machine of the call may have no such directory."""
    try:
        file = call.create(path, appends=True)
    except FileError as error:
        raise ToolError(f"error - unable to open log file: {error.strerror}") from None
    return file.write


def _serve(call: Call, server: Server, *, daemon: bool) -> int | Waiting:
    try:
        server.open()
    except Failed as failed:
        server.fail(failed)
        return 1
    if not daemon:
        return server.run()
    nowhere = Descriptors({})
    server.out, server.err = nowhere.out, nowhere.err
    Job(call.box, lambda job: server.run(), text=" ".join(call.argv))
    return 0
