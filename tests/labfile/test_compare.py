"""Expected and printed lines: shapes, ellipses, and where they differ."""

from __future__ import annotations

import pytest

from macvsim.labfile.compare import Hunk, differences


def lines(text: str) -> list[str]:
    return text.split("|") if text else []


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ("a|b", "a|b"),
        ("a ", "a"),
        ("a||", "a"),
        ("64 bytes from 10.0.0.1: seq=0 ttl=64 time=0.641 ms", "64 bytes from 10.0.0.1: seq=0 ttl=64 time=12.5 ms"),
        ("round-trip min/avg/max = 0.3/0.5/0.6 ms", "round-trip min/avg/max = 0.350/0.400/0.451 ms"),
        ("rtt min/avg/max/mdev = 0.3/0.5/0.6/0.1 ms", "rtt min/avg/max/mdev = 0.350/0.400/0.451/0.020 ms"),
        ("1 received, 0% packet loss, time 0ms", "1 received, 0% packet loss, time 1001ms"),
        ("128956db798a        bridge", "8eea72d4888c        bridge"),
        ("a" * 63 + "1", "b" * 62 + "22"),
        ("[1] 1234", "[1] 1007"),
        ("[1]+  1234 Running                 sleep 1 &", "[1]+  99 Running                 sleep 1 &"),
        ("12:00:00.000001 IP 1.1.1.1 > 2.2.2.2: x", "00:00:03.250000 IP 1.1.1.1 > 2.2.2.2: x"),
        ("icmp     1 30 src=1.1.1.1 type=8 code=0 id=7 mark=0", "icmp     1 2 src=1.1.1.1 type=8 code=0 id=9 mark=0"),
        ("...", "a|b"),
        ("...", ""),
        ("a|...|b", "a|b"),
        ("a|...|b", "a|1|2|b"),
        ("a ... z", "a 1|2 z"),
        ("a|...|b|...", "a|b|a|b|c"),
        ("x... y...", "x1 y2"),
        ("time=... ms", "time=3 ms"),
    ],
)
def test_equal(expected: str, got: str) -> None:
    assert differences("x", lines(expected), lines(got)) == []


@pytest.mark.parametrize(
    ("expected", "got", "hunks"),
    [
        ("a|b|c", "a|x|c", [(1, "b", "x")]),
        ("a|b|c", "a|c", [(1, "b", "")]),
        ("a|c", "a|b|c", [(1, "", "b")]),
        ("", "a", [(0, "", "a")]),
        ("a", "", [(0, "a", "")]),
        ("a|...|c|d", "a|x|c|e", [(3, "d", "e")]),
        ("a|b|...", "a|x|c", [(1, "b", "x")]),
        ("a|...|d", "a|1|2|e", [(2, "d", "e")]),
        (
            "seq=0 ttl=64 time=0.1 ms",
            "seq=0 ttl=63 time=0.1 ms",
            [(0, "seq=0 ttl=64 time=0.1 ms", "seq=0 ttl=63 time=0.1 ms")],
        ),
        ("172.16.10.2", "172.16.10.3", [(0, "172.16.10.2", "172.16.10.3")]),
        ("02:42:ac:10:0a:02", "02:42:ac:10:0a:03", [(0, "02:42:ac:10:0a:02", "02:42:ac:10:0a:03")]),
        ("  a", "a", [(0, "  a", "a")]),
        ("a...b", "ab|c", [(1, "", "c")]),
    ],
)
def test_different(expected: str, got: str, hunks: list[tuple[int, str, str]]) -> None:
    found = [Hunk(first, tuple(lines(wanted)), tuple(lines(printed))) for first, wanted, printed in hunks]
    assert differences("x", lines(expected), lines(got)) == found


def test_tables_with_ages() -> None:
    wanted = lines("CREATED             STATUS|2 minutes ago       Up 2 minutes")
    printed = lines("CREATED         STATUS|3 seconds ago   Up 3 seconds")
    assert differences("docker ps", wanted, printed) == []
    assert differences("docker images", wanted, printed) != []
