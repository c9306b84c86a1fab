"""Random labs of every kind of device are the same with the fast path, captures and unrelated hosts and without them;
see random_labs.py for many.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim.cli import main
from macvsim.fastpath import flowtable
from tests.lab.random_labs import KNOWN, verdict

pytestmark = pytest.mark.slow

SEEDS = [seed for seed in range(70) if seed not in KNOWN]
LAB = """---
name: lab
topology:
  nodes:
    host1: {exec: ["ip addr add 10.0.0.1/24 dev eth0"]}
    host2: {exec: ["ip addr add 10.0.0.2/24 dev eth0"]}
    sw1: {kind: switch}
  links:
    - endpoints: ["host1:eth0", "sw1:1"]
    - endpoints: ["host2:eth0", "sw1:2"]
---
```console
root@host1:~# ping -c 10 -i 0.1 10.0.0.2
root@host1:~# ip -s link show eth0
```
"""


@pytest.mark.parametrize("seed", SEEDS)
def test_the_fast_path_changes_nothing(seed: int) -> None:
    assert verdict(seed) == (seed, "")


@pytest.mark.parametrize("law", ["captures", "unrelated"])
@pytest.mark.parametrize("seed", range(8))
def test_captures_and_unrelated_hosts_change_nothing(seed: int, law: str) -> None:
    assert verdict(seed, law) == (seed, "")


def check_plain(path: Path) -> int | str | None:
    """Exit status of ``macvsim check --plain``."""
    with pytest.raises(SystemExit) as ended:
        main(["check", "--plain", str(path)])
    return ended.value.code


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    path = tmp_path / "lab.md"
    path.write_text(LAB)
    return path


def test_check_plain_compares_labs(capsys: pytest.CaptureFixture[str], lab: Path) -> None:
    assert check_plain(lab) == 0
    assert capsys.readouterr().out == f"{lab}: equal with the fast path and without it\n"


def test_check_plain_shows_the_first_difference(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lab: Path
) -> None:
    monkeypatch.setattr(flowtable.Entry, "flush", lambda self: None)
    assert check_plain(lab) == 1
    out = capsys.readouterr().out
    assert "the fast path and the plain path differ: " in out and "plain path: " in out


def test_check_plain_of_no_lab(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert check_plain(tmp_path / "none.md") == 2
    assert "none.md" in capsys.readouterr().err
