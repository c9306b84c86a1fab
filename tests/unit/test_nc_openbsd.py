"""nc of hosts: texts and exit codes as netcat-openbsd 1.229 gave them."""

from __future__ import annotations

import re

import pytest

from macvsim.machine.host import Box
from tests.two_hosts import pair


@pytest.fixture
def hosts() -> tuple[Box, Box]:
    """h1, and h2 with a web server."""
    h1, h2 = pair()
    h2.sh("busybox httpd -p 80")
    return h1, h2


def outcome(box: Box, line: str) -> tuple[str, str, int]:
    result = box.sh(line)
    return result.stdout, re.sub(r"on (\S+) [3-6]\d{4}\b", r"on \1 EPORT", result.stderr), result.code


OPEN = "Connection to 10.0.0.2 80 port [tcp/http] succeeded!\n"


@pytest.mark.parametrize(
    "words, stderr, code",
    [
        ("-zv 10.0.0.2 80", OPEN, 0),
        ("-z 10.0.0.2 http", OPEN, 0),
        ("-nzv 10.0.0.2 80", OPEN.replace("/http]", "/*]"), 0),
        ("-p 5555 -s 10.0.0.1 -zv 10.0.0.2 80", OPEN, 0),
        ("-z 10.0.0.2 81", "", 1),
        ("10.0.0.2 81", "", 1),
        ("-v 10.0.0.2 81", "nc: connect to 10.0.0.2 port 81 (tcp) failed: Connection refused\n", 1),
        (
            "-zv 10.0.0.2 79-81",
            "nc: connect to 10.0.0.2 port 79 (tcp) failed: Connection refused\n"
            f"{OPEN}nc: connect to 10.0.0.2 port 81 (tcp) failed: Connection refused\n",
            0,
        ),
        ("-zvw1 10.0.0.9 80", "nc: connect to 10.0.0.9 port 80 (tcp) timed out: Operation now in progress\n", 1),
        ("-zv 10.0.0.8 80", "nc: connect to 10.0.0.8 port 80 (tcp) failed: No route to host\n", 1),
        ("-zv 10.9.9.9 80", "nc: connect to 10.9.9.9 port 80 (tcp) failed: Network is unreachable\n", 1),
        ("-zv nosuch 80", 'nc: getaddrinfo for host "nosuch" port 80: Temporary failure in name resolution\n', 1),
        ("-nzv nosuch 80", 'nc: getaddrinfo for host "nosuch" port 80: Name or service not known\n', 1),
        ("-zv 10.0.0.2 abc", "nc: port number invalid: abc\n", 1),
        ("-zv 10.0.0.2 99999", "nc: port number too large: 99999\n", 1),
        ("-zv 10.0.0.2 0", "nc: port number too small: 0\n", 1),
        ("-zv 10.0.0.2", "nc: missing port number\n", 1),
        ("-l", "nc: missing port number\n", 1),
        ("-w x 10.0.0.2 80", "nc: timeout invalid: x\n", 1),
        ("-s 10.0.0.77 -zv 10.0.0.2 80", "nc: bind failed: Cannot assign requested address\n", 1),
        ("-l 10.0.0.77 5000", "nc: Cannot assign requested address\n", 1),
        ("-u 10.0.0.2 53", "not simulated: nc -u\n", 95),
    ],
)
def test_ports(hosts: tuple[Box, Box], words: str, stderr: str, code: int) -> None:
    assert outcome(hosts[0], f"nc {words}") == ("", stderr, code)


def test_a_port_that_is_taken_and_words_that_are_none(hosts: tuple[Box, Box]) -> None:
    assert outcome(hosts[1], "nc -l 80") == ("", "nc: Address already in use\n", 1)
    said = hosts[0].sh("nc -Q 1").stderr
    assert said.startswith("nc: invalid option -- 'Q'\nusage: nc [-46CDdFhklNnrStUuvZz] [-I length]")


@pytest.mark.parametrize(
    "server, client, stdout, stderr",
    [
        ("nc -l 5000", "busybox nc 10.0.0.2 5000", "hello\n", ""),
        ("nc -lvn 10.0.0.2 5000", "nc -N 10.0.0.2 5000", "hello\n",
         "Listening on 10.0.0.2 5000\nConnection received on 10.0.0.1 EPORT\n"),
        ("nc -lv -p 5000", "nc -q 0 10.0.0.2 5000", "hello\n",
         "nc: getnameinfo: Temporary failure in name resolution\n" * 2),
        ("nc -l 5000", "nc -w 1 10.0.0.2 5000", "hello\n", ""),
        ("nc -l 5000", "timeout 2 nc 10.0.0.2 5000", "hello\n", ""),
    ],
)  # fmt: skip
def test_talking(hosts: tuple[Box, Box], server: str, client: str, stdout: str, stderr: str) -> None:
    h1, h2 = hosts
    h2.sh(f"{server} > out 2> err &")
    result = h1.sh(f"sleep 0.1; echo hello | {client}")
    assert (result.stdout, result.code) == ("", 124 if client.startswith("timeout") else 0)
    h2.sh("sleep 1")
    assert outcome(h2, "cat out; cat err >&2") == (stdout, stderr, 0)


def test_a_server_that_goes_on(hosts: tuple[Box, Box]) -> None:
    h1, h2 = hosts
    h2.sh("nc -lk 5000 > out & sleep 0.1")
    h1.sh("echo 1 | nc -N 10.0.0.2 5000; echo 2 | nc -N 10.0.0.2 5000; sleep 1")
    assert h2.sh("cat out").stdout == "1\n2\n"


def test_half_a_request(hosts: tuple[Box, Box]) -> None:
    """The server answers the first line at once, whatever may come behind it."""
    assert hosts[0].sh("echo hi | nc -w 1 10.0.0.2 80").stdout.startswith("HTTP/1.1 400 Bad Request\r\n")
