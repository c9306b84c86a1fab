"""The machines on which a transcript was typed, as far as the transcript tells.

The recorder's test bed is one kernel with a namespace for each host and one for a Linux bridge, ``sw``.  Every host has
enp0s8, a cable to the bridge, and enp0s3, an uplink behind which nothing is (10.0.2.15/24, default route by 10.0.2.2).
The rest is read from what was printed: which hosts run a daemon and from when on, whether it made docker0, the name
server, and which kinds of devices the kernel lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from macvsim.fidelity.replay.transcript import Exchange, Transcript

UPLINK = "10.0.2.15/24"
GATEWAY = "10.0.2.2"
_SERVER = re.compile(r"^# ExtServers: \[(\S+)\]|^nameserver (?!127\.)(\S+)", re.MULTILINE)
_ASKED = re.compile(r"\blookup \S+ on ([\d.]+):53\b")
_OVERRIDDEN = "# Overrides: [nameservers"
_FORWARDING = re.compile(r"net\.ipv4\.ip_forward = (\d)")
_DAEMON = re.compile(r"\bdocker0\b|\bDOCKER\b|\bDOCKER-")
_LISTS_NETWORKS = "docker network ls"
_UNSUPPORTED = {
    "dummy": re.compile(r"^(?!.*parent=).*-d (mac|ip)vlan ", re.MULTILINE),
    "vlan": re.compile(r"vlan link: operation not supported"),
}
"""Of each kind that a kernel may lack, how a command that needs it, or its complaint, is known."""


@dataclass(frozen=True, slots=True)
class Testbed:
    """What a transcript tells about its machines.

    Attributes
    ----------
    hosts : names; the Nth has the MAC 08:00:27:00:00:0N and the bridge port pN
    daemons : exchange (position in the transcript) before which a host's daemon starts, by host
    daemon_options : of `macvsim.docker.engine.Engine`
    name_server : of the hosts' /etc/resolv.conf, or an empty string
    missing_kinds : kinds of devices that the kernel cannot make
    legacy_iptables : iptables is the variant without nf_tables
    ipv6 : IPv6 is on where nobody turns it off
    folder : where the transcript's files lie on the hosts
    """

    hosts: tuple[str, ...]
    daemons: dict[str, int]
    daemon_options: dict[str, Any]
    name_server: str
    missing_kinds: frozenset[str]
    legacy_iptables: bool
    ipv6: bool
    folder: str


def derive(transcript: Transcript) -> Testbed:
    """The test bed of a transcript."""
    exchanges = transcript.exchanges
    text = "\n".join(exchange.text for exchange in exchanges)
    starts = {host: _daemon_start(transcript, host) for host in transcript.hosts}
    return Testbed(
        hosts=_hosts(transcript),
        daemons={host: start for host, start in starts.items() if start is not None},
        daemon_options={} if _has_docker0(exchanges) else {"default_bridge": False},
        name_server=name_server(exchange.text for exchange in exchanges),
        missing_kinds=_missing_kinds(exchanges),
        legacy_iptables="(nf_tables)" not in text,
        ipv6="::1/128" in text or "inet 127.0.0.1/8" not in text,
        folder=_folder(transcript),
    )


def name_server(outputs: Iterable[str]) -> str:
    """The name server of the recorder's machine: whom the daemon asked, or what resolv.conf files of containers name;
    empty if nothing tells it.
    """
    texts = list(outputs)
    files = (_SERVER.search(text) for text in texts if _OVERRIDDEN not in text)
    found = [*map(_ASKED.search, texts), *files]
    return next((match[match.lastindex or 0] for match in found if match), "")


def _hosts(transcript: Transcript) -> tuple[str, ...]:
    """The hosts; of numbered ones also those between, at which nothing was typed."""
    names = transcript.hosts
    numbers = [re.fullmatch(r"(\D+)(\d+)", name) for name in names]
    stems = {match[1] for match in numbers if match}
    if len(stems) == 1 and all(numbers):
        last = max(int(match[2]) for match in numbers if match)
        return tuple(f"{min(stems)}{number}" for number in range(1, max(last, 3 if transcript.prompts else 1) + 1))
    return tuple(names)


def _daemon_start(transcript: Transcript, host: str) -> int | None:
    """The first exchange that needs a daemon on a host: with its command typed there it runs from the beginning.

    Otherwise it was started, off the record, before what it made is first seen, or before forwarding is seen on
    that nobody turned on.
    """
    here = [(at, exchange) for at, exchange in enumerate(transcript.exchanges) if exchange.host == host]
    if any(exchange.is_docker for _, exchange in here):
        return 0
    forwarding: str | None = None
    for at, exchange in here:
        seen = _FORWARDING.search(exchange.stdout)
        if seen and "=" not in exchange.command:
            if forwarding == "0" and seen[1] == "1":
                return at
            forwarding = seen[1]
        elif "ip_forward" in exchange.command:
            forwarding = None
        if _DAEMON.search(exchange.text):
            return at
    return None


def _has_docker0(exchanges: tuple[Exchange, ...]) -> bool:
    """Whether the daemons made the network called bridge; where none is listed, none was made."""
    listed = [exchange.stdout for exchange in exchanges if exchange.command == _LISTS_NETWORKS]
    return not listed or any(re.search(r"\bbridge +bridge\b", text) for text in listed)


def _missing_kinds(exchanges: tuple[Exchange, ...]) -> frozenset[str]:
    """Kinds of devices for which Docker was refused because the kernel does not have them."""

    refused = [one for one in exchanges if one.stderr.endswith("operation not supported")]
    texts = [f"{exchange.command}\n{exchange.stderr}" for exchange in refused]
    return frozenset(kind for kind, needs in _UNSUPPORTED.items() if any(map(needs.search, texts)))


def _folder(transcript: Transcript) -> str:
    """Where the files are that commands name without a folder: errors name them with it."""
    for name, _ in transcript.files:
        for exchange in transcript.exchanges:
            if found := re.search(rf"(/\S+)/{re.escape(name)}\b", exchange.text):
                return found[1]
    return "/root"


def setup_commands(testbed: Testbed) -> Iterator[tuple[str | None, str]]:
    """``(namespace, command)``: what the recorder typed to build the test bed; None: outside of all namespaces."""
    for name in ("sw", *testbed.hosts):
        yield None, f"ip netns add {name}"
        yield name, "ip link set lo up"
    yield "sw", "ip link add br0 type bridge"
    for number, host in enumerate(testbed.hosts, 1):
        mac = f"08:00:27:00:00:{number:02x}"
        yield None, f"ip link add enp0s8 address {mac} netns {host} type veth peer name p{number} netns sw"
        yield "sw", f"ip link set p{number} master br0; ip link set p{number} up"
        yield host, "ip link set enp0s8 up"
        yield host, "ip link add enp0s3 type dummy; ip link set enp0s3 up"
        yield host, f"ip addr add {UPLINK} dev enp0s3; ip route add default via {GATEWAY}"
    yield "sw", "ip link set br0 up"


__all__ = ["Testbed", "derive", "setup_commands"]
