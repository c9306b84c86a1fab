"""iperf3: figures of the simulated network in the layout of iperf3 3.18 (tests/data/iperf3)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from macvsim import Lab
from macvsim.machine.host import Box

RECORDED = json.loads((Path(__file__).parents[1] / "data/iperf3/recorded.json").read_text())


def two(rate: int | None = None, **options: Any) -> tuple[Box, Box]:
    """Two hosts at a cable."""
    lab = Lab(seed=0)
    hosts = [lab.host(f"host{number}") for number in (1, 2)]
    lab.cable("host1:enp0s8", "host2:enp0s8", rate=rate, **options)
    for number, host in enumerate(hosts, start=1):
        host.addr_add("enp0s8", f"10.0.0.{number}/24")
    return hosts[0], hosts[1]


def measured(words: str, rate: int | None = None, serve: str = "-1", **options: Any) -> dict[str, Any]:
    """The JSON document of a client."""
    server, client = two(rate, **options)
    server.sh(f"iperf3 -s -D {serve}")
    done = client.sh(f"iperf3 -c 10.0.0.1 -J {words}")
    assert (done.code, done.stderr) == (0, "")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def shapes(text: str) -> list[str]:
    """Each kind of line once, with its numbers blotted out, each to the width of its column."""
    text = re.sub(r"[ \d][ \d.]{3} ([KMGT]?)(Bytes|bits)", r"#### \2", text)
    text = re.sub(r"\b(\d{1,3}\.){3}\d+|Cookie: \w+|Time: .*GMT|Linux host.*x86_64|SYSTEM", "WORD", text)
    text = re.sub(r"tcp_congestion \w+", "tcp_congestion NAME", text)  # as the recording machine is set up
    text = re.sub(r"MSS(: | )\d+( \(default\))?|block size to \d+|\d+ byte blocks|port \d+", "SIZE", text)
    text = re.sub(r" {1,3}\d+ {2}(?=[# \d])|(?<=/sec) {2,4}\d+", " COUNT ", text)
    return list(dict.fromkeys(re.sub(r"\d+", "0", line) for line in text.splitlines()))


def outline(value: Any) -> Any:
    """The names in a document, in their order, and the kinds of its values."""
    if isinstance(value, dict):
        return {name: outline(one) for name, one in value.items() if name != "server_output_text"}
    if isinstance(value, list):
        return [outline(value[0])] if value else []
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


@pytest.mark.parametrize("recorded", RECORDED, ids=[one["client"] for one in RECORDED])
def test_the_layout_is_the_real_ones(recorded: dict[str, str]) -> None:
    server, client = two()
    server.sh(f"{recorded['server']} > /tmp/out 2>/dev/null &")
    out = client.sh(recorded["client"].replace("127.0.0.1", "10.0.0.1")).stdout
    client.sim.run(until=int(client.sim.now) + 10**9)
    served = server.sh("cat /tmp/out").stdout
    for ours, real in ((out, recorded["out"]), (served, recorded["served"])):
        if real.startswith("{"):
            assert json.dumps(outline(json.loads(ours))) == json.dumps(outline(json.loads(real)))
            assert (
                re.sub(r":\t.*|\s*}, {", "", ours).split("\n")[:60]
                == re.sub(r":\t.*|\s*}, {", "", real).split("\n")[:60]
            )
        else:
            assert shapes(ours) == shapes(real)


@pytest.mark.parametrize("words", ["", "-R", "-P 4", "-C reno", "-S 16 -N"])
def test_a_cable_gives_its_rate_without_headers(words: str) -> None:
    document = measured(f"-t 1 -l 4K {words}", 4_000_000)
    share = 4_000_000 * 1448 / 1538
    assert document["end"]["sum_received"]["bits_per_second"] == pytest.approx(share, rel=0.04)


def test_a_fast_cable() -> None:
    document = measured("-n 4M -i 0.1 -l 16K", 100_000_000)
    assert document["end"]["sum_sent"]["bytes"] == 4 << 20
    assert document["end"]["sum_received"]["bits_per_second"] == pytest.approx(1e8 * 1448 / 1538, rel=0.04)


def test_small_segments_carry_less() -> None:
    document = measured("-t 1 -l 4K -M 500", 4_000_000)
    assert document["end"]["sum_received"]["bits_per_second"] == pytest.approx(4e6 * 488 / 578, rel=0.04)


def test_the_window_bounds_a_long_way() -> None:
    """At most one window passes in a round trip of 100 ms."""
    document = measured("-t 2 -l 1K -w 16K", delay=50_000_000)
    window = document["intervals"][-1]["streams"][0]["snd_wnd"]
    assert document["start"]["sndbuf_actual"] == 32768
    assert document["end"]["sum_received"]["bits_per_second"] <= window * 8 / 0.1


def test_datagrams_that_the_queue_has_no_room_for_are_lost() -> None:
    document = measured("-u -b 2M -t 2 -l 1000", 1_000_000, queue=10)
    sums, each = document["end"]["sum"], 1066 * 8 / 1_000_000
    # for two seconds, and then for as long as the queue lasts
    assert sums["packets"] - sums["lost_packets"] == pytest.approx((2 + 10 * each) / each, abs=2)
    assert document["end"]["sum_received"]["bytes"] == 1000 * (sums["packets"] - sums["lost_packets"])


def test_loss_is_sent_again_and_counted() -> None:
    document = measured("-t 1 -l 4K", 4_000_000, loss=0.01)
    assert document["end"]["sum_sent"]["retransmits"] > 0


def test_a_sender_without_a_rate_says_what_held_it_back() -> None:
    server, client = two()
    server.sh("iperf3 -s -D")
    for words in ("-n 8M -i 0.1", "-n 8M -i 0.1 -R", "-t 1"):
        done = client.sh(f"iperf3 -c 10.0.0.1 {words}")
        assert (done.code, done.stderr) == (0, "note: without -b a sender writes at most 300 Mbit/s here\n")
    for words in ("-n 8M -i 0.1 -b 300M", "-n 1K -i 0.1", "-t 1 -b 2M"):
        assert client.sh(f"iperf3 -c 10.0.0.1 {words}").stderr == ""
    slow, client = two(20_000_000)
    slow.sh("iperf3 -s -D")
    assert client.sh("iperf3 -c 10.0.0.1 -n 2M -i 0.1").stderr == ""


def test_a_busy_server_and_none() -> None:
    server, client = two()
    server.sh("iperf3 -s -D")
    busy = client.sh("iperf3 -c 10.0.0.1 -t 2 -b 1M > /dev/null & sleep 1; iperf3 -c 10.0.0.1")
    assert busy.stderr == "iperf3: error - the server is busy running a test. try again later\n"
    gone = client.sh("sleep 3; iperf3 -c 10.0.0.1 -p 5202")
    assert gone.code == 1
    assert gone.stderr == (
        "iperf3: error - unable to connect to server - server may have stopped running or use a different port, "
        "firewall issue, etc.: Connection refused\n"
    )
    again = client.sh("iperf3 -c 10.0.0.1 -n 1K -l 1K -i 0.1")
    assert (again.code, again.stderr) == (0, "")


def test_control_c_reports_the_figures_so_far() -> None:
    server, client = two()
    server.sh("iperf3 -s > /tmp/out 2>&1 &")
    done = client.sh("timeout -s INT 1.5 iperf3 -c 10.0.0.1 -b 1M")
    assert done.stderr == "iperf3: interrupt - the client has terminated\n"
    assert re.search(r"0\.00-1\.50 .* sender\n.*0\.00 Bytes  0\.00 bits/sec                  receiver\n", done.stdout)
    assert "iperf3: the client has terminated\n" in server.sh("sleep 1; cat /tmp/out").stdout


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("-c 10.0.0.1 -s", "cannot be both server and client"),
        ("-t 5", "must either be a client (-c) or server (-s)"),
        ("-s -u", "some option you are trying to set is client only"),
        ("-c 10.0.0.1 -1", "some option you are trying to set is server only"),
        ("-c 10.0.0.1 -P 200", "number of parallel streams too large (maximum = 128)"),
        ("-c 10.0.0.1 -i 0.05", "invalid report interval (min = 0.1, max = 60 seconds)"),
        ("-c 10.0.0.1 -f x", "bad format specifier (valid formats are in the set [kmgtKMGT])"),
        ("-c 10.0.0.1 -n 2 -k 5", "only one test end condition (-t, -n, -k) may be specified"),
    ],
)
def test_words_that_make_no_sense(words: str, text: str) -> None:
    _, client = two()
    done = client.sh(f"iperf3 {words}")
    assert done.code == 1
    assert done.stderr == (
        f"iperf3: parameter error - {text}\n\nUsage: iperf3 [-s|-c host] [options]\n"
        "Try `iperf3 --help' for more information.\n"
    )


def test_a_congestion_control_that_the_kernel_does_not_have() -> None:
    """As with iperf3 3.18: the client calls the test off, the server warns and waits for the next one."""
    server, client = two()
    server.sh("iperf3 -s > /tmp/out 2>&1 &")
    done = client.sh("iperf3 -c 10.0.0.1 -C nope")
    assert (done.code, done.stdout) == (1, "Connecting to host 10.0.0.1, port 5201\n")
    assert done.stderr == (
        "iperf3: error - unable to set TCP_CONGESTION: "
        "Supplied congestion control algorithm not supported on this host\n"
    )
    assert client.sh("iperf3 -c 10.0.0.1 -n 1K -l 1K -i 0.1 -C reno").code == 0
    served = server.sh("sleep 1; cat /tmp/out").stdout
    assert served.startswith("-----") and "warning: TCP congestion control algorithm not supported\n" in served
    assert served.count("Server listening") == 3 and "receiver" in served


@pytest.mark.parametrize("mss", [-4, 10, 87])
def test_a_segment_size_that_no_segment_may_have(mss: int) -> None:
    """As with iperf3 3.18: the server refuses it, and tells the client so."""
    server, client = two()
    server.sh("iperf3 -s > /tmp/out 2>&1 &")
    done = client.sh(f"iperf3 -c 10.0.0.1 -M {mss}")
    assert (done.code, done.stderr) == (1, "iperf3: error - unable to set TCP/SCTP MSS: Invalid argument\n")
    assert "iperf3: error - unable to set TCP/SCTP MSS: Bad file descriptor\n" in server.sh("cat /tmp/out").stdout
    assert client.sh("iperf3 -c 10.0.0.1 -n 1K -l 1K -i 0.1").code == 0


def test_options_of_a_test_end_with_it() -> None:
    server, client = two()
    server.sh("iperf3 -s -D")
    sizes = []
    for words in ("-M 500", ""):
        document = json.loads(client.sh(f"iperf3 -c 10.0.0.1 -J -n 8K -l 1K -i 0.1 {words}").stdout)
        sizes.append(document["start"]["tcp_mss" if words else "tcp_mss_default"])
    assert sizes == [500, 1448]


def octal(data: bytes) -> str:
    """Bytes for printf."""
    return "".join(f"\\{byte:03o}" for byte in data)


FIGURES = dict.fromkeys(("bytes", "retransmits", "jitter", "errors", "omitted_errors", "packets", "omitted_packets",
                         "start_time", "end_time"), 0)  # fmt: skip


@pytest.mark.parametrize(
    "streams",
    ["5", "[7]", "[]", '[{"id":1}]', json.dumps([{"id": 1, **FIGURES, "bytes": "x"}]),
     json.dumps([{"id": 1, **FIGURES, "jitter": float("nan")}]), json.dumps([{"id": 1, **FIGURES, "bytes": 1 << 70}]),
     json.dumps([{"id": 1, **FIGURES}]) + ', "server_output_text": 5'],
)  # fmt: skip
@pytest.mark.parametrize("words", ["", "-J"])
def test_results_that_make_no_sense(streams: str, words: str) -> None:
    """The server is a file of states and messages."""
    server, client = two()
    text = f'{{"streams":{streams}}}'.ljust(256)  # printf prints the bytes of ASCII only
    message = b"\x09\x0a\x01\x02\x0d" + len(text).to_bytes(4) + text.encode() + b"\x0e"
    server.sh(f"(printf '{octal(message)}'; sleep 9) | nc -lk -p 5201 > /dev/null &")
    done = client.sh(f"iperf3 -c 10.0.0.1 -t 1 -b 1M {words}")
    assert done.code == 1
    assert "unable to receive results" in (done.stdout if words else done.stderr)


@pytest.mark.parametrize("states", [b"\x02", b"\x0d", b"\x0e", b"\x09\x0e"])
@pytest.mark.parametrize("words", ["", "-J"])
def test_states_out_of_turn(states: bytes, words: str) -> None:
    server, client = two()
    server.sh(f"(printf '{octal(states)}'; sleep 9) | nc -lk -p 5201 > /dev/null &")
    done = client.sh(f"iperf3 -c 10.0.0.1 -t 1 {words}")
    assert done.code == 1
    assert "received an unknown control message" in (done.stdout if words else done.stderr)


@pytest.mark.parametrize(
    "parameters",
    ['{"len":Infinity}', '{"len":1e400}', '{"len":-5}', '{"bandwidth":-3}', '{"parallel":{}}', '{"parallel":0}',
     '{"TOS":999}', '{"omit":-4}', "[]", "no", "[" * 5120],
)  # fmt: skip
def test_parameters_that_make_no_sense(parameters: str) -> None:
    """The client is a file; the server goes on with the next one."""
    server, client = two()
    server.sh("iperf3 -s > /tmp/out 2>&1 &")
    message = b"x" * 36 + b"\0" + len(parameters).to_bytes(4) + parameters.encode()
    client.sh(f"printf '{octal(message)}' | timeout 2 nc 10.0.0.1 5201")
    assert client.sh("iperf3 -c 10.0.0.1 -n 1K -l 1K -i 0.1").code == 0
    assert "iperf3: error - unable to receive parameters from client" in server.sh("cat /tmp/out").stdout


def test_what_is_left_out() -> None:
    _, client = two()
    for words in ("-6 -c 10.0.0.1", "-c ::1", "-c 10.0.0.1 --bidir", "-c 10.0.0.1 --sctp", "-c 10.0.0.1 -b -5",
                  "-c 10.0.0.1 -P 0"):  # fmt: skip
        assert client.sh(f"iperf3 {words}").code == 95
