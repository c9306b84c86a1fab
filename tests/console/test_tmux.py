"""``macvsim shell`` as a person uses it: experiment 1 typed in a terminal, seen to work, saved, and checked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from macvsim.labfile.commands import check_file
from tests.scenarios.played import SCENARIOS

TMUX = shutil.which("tmux")
pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux is not installed")
PATIENCE = 300
"""Looks at the screen, 0.1 s apart, before something that does not come is missed."""


class Screen:
    """A terminal that nobody sees."""

    def __init__(self, folder: Path, command: str) -> None:
        self.socket = str(folder / "tmux")
        environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        words = ["-f", os.devnull, "new-session", "-d", "-x", "150", "-y", "50", command]
        self.tmux(*words, env=environment)

    def tmux(self, *words: str, env: dict[str, str] | None = None) -> str:
        assert TMUX is not None
        ran = subprocess.run([TMUX, "-S", self.socket, *words], capture_output=True, text=True, check=True, env=env)
        return ran.stdout

    def type(self, text: str) -> None:
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", "Enter")

    def key(self, name: str) -> None:
        self.tmux("send-keys", name)

    def shows(self, wanted: Callable[[str], bool]) -> str:
        """What the screen shows as soon as it is what is wanted."""
        clock = Event()
        for _ in range(PATIENCE):
            shown = self.tmux("capture-pane", "-p", "-S", "-")
            if wanted(shown):
                return shown
            clock.wait(0.1)
        raise AssertionError(f"this did not come; the screen shows:\n{shown}")

    def prompts(self, prompt: str) -> str:
        """Wait until a prompt stands on the last line that is not the bar below it."""
        return self.shows(lambda shown: _lines(shown)[-2:-1] == [prompt])


def _lines(shown: str) -> list[str]:
    return [line.rstrip() for line in shown.splitlines() if line.strip()]


@pytest.fixture(name="screen")
def _screen(tmp_path: Path) -> Iterator[Screen]:
    lab = SCENARIOS / "exp1_same_macvlan.md"
    screen = Screen(tmp_path, f"{sys.executable} -m macvsim shell {lab}; echo left with $?; sleep 60")
    try:
        yield screen
    finally:
        screen.tmux("kill-server")


def test_experiment_1_typed(screen: Screen, tmp_path: Path) -> None:
    create = "docker network create -d macvlan --subnet=172.16.10.0/24 --gateway=172.16.10.1 -o parent=enp0s8 mac1"
    run = "docker run -itd --name {} --ip=172.16.10.{} --network mac1 busybox"
    screen.prompts("root@host1:~#")
    screen.type(create)
    screen.type(run.format("c1", 2))
    screen.type("ssh host2")
    screen.prompts("root@host2:~#")
    screen.type(create)
    screen.type(run.format("c2", 3))
    screen.type("exit")
    screen.prompts("root@host1:~#")
    screen.tmux("send-keys", "-l", "docker exec c1 pin")
    screen.key("Tab")
    screen.shows(lambda shown: "root@host1:~# docker exec c1 ping" in shown)
    screen.type(" -c 2 172.16.10.3")
    shown = screen.shows(lambda shown: "round-trip" in shown)
    assert "64 bytes from 172.16.10.3: seq=1 ttl=64 time=0." in shown
    assert "2 packets transmitted, 2 packets received, 0% packet loss" in shown
    bar = screen.shows(lambda shown: "s of simulated time" in _lines(shown)[-1])
    assert _lines(bar)[-1].split()[:2] == ["host1", "1.000350"]
    screen.type(f"@save {tmp_path}/typed.md")
    screen.shows(lambda shown: "6 commands written to" in shown.replace("\n", ""))
    screen.key("C-d")
    screen.shows(lambda shown: "left with 0" in shown)
    said: list[str] = []
    assert check_file(tmp_path / "typed.md", said.append), "".join(said)
    assert said[-1].endswith("6 commands, 6 compared, all as expected\n")


def test_ctrl_c_ends_the_command_and_history_brings_it_back(screen: Screen) -> None:
    screen.prompts("root@host1:~#")
    screen.type("ping 127.0.0.1")
    screen.shows(lambda shown: "icmp_seq=31" in shown)
    screen.key("C-c")
    screen.shows(lambda shown: "0% packet loss" in shown)
    screen.prompts("root@host1:~#")
    screen.key("Up")
    screen.shows(lambda shown: _lines(shown)[-2:-1] == ["root@host1:~# ping 127.0.0.1"])
    screen.key("C-c")
    screen.prompts("root@host1:~#")
