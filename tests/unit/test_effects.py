"""Features that are not simulated: every place gives its effect, and one that changes the network marks the lab."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import macvsim
from macvsim import Lab
from macvsim.engine.unsimulated import SHOWN
from macvsim.errors import Effect
from macvsim.machine.applets import BUSYBOX_APPLETS
from macvsim.machine.programs import Programs
from macvsim.tools.leftout import CHANGING, READING, effect_of

PACKAGE = Path(macvsim.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))


def two_hosts() -> Lab:
    """10.0.0.1 and 10.0.0.2 on enp0s8 of host1 and host2."""
    lab = Lab()
    lab.switch("sw1")
    for number in (1, 2):
        lab.host(f"host{number}", switch="sw1").addr_add("enp0s8", f"10.0.0.{number}/24")
    return lab


# -- every place -------------------------------------------------------------------------------------------------------


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                fn = node.func
                name = fn.attr if isinstance(fn, ast.Attribute) else fn.id if isinstance(fn, ast.Name) else ""
                if name in names:
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def test_every_place_that_leaves_something_out_gives_its_effect() -> None:
    found = dict(calls("NotSimulated", "not_simulated"))
    assert len(found) > 200
    bare = [
        place
        for place, call in found.items()
        if not any(
            "effect" in ast.unparse(arg).lower() for arg in [*call.args[1:], *(key.value for key in call.keywords)]
        )
    ]
    assert bare == []


def test_every_program_gives_the_effect_of_its_options_that_are_left_out() -> None:
    found = dict(calls("tool", "everywhere"))
    assert len(found) > 80
    assert [place for place, call in found.items() if "effect" not in [key.arg for key in call.keywords]] == []


def test_the_words_are_printed_in_one_place() -> None:
    readers = ("errors.py", "fidelity/", "exchange/restore.py", "tools/shells")
    found = []
    for path in FILES:
        name = str(path.relative_to(PACKAGE))
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and text.startswith("not simulated: ") and not name.startswith(readers):
                found.append(name)
    assert found == ["machine/call.py"]


# -- programs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "effect"),
    [
        ("tc qdisc add dev eth0 root netem loss 100%", Effect.CHANGES),
        ("tc -s qdisc show dev eth0", Effect.READS),
        ("tc", Effect.CHANGES),
        ("nft add table inet t", Effect.CHANGES),
        ("nft -f rules.nft", Effect.CHANGES),
        ("nft list ruleset", Effect.READS),
        ("nft 'list ruleset'", Effect.CHANGES),
        ("wg", Effect.READS),
        ("wg set wg0 peer x", Effect.CHANGES),
        ("ovs-vsctl add-br br0", Effect.CHANGES),
        ("ovs-vsctl show", Effect.READS),
        ("systemctl restart networking", Effect.CHANGES),
        ("systemctl status networking", Effect.READS),
        ("firewall-cmd --add-port=80/tcp", Effect.CHANGES),
        ("nmcli con up eth0", Effect.CHANGES),
        ("nmcli device status", Effect.READS),
        ("ip6tables -A FORWARD -j DROP", Effect.CHANGES),
        ("ip6tables -nvL", Effect.READS),
        ("ssh root@host2 reboot", Effect.CHANGES),
        ("strace ip link set eth0 down", Effect.CHANGES),
        ("nstat -az", Effect.READS),
        ("mtr 10.0.0.1", Effect.READS),
        ("ipset add list 1.2.3.4", Effect.CHANGES),
        ("ipset -N test hash:ip", Effect.CHANGES),
        ("ipset list add", Effect.READS),
        ("nft list set inet t blocked", Effect.READS),
        ("nft add set inet t list", Effect.CHANGES),
        ("nmcli con modify show ipv4.method auto", Effect.CHANGES),
        ("nmcli con up show", Effect.CHANGES),
        ("iw dev wlan0 set type monitor", Effect.CHANGES),
        ("iw dev", Effect.READS),
        ("ovs-vsctl get br0 x -- set br0 x=1", Effect.CHANGES),
        ("ovs-vsctl add-br show", Effect.CHANGES),
        ("firewall-cmd --state --add-port=80/tcp", Effect.CHANGES),
        ("resolvectl dns eth0 9.9.9.9", Effect.CHANGES),
        ("teamdctl team0 config update x", Effect.CHANGES),
        ("squid -k reconfigure", Effect.CHANGES),
        ("podman exec c1 top", Effect.CHANGES),
        ("kubectl get pods -A", Effect.READS),
        ("watch -n 1 ip -s link", Effect.READS),
        ("watch ip link set eth0 down", Effect.CHANGES),
        ("watch ./script", Effect.CHANGES),
        ("nosuchprogram", None),
        ("vi /etc/hosts", None),
    ],
)
def test_programs_of_real_networks(line: str, effect: Effect | None) -> None:
    name, *words = line.split(" ")
    assert effect_of(name, words) is effect


def test_the_words_of_a_quoted_command_count() -> None:
    assert effect_of("nft", ["list ruleset"]) is Effect.READS


def test_no_program_is_in_two_tables_or_simulated_everywhere() -> None:
    assert READING.isdisjoint(CHANGING)
    programs = Programs()
    both = [name for name in (*READING, *CHANGING) if programs.find(name, "debian") is not None]
    assert [name for name in both if name not in BUSYBOX_APPLETS] == []


# -- marks -------------------------------------------------------------------------------------------------------------

CHANGES = [
    ("tc qdisc add dev enp0s8 root netem loss 100%", "tc"),
    ("/usr/sbin/tc qdisc add dev enp0s8 root netem", "tc"),
    ("wg-quick up wg0", "wg-quick"),
    ("systemctl restart networking", "systemctl"),
    ("ip link add vx type vxlan id 3", "ip (vxlan devices)"),
    ("ip link set enp0s8 gso_max_size 1", "ip link … gso_max_size"),
    ("ip tunnel add t mode gre remote 10.0.0.2", "ip tunnel"),
    ("iptables -A FORWARD -m connbytes --connbytes 1 -j DROP", "iptables -m connbytes"),
    ("echo 1 > /proc/sys/net/ipv4/tcp_autocorking", "echo (/proc/sys/net/ipv4/tcp_autocorking)"),
    ("sysctl -w net.ipv4.tcp_autocorking=0", "sysctl (/proc/sys/net/ipv4/tcp_autocorking)"),
    ("sysctl -w net.ipv4.tcp_retries1=7", "sysctl (net.ipv4.tcp_retries1)"),
    ("brctl stp br0 on", "brctl (spanning tree on host1"),
    ("docker run --cap-drop NET_RAW busybox true", "docker (--cap-drop NET_RAW)"),
    ("docker run -d nginx", "docker (the image nginx"),
    ("docker swarm init", "docker swarm init"),
    ("sh -c 'nft add table t'", "nft"),
    ("tc qdisc add dev enp0s8 root netem | cat", "tc"),
    ("tc qdisc add dev enp0s8 root netem || true", "tc"),
    ("x=$(tc qdisc add dev enp0s8 root netem 2>&1)", "tc"),
    ("tc qdisc add dev enp0s8 root netem 2>/dev/null & wait", "tc"),
    ("find /tmp -exec ip link set enp0s8 down ;", "find -exec"),
    ("busybox ifup enp0s8", "busybox ifup"),
    ("awk 'BEGIN { \"ip link set enp0s8 down\" | getline }'", "awk (awk's getline of a command"),
    ("bash -c 'echo x | mapfile -C \"ip link set enp0s8 down;\" -c 1'", "mapfile"),
    ("timeout 5 tc qdisc add dev enp0s8 root netem", "tc"),
    ("bash -c 'coproc ip link set enp0s8 down'", "coproc"),
    ("bash -c 'x=down; ip link set enp0s8 ${x@P}; true'", "ip (${x@P})"),
    ("bash -c '[[ a =~ (a{1,1000}){1,1000} ]] && ip link set enp0s8 down; true'", "[[ (an interval"),
]


@pytest.mark.parametrize(("line", "subject"), CHANGES)
def test_what_would_have_changed_the_network_marks_the_lab(line: str, subject: str) -> None:
    lab = two_hosts()
    lab["host1"].sh("ip link add br0 type bridge")
    result = lab["host1"].sh(line)
    assert len(lab.unsimulated) == 1
    mark = lab.unsimulated[0]
    assert str(mark).startswith(subject)
    assert (mark.node, mark.time) == ("host1", 0)
    assert str(mark).endswith("on host1 was not simulated")
    assert result.after == (mark,)


@pytest.mark.parametrize(
    "line",
    [
        "nstat -az",
        "ip monitor",
        "ip tunnel show",
        "tc -s qdisc show",
        "nft list ruleset",
        "cat /proc/net/sockstat",
        "sysctl net.ipv4.tcp_autocorking",
        "sysctl -w vm.swappiness=1",
        "ethtool -S enp0s8",
        "iptables -m conntrack --help",
        "iptables -L -n -m connbytes",
        "ss",
        "ping -R -6 ::1",
        "vi /etc/hosts",
        "find /tmp -size 1",
        "busybox vi /etc/hosts",
        "apt install vim",
        "date -s 10:00",
        "awk 'BEGIN { getline }'",
        "docker info --format x",
        "docker stats",
        "nosuchprogram",
        "ip link set nosuch up",
    ],
)
def test_other_commands_mark_nothing(line: str) -> None:
    lab = two_hosts()
    assert lab["host1"].sh(line).after == ()
    assert not lab.unsimulated


def test_a_program_that_no_table_has_is_not_found() -> None:
    assert two_hosts()["host1"].sh("nosuchprogram").code == 127
    lab = two_hosts()
    lab["host1"].sh("docker run -d --name c1 busybox sleep 1000")
    assert lab["host1"].sh("docker exec c1 tc qdisc show").code != 95
    assert not lab.unsimulated


def test_read_only_parameters_of_a_container_mark_nothing() -> None:
    lab = two_hosts()
    lab["host1"].sh("docker run -d --name c1 busybox sleep 1000")
    lab["c1"].sh("sysctl -w net.ipv4.tcp_autocorking=0")
    assert not lab.unsimulated
    lab["host1"].sh("docker run -d --name c2 --privileged busybox sleep 1000")
    lab["c2"].sh("sysctl net.ipv4.tcp_autocorking")
    assert not lab.unsimulated
    lab["c2"].sh("sysctl -w net.ipv4.tcp_autocorking=0")
    assert [str(one) for one in lab.unsimulated] == [
        "sysctl (/proc/sys/net/ipv4/tcp_autocorking) on c2 was not simulated"
    ]


# -- later results -----------------------------------------------------------------------------------------------------


def marked() -> Lab:
    lab = two_hosts()
    lab["host1"].sh("tc qdisc add dev enp0s8 root netem loss 100%")
    return lab


SAID = "after: tc on host1 was not simulated"


def test_every_later_result_says_so() -> None:
    lab = marked()
    ping = lab["host2"].ping("10.0.0.1")
    for shown in (lab, ping, ping.explain(), lab["host2"].sh("ip addr"), lab.why("host1", "10.0.0.2")):
        assert SAID in repr(shown)
    assert SAID in str(ping.explain())
    assert SAID in str(lab.why("host1", "10.0.0.2"))
    assert "after:" not in str(ping) + str(lab["host2"].sh("ping -c 1 10.0.0.1"))
    assert bool(ping)


def test_an_earlier_result_stays_certain() -> None:
    lab = two_hosts()
    before, result = lab["host1"].ping("10.0.0.2"), lab["host1"].sh("ip addr")
    lab["host1"].sh("tc qdisc add dev enp0s8 root netem loss 100%")
    assert (before.after, before.explain().after, result.after) == ((), (), ())


def test_a_ping_that_runs_while_a_command_is_left_out() -> None:
    lab = two_hosts()
    result = lab["host1"].sh("ping -c 3 10.0.0.2 & sleep 1; tc qdisc add dev enp0s8 root netem loss 100%; wait")
    assert [one.time for one in result.after] == [1_000_000_000]


def test_the_same_command_again_is_the_same_mark_and_many_are_counted() -> None:
    lab = marked()
    lab["host1"].sh("tc qdisc add dev enp0s8 root netem loss 100%")
    assert len(lab.unsimulated) == 1
    for number in range(5):
        lab["host2"].sh(f"wg{'-quick' * (number % 2)} set {number}; nmcli up {number}; ufw enable {number}")
    assert len(lab.unsimulated) == 16
    shown = repr(lab["host1"].ping("10.0.0.2"))
    assert shown.count("after: ") == SHOWN + 1
    assert "2 more commands that were not simulated" in shown


def test_marks_survive_copy_save_and_load(tmp_path: Path) -> None:
    lab = marked()
    lab["host1"].ping("10.0.0.2")
    lab.save(tmp_path / "lab.json")
    for other in (lab.copy(), Lab.load(tmp_path / "lab.json")):
        assert other.unsimulated == lab.unsimulated
        assert SAID in repr(other["host1"].ping("10.0.0.2"))
        assert not other.allow_unsimulated


def test_a_lab_that_allows_it_stays_one(tmp_path: Path) -> None:
    lab = Lab(allow_unsimulated=True)
    lab.save(tmp_path / "lab.json")
    assert lab.copy().allow_unsimulated
    assert Lab.load(tmp_path / "lab.json").allow_unsimulated


def test_marks_go_with_their_namespace() -> None:
    lab = two_hosts()
    host = lab["host1"]
    host.sh("ip netns add n1; ip netns exec n1 tc qdisc add dev lo root netem")
    assert [str(one) for one in lab.unsimulated] == ["tc on host1/n1 was not simulated"]
    host.sh("docker run -d --name c1 --privileged busybox sleep 1000")
    lab["c1"].sh("ifup eth0")
    assert [one.node for one in lab.unsimulated] == ["host1/n1", "c1"]
    host.sh("docker rm -f c1")
    assert [one.node for one in lab.unsimulated] == ["host1/n1"]
    host.sh("ip netns del n1")
    assert not lab.unsimulated


def test_a_program_that_docker_exec_cannot_run_marks_the_container() -> None:
    lab = two_hosts()
    lab["host1"].sh("docker run -d --name c1 --privileged busybox sleep 1000")
    assert lab["host1"].sh("docker exec c1 ifup eth0").stderr == "not simulated: ifup in a container\n"
    assert [str(one) for one in lab.unsimulated] == ["ifup in a container on c1 was not simulated"]
    lab["host1"].sh("docker rm -f c1; docker run -d --name c1 busybox sleep 1000; docker exec c1 vi x")
    assert not lab.unsimulated


def test_a_container_on_the_network_of_its_host_marks_the_host() -> None:
    lab = two_hosts()
    lab["host1"].sh("docker run -d --name c1 --network host --privileged busybox sleep 1000")
    lab["c1"].sh("ifup enp0s8")
    lab["host1"].sh("docker rm -f c1")
    assert len(lab.unsimulated) == 1
