"""The kind `macvlan`: how commands make, change and show macvlan devices (macvlan_link_ops, iplink_macvlan.c)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from macvsim.dev.base import Stack
from macvsim.dev.linkwords import Option, Options, Reader, choice
from macvsim.dev.macvlan import BC_QUEUE_LEN, Macvlan, Mode
from macvsim.dev.registry import Ethtool, Info, Kind, NewLink
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.wire.addr import mac_text

MODES = tuple(mode.value for mode in Mode)
_FLAGS = ("nopromisc", "nodst")
_U32 = 0xFFFFFFFF
_GOLDEN_RATIO_64 = 0x61C8864680B583EB

USAGE = """\
Usage: ... macvlan mode MODE [flag MODE_FLAG] MODE_OPTS [bcqueuelen BC_QUEUE_LEN] [bclim BCLIM]

MODE: private | vepa | bridge | passthru | source
MODE_FLAG: null | nopromisc | nodst
MODE_OPTS: for mode "source":
	macaddr { { add | del } <macaddr> | set [ <macaddr> [ <macaddr>  ... ] ] | flush }
BC_QUEUE_LEN: Length of the rx queue for broadcast/multicast: [0-4294967295]
BCLIM: Threshold for broadcast queueing: 32-bit integer
"""


# -- words -----------------------------------------------------------------------------------------------------------


def _flag(words: Reader, found: Options) -> None:
    name = words.value()
    if name not in (*_FLAGS, "null"):
        raise words.refusal(f'Error: argument of "flag" must be "nopromisc", "nodst" or "null", not "{name}"\n')
    found["flags"] = [*found.get("flags", ()), *(() if name == "null" else (name,))]


def _bare_flag(name: str) -> Option:
    def read(words: Reader, found: Options) -> None:
        found["flags"] = [*found.get("flags", ()), name]

    return Option(name, read)


def _macaddr(words: Reader, found: Options) -> None:
    given = words.value()
    action = next((one for one in ("add", "del", "set", "flush") if given and one.startswith(given)), "")
    macs: list[bytes] = []
    if not action:
        raise words.usage()
    if action in ("add", "del"):
        macs.append(_mac(words))
    elif action == "set":
        while words and len(words.here.split(":")) == 6:
            macs.append(_mac(words))
    found["macaddr"] = [action, macs]


def _mac(words: Reader) -> bytes:
    return (words.mac() + bytes(6))[:6]


def _bcqueuelen(words: Reader, found: Options) -> None:
    length = words.value()
    if not length.isdecimal() or int(length) > _U32:
        raise words.refusal(
            f'Error: argument of "bcqueuelen" must be a positive integer [0-4294967295], not "{length}"\n'
        )
    found["bcqueuelen"] = int(length)


def _bclim(words: Reader, found: Options) -> None:
    limit = words.value()
    if not limit.removeprefix("-").isdecimal():
        raise words.refusal(f'Error: illegal value for "bclim": "{limit}"\n')
    if limit != "1":
        raise NotSimulated(f"another threshold for the broadcast queue than 1 (bclim {limit})", Effect.CHANGES)


OPTIONS = (
    choice(
        "mode",
        MODES,
        'Error: argument of "mode" must be "private", "vepa", "bridge", "passthru" or "source", not "{}"\n',
    ),
    Option("flag", _flag),
    *(_bare_flag(name) for name in _FLAGS),
    Option("macaddr", _macaddr),
    Option("bcqueuelen", _bcqueuelen),
    Option("bclim", _bclim),
)


def check(words: Reader, options: Options) -> None:
    """The tool refuses nopromisc unless the same command names mode passthru."""
    if "nopromisc" in options.get("flags", ()) and options.get("mode") != Mode.PASSTHRU.value:
        raise words.usage("nopromisc flag only valid in passthru mode")


# -- making and changing ---------------------------------------------------------------------------------------------


def newlink(ns: Stack, new: NewLink, device: type[Macvlan] = Macvlan) -> Sequence[Macvlan]:
    """A child (macvlan_common_newlink)."""
    assert new.lower is not None and new.mac is not None
    options = new.options
    mode, sources = Mode(options.get("mode", Mode.VEPA.value)), options.get("macaddr")
    if sources is not None and mode is not Mode.SOURCE:
        raise NetlinkError("EINVAL", f"{new.name}: only source mode has a list of MACs")
    flags = options.get("flags", ())
    child = device(
        ns,
        new.name,
        new.lower,
        new.mac,
        mode=mode,
        mtu=new.mtu,
        nopromisc="nopromisc" in flags,
        nodst="nodst" in flags,
        bcqueuelen=options.get("bcqueuelen", BC_QUEUE_LEN),
    )
    ns.register(child, ifindex=new.ifindex)
    child.link_changed()
    if sources is not None:
        change_sources(child, *sources)
    return [child]


def changelink(dev: Macvlan, options: Options) -> None:
    """Apply options to a child (macvlan_changelink)."""
    if "mode" in options:
        dev.set_mode(Mode(options["mode"]))
    if "flags" in options:
        nopromisc = "nopromisc" in options["flags"]
        if nopromisc != dev.nopromisc and dev.mode is Mode.PASSTHRU and dev.up:
            dev.lower.add_promiscuity(1 if dev.nopromisc else -1)
        dev.nopromisc = nopromisc
        dev.nodst = "nodst" in options["flags"]
    if "bcqueuelen" in options:
        dev.bcqueuelen = options["bcqueuelen"]
    if "macaddr" in options:
        change_sources(dev, *options["macaddr"])


def change_sources(dev: Macvlan, action: str, macs: list[bytes]) -> None:
    """Change the list of a child in source mode (macvlan_changelink_sources)."""
    if action == "add":
        for mac in macs:
            dev.add_source(mac)
    elif action == "del":
        for mac in macs:
            dev.del_source(mac)
    else:
        dev.set_sources(macs)


# -- showing ---------------------------------------------------------------------------------------------------------


def info(dev: Macvlan) -> Iterator[Info]:
    """The fields that ``ip -d link`` prints of a child (macvlan_print_opt)."""
    yield Info.word("mode", dev.mode.value)
    for flag in _FLAGS:
        if getattr(dev, flag):
            yield Info(flag, f"{flag} ", True)
    yield Info.number("bcqueuelen", dev.bcqueuelen)
    yield Info.number("usedbcqueuelen", dev.port.bc_queue_len)
    if dev.mode is Mode.SOURCE:
        yield Info("macaddr_count", f"remotes ({len(dev.sources)}) ", len(dev.sources))
        if dev.sources:
            newest_first = dev.sources[::-1]
            listed = [mac_text(mac) for mac in sorted(newest_first, key=_bucket)]
            yield Info("macaddr_data", "".join(f"{mac} " for mac in listed), listed)


def _bucket(mac: bytes) -> int:
    """Which of 256 hash chains a source MAC is kept in; they are listed in their order (macvlan_eth_hash)."""
    value = int.from_bytes(mac, "little") << 16
    return (value * _GOLDEN_RATIO_64 & 0xFFFFFFFFFFFFFFFF) >> 56


def summary(dev: Macvlan) -> str:
    """The kind, and the mode where it is not the usual one."""
    return dev.kind if dev.mode is Mode.BRIDGE else f"{dev.kind} {dev.mode.value}"


def restore(info: Mapping[str, Any]) -> list[str]:
    """The mode of a child that was seen elsewhere, and the MACs that its source mode lets in."""
    mode, listed = info.get("mode"), info.get("macaddr_data")
    words = ["mode", str(mode)] if mode in MODES else []
    macs = [mac for mac in listed if isinstance(mac, str)] if isinstance(listed, list) else []
    return words + (["macaddr", "set", *macs] if mode == Mode.SOURCE.value and macs else [])


KIND = Kind(
    name="macvlan",
    device=Macvlan,
    newlink=newlink,
    changelink=changelink,
    info=info,
    stacked=True,
    module="macvlan",
    options=OPTIONS,
    check=check,
    usage=USAGE,
    ethtool=Ethtool("macvlan", "0.1"),
    xmit="macvlan_start_xmit",
    receive="macvlan_handle_frame",
    summary=summary,
    restore=restore,
    state=lambda dev: ("mode", dev.mode.value),
    shim="macvlan mode bridge",
    nests=False,
)
