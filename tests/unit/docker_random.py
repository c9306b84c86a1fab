"""Random docker command lines, and what a command that fails may not have changed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from itertools import chain
from typing import Any

from hypothesis import strategies as st

from macvsim.docker.container_document import container_document
from macvsim.docker.host import DockerHost
from macvsim.engine.sim import SECOND
from macvsim.net.namespace import Namespace
from macvsim.shell.interp import Shell
from macvsim.tools.docker.manual import SWITCH, Option, Page
from tests.unit.docker_lab import hosts

SET_UP = """\
docker network create -d macvlan --subnet 172.16.10.0/24 --gateway 172.16.10.1 -o parent=enp0s8 lab
docker network create --subnet 172.18.0.0/24 br
docker run -itd --name c1 --network lab busybox
docker create --name c2 --network lab busybox
docker run --name c3 --network none busybox true
docker run -itd --name c4 --network br -p 8080:80 busybox
docker tag busybox other:1
"""
NAMES = (
    "c1",
    "c2",
    "c3",
    "c4",
    "lab",
    "br",
    "bridge",
    "host",
    "none",
    "busybox",
    "other:1",
    "new",
    "nosuch",
    "container:c1",
)
VALUES = (
    *("", "-", "--", "a b", "UPPER", "0", "1", "-1", "99999999999999999999", "1.5", "1s", "x=y", "parent=enp0s8"),
    *("parent=enp0s8.10", "parent=nosuch", "macvlan_mode=bridge", "ipvlan_mode=l3", "bridge", "macvlan", "ipvlan"),
    *("172.16.10.0/24", "172.16.10.9", "172.16.20.0/24", "172.16.20.1", "999.1.1.1", "2001:db8::/64", "2001:db8::9"),
    *("02:42:ac:10:0a:09", "80", "8080:80", "80-82:90-92/udp", "true", "false", "sh", "echo", "sleep", "name=c1"),
    *("status=running", "driver=macvlan", "dangling=true", "{{.Name}}", "{{json .}}", "{{", "{{range .}}{{.}}{{end}}"),
    *("table {{.ID}}", "json", "always", "on-failure:2", "unless-stopped", "no", "KILL", "sigterm", "63", "/etc"),
    *("net.ipv4.ip_forward=1", "net.ipv4.conf.eth0.arp_ignore=1", "host:1.2.3.4", "root", "1000:1000", "/tmp/x"),
)  # fmt: skip
ANYTHING = st.text(st.characters(min_codepoint=1, max_codepoint=0x2FF, exclude_characters="\n\r"), max_size=6)
WORDS = st.sampled_from(NAMES) | st.sampled_from(VALUES) | ANYTHING
LIMIT = 60 * SECOND


FITTING = {
    "network": NAMES,
    "subnet": ("172.16.20.0/24", "172.18.0.0/16", "2001:db8:1::/64"),
    "gateway": ("172.16.20.1", "2001:db8:1::1"),
    "ip-range": ("172.16.20.64/26",),
    "aux-address": ("x=172.16.20.5", "x=y"),
    "opt": ("parent=enp0s8", "parent=enp0s8.10", "parent=enp0s8.20", "macvlan_mode=private", "ipvlan_mode=l3"),
    "driver": ("macvlan", "ipvlan", "bridge", "null"),
    "ip": ("172.16.10.9", "172.18.0.9", "10.0.0.1"),
    "ip6": ("2001:db8::9",),
    "mac-address": ("02:42:ac:10:0a:09",),
    "publish": ("8080:80", "9090:90", "80", "70-72:70-72/udp"),
    "name": ("new", "c1"),
    "filter": ("name=c", "status=running", "driver=macvlan", "network=lab", "label=x", "type=custom"),
    "format": ("{{.Name}}", "{{json .}}", "table {{.ID}}", "json", "{{.ID}} {{.Names}}"),
    "restart": ("always", "on-failure:2", "unless-stopped", "no"),
    "signal": ("KILL", "TERM", "63"),
    "time": ("0", "1"),
    "timeout": ("0", "1"),
    "tail": ("0", "2", "all"),
    "sysctl": ("net.ipv4.ip_forward=1", "net.ipv4.conf.eth0.arp_ignore=1"),
    "entrypoint": ("sh", "ping", "nosuch"),
    "env": ("A=b", "A"),
    "add-host": ("x:1.2.3.4",),
    "config-from": ("lab", "br", "nosuch"),
    "scope": ("local", "swarm"),
}
"""Values of flags that may be right."""
PROGRAM = st.sampled_from(
    [[], ["sh"], ["true"], ["false"], ["nosuch"], ["ip", "a"], ["ping", "-c1", "c1"], ["sh", "-c", "exit 3"]]
)


def _flag(option: Option) -> st.SearchStrategy[list[str]]:
    """A flag in one of its notations, with some value, or lacking one."""
    long = f"--{option.name}"
    if option.name in FITTING:
        return st.sampled_from(FITTING[option.name]).map(lambda value: [long, value])
    if option.kind == SWITCH:
        forms = [st.just([long]), WORDS.map(lambda value: [f"{long}={value}"])]
    else:
        forms = [WORDS.map(lambda value: [long, value]), WORDS.map(lambda value: [f"{long}={value}"])]
    if option.short:
        forms.append(WORDS.map(lambda value: [f"-{option.short}{value}"]))
        forms.append(st.just([f"-{option.short}"]))
    return st.one_of(forms)


def command_lines(page: Page) -> st.SearchStrategy[list[str]]:
    """Words behind ``docker SUBCOMMAND``: flags it has and flags it does not have, names and anything else."""
    flags = st.sampled_from(sorted(page.options)).flatmap(lambda name: _flag(page.options[name]))
    anything = st.lists(flags | WORDS.map(lambda word: [word]), max_size=5)
    fitting = sorted(name for name in page.options if name in FITTING) or sorted(page.options)
    good = st.lists(st.sampled_from(fitting).flatmap(lambda name: _flag(page.options[name])), max_size=4)
    likely = st.just("busybox" if "IMAGE" in page.usage else "c1")
    names = st.lists(likely | st.sampled_from(NAMES), max_size=2)
    sensible = st.tuples(good, names, PROGRAM if "COMMAND" in page.usage else st.just([])).map(
        lambda parts: [*parts[0], *[[name] for name in parts[1]], parts[2]]
    )
    return (anything | sensible).map(lambda parts: list(chain.from_iterable(parts)))


def machine() -> DockerHost:
    """A host with networks, containers in several states and an image of two names."""
    (host,) = hosts("h1", shell=Shell())
    for line in SET_UP.splitlines():
        result = host.sh(line)
        assert not result.code, result
    return host


def run(host: DockerHost, words: Sequence[str]) -> tuple[int | None, str, str]:
    """``(exit status, stdout, stderr)``; the status is None for what had not ended after a minute and was killed."""
    shell = host.interpreter
    assert isinstance(shell, Shell)
    job = shell.spawn(host, shlex.join(words))
    host.sim.run(until=job.done | host.sim.timeout(LIMIT))
    if job.code is None:
        job.kill(9)
        return None, job.stdout, job.stderr
    return job.code, job.stdout, job.stderr


def state(host: DockerHost) -> dict[str, str]:
    """Everything that Docker has to do with: networks, containers, images, devices, addresses, routes, rules, leases of
    addresses, ports that are published.
    """
    engine = host.docker
    found: dict[str, Any] = {
        f"network {network.name}": engine.network_inspect(network.id) for network in engine.network_ls()
    }
    for container in engine.containers.values():
        found[f"container {container.name}"] = container_document(engine, container)
        if container.running:
            found[f"namespace {container.name}"] = _stack(container.ns)
    found["images"] = host.sh("docker images").stdout
    found["host"] = _stack(host.ns)
    space, ports = engine.controller.space, engine.ports
    found["leases"] = {str(subnet): sorted(one.taken) for subnet, one in space._subnets.items()}
    found["ports"] = [sorted(f"{key} {ips}" for key, ips in ports._taken.items() if ips), len(ports._running)]
    found["sockets"] = host.sh("ss -lntu").stdout
    found["rules"] = host.sh("iptables-save | grep -v '^#'").stdout
    return {name: json.dumps(part, default=str, indent=1) for name, part in found.items()}


def _stack(ns: Namespace) -> list[Any]:
    devices = [
        (dev.name, dev.ifindex, dev.mac.hex(), dev.mtu, dev.up, [str(a) for a in dev.inet.addresses])
        for dev in ns.devices.values()
    ]
    return [devices, sorted(str(route) for route in ns.fib.routes())]
