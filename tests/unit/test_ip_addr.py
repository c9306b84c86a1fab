"""ip addr, ip maddr and ip rule against recorded texts."""

from __future__ import annotations

import pytest

from tests.unit.ip_lab import Ip

SHOWN = """\
3: e0@e1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet 10.3.0.1/24 brd 10.3.0.0 scope link e0
       valid_lft forever preferred_lft forever
    inet 10.0.0.1/24 brd 10.0.0.255 scope global e0
       valid_lft forever preferred_lft forever
    inet 10.1.0.1/24 metric 101 scope global e0
       valid_lft forever preferred_lft forever
    inet 10.9.0.1/24 scope global noprefixroute e0
       valid_lft forever preferred_lft forever
    inet 10.0.0.2/24 scope global secondary e0:1
       valid_lft forever preferred_lft forever
"""


@pytest.fixture
def ip() -> Ip:
    """e0 with five addresses."""
    run = Ip()
    for words in (
        "10.0.0.1/24 brd + dev e0",
        "10.0.0.2/24 dev e0 label e0:1",
        "10.1.0.1/24 dev e0 metric 101",
        "10.3.0.1/24 brd - dev e0 scope link",
        "10.9.0.1/24 dev e0 noprefixroute",
    ):
        assert run(f"addr add {words}") == ""
    return run


def test_show(ip: Ip) -> None:
    assert ip("addr show e0") == SHOWN
    assert ip("-0 addr show e0") == "".join(SHOWN.splitlines(keepends=True)[:2])
    lines = SHOWN.splitlines(keepends=True)
    assert ip("-4 addr show dev e0") == "".join([lines[0], *lines[2:]])
    assert ip("addr show to 10.1.0.0/16") == "".join([lines[0], *lines[6:8]])
    assert ip("addr show label e0:1") == "".join(lines[-2:])
    assert ip("-6 addr") == ""
    assert ip("-br addr") == (
        "lo               UNKNOWN        127.0.0.1/8 \n"
        "e1@e0            UP             \n"
        "e0@e1            UP             10.3.0.1/24 10.0.0.1/24 10.1.0.1/24 metric 101 10.9.0.1/24 10.0.0.2/24 \n"
    )
    assert ip("-o addr show to 127.0.0.1") == (
        "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever\n"
    )


def test_json(ip: Ip) -> None:
    assert ip("-j -br addr show e0") == (
        '[{"link":"e1","ifname":"e0","operstate":"UP","addr_info":[{"local":"10.3.0.1","prefixlen":24},'
        '{"local":"10.0.0.1","prefixlen":24},{"local":"10.1.0.1","prefixlen":24,"metric":101},'
        '{"local":"10.9.0.1","prefixlen":24},{"local":"10.0.0.2","prefixlen":24}]}]\n'
    )
    assert ip("-j addr show to 10.9.0.1").endswith(
        '"addr_info":[{"family":"inet","local":"10.9.0.1","prefixlen":24,"scope":"global","noprefixroute":true,'
        '"label":"e0","valid_life_time":4294967295,"preferred_life_time":4294967295}]}]\n'
    )


@pytest.mark.parametrize(
    ("words", "text", "code"),
    [
        ("add 10.0.0.1/24 dev e0", "Error: ipv4: Address already assigned.\n", 2),
        ("add 10.4.0.1/33 dev e0", 'Error: any valid prefix is expected rather than "10.4.0.1/33".\n', 1),
        ("add 10.4.0.1/24 dev nope", 'Cannot find device "nope"\n', 1),
        ("add 10.4.0.1/24", 'Not enough information: "dev" argument is required.\n', 1),
        ("add dev e0", "RTNETLINK answers: Operation not supported\n", 2),
        ("add 10.4.0.1/24 dev e0 blah", 'Error: either "local" is duplicate, or "blah" is garbage.\n', 255),
        ("add 10.4.0.1/24 dev e0 scope foo", 'Error: argument "foo" is wrong: invalid scope value.\n', 255),
        ("del 10.0.0.9/24 dev e0", "Error: ipv4: Address not found.\n", 2),
        ("show dev nope", 'Device "nope" does not exist.\n', 1),
        ("foo", 'Command "foo" is unknown, try "ip address help".\n', 255),
        ("flush", "Flush requires arguments.\n", 1),
    ],
)
def test_mistakes(ip: Ip, words: str, text: str, code: int) -> None:
    assert ip.fails(f"addr {words}") == (text, code)
    assert ip("addr show e0") == SHOWN


def test_delete_replace_flush(ip: Ip) -> None:
    assert ip("addr del 10.0.0.2 dev e0").startswith("Warning: Executing wildcard deletion")
    assert ip("addr replace 10.9.0.1/24 dev e0 noprefixroute") == ""
    assert ip("-s addr flush dev e0 scope link") == (
        "\n*** Round 1, deleting 1 addresses ***\n*** Flush is complete after 1 round ***\n"
    )
    assert ip("-s addr flush dev e0 scope link") == "Nothing to flush.\n"
    assert ip("addr flush dev e0") == ""
    assert ip("-4 addr show e0") == ""
    assert ip("route") == ""


def test_autojoin() -> None:
    ip = Ip()
    ip("addr add 239.1.2.3/32 dev e0 autojoin")
    assert "    inet 239.1.2.3/32 scope global autojoin e0\n" in ip("addr show e0")
    assert ip("-4 maddr show dev e0") == "3:\te0\n\tinet  239.1.2.3\n\tinet  224.0.0.1\n"
    ip("addr del 239.1.2.3/32 dev e0")
    assert ip("maddr show e0") == (
        "3:\te0\n\tlink  33:33:00:00:00:01\n\tlink  01:00:5e:00:00:01\n"
        "\tinet  224.0.0.1\n\tinet6 ff02::1\n\tinet6 ff01::1\n"
    )


def test_rule() -> None:
    assert Ip()("rule") == "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"


def test_without_net_admin() -> None:
    ip = Ip(net_admin=False)
    refused = "RTNETLINK answers: Operation not permitted\n"
    assert ip.fails("addr add 10.0.0.3/24 dev e0") == (refused, 2)
    assert ip.fails("addr add 10.0.0.3/24 dev e0", "busybox") == (f"ip: {refused}", 2)
    assert ip.fails("addr flush dev lo") == ("Failed to send flush request: Operation not permitted\n", 255)
    assert ip.fails("link set e0 down", "busybox") == ("ip: SIOCSIFFLAGS: Operation not permitted\n", 2)
    assert ip.fails("link set e0 mtu 1300", "busybox") == ("ip: SIOCSIFMTU: Operation not permitted\n", 2)


def test_busybox(ip: Ip) -> None:
    assert ip("addr show dev e0", "busybox").startswith(
        "3: e0@e1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue qlen 1000\n"
        "    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n"
        "    inet 10.3.0.1/24 brd 10.3.0.0 scope link e0\n"
    )
    for words, text, code in (
        ("addr add 10.0.0.1/24 dev e0", "ip: RTNETLINK answers: File exists\n", 2),
        ("addr add 10.0.0.2/24 dev nope", "ip: can't find device 'nope'\n", 1),
        ("addr add 10.0.0.2/24", 'ip: need "dev IFACE"\n', 1),
        ("addr foo", "ip: invalid argument 'foo' to 'ip'\n", 1),
        ("link show nope", "ip: can't find device 'nope'\n", 2),
        ("link set nope up", "ip: SIOCGIFFLAGS: No such device\n", 2),
    ):
        assert ip.fails(words, "busybox") == (text, code)
    ip("link set e0 mtu 1400", "busybox")
    assert "mtu 1400 " in ip("link show e0", "busybox")


def test_numbers_instead_of_names(ip: Ip) -> None:
    """Recorded from ``ip -N`` of iproute2 6.15."""
    assert ip("-N addr show lo").startswith(
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group 0 qlen 1000\n"
        "    link/[772] 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
        "    inet 127.0.0.1/8 scope 254 lo\n"
    )
    assert "2 127.0.0.1 dev lo table 255 proto 2 scope 254 src 127.0.0.1 \n" in ip("-N route show table all")
    assert ip("-N rule") == "0:\tfrom all lookup 255\n32766:\tfrom all lookup 254\n32767:\tfrom all lookup 253\n"


@pytest.mark.parametrize(
    ("words", "text", "code"),
    [
        ("addr add 10.1.2.3/8 dev lo peer fd00::1/64", 'inet prefix is expected rather than "fd00::1/64"', 1),
        ("addr add dev lo peer fd00::1/64 10.1.2.3/8", 'inet6 prefix is expected rather than "10.1.2.3/8"', 1),
        ("-4 rule add from fd00::/64", 'inet prefix is expected rather than "fd00::/64"', 1),
        ("rule add to fd00:1::5/129", 'any valid prefix is expected rather than "fd00:1::5/129"', 1),
        ("rule add from fd00:1::5/128", "Invalid source address", 2),
        ("rule add to fd00:1::5/128", "Invalid dst address", 2),
    ],
)
def test_prefix_of_the_other_family(ip: Ip, words: str, text: str, code: int) -> None:
    assert ip.fails(words) == (f"Error: {text}.\n", code)


def test_busybox_shows_lifetimes_flags_and_peers() -> None:
    """Recorded from busybox 1.37."""
    ip = Ip()
    ip("addr add 10.0.0.1/24 brd + dev e0 valid_lft 100 preferred_lft 0")
    ip("addr add 10.3.0.1/24 dev e0 noprefixroute")
    ip("addr add 239.1.1.1/32 dev e0 autojoin")
    ip("addr add 10.0.0.9/32 peer 10.5.0.0/24 dev e0")
    shown = ip("addr show e0", "busybox")
    assert (
        "    inet 10.0.0.1/24 brd 10.0.0.255 scope global deprecated dynamic e0\n"
        "       valid_lft 100sec preferred_lft 0sec\n"
    ) in shown
    assert "    inet 10.3.0.1/24 scope global noprefixroute e0\n" in shown
    assert "    inet 239.1.1.1/32 scope global flags 400 e0\n" in shown
    assert "    inet 10.0.0.9 peer 10.5.0.0/24 scope global e0\n" in shown


def test_commands_of_ip_that_are_left_out_say_so(ip: Ip) -> None:
    one = ip.host.kernel.programs.find("ip", "debian")
    assert one is not None
    commands = {" ".join(command.words): command.works for command in one.commands}
    assert commands["address add"] and commands["rule flush"] and commands["link set"]
    left_out = [words for words, works in commands.items() if not works]
    assert {"address save", "route test", "macsec", "netns attach"} <= set(left_out)
    for words in left_out:
        assert ip.fails(words)[1] == 95, words
