"""ethtool: what there is to see and set of simulated devices.

They offload nothing: every checksum and every segment is computed before a frame leaves the stack.  So switching
offloads off changes nothing and succeeds, and they cannot be switched on.
"""

from __future__ import annotations

from collections.abc import Mapping

from macvsim.dev.base import NetDevice
from macvsim.errors import Effect
from macvsim.machine.call import Call
from macvsim.machine.options import Given
from macvsim.machine.tool import Manner, Texts, ToolError, tool
from macvsim.machine.usage import Option
from macvsim.tools.ethtool.more import DRIVER_LACKS, NO_DEVICE, channels, lacking, permanent, time_stamping

_BAD_WORDS = "ethtool: bad command line argument(s)\nFor more information run ethtool -h\n"
_REFUSED = {
    **dict.fromkeys(("-k", "-l"), "ethtool: unexpected parameter '{1}'\n"),
    **dict.fromkeys(("-S", "-T"), "ethtool ({0}): unknown parameter '{1}'\n"),
    "-i": _BAD_WORDS,
}
"""The complaint about a word behind the device."""
_SETTINGS_REQUESTS = 7
_SUMMARY = {
    "rx": "rx-checksumming",
    "tx": "tx-checksumming",
    "sg": "scatter-gather",
    "tso": "tcp-segmentation-offload",
    "gso": "generic-segmentation-offload",
    "gro": "generic-receive-offload",
    "lro": "large-receive-offload",
    "rxvlan": "rx-vlan-offload",
    "txvlan": "tx-vlan-offload",
    "ntuple": "ntuple-filters",
    "rxhash": "receive-hashing",
}
_FEATURE_NAMES = (
    "rx-checksumming tx-checksumming >tx-checksum-ipv4 >tx-checksum-ip-generic >tx-checksum-ipv6 "
    ">tx-checksum-fcoe-crc >tx-checksum-sctp scatter-gather >tx-scatter-gather >tx-scatter-gather-fraglist "
    "tcp-segmentation-offload >tx-tcp-segmentation >tx-tcp-ecn-segmentation >tx-tcp-mangleid-segmentation "
    ">tx-tcp6-segmentation generic-segmentation-offload generic-receive-offload large-receive-offload "
    "rx-vlan-offload tx-vlan-offload ntuple-filters receive-hashing highdma rx-vlan-filter vlan-challenged "
    "tx-gso-robust tx-fcoe-segmentation tx-gre-segmentation tx-gre-csum-segmentation tx-ipxip4-segmentation "
    "tx-ipxip6-segmentation tx-udp_tnl-segmentation tx-udp_tnl-csum-segmentation tx-gso-partial "
    "tx-tunnel-remcsum-segmentation tx-sctp-segmentation tx-esp-segmentation tx-udp-segmentation tx-gso-list "
    "tx-nocache-copy loopback rx-fcs rx-all tx-vlan-stag-hw-insert rx-vlan-stag-hw-parse rx-vlan-stag-filter "
    "l2-fwd-offload hw-tc-offload esp-hw-offload esp-tx-csum-hw-offload rx-udp_tunnel-port-offload "
    "tls-hw-tx-offload tls-hw-rx-offload rx-gro-hw tls-hw-record rx-gro-list macsec-hw-offload "
    "rx-udp-gro-forwarding hsr-tag-ins-offload hsr-tag-rm-offload hsr-fwd-offload hsr-dup-offload"
)
_FEATURES = tuple(_FEATURE_NAMES.split())
_GROUPS = ("tx-checksumming", "scatter-gather", "tcp-segmentation-offload")
_NO_OPTIONS = (
    "\tSupported ports: [  ]\n\tSupported link modes:   Not reported\n\tSupported pause frame use: No\n"
    "\tSupports auto-negotiation: No\n\tSupported FEC modes: Not reported\n\tAdvertised link modes:  Not reported\n"
    "\tAdvertised pause frame use: No\n\tAdvertised auto-negotiation: No\n\tAdvertised FEC modes: Not reported\n"
)


def _read_words(words: list[str], options: Mapping[str, Option]) -> Given:
    """Flags, then one option with its device; all words behind are its parameters."""
    given, rest = Given(), list(words)
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        option = options.get(word)
        if option is None or (option.argument and not rest):
            raise ToolError(_BAD_WORDS, named=False)
        given.add(option, word, rest.pop(0) if option.argument else "")
        if option.name not in ("--debug", "-j", "-I"):
            break
    if not (given.options or rest):
        raise ToolError(_BAD_WORDS, named=False)
    given.operands = rest
    return given


@tool(
    "ethtool",
    flavour="debian",
    usage=Texts(__package__),
    version="ethtool version 6.14.2\n",
    more="  --monitor\n",
    works=" ".join(("-k -K -S -i -P -T -l -h --version", *DRIVER_LACKS)),
    effect=Effect.CHANGES,
    reads="-w -j -I --debug --monitor --get-hwtimestamp-cfg --get-phy-tunable --get-tunable --show-tunnels "
    "--show-module --get-plca-cfg --get-plca-status --show-mm --show-pse --show-phys --cable-test --cable-test-tdr",
    manner=Manner(reader=_read_words, help_options=("-h", "--help")),
)
def ethtool(call: Call) -> int:
    """``ethtool DEV``, ``ethtool -k|-K|-S|-i|-P|-T|-l DEV …``."""
    option, name = next(iter(call.given.options), ("", ""))
    words = call.given.operands
    dev = call.box.ns.devices.get(name or words[0])
    if words and option in _REFUSED:
        raise ToolError(_REFUSED[option].format(option, words[0]), named=False)
    match option:
        case "":
            return _settings(call, dev)
        case "-k":
            return _features(call, dev)
        case "-K":
            return _set_features(call, dev, words)
        case "-S":
            return _statistics(call, dev)
        case "-i":
            return _driver(call, dev)
        case "-P":
            return permanent(call, dev)
        case "-T":
            return time_stamping(call, dev)
        case "-l":
            return channels(call, dev)
    return lacking(call, option, dev)


def _settings(call: Call, dev: NetDevice | None) -> int:
    if dev is None:
        call.err(NO_DEVICE * _SETTINGS_REQUESTS)
        call.out("No data available\n")
        return 75
    call.out(f"Settings for {dev.name}:\n")
    if not dev.loopback:
        speed, duplex, port, more = _link(dev)
        call.out(
            f"{_NO_OPTIONS}\tSpeed: {speed}\n\tDuplex: {duplex}\n\tAuto-negotiation: off\n\tPort: {port}\n"
            f"\tPHYAD: 0\n\tTransceiver: internal\n{more}"
        )
    if dev.link_kind.ethtool.message_level:
        call.out(f"        Current message level: 0x00000000 (0)\n{'':30}\n")
    call.out(f"\tLink detected: {'yes' if dev.running else 'no'}\n")
    return 0


def _link(dev: NetDevice) -> tuple[str, str, str, str]:
    """Speed, duplex, port and what else the device at the bottom tells."""
    while dev.lower is not None:
        dev = dev.lower
    link = dev.link_kind.ethtool.link
    return ("Unknown!", "Unknown! (255)", "Other", "") if link is None else link(dev)


def _features(call: Call, dev: NetDevice | None) -> int:
    if dev is None:
        call.err(NO_DEVICE)
        return 1
    call.out(f"Features for {dev.name}:\n")
    features = dev.link_kind.ethtool.features
    on = () if features is None else tuple(features(dev))
    for feature in _FEATURES:
        name = feature.removeprefix(">")
        tab = "\t" if feature.startswith(">") else ""
        fixed = "" if name in _GROUPS else " [fixed]"
        call.out(f"{tab}{name}: {'on' if name in on else 'off'}{fixed}\n")
    return 0


def _set_features(call: Call, dev: NetDevice | None, words: list[str]) -> int:
    """Switch offloads: off they are already, on they cannot be."""
    if not words:
        call.err("Could not change any device features\n")
        return 1
    names = {feature.removeprefix(">") for feature in _FEATURES}
    for position in range(0, len(words), 2):
        name, value = words[position], words[position + 1] if position + 1 < len(words) else "(null)"
        if value not in ("on", "off"):
            call.err(f"ethtool (-K): flag '{value}' for parameter '(null)' is not followed by 'on' or 'off'\n")
            return 1
        if dev is None:
            call.err(NO_DEVICE)
            return 92
        if name not in names and name not in _SUMMARY:
            call.err("netlink error: bit name not found (offset 52)\nnetlink error: Operation not supported\n")
            return 92
        if value == "on":
            return call.not_simulated(
                f"offloads ({name}): simulated devices compute everything in the stack", Effect.CHANGES
            )
    return 0


def _statistics(call: Call, dev: NetDevice | None) -> int:
    if dev is None:
        call.err("Cannot get stats strings information: No such device\n")
        return 96
    ethtool = dev.link_kind.ethtool
    if ethtool.hardware:
        return call.not_simulated("counters of a NIC's hardware (ethtool -S): see ip -s link", Effect.READS)
    if ethtool.statistics is None:
        call.err("no stats available\n")
        return 94
    call.out("NIC statistics:\n")
    for name, value in ethtool.statistics(dev):
        call.out(f"     {name}: {value}\n")
    return 0


def _driver(call: Call, dev: NetDevice | None) -> int:
    if dev is None:
        call.err("Cannot get driver information: No such device\n")
        return 71
    ethtool = dev.link_kind.ethtool
    if ethtool.hardware:
        return call.not_simulated("the driver of a NIC (ethtool -i)", Effect.READS)
    if not ethtool.driver:
        call.err("Cannot get driver information: Operation not supported\n")
        return 71
    call.out(
        f"driver: {ethtool.driver}\nversion: {ethtool.version}\nfirmware-version: {ethtool.firmware}\n"
        f"expansion-rom-version: \nbus-info: {ethtool.bus}\n"
        f"supports-statistics: {'no' if ethtool.statistics is None else 'yes'}\nsupports-test: no\n"
        "supports-eeprom-access: no\nsupports-register-dump: no\nsupports-priv-flags: no\n"
    )
    return 0
