"""The switch between hosts: a learning switch, or one of the virtual ones that do not learn.
It may import `dev`, `wire` and `engine`.
Read `switch.py` first, then `port.py`, and `policy.py` for what a port lets through.
"""

from __future__ import annotations

from macvsim.switch.policy import POLICIES, MacChange, PortPolicy, Promiscuous, port_security, vmware
from macvsim.switch.port import Adapter, SwitchPort
from macvsim.switch.switch import Switch

__all__ = [
    "POLICIES",
    "Adapter",
    "MacChange",
    "PortPolicy",
    "Promiscuous",
    "Switch",
    "SwitchPort",
    "port_security",
    "vmware",
]
