"""Failures that people have reported, as labs: verdict, reason, place, and a fix that was tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim.why.ask import why

FOLDER = Path(__file__).parents[2] / "scenarios" / "failures"
SHIM = (
    "ip link add shim link enp0s8 type macvlan mode bridge; ip link set shim up; ip route add 172.16.10.2/32 dev shim"
)
IPVLAN = ("every host", "docker network create -d ipvlan …, instead of -d macvlan")

EXPECTED = {
    "01-own-container": ("NEIGH_FAILED", "host1:enp0s8", ("host1", SHIM)),
    "02-virtual-switch": ("PORT_NO_MATCH", "sw1:1", ("host1", "ip link set enp0s8 promisc on")),
    "03-wifi-parent": ("PORT_ASSIGNED_MAC", "sw1:1", IPVLAN),
    "06-no-gateway": ("NEIGH_FAILED", "c1:eth0", ("c1", "route add default gw 172.16.10.254")),
    "08-vlan-not-on-trunk": ("PORT_VLAN", "sw1:2", ("sw1, port 2", "mode trunk, all VLANs")),
    "11-forged-transmits": ("PORT_FORGED_SOURCE", "sw1:1", IPVLAN),
    "12-forward-drop": ("NETFILTER_DROP", "router:enp0s8", ("router", "iptables -P FORWARD ACCEPT")),
    "13-internal": (
        "DUMMY",
        "host1:dm-7886c9348451",
        ("every host", "docker network create -o parent=enp0s8 …, without --internal"),
    ),
    "14-rp-filter": ("IP_RPFILTER", "router:enp0s8", ("router", "sysctl -w net.ipv4.conf.enp0s8.rp_filter=2")),
}


def test_every_lab_of_the_catalogue_is_expected() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_verdict_reason_and_fix(name: str) -> None:
    reason, where, edit = EXPECTED[name]
    answer = why(FOLDER / f"{name}.md")
    assert answer.explanation is not None
    assert answer.explanation.reason is not None
    assert (answer.explanation.verdict, answer.explanation.reason.name) == ("lost", reason)
    assert answer.explanation.where == where
    assert edit in [(e.node, e.text) for fix in answer.fixes for e in fix.edits]
