"""What a simulated lab consists of, and the ip(8) commands that lead from one such state to another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from macvsim.dev.base import NetDevice
from macvsim.dev.registry import Kind
from macvsim.lab import Lab
from macvsim.net.namespace import Namespace
from macvsim.tools.iptables.change import Session
from macvsim.tools.iptables.complaint import Program
from macvsim.tools.iptables.save import dump, tables
from macvsim.wire.addr import ip_text, mac_text

Place = tuple[str, str]
"""Namespace and device."""
Command = tuple[str, tuple[str, ...]]
"""Namespace in which it is run, and the words."""
_COUNTS = re.compile(r"\[\d+:\d+\]")
HOLDER = "{holder of %s}"
"""In a command: the process that holds a namespace."""


@dataclass(frozen=True)
class LinkState:
    """A device: `below` is its lower device or the other end; `detail` are the words behind its type."""

    kind: Kind
    index: int
    mac: str
    mtu: int
    up: bool
    promisc: bool
    master: str
    below: Place | None
    detail: tuple[str, ...]
    addresses: tuple[str, ...]


@dataclass
class SpaceState:
    """A namespace; `host` is the machine it is on."""

    host: str
    hostname: str
    forwarding: str = "0"
    links: dict[str, LinkState] = field(default_factory=dict)
    routes: tuple[str, ...] = ()
    rules: str = ""
    """What iptables-save prints, without comments and counts."""


State = dict[str, SpaceState]


def spaces(lab: Lab, switches: Mapping[str, Namespace]) -> dict[str, tuple[Namespace, str, str]]:
    """Every namespace of a lab by name, with its machine and host name."""
    found = {name: (ns, name, name) for name, ns in switches.items()}
    for name, host in lab.hosts.items():
        found[host.ns.name] = (host.ns, name, host.hostname)
        found |= {ns.name: (ns, name, host.hostname) for ns in host.kernel.netns.values()}
        for container in host.containers():
            if container.running and container.ns is not host.ns:
                found[container.ns.name] = (container.ns, name, container.hostname)
    return found


def snapshot(lab: Lab, switches: Mapping[str, Namespace]) -> State:
    """The present state."""
    return {name: _space(ns, host, hostname) for name, (ns, host, hostname) in spaces(lab, switches).items()}


def _space(ns: Namespace, host: str, hostname: str) -> SpaceState:
    state = SpaceState(host, hostname, str(ns.sysctl["net.ipv4.ip_forward"]))
    state.links = {name: _link(dev) for name, dev in ns.devices.items() if not dev.loopback}
    state.routes = tuple(
        " ".join(
            [
                route.prefix,
                *(["via", ip_text(route.gateway)] if route.gateway else ["scope", "link"]),
                *(["dev", route.dev.name] if route.dev is not None else []),
                *(["metric", str(route.metric)] if route.metric else []),
            ]
        )
        for route in ns.fib.routes()
        if route.proto != "kernel"
    )
    state.rules = _rules(ns)
    return state


def _rules(ns: Namespace) -> str:
    session = Session(Program(), ns.netfilter.ruleset("nf_tables"), {}, lambda text: None)
    text = "".join(dump(session, table, counters=False) for table in tables(session, None))
    return _COUNTS.sub("[0:0]", "".join(f"{line}\n" for line in text.splitlines() if not line.startswith("#")))


def _link(dev: NetDevice) -> LinkState:
    below = dev.peer_device() or dev.lower
    return LinkState(
        dev.link_kind,
        dev.ifindex,
        mac_text(dev.mac),
        dev.mtu,
        dev.up,
        dev.user_promisc,
        dev.master.name if dev.master is not None else "",
        (below.ns.name, below.name) if below is not None else None,
        dev.link_kind.state(dev),
        tuple(
            f"{ip_text(one.local)}/{one.plen} {ip_text(one.broadcast) if one.broadcast else ''}".strip()
            for one in dev.inet.addresses
        ),
    )


def commands(old: State, new: State) -> Iterator[Command]:
    """What makes one state of the other; namespaces themselves are the caller's."""
    for name, space in old.items():
        for link, was in space.links.items():
            now = new[name].links.get(link) if name in new else None
            if now is None or (now.kind, now.below, now.index) != (was.kind, was.below, was.index):
                yield name, ("ip", "link", "del", link)
    made: set[Place] = set()
    fresh = [
        (name, link, now)
        for name, space in new.items()
        for link, now in space.links.items()
        if not (name in old and link in old[name].links and old[name].links[link].index == now.index)
    ]
    waiting = {(name, link) for name, link, _ in fresh}
    while fresh:  # what stands on others comes after them
        later = []
        for name, link, now in fresh:
            if (name, link) in made:
                continue
            if not now.kind.paired and now.below in waiting and now.below not in made:
                later.append((name, link, now))
                continue
            yield _add(name, link, now, new)
            made.add((name, link))
            if now.kind.paired and now.below is not None:
                made.add(now.below)
        fresh = later
    for name, space in new.items():
        yield from _settings(name, old.get(name) or SpaceState(space.host, space.hostname), space)


def _add(name: str, link: str, state: LinkState, new: State) -> Command:
    """``ip link add``; run where the lower device is, the new one being born in its own namespace."""
    head = ("name", link, "index", str(state.index), "address", state.mac)
    kind = state.kind
    if kind.paired:
        assert state.below is not None
        other, peer = state.below
        end = new[other].links[peer]
        far = ("peer", "name", peer, "index", str(end.index), "address", end.mac, "netns", HOLDER % other)
        return name, ("ip", "link", "add", *head, "type", kind.name, *far)
    if kind.stacked:
        assert state.below is not None
        where, lower = state.below
        words = head if kind.own_mac else head[:4]
        inside = ("netns", HOLDER % name) if where != name else ()
        return where, ("ip", "link", "add", "link", lower, *words, *inside, "type", kind.name, *state.detail)
    return name, ("ip", "link", "add", *head, "type", kind.name, *state.detail)


def _settings(name: str, old: SpaceState, new: SpaceState) -> Iterator[Command]:
    if old.forwarding != new.forwarding:
        yield name, ("sh", "-c", f"echo {new.forwarding} >/proc/sys/net/ipv4/ip_forward")
    for link, now in new.links.items():
        was = old.links.get(link)
        if was is not None and was.index != now.index:
            was = None
        if now.master and (was is None or was.master != now.master):
            yield name, ("ip", "link", "set", link, "master", now.master)
        for key, value, before in (
            ("mtu", str(now.mtu), str(was.mtu) if was else "1500"),
            ("promisc", "on" if now.promisc else "off", "on" if was and was.promisc else "off"),
        ):
            if value != before:
                yield name, ("ip", "link", "set", link, key, value)
        if now.up != (was is not None and was.up):
            yield name, ("ip", "link", "set", link, "up" if now.up else "down")
        before_addresses = was.addresses if was else ()
        for address in now.addresses:
            if address not in before_addresses:
                prefix, _, broadcast = address.partition(" ")
                more = ("broadcast", broadcast) if broadcast else ()
                yield name, ("ip", "addr", "add", prefix, *more, "dev", link)
        for address in before_addresses:
            if address not in now.addresses:
                yield name, ("ip", "addr", "del", address.partition(" ")[0], "dev", link)
    for route in old.routes:
        if route not in new.routes:
            yield name, ("ip", "route", "del", *route.split())
    for route in new.routes:
        if route not in old.routes:
            yield name, ("ip", "route", "add", *route.split())
    if new.rules != old.rules:
        yield name, ("sh", "-c", f"iptables-restore <<'END'\n{new.rules}END\n")


__all__ = ["HOLDER", "Command", "State", "commands", "snapshot", "spaces"]
