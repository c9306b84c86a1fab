"""`lab.why` in Python: the reason, and fixes tried on copies of the lab."""

from __future__ import annotations

import pytest

from macvsim import Lab, TopologyError


def document() -> Lab:
    """The third experiment, its router not yet one."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    host1, host3 = (lab.host(name, nic="enp0s8", switch=sw1) for name in ("host1", "host3"))
    for vid, network, net in ((100, "mac10", "172.16.10"), (200, "mac20", "172.16.20")):
        host1.vlan("enp0s8", vid)
        host1.docker.network_create(
            network, driver="macvlan", subnet=f"{net}.0/24", gateway=f"{net}.1", parent=f"enp0s8.{vid}"
        )
        host3.vlan("enp0s8", vid, ip=f"{net}.1/24")
    host1.docker.run("d1", network="mac10", ip="172.16.10.10")
    host1.docker.run("d2", network="mac20", ip="172.16.20.10")
    return lab


def type_all(lab: Lab, edits: tuple[tuple[str, str], ...]) -> None:
    for node, command in edits:
        assert lab.sh(node, command), command


def test_the_router_that_does_not_route() -> None:
    lab = document()
    found = lab.why("d1", "172.16.20.10")
    assert found.reason is not None
    assert (found.verdict, found.reason.name) == ("lost", "FORWARDING_OFF")
    assert found.fixes[0].edits == (("host3", "sysctl -w net.ipv4.ip_forward=1"),)
    assert "fix, tried: host3# sysctl -w net.ipv4.ip_forward=1" in str(found)
    type_all(lab, found.fixes[0].edits)
    again = lab.why("d1", "172.16.20.10")
    assert (again.verdict, again.fixes) == ("answered", ())


def test_a_container_by_name() -> None:
    lab = document()
    lab["host3"].sysctl["net.ipv4.ip_forward"] = 1
    assert lab.why("d1", "d2").verdict == "answered"


def test_machines_themselves() -> None:
    lab = document()
    found = lab.why(lab["d1"], lab["d2"])
    assert found.fixes[0].edits == (("host3", "sysctl -w net.ipv4.ip_forward=1"),)
    with pytest.raises(TopologyError, match="d1 is no machine of this lab: it has host1"):
        lab.why(document()["d1"], "172.16.20.10")


@pytest.mark.parametrize(
    "harm",
    [
        lambda lab: lab["host3"].link_set("enp0s8.200", up=False),
        lambda lab: lab.switches["sw1"].port("host3").trunk([100]),
        lambda lab: lab.configure("sw1", "port host1 loss 1"),
        lambda lab: lab["host3"].addr_del("enp0s8.200", "172.16.20.1/24"),
        lambda lab: lab["host3"].sh("iptables -A FORWARD -j DROP"),
        lambda lab: lab["host1"].docker.stop("d2"),
    ],
)
def test_every_fix_works_on_the_lab_itself(harm: object) -> None:
    lab = document()
    lab["host3"].sysctl["net.ipv4.ip_forward"] = 1
    assert lab["d1"].ping("172.16.20.10", count=1)
    assert callable(harm)
    harm(lab)
    found = lab.why("d1", "172.16.20.10")
    assert found.verdict == "lost"
    assert found.fixes, str(found)
    for fix in found.fixes:
        mended = lab.copy()
        type_all(mended, fix.edits)
        assert mended["d1"].ping("172.16.20.10", count=1, timeout=1.0), fix


def test_asking_changes_nothing_but_by_its_ping() -> None:
    asked, pinged = document(), document()
    asked.why("d1", "172.16.20.10")
    pinged["d1"].ping("172.16.20.10", count=1)
    assert asked.now == pinged.now
    assert str(asked["host3"].sh("ip -s link")) == str(pinged["host3"].sh("ip -s link"))


def test_without_fixes_nothing_is_tried() -> None:
    lab = document()
    assert lab.why("d1", "172.16.20.10", fixes=False).fixes == ()


def test_a_lab_that_cannot_be_copied_says_so() -> None:
    lab = document()
    lab["host3"].dev("enp0s8").mtu = 1400
    found = lab.why("d1", "172.16.20.10")
    assert (found.reason is not None, found.fixes) == (True, ())
    assert "no edits were tried: this lab cannot be copied" in str(found)


def test_an_address_that_nobody_was_to_have() -> None:
    lab = document()
    found = lab.why("d1", "172.16.10.7")
    assert found.sentence.endswith("nobody answered the ARP request; no machine of the lab has 172.16.10.7")
    assert [fix.edits for fix in found.fixes] == [(("d1", "ping -c 1 172.16.10.1"),)]
    assert "no machine" not in lab.why("d1", "172.16.20.10").sentence
