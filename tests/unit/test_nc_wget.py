"""busybox nc, wget, httpd, nslookup and netstat: texts and exit codes as busybox 1.37 gave them on a real kernel."""

from __future__ import annotations

import pytest

from macvsim import Lab
from macvsim.machine.host import Box, Result

CONNECTING = "Connecting to 172.16.10.3 (172.16.10.3:80)\n"


@pytest.fixture
def boxes() -> tuple[Box, Box]:
    """c1 and c2 on two hosts."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    found = []
    for number in (1, 2):
        host = lab.host(f"host{number}", nic="enp0s8", switch=sw1)
        host.docker.network_create(
            "mac1", driver="macvlan", subnet="172.16.10.0/24", gateway="172.16.10.1", parent="enp0s8"
        )
        found.append(host.docker.run(f"c{number}", network="mac1", ip=f"172.16.10.{number + 1}"))
    return found[0], found[1]


def outcome(result: Result) -> tuple[str, str, int]:
    return result.stdout, result.stderr, result.code


def served(box: Box) -> None:
    """Files, and httpd over them."""
    box.sh("mkdir -p /www/sub; echo hello > /www/index.html; seq 1 6000 > /www/big.txt; echo sub > /www/sub/x.bin")
    assert outcome(box.sh("httpd -h /www")) == ("", "", 0)


# -- nc ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "stderr"),
    [
        ("nc 172.16.10.3 81", "nc: can't connect to remote host (172.16.10.3): Connection refused\n"),
        ("nc -w 5 172.16.10.99 81", "nc: can't connect to remote host (172.16.10.99): No route to host\n"),
        ("nc -w 2 172.16.10.99 81", "nc: timed out\n"),
        ("nc -w 2 -l -p 99", "nc: timed out\n"),
        ("nc nosuch 80", "nc: bad address 'nosuch'\n"),
        ("nc 172.16.10.3 abc", "nc: bad port 'abc'\n"),
        ("nc -w x 172.16.10.3 80", "nc: invalid number 'x'\n"),
    ],
)
def test_nc_failures(boxes: tuple[Box, Box], line: str, stderr: str) -> None:
    assert outcome(boxes[0].sh(line)) == ("", stderr, 1)


@pytest.mark.parametrize("line", ["nc fd00::2 80", "nc -l -p 80 ::1", "wget -O - http://[fd00::2]:80/"])
def test_tcp_of_ipv6_is_left_out(boxes: tuple[Box, Box], line: str) -> None:
    assert outcome(boxes[0].sh(line)) == ("", "not simulated: TCP of IPv6\n", 95)


@pytest.mark.parametrize("line", ["nc", "nc -z 1 2", "nc a b c", "nc -l a b"])
def test_nc_usage(boxes: tuple[Box, Box], line: str) -> None:
    result = boxes[0].sh(line)
    assert "Usage: nc [-iN] [-wN] [-l] [-p PORT] [-f FILE|IPADDR PORT] [-e PROG]\n" in result.stderr
    assert result.code == 1


def test_nc_both_ways(boxes: tuple[Box, Box]) -> None:
    """As in the recording: the program's answer, then its end."""
    one, two = boxes
    two.sh("nc -l -p 8080 -e echo hello-from-c2 &")
    assert outcome(one.sh("echo hi | nc -w 2 172.16.10.3 8080")) == ("hello-from-c2\n", "", 0)
    assert outcome(one.sh("nc -w 2 172.16.10.3 8080"))[2] == 1  # it has gone


def test_nc_copies_what_is_piped_in(boxes: tuple[Box, Box]) -> None:
    one, two = boxes
    two.sh("sleep 3 | nc -l -p 5000 > /got &")
    assert outcome(one.sh("seq 1 5000 | nc 172.16.10.3 5000")) == ("", "", 0)
    assert two.sh("cat /got").stdout == "".join(f"{number}\n" for number in range(1, 5001))
    two.sh("nc -l -p 5000 -e cat &")
    assert one.sh("(echo a; sleep 1; echo b) | nc 172.16.10.3 5000").stdout == "a\nb\n"


def test_nc_server_for_many(boxes: tuple[Box, Box]) -> None:
    one, two = boxes
    two.sh("nc -ll -p 7 -e sh -c 'echo from $0; hostname' &")
    for _ in range(3):
        assert one.sh("nc 172.16.10.3 7").stdout == f"from sh\n{two.sh('hostname').stdout}"


def test_port_in_use(boxes: tuple[Box, Box]) -> None:
    box = boxes[1]
    box.sh("httpd -p 8080 -h /")
    assert outcome(box.sh("nc -l -p 8080")) == ("", "nc: bind: Address already in use\n", 1)
    assert outcome(box.sh("httpd -p 8080 -h /")) == ("", "httpd: bind: Address already in use\n", 1)
    missing = "httpd: can't change directory to '/nonexist': No such file or directory\n"
    assert outcome(box.sh("httpd -h /nonexist")) == ("", missing, 1)


# -- wget and httpd ----------------------------------------------------------------------------------------------------


def test_wget_to_standard_output(boxes: tuple[Box, Box]) -> None:
    one, two = boxes
    served(two)
    bar = "-                    100% |********************************|     6  0:00:00 ETA\n"
    stderr = f"{CONNECTING}writing to stdout\n{bar}written to stdout\n"
    assert outcome(one.sh("wget http://172.16.10.3/ -O -")) == ("hello\n", stderr, 0)
    assert outcome(one.sh("wget -q -O - 172.16.10.3")) == ("hello\n", "", 0)


def test_wget_to_a_file(boxes: tuple[Box, Box]) -> None:
    one, two = boxes
    served(two)
    size = len("".join(f"{number}\n" for number in range(1, 6001)))
    result = one.sh("cd /tmp; wget http://172.16.10.3/big.txt; wc -c big.txt; wget http://172.16.10.3/big.txt")
    bar = f"big.txt              100% |********************************| {size}  0:00:00 ETA\n"
    assert result.stdout == f"{size} big.txt\n"
    assert result.stderr == (
        f"{CONNECTING}saving to 'big.txt'\n{bar}'big.txt' saved\n{CONNECTING}wget: can't open 'big.txt': File exists\n"
    )
    assert result.code == 1
    one.sh("cd /tmp; seq 1 3000 > part; wget -q -c -O part http://172.16.10.3/big.txt")
    assert one.sh("wc -c /tmp/part").stdout == f"{size} /tmp/part\n"
    one.sh("wget -q -c -O /tmp/big.txt http://172.16.10.3/big.txt")  # nothing is left to send: all of it comes again
    assert one.sh("wc -c /tmp/big.txt").stdout == f"{size} /tmp/big.txt\n"


@pytest.mark.parametrize(
    ("words", "stderr"),
    [
        ("http://172.16.10.3/none", f"{CONNECTING}wget: server returned error: HTTP/1.1 404 Not Found\n"),
        ("-q 172.16.10.3/../x", "wget: server returned error: HTTP/1.1 400 Bad Request\n"),
        ("-q --post-data a=b 172.16.10.3", "wget: server returned error: HTTP/1.1 501 Not Implemented\n"),
        ("-q http://172.16.10.3:81/", "wget: can't connect to remote host (172.16.10.3): Connection refused\n"),
        ("-q http://nosuch.example/", "wget: bad address 'nosuch.example'\n"),
        ("-T 2 http://172.16.10.99/", "Connecting to 172.16.10.99 (172.16.10.99:80)\nwget: download timed out\n"),
    ],
)
def test_wget_failures(boxes: tuple[Box, Box], words: str, stderr: str) -> None:
    served(boxes[1])
    assert outcome(boxes[0].sh(f"wget -O - {words}")) == ("", stderr, 1)


def test_wget_shows_headers(boxes: tuple[Box, Box]) -> None:
    one, two = boxes
    served(two)
    result = one.sh("wget -S --spider http://172.16.10.3/sub/x.bin")
    lines = result.stderr.splitlines()
    assert lines[1] == "  HTTP/1.1 200 OK"
    assert lines[3:5] == ["  Connection: close", "  Accept-Ranges: bytes"]
    assert lines[7:] == ["  Content-Length: 4", "  ", "remote file exists"]
    moved = one.sh("wget -S http://172.16.10.3/sub -O -").stderr.splitlines()
    assert [line for line in moved if "HTTP/1.1" in line] == [
        "  HTTP/1.1 302 Found",
        "  HTTP/1.1 404 Not Found",
        "wget: server returned error: HTTP/1.1 404 Not Found",
    ]


def test_httpd_answers(boxes: tuple[Box, Box]) -> None:
    one, two = boxes
    served(two)
    head = one.sh(r"printf 'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n' | nc 172.16.10.3 80").stdout.split("\r\n")
    assert head[0] == "HTTP/1.1 200 OK"
    assert head[2:5] == ["Connection: close", "Content-type: text/html", "Accept-Ranges: bytes"]
    assert head[5].startswith("Last-Modified: Thu, 01 Jan 2026 00:00:0")
    assert head[6].startswith('ETag: "6955b9') and head[6].endswith('-6"')
    assert head[7:] == ["Content-Length: 6", "", "hello\n"]
    part = one.sh(r"printf 'GET /big.txt HTTP/1.1\r\nRange: bytes=10-19\r\n\r\n' | nc 172.16.10.3 80").stdout
    assert part.startswith("HTTP/1.1 206 Partial Content\r\n")
    assert "Content-Range: bytes 10-19/28893\r\n" in part
    assert part.endswith("\r\n\r\n6\n7\n8\n9\n10")
    refused = one.sh(r"printf 'FOO /index.html HTTP/1.0\r\n\r\n' | nc 172.16.10.3 80").stdout
    assert refused.endswith(
        "Content-type: text/html\r\n\r\n<HTML><HEAD><TITLE>501 Not Implemented</TITLE></HEAD>\n"
        "<BODY><H1>501 Not Implemented</H1>\nThe requested method is not recognized\n</BODY></HTML>\n"
    )


@pytest.mark.parametrize("sent", ["", r"\n", r"\r\nGET / HTTP/1.0\r\n\r\n"])
def test_httpd_says_nothing_to_who_asks_nothing(boxes: tuple[Box, Box], sent: str) -> None:
    one, two = boxes
    served(two)
    assert one.sh(f"printf '{sent}' | nc 172.16.10.3 80").stdout == ""


@pytest.mark.parametrize("sent", ["foo", "GET /", r"GET /\n", r"GET / FTP/1.0\n", r"GET index.html HTTP/1.0\n"])
def test_httpd_wants_a_version(boxes: tuple[Box, Box], sent: str) -> None:
    one, two = boxes
    served(two)
    said = one.sh(f"printf '{sent}' | nc 172.16.10.3 80").stdout
    assert said.startswith("HTTP/1.1 400 Bad Request\r\n")
    assert said.endswith("<BODY><H1>400 Bad Request</H1>\nUnsupported method\n</BODY></HTML>\n")


# -- nslookup, netstat -------------------------------------------------------------------------------------------------


def test_nslookup(boxes: tuple[Box, Box]) -> None:
    """Docker's name server by datagrams; what it does not know fails where the host has no server to ask."""
    one, _ = boxes
    server = "Server:\t\t127.0.0.11\nAddress:\t127.0.0.11:53\n\n"
    found = "Non-authoritative answer:\nName:\tc1\nAddress: 172.16.10.2\n\nNon-authoritative answer:\n\n"
    assert outcome(one.sh("nslookup c1")) == (server + found, "", 0)
    failed = "** server can't find c2: SERVFAIL\n\n" * 2
    assert outcome(one.sh("nslookup c2")) == (server + failed, "", 1)
    name = "Non-authoritative answer:\n2.10.16.172.in-addr.arpa\tname = c1.mac1\n\n"
    assert outcome(one.sh("nslookup 172.16.10.2")) == (server + name, "", 0)


def test_nslookup_without_server(boxes: tuple[Box, Box]) -> None:
    one, _ = boxes
    nobody = ";; connection timed out; no servers could be reached\n\n"
    refused = "nslookup: read: Connection refused\n"
    start = one.sim.now
    assert outcome(one.sh("nslookup -type=a web.lab 172.16.10.3")) == (nobody, refused * 2, 1)
    assert 5.0 <= (one.sim.now - start) / 1e9 < 5.1
    assert outcome(one.sh("nslookup web.lab 172.16.10.99")) == (nobody, "", 1)
    assert outcome(one.sh("nslookup -type=foo web.lab")) == ("", 'nslookup: invalid query type "foo"\n', 1)
    assert outcome(one.sh("nslookup web.lab nosuch")) == ("", "nslookup: bad address 'nosuch'\n", 1)
    assert "Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n" in one.sh("nslookup").stderr


def test_netstat(boxes: tuple[Box, Box]) -> None:
    one, two = boxes
    served(two)
    title = "Active Internet connections (only servers)\n"
    columns = "Proto Recv-Q Send-Q Local Address           Foreign Address         State       \n"
    row = "tcp        0      0 :::80                   :::*                    LISTEN      \n"
    assert two.sh("netstat -tln").stdout == title + columns + row
    assert (
        "00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A "
        in two.sh("cat /proc/net/tcp6").stdout
    )
    one.sh("wget -q -O - 172.16.10.3; sleep 0.1")
    (line,) = [line for line in two.sh("netstat -tn").stdout.splitlines() if "TIME_WAIT" in line]
    assert line.split()[3] == "::ffff:172.16.10.3:80"
    assert "invalid option -- 'p'" in two.sh("netstat -p").stderr


def test_netstat_of_a_host() -> None:
    lab = Lab(seed=0)
    host = lab.host("h1")
    host.sh("busybox httpd -p 8080 -h /")
    row = "tcp6       0      0 :::8080                 :::*                    LISTEN     \n"
    assert host.sh("netstat -tln").stdout.endswith("State      \n" + row)
    assert host.sh("netstat -ta").stdout.splitlines()[2].split()[3] == "[::]:http-alt"
