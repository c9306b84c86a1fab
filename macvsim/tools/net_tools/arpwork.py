"""How the arps of net-tools and of busybox choose entries, set them and delete them, in texts of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from macvsim.errors import Effect, MacvsimError, NetlinkError, NoSuchDevice, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.options import Given
from macvsim.machine.tool import ToolError, UsageError
from macvsim.net import arpioctl
from macvsim.net.arpioctl import ArpRow
from macvsim.tools.net_tools.oldnet import ether, lookup, require_net_admin

_LEFT_OUT = frozenset(("pub", "priv", "dontpub", "auto", "trail", "netmask"))


@dataclass(frozen=True)
class ArpTexts:
    """The texts of a program.

    unknown : the exception for a name that cannot be resolved, by the name and the C library's text
    failed : the exception for a system call that fails, by its text
    no_mac : for a device without a hardware address, which ``{}`` is; strict : addresses need all their bytes
    deletes : the system call as a failure names it
    ignored : words behind an address that mean nothing
    """

    unknown: Callable[[str, str], MacvsimError]
    failed: Callable[[str], MacvsimError]
    no_mac: str
    strict: bool
    deletes: str
    ignored: tuple[str, ...] = ()


def host(call: Call, words: list[str], texts: ArpTexts) -> int:
    """The address that the first word names."""
    if not words:
        raise ToolError("need host name")
    try:
        return lookup(call, words[0])
    except ToolError as error:
        raise texts.unknown(words[0], str(error)) from None


def chosen(call: Call, given: Given, texts: ArpTexts) -> list[ArpRow]:
    """The entries of the host and the device that are named, or all."""
    ip = host(call, given.operands, texts) if given.operands else None
    device = given.get("-i")
    return [row for row in arpioctl.table(call.box.ns) if ip in (None, row.ip) and device in ("", row.dev)]


def check_words(name: str, value: str) -> None:
    """The hardware type and the address family of options."""
    if name in ("-H", "-t") and value != "ether":
        raise ToolError(f"{value}: unknown hardware type")
    if name in ("-A", "-p") and value != "inet":
        raise ToolError(f"{value}: unknown address family")


def set_entry(call: Call, given: Given, texts: ArpTexts) -> int:
    """``-s HOST MAC [temp]``, ``-Ds HOST DEVICE``; the exit status."""
    words, device = given.operands, given.get("-i")
    ip = host(call, words, texts)
    if len(words) < 2:
        raise ToolError("need hardware address")
    if "-D" in given:
        try:
            mac = call.box.dev(words[1]).mac
        except NoSuchDevice:
            raise ToolError(texts.no_mac.format(words[1])) from None
        device = device or words[1]
    else:
        found = ether(words[1], strict=texts.strict)
        if found is None:
            raise ToolError("invalid hardware address")
        mac = found
    for word in words[2:]:
        if word in _LEFT_OUT:
            raise NotSimulated(f"arp -s … {word}", Effect.CHANGES)
        if word != "temp" and word not in texts.ignored:
            raise UsageError
    try:
        require_net_admin(call)
        arpioctl.add(call.box.ns, ip, mac, device, permanent="temp" not in words[2:])
    except NetlinkError as error:
        raise texts.failed(f"SIOCSARP: {error.strerror}") from None
    return 0


def delete_entry(call: Call, given: Given, texts: ArpTexts, missing: MacvsimError) -> int:
    """``-d HOST``; the exit status.  `missing` is raised where there is no such entry."""
    ip = host(call, given.operands, texts)
    if set(given.operands[1:]) - {"pub", "temp"}:
        raise UsageError
    if "pub" in given.operands[1:]:
        raise NotSimulated("arp -d … pub", Effect.CHANGES)
    try:
        require_net_admin(call)
        arpioctl.delete(call.box.ns, ip, given.get("-i"))
    except NetlinkError as error:
        if error.errno == "ENXIO":
            raise missing from None
        raise texts.failed(f"{texts.deletes}: {error.strerror}") from None
    return 0
