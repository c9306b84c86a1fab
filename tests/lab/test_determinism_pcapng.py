"""Same seed, same bytes: whatever the hash seed, whichever the Python."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
sys.path.insert(0, "scenarios")
from exp2_two_vlans import build
from macvsim import Lab

lab = Lab(seed=int(sys.argv[2]))
build(lab)
with lab.capture() as capture:
    host3 = lab.host("host3", switch="sw1")
    host3.vlan("enp0s8", 100, ip="172.16.10.1/24")
    host3.vlan("enp0s8", 200, ip="172.16.20.1/24")
    lab["d1"].ping("172.16.20.10", count=1, timeout=1)
    host3.sysctl["net.ipv4.ip_forward"] = 1
    lab["d1"].ping("172.16.20.11", count=3)
    lab["d2"].ping("172.16.20.11", count=40)
capture.save(sys.argv[1])
"""
DIGEST = "tests/data/exp3-seed0.pcapng.sha256"


def capture(path: Path, *, seed: int = 0, hash_seed: str = "0") -> str:
    """Digest of the capture that a fresh interpreter writes."""
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", SCRIPT, str(path), str(seed)], cwd=ROOT, env=env, check=True)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_determinism_under_hash_seeds(tmp_path: Path) -> None:
    digests = {capture(tmp_path / f"{seed}.pcapng", hash_seed=seed) for seed in ("0", "1", "random")}
    assert len(digests) == 1


def test_pcapng_is_the_same_on_every_python(tmp_path: Path) -> None:
    """The digest was written under CPython 3.11; CI runs this test under 3.13 too."""
    assert capture(tmp_path / "lab.pcapng") == (ROOT / DIGEST).read_text().strip()


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    assert capture(tmp_path / "a.pcapng", seed=0) != capture(tmp_path / "b.pcapng", seed=1)


@pytest.mark.skipif(sys.platform == "win32", reason="the scripts are run with POSIX paths")
def test_two_labs_never_meet(tmp_path: Path) -> None:
    """A second lab in the same process changes nothing of the first one's capture."""
    twice = SCRIPT.replace(
        "lab = Lab(", "other = Lab(seed=7)\nbuild(other)\nother['d1'].ping('172.16.10.11')\nlab = Lab("
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    path = tmp_path / "twice.pcapng"
    subprocess.run([sys.executable, "-c", twice, str(path), "0"], cwd=ROOT, env=env, check=True)
    assert path.read_bytes() == (capture(tmp_path / "once.pcapng") and (tmp_path / "once.pcapng").read_bytes())
