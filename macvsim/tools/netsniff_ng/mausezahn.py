"""mausezahn 0.6.9 (Debian's netsniff-ng): frames of bytes that were typed."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.engine.sim import MS, SECOND, US
from macvsim.errors import Effect, MacvsimError, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import Manner, Texts, ToolError, tool
from macvsim.net.packet_socket import send_frame
from macvsim.wire.addr import BROADCAST_MAC, mac_bytes

_LEAST = 15
"""Bytes of the shortest frame it sends."""
_START, _EACH = 64 * US, 8 * US
"""What it says that sending took: for itself, and for each frame."""
_UNITS = {"msec": MS, "m": MS, "sec": SECOND, "s": SECOND}


@tool(
    "mausezahn",
    flavour="debian",
    usage=Texts(__package__),
    letters="qSvrV",
    works="-q -c -d -p -a -b",
    effect=Effect.CHANGES,
    manner=Manner(long=False, usage_on_stdout=True, help_options=("-h",), version_options=("-v",)),
)
def mausezahn(call: Call) -> Waiting:
    """``mausezahn DEVICE [-q] [-c COUNT] [-d DELAY] [-p LENGTH] [-a MAC] [-b MAC] "HEX…"``."""
    given, sim = call.given, call.box.sim
    if len(given.operands) != 2:
        raise NotSimulated("mausezahn without a device and bytes", Effect.CHANGES)
    name, text = given.operands
    if name not in call.box.ns.devices:
        call.err(" mz/getopts: libnet_init() failed (libnet_check_iface() ioctl: No such device)")
        raise ToolError(" Invalid command line parameters!\n", named=False)
    dev = call.box.ns.dev(name)
    raw = _bytes(text)
    for option in ("-a", "-b"):
        if option in given:
            raw = _address(given.get(option), dev) + raw
    try:
        length, count, delay = int(given.get("-p", 0)), int(given.get("-c", 1)), _delay(given.get("-d", "0"))
    except ValueError:
        raise NotSimulated("mausezahn with a number that is none", Effect.CHANGES) from None
    raw = raw.ljust(max(_LEAST, length), b"\0")
    for number in range(count):
        if number and delay:
            yield sim.timeout(delay)
        if dev.up:
            send_frame(dev, raw)
    if "-q" not in given:
        took = (_START + count * _EACH + max(count - 1, 0) * delay) / SECOND
        call.out(f"{took:.2f} seconds ({round(count / took)} packets per second)\n")
    return 0


def _bytes(text: str) -> bytes:
    """Pairs of hexadecimal digits, whatever stands between them; nothing where there is something else."""
    digits = "".join(letter for letter in text if letter not in " :-.")
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""


def _address(word: str, dev: NetDevice) -> bytes:
    known = {"bc": BROADCAST_MAC, "bcast": BROADCAST_MAC, "own": dev.mac}
    try:
        return known[word] if word in known else mac_bytes(word)
    except MacvsimError:
        raise NotSimulated(f"mausezahn with the address {word!r}", Effect.CHANGES) from None


def _delay(word: str) -> int:
    """Microseconds, or with a unit, in ns."""
    for unit, size in _UNITS.items():
        if word.endswith(unit):
            return int(word.removesuffix(unit)) * size
    return int(word) * US
