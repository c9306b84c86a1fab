"""Single mutations of working labs: what is typed before the last ping, typed otherwise, or set otherwise in front."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from macvsim.dev.ipvlan import Ipvlan
from macvsim.dev.loopback import Loopback
from macvsim.dev.macvlan import Macvlan
from macvsim.dev.nic import Nic
from macvsim.docker.container import Container
from macvsim.lab import Lab
from macvsim.labfile.load import load
from macvsim.labfile.play import Player
from macvsim.machine.host import Box
from macvsim.net.fibroute import RouteType
from macvsim.wire.addr import ip_text, mac_text
from tests.why.labs import LabText


@dataclass(frozen=True)
class Mutation:
    """A change of one thing; `names`: how an answer may name it."""

    kind: str
    names: tuple[str, ...]
    change: Callable[[LabText], None]


def mutations(text: LabText, path: Path) -> list[Mutation]:
    """Every mutation that a lab offers, in a fixed order."""
    path.write_text(text.text)
    player = Player(load(path))
    for _ in player.play():
        pass
    return [*_typed(player.lab), *_rewritten(text), *_in_front(text)]


def draw(rng: random.Random, found: list[Mutation]) -> Mutation:
    """A kind first, so that kinds with many places are not drawn most."""
    kind = rng.choice(sorted({one.kind for one in found}))
    return rng.choice([one for one in found if one.kind == kind])


# -- typed before the ping ---------------------------------------------------------------------------------------------


def _insert(node: str, command: str) -> Callable[[LabText], None]:
    return lambda lab: lab.more.append((node, command))


def _machines(lab: Lab) -> Iterator[tuple[str, str, Box]]:
    """Where commands are typed, what stands before them, and the box they work on."""
    for name, box in lab.boxes().items():
        if isinstance(box, Container):
            if box.config.privileged:
                yield name, "", box
            else:
                host = box.engine.host.name
                yield host, f"nsenter -t $(docker inspect -f '{{{{.State.Pid}}}}' {box.name}) -n ", box
        else:
            yield name, "", box
            for space, ns in box.kernel.netns.items():
                yield name, f"ip netns exec {space} ", Box(box.kernel, ns, space, box.flavour)


def _typed(lab: Lab) -> Iterator[Mutation]:
    all_addresses = [
        (address.local, dev)
        for _, _, box in _machines(lab)
        for dev in box.ns.devices.values()
        for address in dev.inet.addresses
        if not dev.loopback
    ]
    for node, prefix, box in _machines(lab):

        def typed(kind: str, names: tuple[str, ...], command: str, node: str = node, prefix: str = prefix) -> Mutation:
            return Mutation(kind, names, _insert(node, prefix + command))

        for dev in box.ns.devices.values():
            if isinstance(dev, Loopback) or (dev.name == "docker0" and not dev.inet.addresses):
                continue
            yield typed("device down", (dev.name,), f"ip link set {dev.name} down")
            yield typed("mtu", (dev.name,), f"ip link set {dev.name} mtu 70")
            yield typed("arp off", (dev.name,), f"ip link set {dev.name} arp off")
            yield typed("arp_ignore", ("arp_ignore",), f"sysctl -w net.ipv4.conf.{dev.name}.arp_ignore=8")
            yield typed("forwarding", ("forwarding", "ip_forward"), f"sysctl -w net.ipv4.conf.{dev.name}.forwarding=0")
            if isinstance(dev, Nic) and dev.promiscuity:
                yield typed("promisc off", (dev.name,), f"ip link set {dev.name} promisc off")
            for address in dev.inet.addresses:
                gone = ip_text(address.local)
                yield typed("address gone", (gone,), f"ip addr del {gone}/{address.plen} dev {dev.name}")
                yield typed(
                    "address changed",
                    (gone,),
                    f"ip addr del {gone}/{address.plen} dev {dev.name}; "
                    f"{prefix}ip addr add {ip_text(address.local + 90)}/{address.plen} dev {dev.name}",
                )
                yield typed(
                    "prefix changed",
                    (gone,),
                    f"ip addr del {gone}/{address.plen} dev {dev.name}; {prefix}ip addr add {gone}/30 dev {dev.name}",
                )
            if isinstance(dev, Macvlan | Nic | Ipvlan) and dev.inet.addresses:
                for other, place in all_addresses:
                    if place.ns is not box.ns:
                        both = (ip_text(other),)
                        yield typed("duplicate address", both, f"ip addr add {ip_text(other)}/24 dev {dev.name}")
            if isinstance(dev, Macvlan):
                for _, place in all_addresses:
                    if isinstance(place, Macvlan) and place is not dev:
                        names = (mac_text(place.mac), dev.name)
                        yield typed("duplicate mac", names, f"ip link set {dev.name} address {mac_text(place.mac)}")
            if dev.inet.inet6 is not None and not dev.inet.inet6.conf.disable_ipv6:
                yield typed("ipv6 off", ("disable_ipv6",), f"sysctl -w net.ipv6.conf.{dev.name}.disable_ipv6=1")
        for ip, dev in all_addresses:
            if dev.ns is not box.ns:
                target = ip_text(ip)
                for kind in ("blackhole", "unreachable", "prohibit"):
                    yield typed(f"{kind} route", (target,), f"ip route add {kind} {target}")
                for own in box.ns.devices.values():
                    if any(a.contains(ip) for a in own.inet.addresses):
                        entry = f"{target} dev {own.name} lladdr 02:00:00:00:00:99"
                        yield typed("wrong neighbour", (target,), f"ip neigh replace {entry} nud permanent")
                        yield typed("detour", (target,), f"ip route add {target} via {_nobody(ip)} dev {own.name}")
                yield typed("input drop source", ("INPUT", target), f"iptables -A INPUT -s {target} -j DROP")
                yield typed("reject", ("FORWARD", "INPUT"), f"iptables -I INPUT -s {target} -j REJECT")
        for route in box.ns.fib.routes():
            if route.gateway and route.type is RouteType.UNICAST:
                where = "default" if not route.plen else f"{ip_text(route.dst)}/{route.plen}"
                yield typed("route gone", (ip_text(route.gateway), where), f"ip route del {where}")
                yield typed(
                    "wrong gateway",
                    (ip_text(route.gateway),),
                    f"ip route replace {where} via {_nobody(route.gateway)}",
                )
        for six in box.ns.ipv6.fib.routes() if _has6(box) else ():
            if six.gateway:
                yield typed("route gone 6", ("default",), "ip -6 route del default")
                break
        yield typed("echo", ("icmp_echo_ignore_all",), "sysctl -w net.ipv4.icmp_echo_ignore_all=1")
        yield typed("rp_filter", ("rp_filter",), "sysctl -w net.ipv4.conf.all.rp_filter=1")
        if box.ns.conf_all.forwarding:
            yield typed("ip_forward", ("ip_forward", "forwarding"), "sysctl -w net.ipv4.ip_forward=0")
        if box.ns.ipv6.conf_all.forwarding:
            yield typed("forwarding 6", ("forwarding",), "sysctl -w net.ipv6.conf.all.forwarding=0")
        if box.flavour.name != "busybox" or prefix:
            for chain in ("INPUT", "OUTPUT", "FORWARD"):
                yield typed(f"{chain} policy", (chain,), f"iptables -P {chain} DROP")
                yield typed(f"{chain} rule", (chain,), f"iptables -I {chain} -j DROP")
                yield typed(f"{chain} rule", (chain,), f"iptables -I {chain} -p icmp -j DROP")
            yield typed("raw drop", ("PREROUTING",), "iptables -t raw -A PREROUTING -p icmp -j DROP")
            yield typed("mangle drop", ("FORWARD",), "iptables -t mangle -A FORWARD -j DROP")
            yield typed(
                "own chain",
                ("MINE", "FORWARD"),
                "iptables -N MINE; iptables -A MINE -j DROP; iptables -I FORWARD -j MINE",
            )
            yield typed("state", ("FORWARD", "INPUT"), "iptables -I INPUT -m state --state RELATED,ESTABLISHED -j DROP")
            if "MASQUERADE" in str(box.sh("iptables -t nat -S POSTROUTING")) if box.interpreter else False:
                yield typed("nat gone", ("MASQUERADE", "POSTROUTING"), "iptables -t nat -F POSTROUTING")
        if isinstance(box, Container):
            host = box.engine.host.name
            for verb in ("stop -t 0", "pause", "rm -f"):
                kind = f"container {verb.split()[0]}"
                yield Mutation(kind, (box.name,), _insert(host, f"docker {verb} {box.name}"))
            for network in box.settings:
                names = (box.name, network)
                yield Mutation("disconnected", names, _insert(host, f"docker network disconnect {network} {box.name}"))


def _has6(box: Box) -> bool:
    return any(dev.inet.inet6 is not None and not dev.inet.inet6.conf.disable_ipv6 for dev in box.ns.devices.values())


def _nobody(ip: int) -> str:
    """An address of the same network that nobody has."""
    return ip_text((ip & 0xFFFFFF00) | 0xFA)


# -- typed otherwise ---------------------------------------------------------------------------------------------------

_OTHERWISE: list[tuple[str, str, str, str]] = [
    # kind, pattern, replacement, what names it
    ("vlan id", r"(vconfig add \S+ )(\d+)", r"\g<1>3\2", r"\2"),
    ("parent", r"-o parent=(enp0s8)\.\d+", r"-o parent=\1", r"parent"),
    ("internal", r"network create (-d)", r"network create --internal \1", r"internal|parent"),
    ("macvlan mode private", r"(-o parent=\S+)(?= (?:lan|mac))", r"\1 -o macvlan_mode=private", r"mode"),
    ("macvlan mode vepa", r"(-o parent=\S+)(?= (?:lan|mac))", r"\1 -o macvlan_mode=vepa", r"mode|hairpin"),
    ("ipvlan mode", r"(-d ipvlan .* -o parent=\S+)", r"\1 -o ipvlan_mode=l3", r"mode"),
    ("ip", r"--ip=(\d+\.\d+\.\d+)\.\d+", r"--ip=\1.77", r"\1"),
    ("gateway option", r"--gateway=(\d+\.\d+\.\d+)\.1 ", r"--gateway=\1.250 ", r"\1.250|gateway|\1.1"),
    ("subnet", r"--subnet=(\S+)/24", r"--subnet=\1/30", r"\1|subnet"),
    ("subnet third", r"--subnet=172\.16\.(\d+)", r"--subnet=172.16.9\1", r"subnet|172.16.\1"),
    ("netmask", r"netmask 255\.255\.255\.0", r"netmask 255.255.255.255", r"netmask|172.16|255"),
    ("address typed", r"(ifconfig \S+ 172\.16\.\d+)\.1 ", r"\1.99 ", r"172.16"),
    ("not up", r"(ifconfig \S+) up", r"\1", r"enp0s8"),
    ("driver", r"-d macvlan", r"-d ipvlan -o ipvlan_mode=l3", r"mode|l3|ipvlan"),
    ("forward off", r"ip_forward=1", r"ip_forward=0", r"ip_forward"),
    ("link up", r"link set (\S+) up", r"link set \1 down", r"\1"),
    ("no master", r"link set (\S+) master br0", r"link set \1 nomaster", r"\1"),
    ("addr", r"addr add (\S+)\.(\d+)/24", r"addr add \1.9\2/24", r"\1"),
    ("addr net", r"addr add 10\.1\.0", r"addr add 10.7.0", r"10.1.|10.7."),
    ("route via", r"via (10\.0\.\d+)\.\d", r"via \1.77", r"\1"),
    ("addr 6", r"addr add 2001:db8:(\d)::(\d)", r"addr add 2001:db8:\1::9\2", r"2001:db8:\1::"),
    ("route 6", r"via 2001:db8:(\d)::1", r"via 2001:db8:\1::77", r"2001:db8:\1::"),
]


def _rewritten(text: LabText) -> Iterator[Mutation]:
    for number, (node, command) in enumerate(text.steps):
        for kind, pattern, new, names in _OTHERWISE:
            match = re.search(pattern, command)
            if match is None:
                continue
            told = tuple(match.expand(name) for name in names.split("|"))
            changed = (node, command[: match.start()] + match.expand(new) + command[match.end() :])
            yield Mutation(f"typed: {kind}", told, _replace(number, [changed]))
        name = re.search(r"--name (\S+)|network create .* (\S+)$|add (\S+)", command)
        told = tuple(word for word in (name.groups() if name else ()) if word) or tuple(command.split()[-2:])
        yield Mutation("typed: left out", (*told, command), _replace(number, []))


def _replace(number: int, new: list[tuple[str, str]]) -> Callable[[LabText], None]:
    def change(lab: LabText) -> None:
        lab.steps[number : number + 1] = new

    return change


# -- in the front matter -----------------------------------------------------------------------------------------------


def _in_front(text: LabText) -> Iterator[Mutation]:
    for name, node in text.nodes.items():
        if node.get("kind") == "switch":
            yield from _of_switch(text, name)
        else:
            for card in node["nics"]:
                label = (card, name)
                yield Mutation("front: mtu", label, _card(name, card, mtu=70))
                yield Mutation("front: filter full", label, _card(name, card, filter_slots=0))
                yield Mutation("front: vlan filter", label, _card(name, card, vlan_filter=True))
                if node["nics"][card].get("addresses"):
                    yield Mutation("front: no address", label, _card(name, card, addresses=[]))
            for number, line in enumerate(node.get("exec", ())):
                yield Mutation(
                    "front: exec", (line.split()[-1], line.split("=")[0].split()[-1]), _no_exec(name, number)
                )
    for number, link in enumerate(text.links):
        ends = tuple(link["endpoints"])
        yield Mutation("front: loss", ends, _link(number, loss=1.0))
        yield Mutation("front: no cable", ends, _no_link(number))


def _of_switch(text: LabText, name: str) -> Iterator[Mutation]:
    ports = [end.partition(":")[2] for link in text.links for end in link["endpoints"] if end.startswith(f"{name}:")]
    for port in ports:
        label = (f"{name}:{port}", f"port {port}")
        yield Mutation("front: access", label, _port(name, port, mode="access", vlan=333))
        yield Mutation("front: trunk", label, _port(name, port, mode="trunk", vlans=[300], native="none"))
        yield Mutation("front: trunk lacks", label, _port(name, port, mode="trunk", vlans=[200]))
        for policy in ("virtualbox-deny", "vmware-reject", "hyper-v", "kvm-no-mac-spoofing", "wifi", "cloud"):
            yield Mutation("front: policy", (*label, "ipvlan"), _port(name, port, policy=policy))
        yield Mutation("front: port mtu", label, _port(name, port, mtu=68))
    for a in ports:
        for b in ports:
            if a < b:
                both = (f"{name}:{a}", f"port {a}", f"{name}:{b}", f"port {b}")
                yield Mutation("front: isolated", both, _isolated(name, a, b))


def _card(node: str, card: str, **settings: object) -> Callable[[LabText], None]:
    return lambda lab: lab.nodes[node]["nics"][card].update(settings)


def _no_exec(node: str, number: int) -> Callable[[LabText], None]:
    return lambda lab: lab.nodes[node]["exec"].pop(number)


def _link(number: int, **settings: object) -> Callable[[LabText], None]:
    return lambda lab: lab.links[number].update(settings)


def _no_link(number: int) -> Callable[[LabText], None]:
    def change(lab: LabText) -> None:
        del lab.links[number]

    return change


def _port(switch: str, port: str, **settings: object) -> Callable[[LabText], None]:
    def change(lab: LabText) -> None:
        kept = {} if "mode" in settings else lab.nodes[switch].setdefault("ports", {}).get(port, {})
        lab.nodes[switch].setdefault("ports", {})[port] = {**kept, **settings}

    return change


def _isolated(switch: str, *ports: str) -> Callable[[LabText], None]:
    def change(lab: LabText) -> None:
        for port in ports:
            lab.nodes[switch].setdefault("ports", {}).setdefault(port, {})["isolated"] = True

    return change
