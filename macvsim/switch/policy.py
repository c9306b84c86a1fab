"""What a switch port lets through besides VLANs: hypervisors' rules, port security, one MAC a station.

Learning switches send a frame where its destination was last heard, and everywhere if it never was.  Most hypervisors'
switches do not learn: they know the MAC of each virtual adapter, and other frames reach an adapter only if its guest is
promiscuous and the policy allows that.  Sources: VirtualBox SrvIntNetR0.cpp, VMware's and Microsoft's manuals.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from macvsim.engine.drop import DropReason
from macvsim.errors import TopologyError


class Promiscuous(enum.Enum):
    """Which frames for other MACs a promiscuous guest gets."""

    NONE = "deny"
    VMS = "allow-vms"
    """Those from adapters of this switch, and those for them; not what comes from outside for unknown MACs."""
    ALL = "allow-all"


class MacChange(enum.Enum):
    """When the guest gives its adapter another MAC than it was configured with."""

    FOLLOW = "follow"
    """The switch takes the new one."""
    IGNORE = "ignore"
    """The switch keeps the configured one."""
    BLOCK = "block"
    """Nothing is delivered any more."""


@dataclass(frozen=True, slots=True)
class PortPolicy:
    """Rules of one port.

    learn : an ordinary port: source MACs are learnt, unknown unicast is flooded to it.  Without it the port knows the
        MAC of the adapter at the other end of its cable and nothing else; where no adapter is, it is the uplink and
        learns
    promiscuous : what a promiscuous adapter gets (without `learn`)
    mac_change : what the adapter's MAC is taken to be
    own_source_only : frames whose source is not the adapter's MAC are dropped as they come in
    max_macs : sources that may be learnt at the port, 0 for any number; frames from others are dropped
    opaque_tags : a switch of this kind does not know VLANs, tags are payload
    foreign, unmatched : reasons given for a foreign source, and for a frame whose destination nobody has
    """

    name: str
    learn: bool = True
    promiscuous: Promiscuous = Promiscuous.NONE
    mac_change: MacChange = MacChange.FOLLOW
    own_source_only: bool = False
    max_macs: int = 0
    opaque_tags: bool = False
    foreign: DropReason = DropReason.PORT_FORGED_SOURCE
    unmatched: DropReason = DropReason.PORT_NO_MATCH


def vmware(*, promiscuous: bool = False, forged_transmits: bool = True, mac_changes: bool = True) -> PortPolicy:
    """A port group of a VMware standard switch: True accepts, False rejects; the defaults are those of ESXi 5 and 6."""
    accepts = {"promiscuous": promiscuous, "forged": forged_transmits, "changes": mac_changes}
    return PortPolicy(
        "vmware " + " ".join(f"{name}={'accept' if accepted else 'reject'}" for name, accepted in accepts.items()),
        learn=False,
        promiscuous=Promiscuous.ALL if promiscuous else Promiscuous.NONE,
        mac_change=MacChange.FOLLOW if mac_changes else MacChange.BLOCK,
        own_source_only=not forged_transmits,
    )


def port_security(max_macs: int = 1) -> PortPolicy:
    """A learning port that takes frames from at most `max_macs` sources and drops the others'."""
    if max_macs < 1:
        raise TopologyError(f"port_security({max_macs}): at least one MAC has to be allowed")
    return PortPolicy(f"port-security {max_macs}", max_macs=max_macs)


def _virtualbox(promiscuous: Promiscuous) -> PortPolicy:
    name = f"virtualbox-{promiscuous.value}"
    return PortPolicy(name, learn=False, promiscuous=promiscuous, mac_change=MacChange.IGNORE, opaque_tags=True)


def _one_mac(name: str) -> PortPolicy:
    """The network assigned the adapter a MAC, and no other exists behind the port."""
    return PortPolicy(
        name,
        learn=False,
        mac_change=MacChange.IGNORE,
        own_source_only=True,
        foreign=DropReason.PORT_ASSIGNED_MAC,
        unmatched=DropReason.PORT_ASSIGNED_MAC,
    )


POLICIES: Mapping[str, PortPolicy] = MappingProxyType(
    {
        "bare-metal": PortPolicy("bare-metal"),
        "virtualbox-deny": _virtualbox(Promiscuous.NONE),
        "virtualbox-allow-vms": _virtualbox(Promiscuous.VMS),
        "virtualbox-allow-all": _virtualbox(Promiscuous.ALL),
        "vmware": vmware(),
        "vmware-accept": vmware(promiscuous=True),
        "vmware-reject": vmware(forged_transmits=False, mac_changes=False),
        "hyper-v": PortPolicy("hyper-v", learn=False, mac_change=MacChange.IGNORE, own_source_only=True),
        "hyper-v-spoofing": PortPolicy("hyper-v-spoofing"),
        "kvm": PortPolicy("kvm"),
        "kvm-no-mac-spoofing": PortPolicy("kvm-no-mac-spoofing", mac_change=MacChange.IGNORE, own_source_only=True),
        "cloud": _one_mac("cloud"),
        "wifi": _one_mac("wifi"),
        "port-security": port_security(),
    }
)
"""Policies by name, as Lab.switch(…, policy=…) takes them; most do not let macvlan children through."""


def get_policy(policy: str | PortPolicy) -> PortPolicy:
    """A policy by name, or the one given; `TopologyError` lists the names there are."""
    if isinstance(policy, PortPolicy):
        return policy
    if policy not in POLICIES:
        raise TopologyError(f"no port policy {policy!r}: choose one of {', '.join(POLICIES)}")
    return POLICIES[policy]
