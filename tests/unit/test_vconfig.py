"""vconfig in its three forms: Debian's wrapper and busybox as recorded, the C program as its users show it."""

from __future__ import annotations

import pytest

from macvsim.dev.vlan import Vlan
from macvsim.machine.kernelfs.vlan import vlan_config
from tests.unit.tool_lab import ToolLab, pair_lab

DEPRECATED = (
    "\nWarning: vconfig is deprecated and might be removed in the future, "
    "please migrate to ip(route2) as soon as possible!\n\n"
)
USAGE_START = "\nUsage: add             [interface-name] [vlan_id]\n       rem             [vlan-name]\n"
ARGC = "Expecting argc to be 3-5, inclusive.  Was: {}\n"


def vlan(lab: ToolLab, name: str) -> Vlan:
    found = lab.ns.dev(name)
    assert isinstance(found, Vlan)
    return found


class TestDebian:
    def test_the_documents_commands(self) -> None:
        lab = pair_lab()
        assert lab.run("vconfig add v0 100") == ("", DEPRECATED, 0)
        assert lab.run("vconfig set_flag v0.100 1 1") == ("v0.100 1 1\n", DEPRECATED, 0)
        new = vlan(lab, "v0.100")
        assert (new.vid, new.reorder_hdr, new.up, new.mac) == (100, True, False, lab.ns.dev("v0").mac)
        assert lab.run("vconfig rem v0.100") == ("", DEPRECATED, 0)
        assert "v0.100" not in lab.ns.devices

    def test_set_flag_with_a_blank_is_a_mistake(self) -> None:
        lab = pair_lab()
        lab.run("vconfig add v0 100")
        out, err, code = lab.run("vconfig set flag v0.100 1 1")
        assert (err, code) == (DEPRECATED + ARGC.format(6), 1)
        assert out.startswith(USAGE_START)
        assert out.endswith(
            "            there will be at least a small performance degradation.  Default\n            is OFF.\n"
        )
        assert lab.run("vconfig")[1] == DEPRECATED + ARGC.format(1)

    @pytest.mark.parametrize(
        ("words", "err", "code"),
        [
            ("add v0 100", "RTNETLINK answers: File exists\n", 3),
            ("add nosuch 100", 'Cannot find device "nosuch"\n', 3),
            ("add v0 5000", "Error: 8021q: Invalid VLAN id.\n", 3),
            ("rem v0.300", 'Cannot find device "v0.300"\n', 4),
            ("foo bar", "Unknown command: foo\n", 5),
        ],
    )
    def test_errors(self, words: str, err: str, code: int) -> None:
        lab = pair_lab()
        lab.run("vconfig add v0 100")
        assert lab.run(f"vconfig {words}") == ("", DEPRECATED + err, code)

    def test_rem_takes_any_device(self) -> None:
        lab = pair_lab()
        lab.run("vconfig add v0 100")
        assert lab.run("vconfig rem v0")[2] == 0
        assert list(lab.ns.devices) == ["lo"]

    def test_flag_values(self) -> None:
        lab = pair_lab()
        lab.run("vconfig add v0 100")
        assert lab.run("vconfig set_flag v0.100 1 2") == (
            "v0.100 1 2\n",
            DEPRECATED + "Invalid flag parameter specified\n",
            7,
        )
        assert lab.run("vconfig set_flag v0.100 1")[0] == "v0.100 1 \n"
        lab.run("vconfig set_flag v0.100 1 0")
        assert not vlan(lab, "v0.100").reorder_hdr

    def test_maps_and_names(self) -> None:
        lab = pair_lab()
        lab.run("vconfig set_name_type DEV_PLUS_VID")
        lab.run("vconfig add v0 9")
        lab.run("vconfig set_ingress_map v0.0009 1 2")
        lab.run("vconfig set_egress_map v0.0009 3 4")
        new = vlan(lab, "v0.0009")
        assert (new.ingress_map[1], new.egress_map) == (2, {3: 4})


class TestBusybox:
    def test_silence(self) -> None:
        lab = pair_lab()
        lab.do("busybox vconfig add v0 100", "busybox vconfig set_flag v0.100 1 1", "busybox vconfig rem v0.100")
        assert "v0.100" not in lab.ns.devices

    @pytest.mark.parametrize(
        ("words", "err"),
        [
            ("add v0 300", "ioctl error for add: File exists"),
            ("add v0 4096", "number 4096 is not in 0..4095 range"),
            ("add v0 4095", "ioctl error for add: Numerical result out of range"),
            ("add v0 x", "invalid number 'x'"),
            ("add nosuch 100", "ioctl error for add: No such device"),
            ("add lo 5", "ioctl error for add: Operation not supported"),
            ("rem v0", "ioctl error for rem: Invalid argument"),
            ("rem v0.301", "ioctl error for rem: No such device"),
            ("set_flag v0 1 1", "ioctl error for set_flag: Invalid argument"),
            ("set_flag v0.300 2 1", "number 2 is not in 0..1 range"),
            ("set_egress_map v0.300 1 8", "number 8 is not in 0..7 range"),
        ],
    )
    def test_errors(self, words: str, err: str) -> None:
        lab = pair_lab()
        lab.do("busybox vconfig add v0 300")
        assert lab.fails(f"busybox vconfig {words}") == (f"vconfig: {err}\n", 1)

    def test_usage(self) -> None:
        err, code = pair_lab().fails("busybox vconfig set flag v0.100 1 1")
        assert code == 1
        assert err == (
            "BusyBox v1.37.0 (Debian 1:1.37.0-6+b9) multi-call binary.\n\nUsage: vconfig COMMAND [OPTIONS]\n\n"
            "Create and remove virtual ethernet devices\n\n\tadd IFACE VLAN_ID\n\trem VLAN_NAME\n"
            "\tset_flag IFACE 0|1 VLAN_QOS\n\tset_egress_map VLAN_NAME SKB_PRIO VLAN_QOS\n"
            "\tset_ingress_map VLAN_NAME SKB_PRIO VLAN_QOS\n\tset_name_type NAME_TYPE\n"
        )

    def test_the_last_word_of_set_flag_is_the_value(self) -> None:
        lab = pair_lab()
        lab.do("busybox vconfig add v0 5", "busybox vconfig set_flag v0.5 0 1")
        assert vlan(lab, "v0.5").reorder_hdr
        lab.do("busybox vconfig set_flag v0.5 1 0")
        assert not vlan(lab, "v0.5").reorder_hdr

    def test_names_and_maps(self) -> None:
        lab = pair_lab()
        for kind, name in (
            ("VLAN_PLUS_VID", "vlan0006"),
            ("DEV_PLUS_VID", "v0.0006"),
            ("VLAN_PLUS_VID_NO_PAD", "vlan6"),
            ("DEV_PLUS_VID_NO_PAD", "v0.6"),
        ):
            lab.do(f"busybox vconfig set_name_type {kind}", "busybox vconfig add v0 6")
            lab.do(f"busybox vconfig set_egress_map {name} 3 5", f"busybox vconfig set_ingress_map {name} 4 6")
            assert (vlan(lab, name).egress_map, vlan(lab, name).ingress_map[6]) == ({3: 5}, 4)
            lab.do(f"busybox vconfig rem {name}")


class TestCentos:
    def test_it_tells_what_it_did(self) -> None:
        lab = pair_lab()
        for line, said in (
            ("add v0 100", "Added VLAN with VID == 100 to IF -:v0:-\n"),
            ("set_flag v0.100 1 1", "Set flag on device -:v0.100:- Should be visible in /proc/net/vlan/v0.100\n"),
            ("rem v0.100", "Removed VLAN -:v0.100:-\n"),
        ):
            assert lab.out(f"vconfig {line}", "centos") == said

    def test_errors(self) -> None:
        lab = pair_lab()
        lab.out("vconfig add v0 100", "centos")
        assert lab.fails("vconfig add v0 100", "centos") == (
            "ERROR: trying to add VLAN #100 to IF -:v0:-  error: File exists\n",
            3,
        )
        assert lab.fails("vconfig rem nosuch", "centos") == (
            "ERROR: trying to remove VLAN -:nosuch:- error: No such device\n",
            4,
        )
        out, _, code = lab.run("vconfig set flag v0.100 1 1", "centos")
        assert (out.startswith(ARGC.format(6) + USAGE_START), code) == (True, 1)

    def test_flags_that_need_protocols(self) -> None:
        lab = pair_lab()
        lab.out("vconfig add v0 100", "centos")
        assert "GVRP" in lab.left_out("vconfig set_flag v0.100 2 1", "centos")


def test_containers_may_not_configure() -> None:
    lab = pair_lab(net_admin=False)
    assert lab.fails("busybox vconfig add v0 100") == ("vconfig: ioctl error for add: Operation not permitted\n", 1)
    assert lab.run("vconfig add v0 100") == ("", DEPRECATED + "RTNETLINK answers: Operation not permitted\n", 3)


def test_proc_net_vlan_config_names_the_type() -> None:
    lab = pair_lab()
    lab.do("busybox vconfig set_name_type VLAN_PLUS_VID", "busybox vconfig add v0 6")
    assert vlan_config(lab.ns) == (
        "VLAN Dev name\t | VLAN ID\nName-Type: VLAN_NAME_TYPE_PLUS_VID\nvlan0006       | 6  | v0\n"
    )
