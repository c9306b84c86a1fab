"""ethtool: what simulated devices tell of their hardware, which is little."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.machine.call import Call
from macvsim.wire.addr import mac_text

NO_DEVICE = "netlink error: no device matches name (offset 24)\nnetlink error: No such device\n"
_UNSUPPORTED = "netlink error: Operation not supported\n"
_NO_RULES = (
    "Cannot get RX rings: {why}\nrxclass: Cannot get RX class rule count: {why}\n"
    "RX classification rule retrieval failed\n"
)
DRIVER_LACKS: dict[str, tuple[str, int]] = {
    **dict.fromkeys(
        ("-g", "-a", "-c", "-m", "--show-priv-flags", "--show-eee", "--show-fec", "-x"), ("", 1)
    ),
    "-n": (_NO_RULES, 1),
    "-d": ("Cannot get register dump: {why}\n", 74),
    "-e": ("Cannot get EEPROM data: {why}\n", 74),
    "-t": ("Cannot test: {why}\n", 74),
    "-p": ("Cannot identify NIC: {why}\n", 255),
    "-r": ("Cannot restart autonegotiation: {why}\n", 255),
    "--phy-statistics": ("no stats available\n", 94),
}  # fmt: skip
"""What no simulated driver has, how ethtool says so (empty: as netlink does), and its exit code."""


def lacking(call: Call, option: str, dev: NetDevice | None) -> int:
    """Something that the driver does not have."""
    text, code = DRIVER_LACKS[option]
    if option in ("-d", "-e") and (dev is None or not dev.link_kind.ethtool.driver):
        text, code = "Cannot get driver information: {why}\n", 72
    if text:
        call.err(text.format(why="Operation not supported" if dev is not None else "No such device"))
    else:
        call.err(_UNSUPPORTED if dev is not None else NO_DEVICE)
    return code


def permanent(call: Call, dev: NetDevice | None) -> int:
    """``-P``: the address a card was made with; other devices have none."""
    if dev is None:
        call.err("netlink error: No such device\n")
        return 1
    shown = mac_text(dev.permanent_mac) if dev.permanent_mac else "not set"
    call.out(f"Permanent address: {shown}\n")
    return 0


def time_stamping(call: Call, dev: NetDevice | None) -> int:
    """``-T``."""
    if dev is None:
        call.err(NO_DEVICE)
        return 1
    sends = "\tsoftware-transmit\n" if dev.link_kind.ethtool.stamps_sent else ""
    call.out(
        f"Time stamping parameters for {dev.name}:\nCapabilities:\n{sends}\tsoftware-receive\n\tsoftware-system-clock\n"
        "PTP Hardware Clock: none\nHardware Transmit Timestamp Modes: none\nHardware Receive Filter Modes: none\n"
    )
    return 0


def channels(call: Call, dev: NetDevice | None) -> int:
    """``-l``: a kind that has channels has one queue each way."""
    if dev is None or not dev.link_kind.ethtool.channels:
        call.err(NO_DEVICE if dev is None else _UNSUPPORTED)
        return 1
    numbers = "RX:\t\t1\nTX:\t\t1\nOther:\t\tn/a\nCombined:\tn/a\n"
    call.out(f"Channel parameters for {dev.name}:\nPre-set maximums:\n{numbers}Current hardware settings:\n{numbers}")
    return 0
