"""busybox ping: texts, timing, exit codes and bytes, on two boxes with a cable between them."""

from __future__ import annotations

import pytest

from macvsim.apps.ping import BusyboxPing, PingResult
from macvsim.engine.sim import MS, SECOND, US
from macvsim.errors import MacvsimError
from tests.unit.two_hosts import Pair, make_pair


@pytest.fixture
def pair() -> Pair:
    return make_pair()


def run(app: BusyboxPing) -> tuple[PingResult, int]:
    """Its result, and how long it took in ns."""
    begin = int(app.sim.now)
    app.sim.run(until=app.start())
    return app.result(), int(app.sim.now) - begin


def test_answered(pair: Pair) -> None:
    a, _ = pair
    result = a.ping("10.0.0.2")
    assert str(result) == (
        "PING 10.0.0.2 (10.0.0.2): 56 data bytes\n"
        "64 bytes from 10.0.0.2: seq=0 ttl=64 time=0.000 ms\n"
        "64 bytes from 10.0.0.2: seq=1 ttl=64 time=0.000 ms\n"
        "\n"
        "--- 10.0.0.2 ping statistics ---\n"
        "2 packets transmitted, 2 packets received, 0% packet loss\n"
        "round-trip min/avg/max = 0.000/0.000/0.000 ms\n"
    )
    assert result
    assert (result.sent, result.received, result.ttl, result.code, result.loss) == (2, 2, 64, 0, 0.0)
    assert [reply.seq for reply in result.replies] == [0, 1]
    assert repr(result) == "<ping h1 -> 10.0.0.2: 2/2 received, ttl 64>"
    assert a.sim.now == SECOND, "it ends with the last reply"


def test_unanswered_waits_ten_seconds_after_the_last_request(pair: Pair) -> None:
    result, took = run(BusyboxPing(pair[0], "10.0.0.3", count=2))
    assert result.text == (
        "PING 10.0.0.3 (10.0.0.3): 56 data bytes\n"
        "\n"
        "--- 10.0.0.3 ping statistics ---\n"
        "2 packets transmitted, 0 packets received, 100% packet loss\n"
    )
    assert (bool(result), result.code, took) == (False, 1, 11 * SECOND)
    assert repr(result) == "<ping h1 -> 10.0.0.3: 0/2 received>"
    assert len(result.requests) == 2


def test_timeout_option_counts_only_without_any_reply(pair: Pair) -> None:
    a, b = pair
    _, took = run(BusyboxPing(a, "10.0.0.3", count=2, timeout=3))
    assert took == 4 * SECOND
    app = BusyboxPing(a, "10.0.0.2", count=2, timeout=30)
    a.sim.call_later(SECOND // 2, b.dev("eth0").set_down)
    result, took = run(app)
    assert (result.received, took, result.code) == (1, 2 * SECOND, 0)


def test_deadline_is_looked_at_when_sending(pair: Pair) -> None:
    result, took = run(BusyboxPing(pair[0], "10.0.0.3", count=2, deadline=5))
    assert (took, result.code) == (11 * SECOND, 1)
    result, took = run(BusyboxPing(pair[0], "10.0.0.2", deadline=3))
    assert (took, result.sent, result.received, len(result.requests)) == (3 * SECOND, 4, 3, 3)
    assert "4 packets transmitted, 3 packets received, 25% packet loss" in result.text


def test_round_trip_in_microseconds() -> None:
    a, _ = make_pair(delay=617_400 * US // 1000)
    result = a.ping("10.0.0.2", count=1)
    line = result.text.splitlines()[1]
    assert line == f"64 bytes from 10.0.0.2: seq=0 ttl=64 time={result.rtts[0] / MS:.3f} ms"
    assert result.rtts[0] % US == 0
    assert result.rtts[0] > 4 * 617 * US, "two crossings of ARP, two of the echo"


def test_bytes_of_a_request(pair: Pair) -> None:
    a, _ = pair
    a.ping("10.0.0.2", count=1)
    a.sim.run(until=3 * SECOND + 5 * US)
    with a.capture("eth0") as seen:
        a.ping("10.0.0.2", count=2, size=8, ttl=9)
    requests = [record.data for record in seen.records if record.direction == "out"]
    first, second = requests
    ip, message = first[14:34], first[34:]
    assert (ip[1], ip[6] << 8 | ip[7], ip[8], ip[9]) == (0, 0x4000, 9, 1)
    assert ip[4:6] != b"\0\0"
    assert message[:2] == b"\x08\x00"
    assert (message[6:8], second[40:42]) == (b"\0\0", b"\0\1")
    assert message[8:] == (3_000_005).to_bytes(4, "little") + bytes(4)


def test_reply_that_carries_no_clock_has_no_time(pair: Pair) -> None:
    result = pair[0].ping("10.0.0.2", count=1, size=2)
    assert "10 bytes from 10.0.0.2: seq=0 ttl=64\n" in result.text
    assert "round-trip" not in result.text


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("c2", "ping: bad address 'c2'\n"),
        ("8.8.8.8", "PING 8.8.8.8 (8.8.8.8): 56 data bytes\nping: sendto: Network is unreachable\n"),
    ],
)
def test_cannot_send(pair: Pair, target: str, text: str) -> None:
    result = pair[0].ping(target)
    assert (result.text, result.code, bool(result)) == (text, 1, False)


def test_source(pair: Pair) -> None:
    a, _ = pair
    a.addr_add("eth0", "10.0.0.9/24")
    result = a.ping("10.0.0.2", count=1, source="10.0.0.9")
    assert result.text.startswith("PING 10.0.0.2 (10.0.0.2) from 10.0.0.9: 56 data bytes\n64 bytes")
    assert a.ping("10.0.0.2", count=1, source="eth0")
    assert a.ping("10.0.0.2", source="10.9.9.9").text.endswith("ping: bind: Cannot assign requested address\n")
    assert repr(a.ping("c2")) == "<ping h1 -> c2: nothing was sent: ping: bad address 'c2'>"
    assert a.ping("10.0.0.2", source="nix").text == "ping: bad address 'nix'\n"


def test_broadcast_duplicates(pair: Pair) -> None:
    a, b = pair
    b.sysctl["net.ipv4.icmp_echo_ignore_broadcasts"] = 0
    result, _ = run(BusyboxPing(a, "10.0.0.255", count=1))
    assert result.replies[0].sender == "10.0.0.2"


def test_interrupt_prints_statistics(pair: Pair) -> None:
    a, _ = pair
    app = BusyboxPing(a, "10.0.0.2")
    done = app.start()
    a.sim.run(until=3 * SECOND)
    app.interrupt()
    a.sim.run(until=done)
    assert app.result().text.endswith(
        "4 packets transmitted, 4 packets received, 0% packet loss\nround-trip min/avg/max = 0.000/0.000/0.000 ms\n"
    )


def test_streams_what_the_text_holds(pair: Pair) -> None:
    a, _ = pair
    out: list[str] = []
    err: list[str] = []
    app = BusyboxPing(a, "10.0.0.2", count=3, interval=0.5, stdout=out.append, stderr=err.append)
    result, took = run(app)
    assert (took, "".join(out), err) == (SECOND, result.text, [])


def test_quiet_and_adaptive(pair: Pair) -> None:
    a, _ = pair
    result, took = run(BusyboxPing(a, "10.0.0.2", count=3, quiet=True, adaptive=True))
    assert took == 0
    assert result.received == 3
    assert "bytes from" not in result.text


def test_two_pings_do_not_hear_each_other(pair: Pair) -> None:
    a, b = pair
    first, second = BusyboxPing(a, "10.0.0.2", count=3), BusyboxPing(a, "10.0.0.3", count=2, timeout=2)
    ends = first.start() & second.start()
    a.sim.run(until=ends)
    assert (first.result().received, second.result().received) == (3, 0)
    assert not a.ns.icmp.sockets
    assert not b.ns.icmp.sockets


def test_nonsense_is_refused(pair: Pair) -> None:
    for wrong in ({"interval": 0.0}, {"timeout": -1.0}, {"size": 70000}, {"count": -1}):
        with pytest.raises(MacvsimError):
            BusyboxPing(pair[0], "10.0.0.2", **wrong)
    assert not pair[0].ns.icmp.sockets


def test_explained(pair: Pair) -> None:
    assert pair[0].ping("10.0.0.2", count=1).explain().verdict == "answered"
    assert pair[0].ping("10.0.0.3", count=1).explain().verdict == "lost"


def test_every_request_is_counted_once(pair: Pair) -> None:
    """Icmp: OutEchos, as Linux counts what raw sockets send."""
    a, b = pair
    a.ping("10.0.0.2", count=3)
    assert a.ns.snmp.icmp_totals()["OutEchos"] == 3
    assert b.ns.snmp.icmp_totals()["InEchos"] == 3
