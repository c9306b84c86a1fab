"""arping of busybox and of iputils: texts, counts, timing, bytes, exit codes."""

from __future__ import annotations

import pytest

from macvsim.apps.arping import Arping
from macvsim.apps.arping_busybox import BusyboxArping
from macvsim.apps.arping_iputils import IputilsArping
from macvsim.engine.sim import MS, SECOND, US
from macvsim.net.packet_socket import PacketSocket
from macvsim.wire.frame import ETH_P_ARP, PacketType
from tests.unit.two_hosts import Pair, make_pair

MAC_1, MAC_2 = "02:00:00:00:00:01", "02:00:00:00:00:02"


@pytest.fixture
def pair() -> Pair:
    """Two hosts that have been up for ten seconds."""
    a, b = make_pair(delay=250 * US)
    a.sim.run(until=10 * SECOND)
    return a, b


def run(app: Arping) -> tuple[str, int | None, int]:
    """What it printed, its exit code, and how long it took in ms."""
    begin = int(app.sim.now)
    app.sim.run(until=app.start())
    assert app.box.ns.protocol(b"\x08\x06") == app.box.ns.arp.receive, "nothing listens any more"
    return app.text, app.code, (int(app.sim.now) - begin) // MS


def test_busybox_answered(pair: Pair) -> None:
    text, code, took = run(BusyboxArping(pair[0], "10.0.0.2", count=2))
    assert text == (
        "ARPING 10.0.0.2 from 10.0.0.1 eth0\n"
        "Unicast reply from 10.0.0.2 [02:00:00:00:00:02] 0.500ms\n"
        "Unicast reply from 10.0.0.2 [02:00:00:00:00:02] 0.500ms\n"
        "Sent 2 probe(s) (0 broadcast(s))\n"
        "Received 2 response(s) (0 request(s), 0 broadcast(s))\n"
    )
    assert (code, took) == (0, 2000)


def test_busybox_counts_broadcasts_only_without_count(pair: Pair) -> None:
    text, code, took = run(BusyboxArping(pair[0], "10.0.0.3", timeout=1))
    assert text.endswith("Sent 2 probe(s) (2 broadcast(s))\nReceived 0 response(s) (0 request(s), 0 broadcast(s))\n")
    assert (code, took) == (1, 2000)
    text, _, _ = run(BusyboxArping(pair[0], "10.0.0.2", timeout=1))
    assert "Sent 2 probe(s) (1 broadcast(s))\nReceived 2" in text
    text, _, _ = run(BusyboxArping(pair[0], "10.0.0.2", timeout=1, broadcast_only=True))
    assert "Sent 2 probe(s) (2 broadcast(s))\nReceived 2" in text


def test_iputils_answered(pair: Pair) -> None:
    text, code, took = run(IputilsArping(pair[0], "10.0.0.2", count=2))
    assert text == (
        "ARPING 10.0.0.2 from 10.0.0.1 eth0\n"
        "Unicast reply from 10.0.0.2 [02:00:00:00:00:02]  1.000ms\n"
        "Unicast reply from 10.0.0.2 [02:00:00:00:00:02]  1.000ms\n"
        "Sent 2 probes (1 broadcast(s))\n"
        "Received 2 response(s)\n"
    )
    assert (code, took) == (0, 2000)


def test_iputils_timeout_and_count(pair: Pair) -> None:
    text, code, took = run(IputilsArping(pair[0], "10.0.0.3", count=3))
    assert text.endswith("Sent 3 probes (3 broadcast(s))\nReceived 0 response(s)\n")
    assert (code, took) == (1, 3000)
    text, code, took = run(IputilsArping(pair[0], "10.0.0.2", timeout=1))
    assert text.endswith("Sent 2 probes (1 broadcast(s))\nReceived 1 response(s)\n")
    assert (code, took) == (0, 1000)
    pair[0].sim.run(until=int(pair[0].sim.now) + MS)
    _, code, took = run(IputilsArping(pair[0], "10.0.0.2", timeout=5, count=2))
    assert (code, took) == (0, 1000), "as many answers as asked for end it"
    _, code, took = run(IputilsArping(pair[0], "10.0.0.2", timeout=1, count=2))
    assert (code, took) == (1, 1000)


@pytest.mark.parametrize("program", [BusyboxArping, IputilsArping])
def test_bytes(pair: Pair, program: type[Arping]) -> None:
    a, _ = pair
    with a.capture("eth0") as seen:
        run(program(a, "10.0.0.2", count=2))
    requests = [record.data.hex() for record in seen.records if record.direction == "out"]
    first, second = requests
    asked = "080600010800060400010200000000010a000001"
    assert first == "ffffffffffff020000000001" + asked + "ffffffffffff0a000002"
    assert second == "020000000002020000000001" + asked + "0200000000020a000002"


@pytest.mark.parametrize("program", [BusyboxArping, IputilsArping])
def test_duplicate_address_detection(pair: Pair, program: type[Arping]) -> None:
    a, _ = pair
    with a.capture("eth0") as seen:
        text, code, took = run(program(a, "10.0.0.2", count=2, timeout=3, dad=True))
    assert text.startswith("ARPING 10.0.0.2 from 0.0.0.0 eth0\nUnicast reply from 10.0.0.2 [02:00:00:00:00:02]")
    assert (code, took) == (1, 0), "the first answer is enough"
    assert seen.records[0].data[28:32] == bytes(4)
    text, code, took = run(program(a, "10.0.0.3", count=2, timeout=3, dad=True))
    assert (code, took) == (0, 2000)
    assert "Received 0" in text


@pytest.mark.parametrize("program", [BusyboxArping, IputilsArping])
def test_unsolicited(pair: Pair, program: type[Arping]) -> None:
    a, b = pair
    b.ping("10.0.0.1", count=1)
    with b.capture("eth0") as seen:
        _, code, took = run(program(a, "10.0.0.1", count=1, unsolicited=True, device="eth0"))
        run(program(a, "10.0.0.1", count=1, advert=True, device="eth0"))
        a.sim.run(until=int(a.sim.now) + MS)
    assert (code, took) == (0, 0)
    request, reply = (record.data.hex()[40:] for record in seen.records)
    assert request == "00010200000000010a000001ffffffffffff0a000001"
    assert reply == "00020200000000010a0000010200000000010a000001"


def test_broadcast_request_during_detection(pair: Pair) -> None:
    a, b = pair
    b.addr_add("eth0", "10.0.0.9/24")
    app = BusyboxArping(a, "10.0.0.9", count=1, dad=True, quit_on_reply=True)
    b.dev("eth0").noarp = True
    announcer = IputilsArping(b, "10.0.0.9", count=1, unsolicited=True, device="eth0")

    def announce() -> None:
        b.dev("eth0").noarp = False
        announcer.start()

    a.sim.call_later(500 * MS, announce)
    text, code, _ = run(app)
    assert "Broadcast request from 10.0.0.9 [02:00:00:00:00:02]for 10.0.0.9 [ff:ff:ff:ff:ff:ff] 500.250ms\n" in text
    assert text.endswith("Received 1 response(s) (1 request(s), 1 broadcast(s))\n")
    assert code == 1


def test_iputils_in_the_first_second_has_no_time() -> None:
    a, _ = make_pair()
    text, _, _ = run(IputilsArping(a, "10.0.0.2", count=1))
    assert "Unicast reply from 10.0.0.2 [02:00:00:00:00:02]  UNSOLICITED?\n" in text
    text, _, _ = run(BusyboxArping(make_pair()[0], "10.0.0.2", count=1))
    assert "Unicast reply from 10.0.0.2 [02:00:00:00:00:02] 0.000ms\n" in text


@pytest.mark.parametrize(
    ("program", "options", "text", "code"),
    [
        (BusyboxArping, {"device": "eth9"}, "arping: interface eth9 not found: No such device\n", 2),
        (IputilsArping, {"device": "eth9"}, "arping: Device eth9 not available.\n", 2),
        (BusyboxArping, {"device": "lo"}, "arping: interface lo is not ARPable\n", 2),
        (IputilsArping, {"device": "lo"}, 'Interface "lo" is not ARPable\n', 2),
        (IputilsArping, {"device": "lo", "dad": True}, 'Interface "lo" is not ARPable\n', 0),
        (BusyboxArping, {"target": "nosuch"}, "arping: bad address 'nosuch'\n", 2),
        (IputilsArping, {"target": "nosuch"}, "arping: nosuch: Temporary failure in name resolution\n", 2),
        (BusyboxArping, {"source": "x"}, "arping: invalid source address x\n", 2),
        (IputilsArping, {"source": "x"}, "arping: invalid source x\n", 2),
        (BusyboxArping, {"source": "10.0.0.77"}, "arping: bind: Cannot assign requested address\n", 2),
        (IputilsArping, {"unsolicited": True}, "arping: bind: Cannot assign requested address\n", 2),
        (IputilsArping, {"target": "8.8.8.8"}, "arping: NETLINK_ROUTE unexpected iov element\n", 1),
    ],
)
def test_does_not_start(pair: Pair, program: type[Arping], options: dict[str, object], text: str, code: int) -> None:
    target = str(options.pop("target", "10.0.0.2"))
    assert run(program(pair[0], target, count=1, **options)) == (text, code, 0)  # type: ignore[arg-type]
    options["target"] = target


def test_device_goes_down(pair: Pair) -> None:
    a, _ = pair
    a.sim.call_later(500 * MS, a.dev("eth0").set_down)
    text, code, took = run(IputilsArping(a, "10.0.0.3", count=3))
    assert text == "ARPING 10.0.0.3 from 10.0.0.1 eth0\narping: recvfrom: Network is down\n"
    assert (code, took) == (2, 500)
    a.dev("eth0").set_up()
    a.sim.call_later(500 * MS, a.dev("eth0").set_down)
    text, code, took = run(BusyboxArping(a, "10.0.0.3", count=2))
    assert text.endswith("recvfrom: Network is down\nSent 1 probe(s) (0 broadcast(s))\nReceived 0 response(s) "
                         "(0 request(s), 0 broadcast(s))\n")  # fmt: skip
    assert took == 2000


def test_quiet(pair: Pair) -> None:
    for program in (BusyboxArping, IputilsArping):
        assert run(program(pair[0], "10.0.0.2", count=1, quiet=True)) == ("", 0, 1000)


def test_packet_socket_hears_what_reaches_the_protocols_of_its_device(pair: Pair) -> None:
    a, b = pair
    seen: list[tuple[str, PacketType]] = []
    sock = PacketSocket(b.ns, b.dev("eth0"), ETH_P_ARP, lambda data, kind: seen.append((data.hex()[12:16], kind)))
    other = PacketSocket(b.ns, b.dev("lo"), ETH_P_ARP, lambda data, kind: seen.append(("lo", kind)))
    a.ping("10.0.0.2", count=1)
    assert seen == [("0001", PacketType.BROADCAST)], "not its own reply, not on the other device"
    other.close()
    sock.close()
    sock.close()
    a.ns.neigh.flush(a.dev("eth0"))
    assert a.ping("10.0.0.2", count=1)
    assert len(seen) == 1
