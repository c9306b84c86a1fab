"""One mistake in a good compose file: a refused ``docker compose up`` leaves what Docker leaves, and nothing half-done.

dockerd and compose 2.26 keep networks and containers that were made before the mistake was met (recordings of
``docker compose up`` in tests/data/transcripts); ``docker compose down`` takes them away.  ``MUTATIONS=all`` plays all.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from macvsim.docker.host import DockerHost
from macvsim.shell.interp import Shell
from tests.unit.docker_lab import hosts
from tests.unit.docker_random import state

pytestmark = pytest.mark.slow

GOOD: dict[str, Any] = {
    "name": "p",
    "services": {
        "a": {
            "image": "busybox",
            "tty": True,
            "mac_address": "02:42:ac:1e:00:05",
            "networks": {"lan": {"ipv4_address": "172.30.0.5", "aliases": ["first"]}},
            "sysctls": {"net.ipv4.ip_default_ttl": "9"},
            "cap_add": ["NET_ADMIN"],
        },
        "b": {
            "image": "busybox",
            "command": "sleep 1000",
            "depends_on": ["a"],
            "networks": ["back", "lan", "outer"],
            "ports": ["8080:80", "9000-9001:90-91/udp"],
            "hostname": "second",
            "extra_hosts": ["far:10.0.0.9"],
        },
        "c": {"image": "busybox", "command": "sleep 1000", "network_mode": "service:b"},
    },
    "networks": {
        "lan": {
            "driver": "macvlan",
            "driver_opts": {"parent": "enp0s8", "macvlan_mode": "bridge"},
            "ipam": {"config": [{"subnet": "172.30.0.0/24", "gateway": "172.30.0.1", "ip_range": "172.30.0.128/25"}]},
        },
        "outer": {"name": "mine", "external": True},
        "back": {"driver": "bridge", "ipam": {"config": [{"subnet": "172.31.0.0/24"}]}},
    },
}
WRONG: tuple[Any, ...] = (
    None, True, -1, 99999, "", "nonsense", [], {}, ["x"], {"x": "y"}, "172.30.0.300", "10.0.0.0/8", "172.30.0.1",
    "172.17.0.5", "999.0.0.0/24", "enp0s9", "lo", "8080:80", "8080:99999", "ipvlan", "host", "none", "service:c",
    "container:nosuch", "02:42:zz", "ff:ff:ff:ff:ff:ff", "busybox:nosuch", "/bin/nosuch", ["8080:80", "8080:81"],
    ["80:80/sctp"], ["lan", "nosuch"], ["b"], {"net.ipv4.nosuch": "1"}, ["far:nowhere"],
)  # fmt: skip
HALFWAY: tuple[tuple[str, Any], ...] = (
    ("services a mac_address", "02:42:zz"),
    ("services a sysctls", {"net.ipv4.nosuch": "1"}),
    ("services a networks lan ipv4_address", "10.9.9.9"),
    ("services b command", "/bin/nosuch"),
    ("services b ports", [{"target": 80, "published": "x"}]),
    ("services b ports", [{"target": 80, "host_ip": "x"}]),
    ("services b ports", [{}]),
    ("services b ports", [{"x": "y"}]),
    ("services b ports", ["8080:80", "7000:70"]),
    ("services b ports", ["8080:80", "8080:81"]),
    ("services b networks", ["outer", "back"]),
    ("services b mac_address", "nonsense"),
    ("services b sysctls", {"net.ipv4.ip_default_ttl": "none"}),
    ("networks lan driver_opts parent", "lo"),
    ("networks back ipam config", [{"subnet": "172.17.0.0/24"}]),
    ("networks outer name", "nosuch"),
    ("services c network_mode", "container:nosuch"),
    ("services c network_mode", "host"),
)
"""Mistakes that only the daemon sees, and two values that are right."""
FILE = "/root/compose.yaml"
PLAYED = 50


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a document."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(value[key], (*path, key))


def halfway(where: str, value: Any) -> dict[str, Any]:
    """The good file with another value at a place."""
    new: dict[str, Any] = deepcopy(GOOD)
    *path, last = where.split()
    inner = new
    for key in path:
        inner = inner[key]
    inner[last] = value
    return new


def mutations() -> list[dict[str, Any]]:
    """The good file with one thing taken out, of another name, or of another value."""
    found = []
    for path in places(GOOD):
        for wrong in (places, str, *WRONG):
            new = deepcopy(GOOD)
            inner: Any = new
            for key in path[:-1]:
                inner = inner[key]
            if wrong is places:
                del inner[path[-1]]
            elif wrong is not str:
                inner[path[-1]] = wrong
            elif isinstance(inner, dict):
                inner[f"{path[-1]}x"] = inner.pop(path[-1])
            found.append(new)
    if os.environ.get("MUTATIONS") != "all":
        found = Random(16).sample(found, PLAYED)
    return [halfway(*one) for one in HALFWAY] + found


def kept(host: DockerHost) -> dict[str, str]:
    """`state`, but for ages and counters: time passes."""
    found = state(host)
    return {name: re.sub(r"\[\d+:\d+\]", "", part) for name, part in found.items() if name != "images"}


def up(document: dict[str, Any]) -> tuple[DockerHost, dict[str, str], dict[str, str], int | None, str]:
    """The host after ``up``, everything before and after, and how ``up`` ended."""
    (host,) = hosts("h1", shell=Shell())
    host.sh("docker network create mine; docker run -d --name own --network mine -p 7000:70 busybox sleep 1000")
    host.files[FILE] = json.dumps(document)
    before = kept(host)
    ran = host.sh(f"docker compose -f {FILE} up -d")
    return host, before, kept(host), ran.code, ran.stderr


def test_the_good_file_is_good() -> None:
    host, before, after, code, said = up(GOOD)
    assert code == 0, said
    assert len(host.containers()) == 4 and after != before
    assert host.sh(f"docker compose -f {FILE} down").code == 0
    assert kept(host) == before


def check(document: dict[str, Any]) -> bool:
    """True if ``up`` was refused, after which nothing is half-done."""
    host, before, after, code, said = up(document)
    if not code:
        return False
    assert said.strip() and "internal error" not in said, said
    if "Container" not in said and "Network" not in said:  # it was refused before anything was made
        assert after == before, said
        return True
    assert {name: text for name, text in after.items() if name in before and name not in _SHARED} == {
        name: text for name, text in before.items() if name not in _SHARED
    }
    for container in host.containers():
        if not container.running:
            devices = [dev.name for dev in container.ns.devices.values() if not dev.loopback]
            assert devices == [] and container.sandbox is None, f"{container.name} does not run and has {devices}"
    assert host.sh(f"docker compose -f {FILE} down").code == 0
    assert kept(host) == before, said
    return True


_SHARED = ("host", "rules", "leases", "ports", "sockets")
"""Parts of the host that other networks and containers use, too."""


@pytest.mark.parametrize("part", range(2))
def test_one_mistake_leaves_nothing_half_done(part: int) -> None:
    played = mutations()[part::2]
    refused = 0
    for document in played:
        try:
            refused += check(document)
        except BaseException as error:
            error.add_note(json.dumps(document))
            raise
    assert refused > len(played) // 3
