"""Templates that scapy composed beforehand are what it composes now, and spare labs the loading of scapy."""

from __future__ import annotations

import subprocess
import sys

import pytest

from macvsim.wire import compose, ipv4
from macvsim.wire.templates import kept_templates
from tests import templates


def test_every_kept_template_is_what_scapy_composes() -> None:
    assert dict(kept_templates()) == templates.composed()


def test_scapy_composes_a_shape_that_is_not_kept() -> None:
    assert "ipv4_template 132" not in kept_templates()
    sctp = compose.ipv4_template(132)
    assert sctp[9] == 132 and sctp[:8] == compose.ipv4_template(ipv4.PROTO_UDP)[:8]
    assert sum(int.from_bytes(sctp[at : at + 2]) for at in range(0, 20, 2)) % 0xFFFF == 0, "the checksum is scapy's"


@pytest.mark.parametrize(
    "line",
    ["ip link", "ping -c 1 10.0.0.2", "ping -c 1 -s 4000 10.0.0.2"],
)
def test_a_first_command_does_not_load_scapy(line: str) -> None:
    """A fresh process types a command; scapy's layers take longer to load than all of macvsim's modules."""
    program = f"""
import sys
from macvsim import Lab
lab = Lab()
switch = lab.switch("sw")
one, two = (lab.host(name, nic="e0", switch=switch) for name in ("h1", "h2"))
one.sh("ip addr add 10.0.0.1/24 dev e0")
two.sh("ip addr add 10.0.0.2/24 dev e0")
lab.run(3)
result = one.sh({line!r})
assert result.code == 0, result.stdout + result.stderr
print([name for name in sys.modules if name.startswith("scapy")])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
