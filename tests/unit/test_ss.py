"""ss, as iproute2 6.15 answered on a real kernel with the same sockets open."""

from __future__ import annotations

import re

import pytest

from macvsim.machine.host import Box
from tests.two_hosts import pair

LISTENING = (
    "State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
    "LISTEN 0      9           10.0.0.2:8080      0.0.0.0:*   \n"
    "LISTEN 0      9                  *:80              *:*   \n"
)

_NO_PREFIX = 'Error: an inet prefix is expected rather than "{}".\nCannot parse dst/src address.\n'
_WRONG = (("dst foo", "foo"), ("dst 10.0.0.0/33", "10.0.0.0/33"), ("dst 10.0.0.300", "10.0.0.300"), ("foo bar", "foo"))


@pytest.fixture
def hosts() -> tuple[Box, Box]:
    """h2 has two servers of TCP and one of UDP; h1 is connected to both of the first."""
    h1, h2 = pair()
    h2.sh("busybox httpd -p 80; busybox httpd -p 10.0.0.2:8080")
    h2.sh("python3 /oracle/runner/udp.py listen 6000 99 &")
    return h1, h2


def connect(h1: Box) -> None:
    h1.sh("sleep 2 | busybox nc 10.0.0.2 80 & sleep 6 | busybox nc 10.0.0.2 8080 & sleep 1")


def ports_hidden(text: str) -> str:
    return re.sub(r":[3-6]\d{4}\b", ":EPORT", text)


def test_servers(hosts: tuple[Box, Box]) -> None:
    _, h2 = hosts
    for words in ("-tln", "--tcp --listening --numeric", "-tan", "-ltn sport le :8080"):
        assert h2.sh(f"ss {words}").stdout == LISTENING
    assert h2.sh("ss -tuln").stdout == (
        "Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
        "udp   UNCONN 0      0            0.0.0.0:6000      0.0.0.0:*   \n"
        "tcp   LISTEN 0      9           10.0.0.2:8080      0.0.0.0:*   \n"
        "tcp   LISTEN 0      9                  *:80              *:*   \n"
    )
    assert h2.sh("ss -tl").stdout == (
        "State  Recv-Q Send-Q Local Address:Port     Peer Address:Port\n"
        "LISTEN 0      9           10.0.0.2:http-alt      0.0.0.0:*   \n"
        "LISTEN 0      9                  *:http                *:*   \n"
    )
    assert h2.sh("ss -tlnH").stdout == (
        "LISTEN 0      9      10.0.0.2:8080 0.0.0.0:*\nLISTEN 0      9             *:80         *:*\n"
    )
    rows = LISTENING.splitlines()
    assert [h2.sh(f"ss -{family}tln").stdout.splitlines() for family in "46"] == [rows[:2], rows[::2]]
    assert h2.sh("ss -tn").stdout == "State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"


def test_connections(hosts: tuple[Box, Box]) -> None:
    h1, h2 = hosts
    connect(h1)
    title = "Recv-Q Send-Q     Local Address:Port      Peer Address:Port \n"
    plain = "0      0               10.0.0.2:8080          10.0.0.1:EPORT\n"
    mapped = "0      0      [::ffff:10.0.0.2]:80   [::ffff:10.0.0.1]:EPORT\n"
    assert ports_hidden(h2.sh("ss -tan state established").stdout) == title + plain + mapped
    assert ports_hidden(h2.sh("ss -tan state established sport = :80").stdout) == title + mapped
    assert ports_hidden(h2.sh("ss -tn 'sport = :http and dst 10.0.0.1'").stdout) == f"State {title}ESTAB {mapped}"
    assert ports_hidden(h2.sh("ss -tan src 10.0.0.2:8080").stdout) == (
        "State  Recv-Q Send-Q Local Address:Port Peer Address:Port \n"
        "LISTEN 0      9           10.0.0.2:8080      0.0.0.0:*    \n"
        "ESTAB  0      0           10.0.0.2:8080     10.0.0.1:EPORT\n"
    )
    assert len(h2.sh("ss -tan dst 10.0.0.0/24").stdout.splitlines()) == 3
    h1.sh("sleep 3")
    (line,) = h1.sh("ss -tanoH state time-wait").stdout.splitlines()
    assert re.fullmatch(r"0      0      10\.0\.0\.1:\d+ 10\.0\.0\.2:80 timer:\(timewait,5[78]sec,0\)", line)


@pytest.mark.parametrize(
    "words, stderr, code",
    [
        ("-tan state foo", "ss: wrong state name: foo\n", 255),
        ("-tan state", 'Command line is not complete. Try option "help"\n', 255),
        ("-tan sport = foo", 'Error: "foo" does not look like a port.\nCannot parse dst/src address.\n', 1),
        *((f"-tan {words}", _NO_PREFIX.format(text), 1) for words, text in _WRONG),
        ("-tln --processes", "not simulated: ss --processes: which program has a socket\n", 95),
        ("-tlnp", "not simulated: ss -p: which program has a socket\n", 95),
        ("", "not simulated: ss without -t or -u: it shows Unix and netlink sockets too\n", 95),
        ("-tan '( sport = 1 or dport = 2 )'", "not simulated: ss … (\n", 95),
        ("-tan 10.0.0.1", "not simulated: ss … 10.0.0.1: its usage text\n", 95),
    ],
)
def test_refusals(hosts: tuple[Box, Box], words: str, stderr: str, code: int) -> None:
    result = hosts[1].sh(f"ss {words}")
    assert (result.stdout, result.stderr, result.code) == ("", stderr, code)


def test_mistakes_print_the_usage(hosts: tuple[Box, Box]) -> None:
    usage = hosts[0].sh("ss --help")
    assert (usage.code, usage.stdout.splitlines()[0]) == (0, "Usage: ss [ OPTIONS ]")
    result = hosts[0].sh("ss --foo")
    assert (result.stderr, result.code) == (f"ss: unrecognized option '--foo'\n{usage.stdout}", 255)
