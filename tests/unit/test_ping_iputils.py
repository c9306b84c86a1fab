"""ping of iputils: texts, errors, timing through kernel timers and poll, bytes."""

from __future__ import annotations

from typing import Any

import pytest

from macvsim.apps.ping_iputils import IputilsPing
from macvsim.apps.ping_iputils_text import IputilsResult, error_text, time_text
from macvsim.engine.sim import MS, SECOND, US
from macvsim.net.sysctl import Sysctl
from tests.unit.two_hosts import Pair, make_pair


@pytest.fixture
def pair() -> Pair:
    return make_pair()


def run(app: IputilsPing) -> tuple[IputilsResult, int]:
    """Its result, and how long it took in ms."""
    begin = int(app.sim.now)
    app.sim.run(until=app.start())
    return app.result(), (int(app.sim.now) - begin) // MS


def test_answered_at_once_waits_in_the_kernel_timer(pair: Pair) -> None:
    result, took = run(IputilsPing(pair[0], "10.0.0.2", count=2))
    assert took == 1040, "100 ticks of 10 ms, rounded up to 8 ticks"
    assert result.text == (
        "PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.\n"
        "64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.000 ms\n"
        "64 bytes from 10.0.0.2: icmp_seq=2 ttl=64 time=0.000 ms\n"
        "\n"
        "--- 10.0.0.2 ping statistics ---\n"
        "2 packets transmitted, 2 received, 0% packet loss, time 1040ms\n"
        "rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms\n"
    )
    assert (result.code, result.ttl, repr(result)) == (0, 64, "<ping h1 -> 10.0.0.2: 2/2 received, ttl 64>")


def test_slower_answer_waits_in_poll() -> None:
    a, _ = make_pair(delay=3 * MS)
    result, took = run(IputilsPing(a, "10.0.0.2", count=2))
    assert [reply.rtt_ns for reply in result.replies] == [12 * MS, 6 * MS]
    assert "time=12.0 ms\n" in result.text
    assert "time=6.00 ms\n" in result.text
    assert took == 12 + 988 + 6, "poll() asked for 988 ms is late by 0.988 ms"
    assert ", time 1001ms\n" in result.text


@pytest.mark.parametrize("options", [{"flood": True}, {"adaptive": True}, {"interval": 0.0}])
def test_what_has_arrived_is_read_before_the_alarm_ends_it(options: dict[str, Any]) -> None:
    """The alarm comes two round trips after the last request, when the program may not have woken for its answer."""
    a, _ = make_pair(delay=50 * US)
    a.ns.wakeup_delay = 250 * US
    run(IputilsPing(a, "10.0.0.2", count=1))  # asks for the MAC, which takes as long again
    result, _ = run(IputilsPing(a, "10.0.0.2", count=5, quiet=True, **options))
    assert (result.sent, result.received) == (5, 5)


def test_nobody_there(pair: Pair) -> None:
    result, took = run(IputilsPing(pair[0], "10.0.0.3", count=2))
    assert took == 3120
    assert result.text == (
        "PING 10.0.0.3 (10.0.0.3) 56(84) bytes of data.\n"
        "From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n"
        "From 10.0.0.1 icmp_seq=2 Destination Host Unreachable\n"
        "\n"
        "--- 10.0.0.3 ping statistics ---\n"
        "2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 1040ms\n"
        "pipe 2\n"
    )
    assert (result.code, bool(result)) == (1, False)
    assert [(e.seq, e.sender, e.kind, e.code) for e in result.errors] == [(1, "10.0.0.1", 3, 1), (2, "10.0.0.1", 3, 1)]
    assert repr(result) == "<ping h1 -> 10.0.0.3: 0/2 received, 2 errors>"


def test_a_request_that_is_due_goes_before_errors_of_that_moment(pair: Pair) -> None:
    result, took = run(IputilsPing(pair[0], "10.0.0.3", count=5))
    assert result.text.endswith("5 packets transmitted, 0 received, +5 errors, 100% packet loss, time 4160ms\npipe 4\n")
    assert took == 6240


def test_one_error_ends_with_a_blank_line(pair: Pair) -> None:
    result, _ = run(IputilsPing(pair[0], "10.0.0.3", count=1))
    assert result.text.endswith("1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n\n")


def test_linger_is_exact(pair: Pair) -> None:
    result, took = run(IputilsPing(pair[0], "10.0.0.3", count=1, timeout=2))
    assert (took, result.sent, result.errors) == (2000, 1, [])
    _, took = run(IputilsPing(pair[0], "10.0.0.4", count=2, timeout=1.5))
    assert took == 1040 + 1500


def test_linger_after_a_reply_is_an_interval(pair: Pair) -> None:
    a, b = pair
    a.sim.call_later(SECOND // 2, b.dev("eth0").set_down)
    result, took = run(IputilsPing(a, "10.0.0.2", count=2, timeout=9))
    assert (result.received, took) == (1, 1040 + 1000)
    assert "50% packet loss" in result.text


def test_half_second_interval_takes_one_tick_more(pair: Pair) -> None:
    result, took = run(IputilsPing(pair[0], "10.0.0.3", count=6, interval=0.5))
    assert result.text.endswith("6 packets transmitted, 0 received, +6 errors, 100% packet loss, time 2550ms\npipe 6\n")
    assert took == 3120


def test_deadline(pair: Pair) -> None:
    result, took = run(IputilsPing(pair[0], "10.0.0.2", count=5, deadline=2))
    assert (took, result.sent, result.received, result.code) == (2000, 2, 2, 1)
    result, took = run(IputilsPing(pair[0], "10.0.0.3", count=1, deadline=9))
    assert (took, result.code) == (3120, 1), "an error ends it"
    assert "\n4 packets transmitted, 0 received, +3 errors, 100%" in result.text, "more than -c says are sent"


def test_bytes_of_a_request(pair: Pair) -> None:
    a, _ = pair
    a.sim.run(until=5 * SECOND + 7 * US)
    with a.capture("eth0") as seen:
        run(IputilsPing(a, "10.0.0.2", count=1, ident=0x1234, tos=16))
        run(IputilsPing(a, "10.0.0.2", count=1, pmtu="do", size=4))
        run(IputilsPing(a, "10.0.0.2", count=1, pmtu="dont", pattern=b"\xab\xcd", size=20))
    first, forced, loose = (r.data[14:] for r in seen.records if r.direction == "out" and r.data[12:14] == b"\x08\0")
    assert (first[1], first[6:8], first[20:22]) == (16, b"\x40\0", b"\x08\0")
    assert first[4:6] != b"\0\0"
    assert first[24:28] == bytes.fromhex("12340001")
    assert first[28:44] == (5).to_bytes(8, "little") + (7).to_bytes(8, "little")
    assert first[44:] == bytes(range(16, 56))
    assert (forced[4:8], forced[28:]) == (b"\0\0\x40\0", b"\0\1\2\3")
    assert (loose[6:8], loose[44:]) == (b"\0\0", b"\xab\xcd\xab\xcd")


def test_too_long(pair: Pair) -> None:
    err: list[str] = []
    result, took = run(IputilsPing(pair[0], "10.0.0.2", count=1, size=1473, pmtu="do", timeout=1, stderr=err.append))
    assert err == ["ping: sendmsg: Message too long\n"]
    assert result.text.endswith("1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n\n")
    assert took == 1000
    result, _ = run(IputilsPing(pair[0], "10.0.0.2", count=1, size=1473))
    assert "1481 bytes from 10.0.0.2: icmp_seq=1 ttl=64" in result.text


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"target": "nosuch"}, "ping: nosuch: Temporary failure in name resolution\n"),
        ({"target": "8.8.8.8"}, "ping: connect: Network is unreachable\n"),
        ({"target": "10.0.0.2", "source": "eth9"}, "ping: SO_BINDTODEVICE eth9: No such device\n"),
        ({"target": "10.0.0.2", "source": "1.2.3.4"}, "ping: bind: Cannot assign requested address\n"),
        ({"target": "10.0.0.2", "ttl": 0}, "ping: cannot set unicast time-to-live: Invalid argument\n"),
        (
            {"target": "10.0.0.255"},
            "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n",
        ),
    ],
)
def test_does_not_start(pair: Pair, options: dict[str, object], text: str) -> None:
    result, took = run(IputilsPing(pair[0], **options))  # type: ignore[arg-type]
    assert (result.text, result.code, took) == (text, 2, 0)
    assert not pair[0].ns.icmp.sockets


def test_first_line(pair: Pair) -> None:
    a, _ = pair
    for options, words in [
        ({"source": "eth0"}, "10.0.0.2 (10.0.0.2) from 10.0.0.1 eth0: 56(84)"),
        ({"source": "10.0.0.1"}, "10.0.0.2 (10.0.0.2) from 10.0.0.1 : 56(84)"),
        ({"sticky": True, "size": 8}, "10.0.0.2 (10.0.0.2) from 10.0.0.1 : 8(36)"),
    ]:
        result, _ = run(IputilsPing(a, "10.0.0.2", count=1, **options))  # type: ignore[arg-type]
        assert result.text.startswith(f"PING {words} bytes of data.\n")
        assert result
    a.hosts["b"] = 0x0A000002
    result, _ = run(IputilsPing(a, "b", count=1))
    assert result.text.startswith("PING b (10.0.0.2) 56(84) bytes of data.\n64 bytes from b (10.0.0.2): icmp_seq=1")
    result, _ = run(IputilsPing(a, "b", count=1, numeric=True))
    assert "64 bytes from 10.0.0.2: icmp_seq=1" in result.text


def test_broadcast_and_group(pair: Pair) -> None:
    a, b = pair
    sysctl: Sysctl = b.sysctl
    sysctl["net.ipv4.icmp_echo_ignore_broadcasts"] = 0
    result, _ = run(IputilsPing(a, "10.0.0.255", count=1, broadcast=True))
    assert result.text.startswith("WARNING: pinging broadcast address\nPING 10.0.0.255 (10.0.0.255) 56(84)")
    assert "64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.000 ms\n" in result.text


def test_other_options(pair: Pair) -> None:
    a, _ = pair
    result, _ = run(IputilsPing(a, "10.0.0.2", count=3, preload=3))
    assert result.text.endswith("time 0ms\nrtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms, pipe 3\n")
    result, _ = run(IputilsPing(a, "10.0.0.3", count=2, interval=0.2, outstanding=True))
    assert "bytes of data.\nno answer yet for icmp_seq=1\nFrom" in result.text
    result, _ = run(IputilsPing(a, "10.0.0.2", count=1, pattern=b"\xff"))
    assert result.text.startswith("PATTERN: 0xff\nPING")
    result, _ = run(IputilsPing(a, "10.0.0.2", count=1, quiet=True))
    assert "bytes from" not in result.text
    assert "1 received" in result.text


def test_interrupt(pair: Pair) -> None:
    a, _ = pair
    app = IputilsPing(a, "10.0.0.2")
    done = app.start()
    a.sim.run(until=4 * SECOND)
    app.interrupt()
    a.sim.run(until=done)
    assert "4 packets transmitted, 4 received, 0% packet loss, time 3120ms\n" in app.result().text


@pytest.mark.parametrize(
    ("trip", "text"),
    [
        (0, "0.000"),
        (999, "0.999"),
        (1004, "1.00"),
        (1005, "1.01"),
        (9994, "9.99"),
        (9995, "10.0"),
        (99_949, "99.9"),
        (99_950, "100"),
        (959_078, "959"),
    ],
)
def test_time_is_rounded_to_three_digits(trip: int, text: str) -> None:
    assert time_text(trip) == f"{text} ms"
    assert time_text(trip, precise=True) == f"{trip / 1000:.3f} ms"


@pytest.mark.parametrize(
    ("kind", "code", "info", "text"),
    [
        (3, 0, 0, "Destination Net Unreachable"),
        (3, 3, 0, "Destination Port Unreachable"),
        (3, 4, 1400, "Frag needed and DF set (mtu = 1400)"),
        (3, 13, 0, "Packet filtered"),
        (3, 77, 0, "Dest Unreachable, Bad Code: 77"),
        (11, 0, 0, "Time to live exceeded"),
        (11, 1, 0, "Frag reassembly time exceeded"),
        (5, 1, 0xAC100A05, "Redirect Host(New nexthop: 172.16.10.5)"),
        (12, 0, 0x14000000, "Parameter problem: pointer = 20"),
    ],
)
def test_error_texts(kind: int, code: int, info: int, text: str) -> None:
    assert error_text(kind, code, info) == text
