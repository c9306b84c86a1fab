"""At a terminal, control sequences of a lab's output are shown; elsewhere they are as they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from macvsim.console.visible import visible
from tests.two_hosts import topology

pytestmark = pytest.mark.slow

EVIL = "\x1b]0;owned\x07\x1b[2J"


def test_controls_are_shown() -> None:
    assert visible(f"a{EVIL}b\tc\r\nd\n") == "a^[]0;owned^G^[[2Jb\tc\r\nd\n"
    assert visible("\x00\x7f\x9b31m\rx\u202ey") == "^@^?\\x9b31m^Mx\\u202ey"
    assert visible("网络 ✓ é") == "网络 ✓ é"


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of Unix")
@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("command", ["run", "shell"])
def test_at_a_terminal_and_in_a_pipe(tmp_path: Path, raw: bool, command: str) -> None:
    import pty

    lab = tmp_path / "lab.md"
    typed = r"printf 'a\033[2Jb\n'"
    lab.write_text(f"---\n{topology('x')}---\n```console\nroot@host1:~# {typed}\n```\n")
    words = [sys.executable, "-m", "macvsim", command, str(lab), *(["--raw"] if raw else [])]
    piped = subprocess.run(words, input=f"{typed}\n", capture_output=True, text=True, check=True)
    assert "a\x1b[2Jb\n" in piped.stdout
    master, slave = pty.openpty()
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=slave) as process:
        os.close(slave)
        process.communicate(f"{typed}\n".encode())
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert ("a\x1b[2Jb" in shown, "a^[[2Jb" in shown) == (raw, not raw)
