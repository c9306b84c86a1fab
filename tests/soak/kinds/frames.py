"""Frames into every device, card and port of a lab with a device of every kind, programs and open connections.

An input is lines ``PLACE: HEX``, played one after the other on a lab of its own, 0.3 ms apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

from macvsim import Lab
from tests.hostile.frames import ICMP, ICMP6, TCP, UDP, checksum, every
from tests.hostile.lab import devices, everything, spoken, ways_in
from tests.soak.kinds import captures

COUNT, ITEMS, SAMPLE = 1_000_000, 1000, 1
_PROGRAMS = {
    "mv": (
        "ip netns exec bridge nc -l 7 >/dev/null &",
        "ip netns exec bridge nc -u -l 9 >/dev/null &",
        "ip netns exec private nc -l 7 >/dev/null &",
        "ip netns exec private sh -c 'sleep 9000 | nc 10.0.0.20 7' &",
    ),
    "r": ("nc -l 22 >/dev/null &", "ip netns add x; dnsmasq --no-daemon --port 53 >/dev/null 2>&1 &"),
    "iv": ("ip netns exec l3s-bridge nc -l 7 >/dev/null &",
           "ip netns exec l2-bridge sh -c 'sleep 9000 | nc 10.0.0.46 7' &"),
    "c3": ("sh -c 'sleep 9000 | nc 10.0.0.2 80' &", "nc -l -p 80 >/dev/null &"),
    "d": ("nc -l 9999 >/dev/null &",),
}  # fmt: skip
_AT = {ICMP: 2, ICMP6: 2, UDP: 6, TCP: 16}
"""Offset of the checksum in a header."""


def machine() -> Lab:
    """The lab, with servers that listen and connections that stay open."""
    lab = everything()
    for node, lines in _PROGRAMS.items():
        for line in lines:
            lab[node].sh(line)
    lab.run(3)
    return lab


@cache
def known() -> tuple[tuple[str, ...], tuple[bytes, ...], tuple[bytes, ...]]:
    """Names of the places where frames come in, frames to be changed, and MACs."""
    lab = everything()
    with lab.capture() as capture:
        for node, lines in _PROGRAMS.items():
            for line in lines:
                lab[node].sh(line)
        lab.run(3)
    streams = {record.data[:54]: record.data for record in capture.records}
    macs = [dev.mac for dev in devices(lab) if len(dev.mac) == 6]
    frames = [*spoken(lab), *spoken(lab), *streams.values(), *(frame for _, frame in every()), *captures.frames()]
    names = [name for name, _ in ways_in(machine())]
    return tuple(names), tuple(frame for frame in frames if len(frame) >= 14), tuple(macs)


def make(dice: Random) -> bytes:
    names, frames, macs = known()
    lines = []
    for _ in range(ITEMS):
        raw = bytearray(dice.choice(frames))
        for _ in range(dice.choice((0, 1, 1, 2, 4))):
            at = dice.randrange(12, len(raw))
            raw[at] = dice.choice((0, 1, 255, 128, raw[at] ^ 1 << dice.randrange(8), dice.randrange(256)))
        if dice.random() < 0.6:
            raw[:6] = dice.choice(macs)
        if dice.random() < 0.2:
            del raw[dice.randrange(12, len(raw) + 1) :]
            raw += dice.randbytes(dice.choice((0, 3, 40)))
        if dice.random() < 0.2:
            tag = bytes((0x81, 0, dice.choice((0, 0x20, 0xF0)), dice.choice((0, 7, 100, 255))))
            raw[12:12] = tag
        if dice.random() < 0.8:
            mend(raw)
        lines.append(f"{dice.choice(names)}: {raw.hex()}\n")
    return "".join(lines).encode()


def mend(raw: bytearray) -> None:
    """Right checksums for a frame, as far as its headers are whole."""
    at = 12
    while bytes(raw[at : at + 2]) in (b"\x81\0", b"\x88\xa8"):
        at += 4
    kind, at = bytes(raw[at : at + 2]), at + 2
    if kind == b"\x08\0" and len(raw) >= at + 20:
        upper = at + (raw[at] & 15) * 4
        raw[at + 10 : at + 12] = b"\0\0"
        raw[at + 10 : at + 12] = checksum(bytes(raw[at:upper])).to_bytes(2)
        proto, addresses, end = raw[at + 9], bytes(raw[at + 12 : at + 20]), at + int.from_bytes(raw[at + 2 : at + 4])
    elif kind == b"\x86\xdd" and len(raw) >= at + 40:
        upper, end = at + 40, at + 40 + int.from_bytes(raw[at + 4 : at + 6])
        proto, addresses = raw[at + 6], bytes(raw[at + 8 : at + 40])
    else:
        return
    place = upper + _AT.get(proto, 0)
    if proto not in _AT or not place + 2 <= end <= len(raw):
        return
    pseudo = b"" if proto == ICMP else addresses + bytes((0, proto)) + (end - upper).to_bytes(2)
    raw[place : place + 2] = b"\0\0"
    raw[place : place + 2] = (checksum(pseudo + bytes(raw[upper:end])) or 0xFFFF).to_bytes(2)


def play(data: bytes) -> Iterator[None]:
    lab = machine()
    ways = dict(ways_in(lab))
    yield
    for line in data.decode().splitlines():
        name, _, frame = line.rpartition(": ")
        if name in ways:
            ways[name](bytes.fromhex(frame))
            lab.run(0.000_3)
        yield
    for _ in range(20):  # fragments, neighbours and connections that wait give up
        lab.run(4)
        yield
