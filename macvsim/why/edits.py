"""Edits to a lab's configuration that may mend a ping: as commands on machines, and as settings of switch ports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from macvsim.advice import beyond
from macvsim.dev.base import NetDevice
from macvsim.dev.macvlan import Macvlan, Mode
from macvsim.dev.nic import Nic
from macvsim.drop import DropReason
from macvsim.explain import Explanation
from macvsim.lab import Lab
from macvsim.net.addr import Address
from macvsim.net.fib import RouteType
from macvsim.net.namespace import Namespace
from macvsim.net.neigh import Nud
from macvsim.switch.policy import POLICIES
from macvsim.switch.port import SwitchPort
from macvsim.wire.addr import ip_int, ip_text

_TYPED = re.compile(r"(?P<command>[^…]+?)\s+\(on (?P<node>\S+)\)")
ALLOWING = {"virtualbox": "virtualbox-allow-all", "vmware": "vmware-accept", "kvm": "kvm", "hyper": "hyper-v-spoofing"}
"""The setting of a hypervisor's switch that lets other MACs through."""
NOT_OURS = ("cloud", "wifi")
"""Policies that nobody who uses the network can change."""


_REFUSING = (RouteType.BLACKHOLE, RouteType.UNREACHABLE, RouteType.PROHIBIT)


@dataclass(frozen=True)
class Edit:
    """One change: where, and what to type or to set there; `do` makes it in a lab."""

    node: str
    text: str
    do: Callable[[Lab], None] = field(compare=False, repr=False)
    setting: str = ""
    """What it sets; one thing is set once."""
    rewrite: Callable[[str], str] | None = field(default=None, compare=False, repr=False)
    """The command lines before the ping, as they would be typed instead."""


def typed(node: str, *commands: str) -> Edit:
    """Commands typed on a machine."""

    def do(lab: Lab) -> None:
        for command in commands:
            lab[node].sh(command)

    return Edit(node, "; ".join(commands), do, f"{node}: {commands}")


def port_set(port: SwitchPort, text: str, change: Callable[[SwitchPort], object]) -> Edit:
    """A setting of a switch port."""
    switch, name = port.switch.name, port.name

    def do(lab: Lab) -> None:
        change(lab.switches[switch].ports[name])

    return Edit(f"{switch}, port {name}", text, do, f"{switch}:{name} {text.split()[0]}")


def candidates(
    lab: Lab, answer: Explanation, source: str, target: str, *, everywhere: bool = True
) -> Iterator[list[Edit]]:
    """Sets of edits worth trying, the likeliest first: what the reason asks for, then what often is the matter."""
    seen: list[list[Edit]] = []
    often = _anywhere(lab) if everywhere else ()
    for edits in (*_advised(lab, answer), *_around(lab, answer, source, target), *often):
        if edits and edits not in seen:
            seen.append(edits)
            yield edits


def _advised(lab: Lab, answer: Explanation) -> Iterator[list[Edit]]:
    """What the explanations say to type."""
    for hint in (answer.hint, *(ending.hint for ending in answer.others)):
        match = _TYPED.fullmatch(hint)
        if match is not None and match["node"] in lab.boxes():
            yield [typed(match["node"], match["command"])]


def _around(lab: Lab, answer: Explanation, source: str, target: str) -> Iterator[list[Edit]]:
    """What the places of the endings, the source and the owner of the target suggest."""
    wanted = _address(target)
    for label in (answer.where, *(ending.where for ending in answer.others)):
        port = _port(lab, label)
        if port is not None:
            if (
                port.policy.name != "bare-metal"
                and answer.reason is not None
                and answer.reason.name.startswith("PORT_")
            ):
                yield [_ipvlan()]
            yield from _of_port(port)
        if answer.reason is DropReason.DUMMY:
            yield from _uplink(lab, answer.where.partition(":")[0])
    yield from _of_ways(lab, source, wanted)
    for child in _owners(lab, wanted):
        if isinstance(child, Macvlan):
            yield from _of_macvlan(lab, child, source, ip_text(wanted))


def _ipvlan() -> Edit:
    """Devices that share the parent's MAC, for where no other MAC is let through."""

    def instead(command: str) -> str:
        return re.sub(r"(docker network create .*)(-d|--driver)([ =])macvlan", r"\1\2\3ipvlan", command)

    text = "docker network create -d ipvlan …, instead of -d macvlan"
    return Edit("every host", text, lambda lab: None, "driver", instead)


def _uplink(lab: Lab, node: str) -> Iterator[list[Edit]]:
    """A real parent for networks that have a dummy device as one."""
    nic = next((dev.name for dev in lab[node].ns.devices.values() if isinstance(dev, Nic)), None)
    if nic is not None:

        def instead(command: str) -> str:
            if "docker network create" not in command or "parent=" in command:
                return command
            return command.replace(" --internal", "").replace("network create", f"network create -o parent={nic}")

        text = f"docker network create -o parent={nic} …, without --internal"
        yield [Edit("every host", text, lambda lab: None, "parent", instead)]


def _of_port(port: SwitchPort) -> Iterator[list[Edit]]:
    nic = next(beyond(port), None)
    if port.policy.name in NOT_OURS:
        return
    family = re.match("[a-z]*", port.policy.name)
    name = ALLOWING.get(family[0] if family else "", "bare-metal")
    policy = port_set(port, f"policy {name}", lambda p: setattr(p, "policy", name))
    if port.policy != POLICIES[name]:
        yield [policy]
    if isinstance(nic, Nic) and not nic.promiscuity and name != "bare-metal":
        promiscuous = typed(nic.ns.name, f"ip link set {nic.name} promisc on")
        yield [promiscuous]
        yield [policy, promiscuous]
    yield [port_set(port, "mode trunk, all VLANs", lambda p: p.switch.vlan_aware and p.trunk())]
    if port.mtu < 1500:
        yield [port_set(port, "mtu 1500", lambda p: setattr(p, "mtu", 1500))]
    if port.isolated:
        yield [port_set(port, "isolated off", lambda p: setattr(p, "isolated", False))]
    yield [port_set(port, "hairpin on", lambda p: setattr(p, "hairpin", True))]


def _of_ways(lab: Lab, source: str, wanted: int) -> Iterator[list[Edit]]:
    """Routes that refuse, entries that are wrong for good, gateways nobody has, and default ways that are missing."""
    ends = [dev.ns.name for dev in _owners(lab, wanted)]
    asked = [wanted, *(a.local for a in _addresses(lab[source].ns))]
    for name, box in lab.boxes().items():
        for route in (route for table in box.ns.fib.tables.values() for ip in asked for route in table.candidates(ip)):
            if route.type in _REFUSING:
                yield [typed(name, f"ip route del {route.type.name.lower()} {ip_text(route.dst)}/{route.plen}")]
        for entry in box.ns.neigh.listing():
            if entry.state is Nud.PERMANENT:
                yield [typed(name, f"ip neigh del {ip_text(entry.ip)} dev {entry.dev.name}")]
    for name in (source, *ends):
        yield from _of_gateway(lab, name)
        own = _addresses(lab[name].ns)
        for host in lab.hosts.values():
            theirs = _addresses(host.ns)
            if host.name == name or len(theirs) < 3:
                continue
            for via in (ip_text(t.local) for t in theirs if any(a.contains(t.local) for a in own)):
                yield [typed(name, f"ip route replace default via {via}")]
                yield [typed(name, f"route add default gw {via}")]


def _of_gateway(lab: Lab, name: str) -> Iterator[list[Edit]]:
    """A default gateway whose address no machine has: one that forwards takes it, on a device that has none."""
    ns = lab[name].ns
    for route in (route for table in ns.fib.tables.values() for route in table.candidates(1)):
        if route.plen or not route.gateway or _owners(lab, route.gateway):
            continue
        plen = next((a.plen for a in _addresses(ns) if a.contains(route.gateway)), 24)
        for host in lab.hosts.values():
            for dev in host.ns.devices.values() if host.ns.conf_all.forwarding else ():
                if dev.up and not dev.inet.addresses:
                    yield [typed(host.name, f"ip addr add {ip_text(route.gateway)}/{plen} dev {dev.name}")]


def _addresses(ns: Namespace) -> list[Address]:
    return [address for dev in ns.devices.values() for address in dev.inet.addresses]


def _of_macvlan(lab: Lab, child: Macvlan, source: str, target: str) -> Iterator[list[Edit]]:
    """A child's mode; and a host that wants to reach its own children needs a child itself."""
    lower = child.lower
    if lab[source].ns is lower.ns:
        yield [
            typed(
                source,
                f"ip link add shim link {lower.name} type macvlan mode bridge",
                "ip link set shim up",
                f"ip route add {target}/32 dev shim",
            )
        ]
    modes = [dev for dev in lower.uppers if isinstance(dev, Macvlan) and dev.mode is not Mode.BRIDGE]
    if modes:

        def bridge(lab: Lab) -> None:
            for dev in modes:
                found = lab[dev.ns.name].ns.dev(dev.name)
                if isinstance(found, Macvlan):
                    found.set_mode(Mode.BRIDGE)

        yield [
            Edit(lower.ns.name, f"mode bridge for the macvlan devices on {lower.name} (-o macvlan_mode=bridge)", bridge)
        ]


def _anywhere(lab: Lab) -> Iterator[list[Edit]]:
    """What often is the matter, on every machine."""
    for name, box in lab.boxes().items():
        ns = box.ns
        for dev in ns.devices.values():
            if not dev.up:
                yield [typed(name, f"ip link set {dev.name} up")]
            if dev.mtu < 1500 and not dev.loopback:
                yield [typed(name, f"ip link set {dev.name} mtu 1500")]
            if isinstance(dev, Nic) and dev.uppers and not dev.promiscuity:
                yield [typed(name, f"ip link set {dev.name} promisc on")]
        if ns.ipv4_conf.icmp_echo_ignore_all:
            yield [typed(name, "sysctl -w net.ipv4.icmp_echo_ignore_all=0")]
        if len([a for dev in ns.devices.values() for a in dev.inet.addresses]) > 2 and not ns.conf_all.forwarding:
            yield [typed(name, "sysctl -w net.ipv4.ip_forward=1")]
        if ns.conf_all.rp_filter == 1:
            yield [typed(name, "sysctl -w net.ipv4.conf.all.rp_filter=0")]
        if ns.ipv4.netfilter is not None:
            yield [typed(name, "iptables -P FORWARD ACCEPT")]
    for switch in lab.switches.values():
        for port in switch.ports.values():
            yield from _of_port(port)


def _owners(lab: Lab, ip: int) -> list[NetDevice]:
    """The devices that have an address."""
    return [
        dev
        for box in lab.boxes().values()
        for dev in box.ns.devices.values()
        if ip and any(address.local == ip for address in dev.inet.addresses)
    ]


def _port(lab: Lab, label: str) -> SwitchPort | None:
    """The switch port that a place is, or that its card is cabled to."""
    node, _, name = label.partition(":")
    if node in lab.switches:
        return lab.switches[node].ports.get(name)
    return next(
        (
            port
            for switch in lab.switches.values()
            for port in switch.ports.values()
            if any(dev.label == label for dev in beyond(port))
        ),
        None,
    )


def _address(text: str) -> int:
    try:
        return ip_int(text)
    except ValueError:
        return 0
