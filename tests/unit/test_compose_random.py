"""docker compose survives random arguments; `tests.soak.kinds.compose` has random files."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from macvsim.docker.host import DockerHost
from macvsim.shell.interp import Shell
from macvsim.tools.compose.main import ACTIONS, compose_manual
from tests.unit.docker_lab import hosts
from tests.unit.docker_random import command_lines, run

pytestmark = pytest.mark.slow

FILE = """\
services:
  a: {image: busybox, tty: true, networks: {lan: {ipv4_address: 172.16.30.5}}}
  b: {image: busybox, command: sleep 5, depends_on: [a], network_mode: none}
networks:
  lan: {driver: macvlan, driver_opts: {parent: enp0s8}, ipam: {config: [{subnet: 172.16.30.0/24}]}}
"""
COMPOSE = ("docker", "compose", "-f", "/root/compose.yaml")
SETTINGS = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def machine(text: str) -> DockerHost:
    (host,) = hosts("h1", shell=Shell())
    host.files["/root/compose.yaml"] = text
    return host


@pytest.mark.parametrize("name", sorted(ACTIONS))
@SETTINGS
@given(data=st.data())
def test_survives(name: str, data: st.DataObject) -> None:
    words = data.draw(command_lines(compose_manual().pages[f"docker compose {name}"]))
    host = machine(FILE)
    if data.draw(st.booleans()):
        assert not host.sh(" ".join([*COMPOSE, "up", "-d"])).code
    code, stdout, stderr = run(host, [*COMPOSE, name, *words])
    assert not code or name == "exec" or stdout or stderr, f"{name} {words} fails without a word"
