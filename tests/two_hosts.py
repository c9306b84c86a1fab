"""The front matter of a lab of two hosts on a switch."""

from __future__ import annotations


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
