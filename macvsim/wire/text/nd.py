"""Neighbour discovery (RFC 4861) within ICMPv6 (print-icmp6.c)."""

from __future__ import annotations

from macvsim.wire.text.core import Dissection, flags_text, token
from macvsim.wire.text.dump import hexadecimal

_ROUTER_FLAGS = ((0x80, "managed"), (0x40, "other stateful"), (0x20, "home agent"))
_NEIGHBOUR_FLAGS = ((0x80000000, "router"), (0x40000000, "solicited"), (0x20000000, "override"))
_PREFIX_FLAGS = ((0x80, "onlink"), (0x40, "auto"), (0x20, "router"))
_PREFERENCES = ("medium", "high", "rsv", "low")
_OPTIONS = {
    1: "source link-address", 2: "destination link-address", 3: "prefix info", 4: "redirected header", 5: "mtu",
    7: "advertisement interval", 8: "homeagent information", 24: "route info", 25: "rdnss", 31: "dnssl",
}  # fmt: skip
_INFINITE = 0xFFFFFFFF


def show(d: Dissection, at: int, length: int, kind: int) -> None:
    """What a message of the five kinds says behind its type."""
    match kind:
        case 133:
            start = 8
        case 134:
            start = 16
            if d.options.v:
                flags = d.u8(at + 5)
                d.put(
                    f"\n\thop limit {d.u8(at + 4)}, Flags [{flags_text(_ROUTER_FLAGS, flags)}], "
                    f"pref {_PREFERENCES[flags >> 3 & 3]}, router lifetime {d.u16(at + 6)}s, "
                    f"reachable time {d.u32(at + 8)}ms, retrans timer {d.u32(at + 12)}ms"
                )
        case 135:
            start = 24
            d.put(f", who has {d.ip6(at + 8)}")
        case 136:
            start = 24
            d.put(f", tgt is {d.ip6(at + 8)}")
            if d.options.v:
                d.put(f", Flags [{flags_text(_NEIGHBOUR_FLAGS, d.u32(at + 4))}]")
        case _:
            start = 40
            d.put(f", {d.ip6(at + 24)} to {d.ip6(at + 8)}")
    if d.options.v:
        _options(d, at + start, length - start)


def _options(d: Dissection, at: int, left: int) -> None:
    first = at
    while left > 0 and at < d.end:
        if not d.has(at, 2):
            return
        kind, words = d.u8(at), d.u8(at + 1)
        size = words * 8
        if size == 0:
            d.put("[ndp opt]")
            return
        d.need(at, size)
        d.put(f"\n\t  {token(_OPTIONS, kind, 'unknown')} option ({kind}), length {size} ({words}): ")
        if not _option(d, kind, words, at, first):
            return
        if d.options.v > 1:
            d.put(_unknown(d, at + 2, size - 2, "\n\t    "))
        at, left = at + size, left - size


def _option(d: Dissection, kind: int, words: int, at: int, first: int) -> bool:
    """The value of an option; False when nothing more is printed.

    first : where the options begin: a quoted packet is dumped from there
    """
    match kind:
        case 1 | 2:
            d.put(d.take(at + 2, words * 8 - 2).hex(":"))
        case 3:
            d.put(
                f"{d.ip6(at + 16)}/{d.u8(at + 2)}{'badlen' if words != 4 else ''}, "
                f"Flags [{flags_text(_PREFIX_FLAGS, d.u8(at + 3))}], valid time {_lifetime(d.u32(at + 4))}, "
                f"pref. time {_lifetime(d.u32(at + 8))}"
            )
        case 4:
            d.put(_unknown(d, first, words * 8, "\n\t    "))
        case 5:
            d.put(f" {d.u32(at + 4)}{'bad option length' if words != 1 else ''}")
        case 7:
            d.put(f" {d.u32(at + 4)}ms")
        case 8:
            d.put(f" preference {d.u16(at + 4)}, lifetime {d.u16(at + 6)}")
        case 24:
            prefix = d.take(at + 8, min(words - 1, 2) * 8).ljust(16, b"\0")
            d.put(f" {d.ip6_of(prefix)}/{d.u8(at + 2)}, pref={_PREFERENCES[d.u8(at + 3) >> 3 & 3]}, ")
            d.put(f"lifetime={_lifetime(d.u32(at + 4))}")
        case 25:
            d.put(f" lifetime {d.u32(at + 4)}s,")
            d.put("".join(f" addr: {d.ip6(at + 8 + 16 * n)}" for n in range((words - 1) // 2)))
        case _:
            if d.options.v <= 1:
                d.put(_unknown(d, at + 2, words * 8 - 2, "\n\t  "))
                return False
    return True


def _lifetime(seconds: int) -> str:
    return "infinity" if seconds == _INFINITE else f"{seconds}s"


def _unknown(d: Dissection, at: int, count: int, prefix: str) -> str:
    return hexadecimal(d.data[at : min(d.end, at + count)], prefix)
