"""Compose files with mistakes and invented ones: they are taken, or refused with words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

from macvsim.docker.host import DockerHost
from macvsim.errors import BudgetExceeded
from macvsim.shell.interp import Shell
from tests.soak.kinds import sources
from tests.soak.mutate import NUMBERS, WORDS, decoded, encoded, mutated
from tests.unit.docker_lab import hosts
from tests.unit.docker_random import run

COUNT, ITEMS, SAMPLE = 20_000, 1, 25
FOLDERS = ("tests/data/docker/compose", "tests/data/transcripts/compose")
KEYS = (
    *("image", "networks", "lan", "ipam", "config", "subnet", "gateway", "driver", "driver_opts", "parent", "ports"),
    *("depends_on", "command", "environment", "labels", "services", "name", "version", "x-own", "restart", "sysctls"),
    *("ipv4_address", "aliases", "external", "internal", "extra_hosts", "scale", "deploy", "profiles", "entrypoint"),
    *("network_mode", "container_name", "hostname", "mac_address", "cap_add", "privileged", "dns", "expose", "tty"),
)
SCALARS = (
    None, True, False, 0, 1, -1, 3.5, "busybox", "nosuch", "macvlan", "${A:-b}", "${", "$x", "8080:80",
    "70-72:70-72/udp", "172.16.30.0/24", "172.16.30.9", "service:a", "host", "none", "a", "b", "lan", "sleep 5",
    "enp0s8.7", "2001:db8::/64",
)  # fmt: skip
_LINES = ("config", "up -d", "ps", "restart -t 0", "down")


@cache
def texts() -> tuple[str, ...]:
    return tuple(
        path.read_text("utf-8") for folder in FOLDERS for path in sorted((sources.ROOT / folder).glob("*.yaml"))
    )


def make(dice: Random) -> bytes:
    if dice.random() < 0.6:
        return encoded(mutated(dice.choice(texts()), dice, texts()))
    service = {key: _value(dice, 3) for key in dice.sample(KEYS, dice.randrange(5))}
    data: Any = {
        "services": {"a": {"image": "busybox", **service}, "b": {"image": "busybox"}},
        "networks": {"lan": _value(dice, 3), dice.choice(KEYS): _value(dice, 3)},
    }
    if dice.random() < 0.3:
        data[dice.choice(KEYS)] = _value(dice, 3)
    return encoded(json.dumps(data, indent=1, ensure_ascii=False))


def _value(dice: Random, depth: int) -> Any:
    if not depth or dice.random() < 0.4:
        return dice.choice((*SCALARS, dice.choice(WORDS), dice.choice(NUMBERS)))
    if dice.random() < 0.4:
        return [_value(dice, depth - 1) for _ in range(dice.randrange(3))]
    return {dice.choice(KEYS): _value(dice, depth - 1) for _ in range(dice.randrange(4))}


def machine(text: str) -> DockerHost:
    (host,) = hosts("h1", shell=Shell(), budget=sources.BUDGET)
    host.files["/root/compose.yaml"] = text
    return host


def play(data: bytes) -> Iterator[None]:
    host = machine(decoded(data))
    for line in _LINES:
        try:
            code, stdout, stderr = run(host, ["docker", "compose", "-f", "/root/compose.yaml", *line.split()])
        except BudgetExceeded:
            break
        assert not code or stdout or stderr, f"docker compose {line} fails without a word"
        if line == "config" and code == 1:
            assert run(host, ["docker", "compose", "-f", "/root/compose.yaml", "up", "-d"])[0], "up takes it"
            assert not host.containers()
            break
    yield
