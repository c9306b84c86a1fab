"""What differs between the kernel's answer to a frame and the simulation's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_TIMESTAMP, _TIME_REPLY = 68, 14
_PASSIVE = ("OTHERHOST", "IPV6DISABLED")
"""Why those who watch the router end what it sends them, and what it asks them."""


def differences(kernel: dict[str, Any], simulated: dict[str, Any]) -> Iterator[str]:
    """A line for each difference; reasons that the kernel has no name for are its silent endings."""
    reasons = [reason for _, reason in kernel["reasons"]]
    for _, data in kernel["sent"]:
        if data[24:28] in ("0800", "86dd"):
            passive = [n for n, reason in enumerate(reasons) if reason in _PASSIVE]
            if passive:
                del reasons[passive[-1]]
    ours = [reason for reason in simulated["reasons"] if reason]
    if sorted(reasons) != sorted(ours):
        yield f"reasons: kernel {kernel['reasons']}, simulation {simulated['names']}"
    theirs, ours = ([(ns, plain(bytes.fromhex(data)).hex()) for ns, data in one["sent"]] for one in (kernel, simulated))
    if theirs != ours:
        yield f"sent: kernel {theirs}, simulation {ours}"
    counted = {key: n for key, n in kernel["moved"].items() if not key.startswith("IpExt")}
    for key in sorted({*counted, *simulated["moved"]}):
        if counted.get(key) != simulated["moved"].get(key):
            yield f"{key}: kernel {counted.get(key)}, simulation {simulated['moved'].get(key)}"


def plain(frame: bytes) -> bytes:
    """The frame without what is random or the time of day: identification, flow label, times."""
    if frame[12:14] == b"\x86\xdd":
        return frame[:15] + bytes((frame[15] & 0xF0, 0, 0)) + frame[18:]
    if frame[12:14] != b"\x08\x00":
        return frame
    packet = bytearray(frame[14:])
    if packet[4:6] != b"\0\0":
        packet[4:6] = b"\x80\0"
    packet[10:12] = b"\0\0"
    timed = _without_times(packet, 0)
    hlen = (packet[0] & 15) * 4
    if packet[9] == 1:
        if packet[hlen] == _TIME_REPLY:
            packet[hlen + 12 : hlen + 20] = bytes(8)
            timed = True
        elif packet[hlen] in (3, 11, 12) and len(packet) > hlen + 28:
            timed = _without_times(packet, hlen + 8) or timed
        if timed:
            packet[hlen + 2 : hlen + 4] = b"\0\0"
    return frame[:14] + bytes(packet)


def _without_times(packet: bytearray, start: int) -> bool:
    """Blank the times of timestamp options of a header; True if there were any."""
    at, end, found = start + 20, start + (packet[start] & 15) * 4, False
    while at < min(end, len(packet) - 1) and packet[at]:
        if packet[at] == 1:
            at += 1
            continue
        length = packet[at + 1]
        if packet[at] == _TIMESTAMP and length >= 4:
            step = 4 if not packet[at + 3] & 15 else 8
            for place in range(at + 4 + step - 4, at + length - 3, step):
                packet[place : place + 4] = bytes(4)
            found = True
        at += max(length, 2)
    return found


def counters(texts: dict[str, str]) -> dict[str, int]:
    """``Ip.InReceives`` and so on."""
    found: dict[str, int] = {}
    for name in ("snmp", "netstat"):
        lines = texts.get(name, "").splitlines()
        for names, values in zip(lines[::2], lines[1::2], strict=True):
            group, *keys = names.split()
            found |= {group.rstrip(":") + "." + key: int(n) for key, n in zip(keys, values.split()[1:], strict=True)}
    for line in texts["snmp6"].splitlines():
        key, value = line.split()
        found[key] = int(value)
    return found


def moved(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """What grew, and by how much; not what TCP says of itself beyond its MIB."""
    return {
        key: value - before.get(key, 0)
        for key, value in after.items()
        if value != before.get(key, 0) and not key.startswith(("TcpExt", "MPTcpExt"))
    }
