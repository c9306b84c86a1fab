"""Commands that were refused: what the reason is called, and how they could be typed instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_address, ip_network

from macvsim.dev.bridge import netif_is_bridge_master
from macvsim.dev.nic import is_nic
from macvsim.dev.vlan import is_vlan_dev
from macvsim.docker.host import DockerHost
from macvsim.lab import Lab
from macvsim.labfile.document import Step
from macvsim.labfile.play import Outcome
from macvsim.machine.call import NOT_SIMULATED
from macvsim.machine.host import Box
from macvsim.repair.edit import Edit
from macvsim.why.question import is_ping
from macvsim.why.trial import Ranked

_TOOLS = re.compile(
    r"(?:^|[;&|]\s*)\s*(?:sudo )?(docker|ip|ifconfig|vconfig|brctl|bridge|route|sysctl|iptables|arp|ethtool|nsenter)\b"
)
_REASONS = (
    ("is already using parent interface", "PARENT_IN_USE", "another network of this daemon has the parent already"),
    ("device or resource busy", "EBUSY", "the parent belongs to another device that takes its frames: {holders}"),
    ("Device or resource busy", "EBUSY", "the device belongs to another one that takes its frames: {holders}"),
    ("Pool overlaps", "POOL_OVERLAPS", "another network of this daemon has addresses of the subnet"),
    ("no matching subnet for gateway", "GATEWAY_OUTSIDE_SUBNET", "the gateway is no address of the subnet"),
    ("no configured subnet", "ADDRESS_OUTSIDE_SUBNET", "the address is in no subnet of the network"),
    ("Address already in use", "EADDRINUSE", "somebody on the network has the address already"),
    (
        "not found",
        "NOT_FOUND",
        "what it names is not there; a command above that should have made it may have been refused",
    ),
    (
        "No such container",
        "NO_SUCH_CONTAINER",
        "the container is not there; the command that should have made it may have been refused",
    ),
    ("File exists", "EEXIST", "it is there already"),
    ("Network is down", "ENETDOWN", "the lower device is down"),
    ("No such device", "ENODEV", "there is no device of that name here"),
    ("Cannot find device", "ENODEV", "there is no device of that name here"),
    ("Operation not permitted", "EPERM", "the container may not configure the network: run it with --privileged"),
    ("is not running", "NOT_RUNNING", "the container does not run"),
    ("is paused", "PAUSED", "the container is paused"),
)


@dataclass(frozen=True)
class Refusal:
    """A command that was refused.

    reason : symbolic; said : the line it printed; meaning : in words; where : the node
    """

    step: Step
    reason: str
    said: str
    meaning: str
    where: str

    @property
    def sentence(self) -> str:
        meaning = f" ({self.meaning})" if self.meaning else ""
        return f"{self.where}: {self.step.command!r} was refused, {self.reason}: {self.said}{meaning}"


def refusal(outcome: Outcome, lab: Lab | None = None) -> Refusal | None:
    """The refusal of a step that configures something, or would have pinged; None if it was not refused."""
    step = outcome.step
    if not outcome.status or outcome.status == NOT_SIMULATED or outcome.pings:
        return None
    if _TOOLS.search(step.command) is None and not is_ping(step):
        return None
    said = next((line.strip() for line in outcome.lines if line.strip()), "")
    for text, reason, meaning in _REASONS:
        if text in outcome.output:
            said = next(line.strip() for line in outcome.lines if text in line)
            return Refusal(step, reason, said, meaning.format(holders=_holders(step, lab)), step.node)
    return Refusal(step, "REFUSED", said, "", step.node) if said else None


def _holders(step: Step, lab: Lab | None) -> str:
    """The devices that stand on the parent a command names."""
    box = lab.boxes().get(step.node) if lab is not None else None
    parent = _parent(step.command, box)
    dev = box.ns.devices.get(parent) if box is not None else None
    if dev is None:
        return parent or "see ip -d link"
    above = [f"{upper.label} ({upper.kind})" for upper in dev.uppers if not is_vlan_dev(upper)]
    master = [f"{dev.master.label} (bridge)"] if dev.master is not None else []
    return f"{', '.join([*master, *above]) or 'see ip -d link'} on {dev.label}"


def _parent(command: str, box: Box | None = None) -> str:
    """The parent a command names, or that of the network it names; empty if it names none."""
    match = re.search(r"parent=(\S+)", command) or re.search(r"\blink (?:add )?(?:\S+ )?link (\S+)", command)
    if match is not None:
        return match[1]
    match = re.search(r"docker .*--net(?:work)?[ =](\S+)", command)
    if match is not None and isinstance(box, DockerHost) and box.has_docker:
        network = box.docker.controller.networks.get(match[1])
        return network.device if network is not None else ""
    return ""


# -- ways out ----------------------------------------------------------------------------------------------------------


def ways_out(lab: Lab, outcomes: Sequence[Outcome], at: int) -> Ranked:
    """The refused commands up to step `at` typed otherwise, or with something typed before them.

    lab : as it stands before the step that is asked about
    """
    found: Ranked = []
    for number, outcome in enumerate(outcomes[: at + 1]):
        step = outcome.step
        if refusal(outcome) is None or step.node not in lab.boxes():
            continue
        box = lab[step.node]
        last = number == at
        for maker in _makers(outcomes[:number], step):
            for command in (*_parents(box, maker.command), *_widened(maker.command, step.command)):
                found.append((2, (Edit(maker.node, command, maker.line, maker.command),)))
        for rank, command in enumerate(_otherwise(lab, box, step.command)):
            found.append((min(rank, 3), (Edit(step.node, command, step.line, step.command),)))
        for donor in _donors(outcomes, outcome):
            edit = Edit(step.node, f"{donor} && {step.command}", step.line, step.command)
            found.append((2, (edit,)))
        if last:
            found += [(3, (Edit(host, line),)) for host, line in _runs(lab, outcome)]
        for before in _before(box, step.command) if last else ():
            found.append((1, tuple(Edit(step.node, line) for line in before)))
    return found


def _donors(outcomes: Sequence[Outcome], refused: Outcome) -> Iterator[str]:
    """How other nodes made what a refused command did not find."""
    missing = re.search(r"[\"'](\S+?)[\"']|network (\S+) not found", refused.output)
    name = (missing[1] or missing[2]) if missing is not None else ""
    for outcome in outcomes if name else ():
        words = outcome.step.command.split()
        if outcome.step.node != refused.step.node and name in words and ("add" in words or "create" in words):
            yield outcome.step.command


def _runs(lab: Lab, refused: Outcome) -> Iterator[tuple[str, str]]:
    """The container that a command did not find, on each network of its host."""
    missing = re.search(r"No such container: (\S+)", refused.output)
    host = lab.hosts.get(refused.step.node)
    if missing is not None and host is not None and host.has_docker:
        for network in host.docker.controller.networks.values():
            if not network.predefined:
                yield host.name, f"docker run -itd --name {missing[1]} --network {network.name} busybox"


def _makers(outcomes: Sequence[Outcome], step: Step) -> Iterator[Step]:
    """The command that made the network which a ``docker run`` names."""
    match = re.search(r"docker .*--net(?:work)?[ =](\S+)", step.command)
    name = match[1] if match is not None else ""
    for outcome in outcomes if name else ():
        words = outcome.step.command.split()
        if outcome.step.node == step.node and words[:3] == ["docker", "network", "create"] and words[-1] == name:
            yield outcome.step


def _otherwise(lab: Lab, box: Box, command: str) -> Iterator[str]:
    if "network create" in command:
        yield from _parents(box, command)
        yield from _gateways(command)
        yield from _subnets(lab, box, command)
        for one, other in (("macvlan", "ipvlan"), ("ipvlan", "macvlan")):
            if re.search(rf"(-d|--driver)[ =]{one}", command):
                yield re.sub(rf"(-d|--driver)([ =]){one}", rf"\1\2{other}", command)
    if re.search(r"docker (container )?run", command):
        yield re.sub(r"\s--ip[ =]\S+", "", command)
        yield re.sub(
            r"(--ip[ =]\S+\.)(\d+)", lambda m: f"{m[1]}{int(m[2]) + 100}" if int(m[2]) < 150 else m[0], command
        )
    kind = re.search(r" type (\w+)", command)
    known = None if kind is None else box.ns.kinds.get(kind[1])
    if known is not None and not known.nests:
        parent = _parent(command)
        for dev in box.ns.devices.values():
            if (is_nic(dev) or netif_is_bridge_master(dev)) and dev.name != parent:
                yield re.sub(rf"link {re.escape(parent)}\b", f"link {dev.name}", command)


def _parents(box: Box, command: str) -> Iterator[str]:
    """Another parent: the bridge that has the device, sub-interfaces, a new one, other cards."""
    match = re.search(r"parent=(\S+)", command)
    if match is None:
        return
    parent = match[1]
    dev = box.ns.devices.get(parent)
    names = [dev.master.name] if dev is not None and dev.master is not None else []
    names += [other.name for other in box.ns.devices.values() if is_vlan_dev(other) and other.name != parent]
    vid = next(vid for vid in range(10, 4000, 10) if f"{parent}.{vid}" not in box.ns.devices)
    names += [f"{parent}.{vid}"] if "." not in parent and dev is not None and dev.master is None else []
    names += [other.name for other in box.ns.devices.values() if is_nic(other) and other.name != parent]
    yield from (command.replace(match[0], f"parent={name}") for name in names)


def is_address(text: str) -> bool:
    """True for an address of IPv4 or IPv6."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _widened(maker: str, run: str) -> Iterator[str]:
    """A network's subnet, so that the address of a ``docker run`` is one of it."""
    ip = re.search(r"--ip[ =](\S+)", run)
    if ip is not None and is_address(ip[1]):
        for plen in (24, 16):
            net = ip_network(f"{ip[1]}/{plen}", strict=False)
            wider = re.sub(r"(--subnet[ =])\S+", rf"\g<1>{net}", maker)
            yield wider
            yield re.sub(r"\s--gateway[ =]\S+", "", wider)


def _gateways(command: str) -> Iterator[str]:
    """The first address of the subnet; or none given."""
    subnet, gateway = re.search(r"--subnet[ =](\S+)", command), re.search(r"\s--gateway[ =](\S+)", command)
    if subnet is None or gateway is None:
        return
    try:
        first = ip_network(subnet[1], strict=False)[1]
    except (ValueError, IndexError):
        return
    yield command[: gateway.start(1)] + str(first) + command[gateway.end(1) :]
    yield command[: gateway.start()] + command[gateway.end() :]


def _subnets(lab: Lab, box: Box, command: str) -> Iterator[str]:
    """A subnet that no network of the daemon has, with the same last part of the gateway."""
    match = re.search(r"--subnet[ =](\d+\.\d+)\.(\d+)\.(\d+/\d+)", command)
    if match is None:
        return
    taken: list[IPv4Network] = []
    for host in lab.hosts.values():
        if host.ns is box.ns and host.has_docker:
            for network in host.docker.controller.networks.values():
                taken += [lease.pool.subnet for lease in network.leases if isinstance(lease.pool.subnet, IPv4Network)]
    if not is_address(f"{match[1]}.0.0"):
        return
    for third in range(int(match[2]) + 1, 255):
        net = ip_network(f"{match[1]}.{third}.{match[3]}", strict=False)
        if isinstance(net, IPv4Network) and not any(net.overlaps(other) for other in taken):
            yield command.replace(f"{match[1]}.{match[2]}.", f"{match[1]}.{third}.")
            return


def _before(box: Box, command: str) -> Iterator[list[str]]:
    """What could be typed first: the parent freed, what is there already removed, the lower device up."""
    parent = _parent(command, box)
    dev = box.ns.devices.get(parent)
    if dev is not None:
        if dev.master is not None:
            yield [f"ip link set {parent} nomaster"]
        own = [upper for upper in dev.uppers if not is_vlan_dev(upper) and upper.ns is box.ns]
        if own:
            yield [f"ip link del {upper.name}" for upper in own]
        if not dev.up:
            yield [f"ip link set {parent} up"]
    match = re.match(r"vconfig add (\S+)", command)
    if match is not None and match[1] in box.ns.devices:
        yield [f"ip link set {match[1]} up"]
    match = re.search(r"--name[ =](\S+)", command)
    if match is not None and "docker" in command:
        yield [f"docker rm -f {match[1]}"]
    if "network create" in command:
        networks = box.docker.controller.networks if isinstance(box, DockerHost) and box.has_docker else {}
        for network in networks.values():
            if not network.predefined:
                yield [
                    *(f"docker rm -f {end.container}" for end in network.endpoints.values()),
                    f"docker network rm {network.name}",
                ]


__all__ = ["Refusal", "refusal", "ways_out"]
