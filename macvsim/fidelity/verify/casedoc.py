"""A case of devices and raw frames as a lab document: what the kernel shows is what its commands are to print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from macvsim.fidelity.replay.caselab import FLAG_NODST, FLAG_NOPROMISC, LETTERS, PAYLOAD, TEST_TYPE, Observation
from macvsim.fidelity.replay.cases import Case
from macvsim.wire.frame import ETH_HLEN, PacketType

Spec = dict[str, Any]
Line = tuple[str, str]
"""Namespace and command."""
_SHOWN = {
    LETTERS[PacketType.OUTGOING]: "Out",
    LETTERS[PacketType.HOST]: "In",
    LETTERS[PacketType.BROADCAST]: "B",
    LETTERS[PacketType.MULTICAST]: "M",
    LETTERS[PacketType.OTHERHOST]: "P",
}
"""How ``tcpdump -i any`` tells what kind of packet a device saw."""
_QUIET = "net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1"
_SWITCHES = ("hairpin", "learning", "flood", "isolated", "mcast_flood", "bcast_flood")
_SETTLE = "sleep 3"
"""Until everybody has heard whose carrier came or went."""
_WATCH = "tcpdump -tqnni any ether proto"
_PATTERN = "^[^ ]+ +(Out|In|B|M|P)"
_HEAD = """---
name: case
topology:
  nodes:
    host: {}
---"""


def as_document(case: Case) -> str:
    """The lab as Markdown, for ``macvsim run`` and ``macvsim check``."""
    keys = ("ns", "peer_ns", "parent_ns")
    late = [one["dev_spec"] for one in case.stimuli if "dev_spec" in one]
    spaces = sorted({spec[key] for spec in (*case.topology["devs"], *late) for key in keys if key in spec})
    seconds = 6 + sum(3 if "op" in one else 1 for one in case.stimuli)
    watching = [(ns, f"timeout {seconds} {_WATCH} {TEST_TYPE:#x} >/tmp/{ns} 2>/dev/null &") for ns in spaces]
    played = [line for one in case.stimuli for line in (*_stimulus(one), ("", _SETTLE if "op" in one else "sleep 0.1"))]
    return (
        "\n\n".join(
            [
                _HEAD,
                f"# {case.name}\n\nWhat each device is to see is what a kernel showed.",
                _block([*_spaces(spaces), *_building(case.topology)]),
                _block([*watching, ("", _SETTLE), *played, ("", "wait")]),
                *(_seen(ns, [answers[0] for answers in case.expected]) for ns in spaces),
            ]
        )
        + "\n"
    )


def _block(lines: Iterable[Line]) -> str:
    return "\n".join(["```console", *map(_prompted, lines), "```"])


def _prompted(line: Line) -> str:
    ns, command = line
    return f"host# {f'ip netns exec {ns} ' if ns else ''}{command}"


def _spaces(spaces: Iterable[str]) -> Iterator[Line]:
    for ns in spaces:
        yield "", f"ip netns add {ns}"
        yield ns, f"sysctl -q -w {_QUIET}"


def _building(topology: Spec) -> Iterator[Line]:
    """What makes the devices, in the order of `LiveCase`."""
    down = {tuple(entry) for entry in topology.get("down", ())}
    made: list[tuple[str, str]] = []
    for spec in topology["devs"]:
        ns, name = spec["ns"], spec["name"]
        address = f" address {spec['mac']}" if spec.get("mac") else ""
        if spec["kind"] == "veth":
            peer = f" address {spec['peer_mac']}" if spec.get("peer_mac") else ""
            yield ns, f"ip link add {name}{address} type veth peer name {spec['peer']}{peer} netns {spec['peer_ns']}"
            made.append((spec["peer_ns"], spec["peer"]))
        elif spec["kind"] == "bridge":
            yield ns, f"ip link add {name}{address} type bridge mcast_snooping 0"
        made.append((ns, name))
    ports = topology.get("ports", ())
    yield from _enslave(port for port in ports if not port.get("late"))
    for spec in topology["devs"]:
        if spec["kind"] == "macvlan":
            yield from _macvlan(spec)
    yield from _enslave(port for port in ports if port.get("late"))
    for ns, name in made:
        if (ns, name) not in down:
            yield ns, f"ip link set {name} up"
    for ns, name, group in topology.get("mcast", ()):
        yield ns, f"ip maddr add {group} dev {name}"
    for ns, name in topology.get("promisc", ()):
        yield ns, f"ip link set {name} promisc on"


def _macvlan(spec: Spec) -> Iterator[Line]:
    flags = spec.get("flags") or 0
    words = [f"ip link add link {spec['parent']} name {spec['name']} netns {spec['ns']}"]
    if spec.get("mac"):
        words.append(f"address {spec['mac']}")
    words.append(f"type macvlan mode {spec['mode']}")
    if flags & FLAG_NOPROMISC:
        words.append("nopromisc")
    if flags & FLAG_NODST:
        words.append("nodst")
    yield spec["parent_ns"], " ".join(words)
    for mac in spec.get("sources") or ():
        yield spec["ns"], f"ip link set {spec['name']} type macvlan macaddr add {mac}"


def _enslave(ports: Iterable[Spec]) -> Iterator[Line]:
    for port in ports:
        yield port["ns"], f"ip link set {port['dev']} master {port['bridge']}"
        yield from _switched(port["ns"], port["dev"], port)


def _switched(ns: str, name: str, settings: Spec) -> Iterator[Line]:
    words = [f"{key} {'on' if settings[key] else 'off'}" for key in _SWITCHES if key in settings]
    if words:
        yield ns, f"bridge link set dev {name} {' '.join(words)}"


def _stimulus(one: Spec) -> Iterator[Line]:
    if "inject" in one:
        ns, name = one["inject"]
        kind = int(one.get("type", TEST_TYPE)).to_bytes(2).hex()
        yield ns, f'mausezahn {name} -q -p {ETH_HLEN + PAYLOAD} "{one["dst"]} {one["src"]} {kind[:2]}:{kind[2:]}"'
        return
    if one["op"] == "macvlan":
        spec = one["dev_spec"]
        yield from _macvlan(spec)
        yield spec["ns"], f"ip link set {spec['name']} up"
        return
    ns, name = one["ns"], one["dev"]
    match one["op"]:
        case "up" | "down":
            yield ns, f"ip link set {name} {one['op']}"
        case "promisc" | "nopromisc":
            yield ns, f"ip link set {name} promisc {'on' if one['op'] == 'promisc' else 'off'}"
        case "join" | "leave":
            yield ns, f"ip maddr {'add' if one['op'] == 'join' else 'del'} {one['mac']} dev {name}"
        case "mac":
            yield ns, f"ip link set {name} address {one['mac']}"
        case "delete":
            yield ns, f"ip link del {name}"
        case "fdb_add":
            yield (
                ns,
                f"bridge fdb add {one['mac']} dev {name} master {'permanent' if one.get('permanent') else 'static'}",
            )
        case "fdb_del":
            yield ns, f"bridge fdb del {one['mac']} dev {name} master"
        case "brport":
            yield from _switched(ns, name, one["set"])


def _seen(ns: str, expected: list[Observation]) -> str:
    """What a namespace's tcpdump says in the end, sorted."""
    lines = [
        f"{place.partition(':')[2]:<5} {_SHOWN[letter]}"
        for observation in expected
        for place, letters in observation.items()
        if place.startswith(f"{ns}:")
        for letter in letters[0]
    ]
    command = f"grep -oE '{_PATTERN}' /tmp/{ns} | sort" if lines else f"grep -cE '{_PATTERN}' /tmp/{ns}"
    return "\n".join(["```console", _prompted(("", command)), *(sorted(lines) or ["0"]), "```"])


__all__ = ["as_document"]
