"""ip neigh against recorded texts."""

from __future__ import annotations

import pytest

from tests.unit.ip_lab import Ip


@pytest.fixture
def ip() -> Ip:
    """Four entries on e0."""
    run = Ip()
    run("addr add 10.0.0.1/24 dev e0")
    run("neigh add 10.0.0.5 lladdr 02:00:00:00:00:05 dev e0")
    run("neigh replace 10.0.0.5 lladdr 02:00:00:00:00:06 dev e0 nud stale")
    run("neigh add 10.0.0.6 lladdr 02:00:00:00:00:06 dev e0 nud reachable")
    run("neigh add 10.0.0.9 dev e0 nud failed")
    run("neigh add 10.0.0.11 lladdr 02:00:00:00:00:07 dev e0")
    return run


def test_show(ip: Ip) -> None:
    assert ip("neigh") == (
        "10.0.0.11 dev e0 lladdr 02:00:00:00:00:07 PERMANENT \n"
        "10.0.0.9 dev e0 FAILED \n"
        "10.0.0.6 dev e0 lladdr 02:00:00:00:00:06 REACHABLE \n"
        "10.0.0.5 dev e0 lladdr 02:00:00:00:00:06 STALE \n"
    )
    assert ip("neigh show dev e0 nud permanent") == "10.0.0.11 lladdr 02:00:00:00:00:07 PERMANENT \n"
    assert ip("neigh show to 10.0.0.4/31") == "10.0.0.5 dev e0 lladdr 02:00:00:00:00:06 STALE \n"
    assert ip("neigh get 10.0.0.5 dev e0") == "10.0.0.5 dev e0 lladdr 02:00:00:00:00:06 STALE \n"
    assert ip("-6 neigh") == ""
    assert ip("-s neigh show nud failed") == "10.0.0.9 dev e0  used 0/60/0probes 0 FAILED \n"
    assert ip("-s neigh show nud reachable") == (
        "10.0.0.6 dev e0 lladdr 02:00:00:00:00:06  ref 1 used 0/0/0probes 0 REACHABLE \n"
    )
    assert ip("-j neigh show 10.0.0.5") == (
        '[{"dst":"10.0.0.5","dev":"e0","lladdr":"02:00:00:00:00:06","state":["STALE"]}]\n'
    )
    assert (
        ip("-br neigh show 10.0.0.5") == "10.0.0.5                                e0               02:00:00:00:00:06\n"
    )


@pytest.mark.parametrize(
    ("words", "text", "code"),
    [
        ("add 10.0.0.5 lladdr 02:00:00:00:00:05 dev e0", "RTNETLINK answers: File exists\n", 2),
        ("change 10.0.0.7 lladdr 02:00:00:00:00:05 dev e0", "RTNETLINK answers: No such file or directory\n", 2),
        ("add 10.0.0.7 dev e0", "Error: No link layer address given.\n", 2),
        ("add 10.0.0.7 dev e0 nud foo", 'Error: argument "foo" is wrong: nud state is bad\n', 255),
        ("add 10.0.0.7 lladdr foo dev e0", "Error: Invalid link address.\n", 2),
        ("add 10.0.0.7 lladdr 02:00:00:00:00:05", "Device and destination are required arguments.\n", 255),
        ("add 10.0.0.7 lladdr 02:00:00:00:00:05 dev nope", 'Cannot find device "nope"\n', 1),
        ("get 10.0.0.55 dev e0", "Error: Neighbour entry not found.\n", 2),
        ("del 10.0.0.55 dev e0", "RTNETLINK answers: No such file or directory\n", 2),
        ("flush", "Flush requires arguments.\n", 1),
        ("foo", 'Command "foo" is unknown, try "ip neigh help".\n', 255),
    ],
)
def test_mistakes(ip: Ip, words: str, text: str, code: int) -> None:
    before = ip("neigh")
    assert ip.fails(f"neigh {words}") == (text, code)
    assert ip("neigh") == before


def test_delete_and_flush(ip: Ip) -> None:
    ip("neigh del 10.0.0.5 dev e0")
    assert ip("-s neigh flush all") == (
        "\n*** Round 1, deleting 2 entries ***\n*** Flush is complete after 1 round ***\n"
    )
    assert ip("neigh") == "10.0.0.11 dev e0 lladdr 02:00:00:00:00:07 PERMANENT \n"
    ip("neigh flush nud permanent")
    assert ip("neigh") == ""


def test_busybox(ip: Ip) -> None:
    ip("neigh del 10.0.0.5 dev e0")
    assert ip("neigh", "busybox") == (
        "10.0.0.11 dev e0 lladdr 02:00:00:00:00:07 used 0/0/0 probes 0 PERMANENT\n"
        "10.0.0.9 dev e0  used 0/0/0 probes 0 FAILED\n"
        "10.0.0.6 dev e0 lladdr 02:00:00:00:00:06 ref 1 used 0/0/0 probes 0 REACHABLE\n"
    )


def test_without_net_admin() -> None:
    ip = Ip(net_admin=False)
    answer = ip.fails("neigh add 10.0.0.19 lladdr 02:00:00:00:00:05 dev e0")
    assert answer == ("RTNETLINK answers: Operation not permitted\n", 2)
