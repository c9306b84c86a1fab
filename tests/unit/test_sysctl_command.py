"""sysctl of procps-ng and of busybox."""

from __future__ import annotations

import pytest

from macvsim import Lab
from macvsim.engine.sim import Sim
from macvsim.machine.host import BUSYBOX, DEBIAN, Flavour, Host
from macvsim.machine.kernel import Kernel
from macvsim.machine.kernelfs.sysctlnames import children
from macvsim.net.sysctl import Sysctl
from macvsim.shell.interp import Shell


def machine(flavour: Flavour = DEBIAN) -> Host:
    host = Host(Kernel(Sim(hz=100), "h1", wakeup_delay=0), "h1", flavour)
    host.interpreter = Shell()
    host.nic_add("enp0s8", "02:00:00:00:00:01")
    host.vlan("enp0s8", 100)
    return host


@pytest.fixture
def host() -> Host:
    return machine()


@pytest.mark.parametrize(
    ("line", "printed", "complaint", "code"),
    [
        ("sysctl net.ipv4.ip_forward", "net.ipv4.ip_forward = 0\n", "", 0),
        ("sysctl net/ipv4/ip_forward", "net.ipv4.ip_forward = 0\n", "", 0),
        ("sysctl -n net.ipv4.ip_forward", "0\n", "", 0),
        ("sysctl -b net.ipv4.ip_forward", "0", "", 0),
        ("sysctl -N net.ipv4.ip_forward", "net.ipv4.ip_forward\n", "", 0),
        ("sysctl -w net.ipv4.ip_forward=1", "net.ipv4.ip_forward = 1\n", "", 0),
        ("sysctl -qw net.ipv4.ip_forward=1", "", "", 0),
        ("sysctl net.ipv4.conf.enp0s8/100.forwarding", "net.ipv4.conf.enp0s8/100.forwarding = 0\n", "", 0),
        ("sysctl net/ipv4/conf/enp0s8.100/forwarding", "net.ipv4.conf.enp0s8/100.forwarding = 0\n", "", 0),
        ("sysctl net.ipv4.ip_local_port_range", "net.ipv4.ip_local_port_range = 32768\t60999\n", "", 0),
        ("sysctl -e net.ipv4.nosuch", "", "", 0),
        (
            "sysctl net.ipv4.nosuch",
            "",
            "sysctl: cannot stat /proc/sys/net/ipv4/nosuch: No such file or directory\n",
            1,
        ),
        (
            "sysctl -w net.ipv4.ip_forward = 1",
            "",
            "sysctl: command line(0): invalid syntax, continuing...\n",
            1,
        ),
        ("sysctl -w net.ipv4.ip_forward=", "", 'sysctl: setting key "net.ipv4.ip_forward": Invalid argument\n', 1),
        ("sysctl -w net.ipv4.conf.all=1", "", 'sysctl: setting key "net.ipv4.conf.all": Operation not permitted\n', 0),
        ("sysctl -ar lo.rp_filter", "net.ipv4.conf.lo.rp_filter = 0\n", "", 0),
        ("sysctl -p /nosuch", "", 'sysctl: cannot open "/nosuch": No such file or directory\n', 1),
        ("echo 'net.ipv4.ip_forward = 1' | sysctl -p -", "net.ipv4.ip_forward = 1\n", "", 0),
        ("busybox sysctl net.ipv4.ip_forward", "net.ipv4.ip_forward = 0\n", "", 0),
        ("busybox sysctl net.ipv4.conf.enp0s8.100.forwarding", "net.ipv4.conf.enp0s8/100.forwarding = 0\n", "", 0),
        ("busybox sysctl net.ipv4.nosuch", "", "sysctl: error: 'net.ipv4.nosuch' is an unknown key\n", 1),
        ("busybox sysctl -w net.ipv4.ip_forward=x", "", "sysctl: write error: Invalid argument\n", 1),
        ("busybox sysctl -w net.ipv4.ip_forward=1", "net.ipv4.ip_forward = 1\n", "", 0),
        (
            "busybox sysctl -w net.ipv4.ip_forward",
            "",
            "sysctl: error: 'net.ipv4.ip_forward' must be of the form name=value\n",
            1,
        ),
    ],
)
def test_words(host: Host, line: str, printed: str, complaint: str, code: int) -> None:
    result = host.sh(line)
    assert (result.stdout, result.stderr, result.code) == (printed, complaint, code)


def test_ip_forward_is_written_through_to_the_devices(host: Host) -> None:
    """Recorded: 022-router-ip-forward-0."""
    host.sh("sysctl -w net.ipv4.ip_forward=1")
    names = "net.ipv4.conf.all.forwarding net.ipv4.conf.enp0s8/100.forwarding"
    assert host.sh(f"sysctl {names}").stdout == (
        "net.ipv4.conf.all.forwarding = 1\nnet.ipv4.conf.enp0s8/100.forwarding = 1\n"
    )
    host.sh("sysctl -w net.ipv4.conf.enp0s8/100.forwarding=0")
    assert host.sysctl["net.ipv4.conf.enp0s8/100.forwarding"] == 0
    assert host.sysctl["net.ipv4.ip_forward"] == 1


def test_all_is_sorted_and_leaves_deprecated_names_out(host: Host) -> None:
    names = host.sh("sysctl -aN").stdout.split()
    assert "net.ipv4.neigh.lo.base_reachable_time_ms" in names
    assert "net.ipv4.neigh.lo.base_reachable_time" not in names
    assert names.index("net.ipv4.conf.all.accept_local") < names.index("net.ipv4.conf.lo.rp_filter")


def test_a_parameter_that_is_left_out_says_so(host: Host) -> None:
    result = host.sh("sysctl kernel.ostype")
    assert result.code == 95
    assert result.stderr.startswith("not simulated: ")


def test_a_busybox_box_has_busybox_sysctl() -> None:
    result = machine(BUSYBOX).sh("sysctl net.ipv4.nosuch")
    assert result.stderr == "sysctl: error: 'net.ipv4.nosuch' is an unknown key\n"


def test_values_are_read_and_bounded_as_the_kernel_does() -> None:
    host = machine()
    for name, value in (
        ("net.ipv4.ip_default_ttl", "0"), ("net.ipv4.ip_default_ttl", "256"), ("net.ipv4.ip_forward", "5x"),
        ("net.ipv4.ip_forward", "+1"), ("net.ipv4.ip_forward", "08"), ("net.ipv4.conf.all.rp_filter", "2147483648"),
        ("net.ipv4.ip_local_port_range", "100 2000"), ("net.ipv4.ip_local_port_range", "3000 2000"),
        ("net.ipv4.tcp_rmem", "0 1 2"), ("net.ipv4.tcp_syn_retries", "0"), ("net.ipv4.icmp_echo_ignore_all", "2"),
    ):  # fmt: skip
        before = host.sysctl[name]
        result = host.sh(f"sysctl -w {name}='{value}'")
        assert (result.stderr, result.code) == (f'sysctl: setting key "{name}": Invalid argument\n', 1)
        assert host.sysctl[name] == before
    for value, read in (("0x10", 16), ("010", 8), ("5 6", 5), ("-1", -1)):
        host.sh(f"echo {value} > /proc/sys/net/ipv4/ip_forward")
        assert host.sysctl["net.ipv4.ip_forward"] == read
    most = str(host.sysctl["net.ipv4.tcp_rmem"]).split()[2]
    host.sysctl["net.ipv4.tcp_rmem"] = "5000 4096"
    assert host.sysctl["net.ipv4.tcp_rmem"] == f"5000\t4096\t{most}"
    host.sysctl["net.ipv4.ping_group_range"] = "5 1"
    assert host.sysctl["net.ipv4.ping_group_range"] == "1\t0"


def test_all_parameters_take_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Directories are not searched one by one: with more devices there are not more searches."""
    searches = []

    def search(sysctl: Sysctl, parts: tuple[str, ...]) -> list[str]:
        searches.append(parts)
        return children(sysctl, parts)

    monkeypatch.setattr("macvsim.machine.kernelfs.procfs.children", search)
    host = Lab(seed=0).host("host1")
    lines = []
    for number in range(3):
        host.sh("".join(f"ip link add d{number}{i} type dummy;" for i in range(5)))
        searches.clear()
        lines.append(len(host.sh("sysctl -a").stdout.splitlines()))
        assert len(searches) <= 2
    assert lines == sorted(set(lines))
