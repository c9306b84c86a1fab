"""Two hosts on a switch: as the front matter of a lab, and as boxes."""

from __future__ import annotations

from macvsim import Lab
from macvsim.machine.host import Box


def topology(name: str) -> str:
    """10.0.0.1 and 10.0.0.2 on enp0s8 of host1 and host2."""
    return f"""\
name: {name}
topology:
  nodes:
    host1: {{nics: {{enp0s8: {{addresses: [10.0.0.1/24]}}}}}}
    host2: {{nics: {{enp0s8: {{addresses: [10.0.0.2/24]}}}}}}
    sw1: {{kind: switch}}
  links:
    - endpoints: ["host1:enp0s8", "sw1:1"]
    - endpoints: ["host2:enp0s8", "sw1:2"]
"""


def pair() -> tuple[Box, Box]:
    """h1 and h2 with 10.0.0.1 and 10.0.0.2 on eth0."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    h1, h2 = (lab.host(name, nic="eth0", switch=sw1) for name in ("h1", "h2"))
    h1.addr_add("eth0", "10.0.0.1/24")
    h2.addr_add("eth0", "10.0.0.2/24")
    return h1, h2
