"""Every docker subcommand survives random arguments, and one that fails has changed nothing."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from macvsim.tools.docker.main import COMMANDS
from macvsim.tools.docker.manual import manual
from tests.unit.docker_random import command_lines, machine, run, state

pytestmark = pytest.mark.slow

SEVERAL = ("start", "update", "stop", "restart", "kill", "rm", "rmi", "pause", "unpause", "network rm")
"""These do what they can with each of the things they are given."""
NOT_STARTED = (125, 126, 127)
"""What ``docker run`` ends with when it was not the program that failed."""


@pytest.mark.parametrize("path", sorted(COMMANDS))
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_survives(path: str, data: st.DataObject) -> None:
    words = [*path.split(), *data.draw(command_lines(manual().pages[path]))]
    host = machine()
    before = state(host)
    code, stdout, stderr = run(host, words)
    after = state(host)
    if not code or (path == "docker run" and code not in NOT_STARTED):
        return
    assert stdout or stderr or path == "docker exec", f"{words} fails without a word"
    named = sum(not word.startswith("-") for word in words[len(path.split()) :])
    if path.removeprefix("docker ") in SEVERAL and named > 1:
        return
    if path == "docker run":  # the container may have been created before it could not be started
        after = {name: part for name, part in after.items() if name in before or not name.startswith("container ")}
    assert after == before
