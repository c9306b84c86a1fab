"""curl: texts and exit codes as curl 8.14.1 gave them, and the requests it sends."""

from __future__ import annotations

import pytest

from macvsim.machine.host import Box
from tests.two_hosts import pair

TRYING = "*   Trying 10.0.0.2:80...\n"
CONNECTED = "* Connected to 10.0.0.2 (10.0.0.2) port 80\n* using HTTP/1.x\n"
TRY = "\ncurl: try 'curl --help' or 'curl --manual' for more information"
NOT_FOUND = (
    "<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD>\n"
    "<BODY><H1>404 Not Found</H1>\nThe requested URL was not found\n</BODY></HTML>\n"
)


@pytest.fixture
def hosts() -> tuple[Box, Box]:
    """h1, and h2 with a server."""
    h1, h2 = pair()
    h2.sh("mkdir -p /www/sub; echo hello > /www/index.html; seq 1 20000 > /www/big; busybox httpd -h /www")
    h1.sh("ping -c 1 10.0.0.2")
    return h1, h2


def outcome(box: Box, line: str) -> tuple[str, str, int]:
    result = box.sh(line)
    return result.stdout, result.stderr, result.code


@pytest.mark.parametrize(
    "line, stdout, stderr, code",
    [
        ("curl http://10.0.0.2", "hello\n", "", 0),
        ("curl 10.0.0.2/index.html?x=1#frag", "hello\n", "", 0),
        ("curl -k4 --interface eth0 10.0.0.2", "hello\n", "", 0),
        ("curl 10.0.0.2 10.0.0.2/nosuch", "hello\n" + NOT_FOUND, "", 0),
        ("curl -sf 10.0.0.2/nosuch", "", "", 22),
        ("curl -f 10.0.0.2/nosuch", "", "curl: (22) The requested URL returned error: 404\n", 22),
        ("curl 10.0.0.2/sub", "", "", 0),
        ("curl -L 10.0.0.2/sub", NOT_FOUND, "", 0),
        ("curl -s -o /dev/null -w '%{http_code} %{remote_ip}:%{remote_port}\\n' 10.0.0.2", "200 10.0.0.2:80\n", "", 0),
        ("curl -s -w 'a\\tb%%c%' 10.0.0.2", "hello\na\tb%c%", "", 0),
        ("curl -s -w '%{http_code} %{local_port}\\n' 10.0.0.2:81", "000 -1\n", "", 7),
        ("curl -s 10.0.0.2:81", "", "", 7),
        ("curl -sO 10.0.0.2/index.html; cat index.html", "hello\n", "", 0),
        ("curl -sO 10.0.0.2; cat curl_response", "hello\n", "", 0),
        ("curl -s -o x 10.0.0.2/big; wc -c < x", "108894\n", "", 0),
    ],
)
def test_what_it_fetches(hosts: tuple[Box, Box], line: str, stdout: str, stderr: str, code: int) -> None:
    assert outcome(hosts[0], line) == (stdout, stderr, code)


@pytest.mark.parametrize(
    "words, stderr, code",
    [
        ("10.0.0.2:81", "(7) Failed to connect to 10.0.0.2 port 81 after 0 ms: Could not connect to server", 7),
        ("10.0.0.9", "(7) Failed to connect to 10.0.0.9 port 80 after 3071 ms: Could not connect to server", 7),
        ("-m 1 10.0.0.9", "(28) Connection timed out after 1001 milliseconds", 28),
        ("--connect-timeout 1 10.0.0.9", "(28) Connection timed out after 1001 milliseconds", 28),
        ("nosuch.invalid", "(6) Could not resolve host: nosuch.invalid", 6),
        ("foo://bar", '(1) Protocol "foo" not supported', 1),
        ("10.0.0.2:99999", "(3) URL rejected: Port number was not a decimal number between 0 and 65535", 3),
        ("http://", "(3) URL rejected: No host part in the URL", 3),
        ("'http://a b/'", "(3) URL rejected: Malformed input to a URL function", 3),
        ("--interface eth9 10.0.0.2", "(45) Couldn't bind to 'eth9' with errno 19: No such device", 45),
        ("-sSo /nonexistent/x 10.0.0.2", "(23) client returned ERROR on write of 6 bytes", 23),
        ("", "try 'curl --help' or 'curl --manual' for more information", 2),
        ("-s", f"(2) no URL specified{TRY}", 2),
        ("--foo", f"option --foo: is unknown{TRY}", 2),
        ("--silent=1", f"option --silent=1: is unknown{TRY}", 2),
        ("-s~", f"option -s~: is unknown{TRY}", 2),
        ("-so", f"option -so: requires parameter{TRY}", 2),
        ("--no-output", f"option --no-output: the given option cannot be reversed with a --no- prefix{TRY}", 2),
        ("-- -x", "(6) Could not resolve host: -x", 6),
        ("-m", "option -m: requires parameter\ncurl: try 'curl --help' or 'curl --manual' for more information", 2),
        (
            "-m abc 10.0.0.2",
            "option -m: expected a proper numerical parameter\n"
            "curl: try 'curl --help' or 'curl --manual' for more information",
            2,
        ),
    ],
)
def test_failures(hosts: tuple[Box, Box], words: str, stderr: str, code: int) -> None:
    assert outcome(hosts[0], f"curl {words}") == ("", f"curl: {stderr}\n", code)


@pytest.mark.parametrize(
    "server, stderr, code",
    [
        ("printf x | busybox nc -l -p 90 > /dev/null", "(1) Received HTTP/0.9 when not allowed", 1),
        ("printf '' | busybox nc -l -p 90 > /dev/null", "(52) Empty reply from server", 52),
        (
            r"printf 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfive\n' | busybox nc -l -p 90 > /dev/null",
            "(18) end of response with 4 bytes missing",
            18,
        ),
    ],
)
def test_servers_that_answer_badly(hosts: tuple[Box, Box], server: str, stderr: str, code: int) -> None:
    h1, h2 = hosts
    h2.sh(f"{server} & sleep 0.1")
    result = h1.sh("curl 10.0.0.2:90")
    assert (result.stderr, result.code) == (f"curl: {stderr}\n", code)


def test_a_server_that_does_not_answer(hosts: tuple[Box, Box]) -> None:
    h1, h2 = hosts
    h2.sh("sleep 9 | busybox nc -l -p 90 > /dev/null & sleep 0.1")
    said = "curl: (28) Operation timed out after 501 milliseconds with 0 bytes received\n"
    assert outcome(h1, "curl -m 0.5 10.0.0.2:90") == ("", said, 28)


def test_headers(hosts: tuple[Box, Box]) -> None:
    h1, _ = hosts
    head = h1.sh("curl -I 10.0.0.2").stdout
    assert head.startswith("HTTP/1.1 200 OK\r\nDate: ")
    assert head.endswith("Content-Length: 6\r\n\r\n")
    assert h1.sh("curl -i 10.0.0.2").stdout == f"{head}hello\n"


def test_what_is_told_with_v(hosts: tuple[Box, Box]) -> None:
    h1, _ = hosts
    said = h1.sh("curl -v -d a=b -H 'X-A: b' -A me 10.0.0.2").stderr.replace("\r", "")
    assert said.startswith(
        f"{TRYING}{CONNECTED}> POST / HTTP/1.1\n> Host: 10.0.0.2\n> User-Agent: me\n> Accept: */*\n> X-A: b\n"
        "> Content-Length: 3\n> Content-Type: application/x-www-form-urlencoded\n> \n"
        "* upload completely sent off: 3 bytes\n< HTTP/1.1 501 Not Implemented\n"
    )
    assert said.endswith("< Content-type: text/html\n< \n* shutting down connection #0\n")
    moved = [line for line in h1.sh("curl -vL 10.0.0.2/sub").stderr.splitlines() if line.startswith("* ")]
    assert moved == [
        "*   Trying 10.0.0.2:80...",
        "* Connected to 10.0.0.2 (10.0.0.2) port 80",
        "* using HTTP/1.x",
        "* Request completely sent off",
        "* shutting down connection #0",
        "* Issue another request to this URL: 'http://10.0.0.2/sub/'",
        "* Hostname 10.0.0.2 was found in DNS cache",
        "*   Trying 10.0.0.2:80...",
        "* Connected to 10.0.0.2 (10.0.0.2) port 80",
        "* using HTTP/1.x",
        "* Request completely sent off",
        "* shutting down connection #1",
    ]
    assert outcome(h1, "curl -sv 10.9.9.9")[1] == (
        "*   Trying 10.9.9.9:80...\n* Immediate connect fail for 10.9.9.9: Network is unreachable\n"
        "* Failed to connect to 10.9.9.9 port 80 after 0 ms: Could not connect to server\n* closing connection #0\n"
    )


@pytest.mark.parametrize("words", ["https://10.0.0.2", "ftp://10.0.0.2", "--compressed 10.0.0.2", "-u a:b 10.0.0.2",
                                   "-o x 10.0.0.2", "http://[fd00::2]/"])  # fmt: skip
def test_what_is_left_out(hosts: tuple[Box, Box], words: str) -> None:
    stdout, stderr, code = outcome(hosts[0], f"curl {words}")
    assert (stdout, stderr.startswith("not simulated: "), code) == ("", True, 95)
