"""Programs with closed standard input: the table (machine/closedinput.py) beside Debian's programs and busybox."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from macvsim import Lab
from macvsim.machine.call import NOT_SIMULATED
from macvsim.machine.closedinput import BUSYBOX, GNU, closed_input

_WORDS = {"cut": "-f1", "paste": "-", "comm": "- /dev/null", "grep": "x", "sed": "p", "awk": "1", "tr": "a b"}


@pytest.mark.skipif(sys.platform != "linux", reason="the programs are Debian's")
@pytest.mark.parametrize("busybox", [False, True], ids=["gnu", "busybox"])
def test_the_table_is_what_the_real_programs_print(busybox: bool) -> None:
    before = "busybox " if busybox else ""
    found, expected = {}, {}
    for name in BUSYBOX if busybox else GNU:
        if shutil.which("busybox" if busybox else name) is None:
            continue
        line = f"exec {before}{name} {_WORDS.get(name, '')} <&-"
        ran = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=10, check=False)
        found[name] = ran.returncode, ran.stderr, ran.stdout
        expected[name] = *(closed_input(name, busybox=busybox) or ()), ""
    assert found == expected


@pytest.mark.parametrize("line", ["wc <&-", "xargs echo <&-", "busybox wc <&-", "iptables-restore <&-"])
def test_a_program_that_is_not_in_the_table_is_not_simulated(line: str) -> None:
    result = Lab().host("host1").sh(line)
    assert result.code == NOT_SIMULATED
    assert "standard input that is closed" in result.stderr
