"""The words of ``ip link add|set|delete`` up to ``type TYPE`` (iplink_parse of iproute2): in any order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.ipv6.conf import GEN_MODES
from macvsim.net.namespace import Namespace
from macvsim.tools.iproute2.tool import Tool
from macvsim.tools.iproute2.words import (
    Words,
    checked_name,
    complaint,
    device_group,
    duplicate,
    garbage,
    invalid,
    matches,
)
from macvsim.wire.addr import mac_bytes

_HEX_BYTE = re.compile(r"\s*[+-]?(?:0[xX])?([0-9a-fA-F]+)")
_MAX_ALIAS = 255
_LEFT_OUT = (
    "trailers", "dynamic", "vf", "xdp", "vrf", "link-netns", "protodown", "mode",
    "state", "gso_max_size", "gro_max_size", "numrxqueues", "broadcast",
)  # fmt: skip


@dataclass
class LinkRequest:
    """What a command asks for; None: not mentioned.

    dev : the device it is about; name : ``name NAME``; master : empty for ``nomaster``
    kind : after ``type``, and `kind_words` what follows it
    """

    dev: str | None = None
    name: str | None = None
    link: str | None = None
    index: int | None = None
    up: bool | None = None
    mac: bytes | None = None
    mtu: int | None = None
    txqlen: int | None = None
    alias: str | None = None
    group: int | None = None
    carrier: bool | None = None
    numtxqueues: int | None = None
    netns: Namespace | None = None
    master: str | None = None
    switches: dict[str, bool] = field(default_factory=dict)
    """``arp``, ``multicast``, ``allmulticast``, ``promisc``."""
    addrgenmode: str = ""
    kind: str | None = None
    kind_words: Words = field(default_factory=lambda: Words([]))


def lladdr(word: str) -> bytes:
    """A MAC of whatever length (ll_addr_a2n)."""
    found = []
    for part in word.split(":"):
        match = _HEX_BYTE.match(part)
        if match is None or int(match[1], 16) > 255:
            raise complaint(f'"{part}" is invalid lladdr.\n', 1)
        found.append(int(match[1], 16))
    return bytes(found)


_ALTIFNAMSIZ = 128
"""So long may be what names a device, with the end of the text."""


def parse_link(words: Words, tool: Tool) -> LinkRequest:
    """Read the options; stops behind ``type TYPE``."""
    request = LinkRequest()
    while words:
        word = words.take()
        if word in ("up", "down"):
            request.up = word == "up"
        elif word == "name":
            name = words.value()
            if request.name is not None:
                raise duplicate("name", name)
            request.name = checked_name("name", name)
            request.dev = request.dev or request.name
        elif word == "index":
            value = words.value()
            if not value.isdecimal() or int(value) <= 0:
                raise invalid('Invalid "index" value', value)
            request.index = int(value)
        elif word == "link":
            request.link = words.value()
        elif matches(word, "address"):
            request.mac = _address(words.value(), request, tool)
        elif matches(word, "txqueuelen") or matches(word, "txqlen") or word == "qlen":
            request.txqlen = words.integer("txqueuelen", limit=0x7FFFFFFF)
        elif word == "mtu":
            if request.mtu is not None:
                raise duplicate("mtu", words.value())
            request.mtu = _mtu(words.value())
        elif word == "netns":
            request.netns = tool.namespace(words.value())
        elif word in ("arp", "multicast", "allmulticast", "promisc"):
            request.switches[word] = words.switch(word)
        elif word == "addrgenmode":
            request.addrgenmode = words.value()
            if request.addrgenmode not in GEN_MODES:
                raise invalid("Invalid address generation mode\n", request.addrgenmode)
        elif word == "master":
            name = words.value()
            if name not in tool.ns.devices:
                raise invalid("Device does not exist\n", name)
            request.master = tool.device(name).name
        elif word == "nomaster":
            request.master = ""
        elif word == "numtxqueues":
            request.numtxqueues = words.integer("numtxqueues")
        elif matches(word, "type"):
            request.kind = words.value()
            request.kind_words = Words(words.rest())
        elif matches(word, "help"):
            raise UsageError(topic="ip link")
        elif word == "group":
            value = words.value()
            if request.group is not None:
                raise duplicate("group", value)
            request.group = device_group(value)
        elif word == "alias":
            request.alias = words.value()
            if len(request.alias) > _MAX_ALIAS:
                raise invalid('Invalid "alias" value', request.alias)
        elif word == "carrier":
            request.carrier = words.switch(word)
        elif word in _LEFT_OUT or word in ("broadcast", "brd"):
            raise NotSimulated(f"ip link … {word}", Effect.CHANGES)
        else:
            if word == "dev":
                word = words.value()
            if request.dev is not None and request.dev != request.name:
                raise garbage("dev", word)
            if not word or len(word) >= _ALTIFNAMSIZ or any(c == "/" or c.isspace() for c in word):
                raise invalid('"dev" not a valid ifname', word)
            request.dev = word
    return request


def _mtu(word: str) -> int:
    try:
        return int(word, 0)
    except ValueError:
        raise invalid('Invalid "mtu" value\n', word) from None


def _address(word: str, request: LinkRequest, tool: Tool) -> bytes:
    """An address, which has to be as long as that of the device, where there is one already."""
    mac = lladdr(word)
    if request.dev in tool.ns.devices and len(mac) != len(mac_bytes("00:00:00:00:00:00")):
        raise complaint(f"Invalid address length {len(mac)} - must be 6 bytes\n", 1)
    return mac
