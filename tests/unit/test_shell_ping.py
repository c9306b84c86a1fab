"""ping, arping and traceroute as they are typed: options, mistakes, exit codes."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from macvsim.engine.sim import MS, SECOND
from macvsim.machine.call import Call
from macvsim.machine.host import Box
from macvsim.machine.options import read_options
from macvsim.machine.streams import Descriptors
from macvsim.machine.tool import Tool
from macvsim.machine.usage import options_of
from macvsim.tools.busybox import arping as busybox_arping
from macvsim.tools.busybox import ping as busybox_ping
from macvsim.tools.busybox import traceroute as busybox_traceroute
from macvsim.tools.busybox.applet import duration
from macvsim.tools.iputils import arping, ping
from macvsim.tools.traceroute import traceroute
from tests.unit.two_hosts import Pair, make_pair

COMMANDS: dict[str, Tool] = {
    "ping": ping.ping,
    "arping": arping.arping,
    "traceroute": traceroute.traceroute,
    "busybox ping": busybox_ping.ping,
    "busybox arping": busybox_arping.arping,
    "busybox traceroute": busybox_traceroute.traceroute,
}


class Run:
    """A command being run; text: everything printed, code: how it ended, None while it runs."""

    def __init__(self, box: Box, line: str) -> None:
        self.out: list[str] = []
        self.err: list[str] = []
        self.code: int | None = None
        name = next(name for name in sorted(COMMANDS, key=len, reverse=True) if f"{line} ".startswith(f"{name} "))
        words = [name.split()[-1], *line[len(name) :].split()]
        call = Call(box, words, Descriptors.to(self.out.append, self.err.append))
        self.process = box.sim.process(self._main(COMMANDS[name](call)))

    def _main(self, body: int | Generator[Any, Any, int]) -> Generator[Any, Any, None]:
        self.code = body if isinstance(body, int) else (yield from body)
        yield self.process.env.timeout(0)

    @property
    def text(self) -> str:
        return "".join(self.out + self.err)


@pytest.fixture
def pair() -> Pair:
    a, b = make_pair()
    a.sim.run(until=10 * SECOND)
    return a, b


def run(box: Box, line: str) -> tuple[str, int | None]:
    begun = Run(box, line)
    box.sim.run(until=begun.process)
    return begun.text, begun.code


@pytest.mark.parametrize(
    ("line", "text", "code"),
    [
        ("busybox ping -c x 1.1.1.1", "ping: invalid number 'x'\n", 1),
        ("busybox ping -c -1 1.1.1.1", "ping: invalid number '-1'\n", 1),
        ("busybox ping -c 3000000000 1.1.1.1", "ping: number 3000000000 is not in 0..2147483647 range\n", 1),
        ("busybox ping -c 99999999999 1.1.1.1", "ping: invalid number '99999999999'\n", 1),
        ("busybox ping -s 99999 1.1.1.1", "ping: number 99999 is not in 0..65535 range\n", 1),
        ("busybox ping -p zz 1.1.1.1", "ping: invalid number 'zz'\n", 1),
        ("busybox ping -p 1ff 1.1.1.1", "ping: number 1ff is not in 0..255 range\n", 1),
        ("busybox ping -i x 1.1.1.1", "ping: invalid number 'x'\n", 1),
        ("busybox ping 256.1.1.1", "ping: bad address '256.1.1.1'\n", 1),
        ("busybox ping -I eth9 1.1.1.1", "ping: bad address 'eth9'\n", 1),
        (
            "busybox ping -t 300 1.1.1.1",
            "PING 1.1.1.1 (1.1.1.1): 56 data bytes\nping: sendto: Network is unreachable\n",
            1,
        ),
        (
            "busybox ping -s 65535 10.0.0.2",
            "PING 10.0.0.2 (10.0.0.2): 65535 data bytes\nping: sendto: Message too long\n",
            1,
        ),
        ("ping -c x 1.1.1.1", "ping: invalid argument: 'x'\n", 1),
        ("ping -c 0 1.1.1.1", "ping: invalid argument: '0': out of range: 1 <= value <= 9223372036854775807\n", 1),
        (
            "ping -c 99999999999999999999 1.1.1.1",
            "ping: invalid argument: '99999999999999999999': Numerical result out of range\n",
            1,
        ),
        ("ping -i -1 1.1.1.1", "ping: bad timing interval: -1\n", 2),
        ("ping -i 99999999 x", "ping: bad timing interval: 99999999\n", 2),
        ("ping -W -2 1.1.1.1", "ping: bad linger time: -2\n", 2),
        (
            "ping -c 1 -i 1,5 1.1.1.1",
            "ping: option argument contains garbage: ,5\nping: this will become fatal error in the future\n"
            "ping: connect: Network is unreachable\n",
            2,
        ),
        ("ping -M x 1.1.1.1", "ping: invalid -M argument: x\n", 2),
        ("ping -s 70000 1.1.1.1", "ping: invalid -s value: '70000': out of range: 0 <= value <= 65507\n", 1),
        ("ping -s -1 1.1.1.1", "ping: invalid argument: '-1': out of range: 0 <= value <= 2147483647\n", 1),
        ("ping -t 256 1.1.1.1", "ping: invalid argument: '256': out of range: 0 <= value <= 255\n", 1),
        ("ping -Q 0x1x 1.1.1.1", "ping: bad TOS value: 0x1x\n", 2),
        ("ping -Q 300 1.1.1.1", "ping: the decimal value of TOS bits must be in range 0-255: 300\n", 2),
        ("ping -p fz 1.1.1.1", "ping: patterns must be specified as hex digits: z\n", 2),
        ("ping -I eth9 1.1.1.1", "ping: SO_BINDTODEVICE eth9: No such device\n", 2),
        ("ping -4 -6 x", "ping: only one -4 or -6 option may be specified\n", 2),
        ("ping", "ping: usage error: Destination address required\n", 2),
        ("ping nosuch", "ping: nosuch: Temporary failure in name resolution\n", 2),
        ("ping -6 fd00::1", "ping: connect: Cannot assign requested address\n", 2),
        ("busybox arping -c x 1.1.1.1", "arping: invalid number 'x'\n", 1),
        ("busybox arping -I eth9 1.1.1.1", "arping: interface eth9 not found: No such device\n", 2),
        ("arping -c 0 1.1.1.1", "arping: invalid argument: '0': out of range: 1 <= value <= 2147483647\n", 1),
        ("arping -I eth9 1.1.1.1", "arping: Device eth9 not available.\n", 2),
        ("busybox traceroute -q 0 1.1.1.1", "traceroute: number 0 is not in 1..2147483647 range\n", 1),
        ("busybox traceroute -f 40 1.1.1.1", "traceroute: number 40 is not in 1..30 range\n", 1),
        ("busybox traceroute 1.1.1.1 10", "traceroute: number 10 is not in 46..32768 range\n", 1),
        ("busybox traceroute nosuch", "traceroute: bad address 'nosuch'\n", 1),
        (
            "busybox traceroute -i eth9 1.1.1.1",
            "traceroute: can't bind to interface eth9: No such device\n"
            "traceroute: can't connect to remote host (1.1.1.1): Network is unreachable\n",
            1,
        ),
        ("traceroute -k 1.1.1.1", "Bad option `-k' (argc 1)\n", 2),
        ("traceroute -nk 1.1.1.1", "Bad option `-k' (argc 1)\n", 2),
        ("traceroute --icmp=3 1.1.1.1", "Bad option `--icmp=3' (with arg `3') (argc 1)\n", 2),
        ("traceroute --bad 1.1.1.1", "Bad option `--bad' (argc 1)\n", 2),
        ("traceroute --quer=2 1.1.1.1", "Bad option `--quer=2' (with arg `2') (argc 1)\n", 2),
        ("traceroute -q x 1.1.1.1", "Cannot handle `-q' option with arg `x' (argc 2)\n", 2),
        ("traceroute --queries=x 1.1.1.1", "Cannot handle `--queries' option with arg `x' (argc 1)\n", 2),
        (
            "traceroute --queries 2 1.1.1.1",
            "Option `--queries' (argc 1) requires an argument: `--queries=nqueries'\n",
            2,
        ),
        ("traceroute 1.1.1.1 -q", "Option `-q' (argc 2) requires an argument: `-q nqueries'\n", 2),
        ("traceroute -q 11 1.1.1.1", "no more than 10 probes per hop\n", 2),
        ("traceroute -m 0 1.1.1.1", "first hop out of range\n", 2),
        ("traceroute -m -5 1.1.1.1", "max hops cannot be more than 255\n", 2),
        ("traceroute -w -1 1.1.1.1", "bad wait specifications `-1,0,0' used\n", 2),
        ("traceroute 1.1.1.1 99999", "too big packetlen 99999 specified\n", 2),
        ("traceroute 1.1.1.1 x", "Cannot handle \"packetlen\" cmdline arg `x' on position 2 (argc 2)\n", 2),
        ("traceroute 1.1.1.1 2 3", "Extra arg `3' (position 3, argc 3)\n", 2),
        ("traceroute -n", 'Specify "host" missing argument.\n', 2),
        (
            "traceroute -n nosuch",
            "nosuch: Temporary failure in name resolution\n"
            "Cannot handle \"host\" cmdline arg `nosuch' on position 1 (argc 2)\n",
            2,
        ),
        (
            "traceroute -s nosuch 1.1.1.1",
            "nosuch: Temporary failure in name resolution\n"
            "Cannot handle `-s' option with arg `nosuch' (argc 2)\n",
            2,
        ),
        ("traceroute -M foo 1.1.1.1", "Unknown traceroute module foo\n", 2),
        ("traceroute -T 1.1.1.1", "not simulated: traceroute -T: half-open TCP connections\n", 95),
    ],
)  # fmt: skip
def test_mistakes(pair: Pair, line: str, text: str, code: int) -> None:
    assert run(pair[0], line) == (text, code)


@pytest.mark.parametrize("name", ["ping", "arping", "traceroute"])
def test_usage_of_busybox(pair: Pair, name: str) -> None:
    text, code = run(pair[0], f"busybox {name} --help")
    assert text.startswith("BusyBox v1.37.0 ")
    assert f"multi-call binary.\n\nUsage: {name} [" in text
    assert code == 0
    assert run(pair[0], f"busybox {name}") == (text, 1)
    assert run(pair[0], f"busybox {name} -Z") == (f"{name}: invalid option -- 'Z'\n{text}", 1)


def test_usage_of_debian(pair: Pair) -> None:
    for name in ("ping", "arping"):
        text, code = run(pair[0], f"{name} -h")
        assert text.endswith(f"For more details see {name}(8).\n")
        assert code == 2
        assert run(pair[0], f"{name} -Z") == (f"{name}: invalid option -- 'Z'\n{text}", 2)
        assert run(pair[0], f"{name} x -c") == (f"{name}: option requires an argument -- 'c'\n{text}", 2)
        assert run(pair[0], f"{name} -V")[0].startswith(f"{name} from iputils 20240905\nlibcap: yes")
    text, code = run(pair[0], "traceroute")
    assert text.startswith("Usage:\n  traceroute [ -46dFITnreAUDV ]")
    assert code == 0
    assert run(pair[0], "traceroute --help") == (text, 0)
    assert run(pair[0], "traceroute -V")[0].startswith("Modern traceroute for Linux, version 2.1.6\n")


def test_options_reach_the_programs(pair: Pair) -> None:
    a, _ = pair
    text, code = run(a, "busybox ping -c1 -qs 8 -W 3 10.2")
    assert text.startswith("PING 10.2 (10.0.0.2): 8 data bytes\n\n--- 10.2 ping statistics ---\n1 packets")
    assert code == 0
    text, code = run(a, "ping 10.0.0.2 -nc 2 -i 0.2 -s100 -t 9 -Q 0x10 -M do -p ff -I eth0")
    assert text.startswith(
        "PATTERN: 0xff\nPING 10.0.0.2 (10.0.0.2) from 10.0.0.1 eth0: 100(128) bytes of data.\n108 bytes"
    )
    assert code == 0
    assert run(a, "ping -c 1 -b 10.0.0.255 -W 1")[0].endswith("WARNING: pinging broadcast address\n")
    assert "Sent 1 probe(s)" in run(a, "busybox arping -f -I eth0 10.0.0.2")[0]
    assert run(a, "arping -qfc 3 10.0.0.2") == ("", 0)
    assert "Received 0 response(s)" in run(a, "arping -U -c 1 -I eth0 10.0.0.1")[0]
    text, code = run(a, "busybox traceroute -n -q 1 -w 2 -m 5 10.0.0.2 60")
    assert text == "traceroute to 10.0.0.2 (10.0.0.2), 5 hops max, 60 byte packets\n 1  10.0.0.2  0.000 ms\n"
    for options in ("-n -q 1 -w 2", "-nIq1", "--queries=1 -n -I --", "-M icmp -n -q 0x1"):
        text, code = run(a, f"traceroute {options} 10.0.0.2")
        assert text == "traceroute to 10.0.0.2 (10.0.0.2), 30 hops max, 60 byte packets\n 1  10.0.0.2  0.000 ms\n"
        assert code == 0


def test_signals(pair: Pair) -> None:
    a, _ = pair
    begun = Run(a, "ping 10.0.0.2")
    a.sim.run(until=12 * SECOND + MS)
    begun.process.interrupt(2)
    a.sim.run(until=begun.process)
    assert begun.code == 0
    assert "2 packets transmitted, 2 received" in begun.text
    assert not a.ns.icmp.sockets
    begun = Run(a, "busybox ping 10.0.0.2")
    a.sim.run(until=int(a.sim.now) + 500 * MS)
    begun.process.interrupt(15)
    with pytest.raises(Exception, match="Interrupt"):
        a.sim.run(until=begun.process)
    assert "statistics" not in begun.text
    assert not a.ns.icmp.sockets


def test_getopt() -> None:
    options = options_of("", "xy:")

    def read(*words: str) -> tuple[list[tuple[str, str]], list[str], str]:
        given = read_options(list(words), options, long=False)
        return given.options, given.operands, given.wrong

    assert read("a", "-xy", "1", "-y2", "--", "-x") == ([("-x", ""), ("-y", "1"), ("-y", "2")], ["a", "-x"], "")
    assert read("-", "-x") == ([("-x", "")], ["-"], "")
    assert read("--long")[2] == "invalid option -- '-'"
    assert read("-xy")[2] == "option requires an argument -- 'y'"
    assert [duration(t) for t in ("1", "0.5", ".5", "2m", "1h")] == [1, 0.5, 0.5, 120, 3600]


STATISTICS = "--- 10.0.0.2 ping statistics ---\n"


@pytest.mark.parametrize(
    ("options", "begins"),
    [
        ("-f -c 3", "PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.\n.\b \b.\b \b.\b \b\n" + STATISTICS),
        ("-f -q -c 3", "PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.\n\n" + STATISTICS),
        ("-v -4 -e 77 -c 1", "ai->ai_family: AF_INET, ai->ai_canonname: '10.0.0.2'\nPING 10.0.0.2 (10.0.0.2) 56(84) "
         "bytes of data.\n64 bytes from 10.0.0.2: icmp_seq=1 ident=77 ttl=64 time="),
        ("-D -c 1", "PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.\n[1767225610.000"),
    ],
)  # fmt: skip
def test_how_replies_are_shown(pair: Pair, options: str, begins: str) -> None:
    text, code = run(pair[0], f"ping {options} 10.0.0.2")
    assert text.startswith(begins)
    assert code == 0


@pytest.mark.parametrize("options", ["-f", "-A"])
def test_what_waits_for_answers_only_tells_the_gap(pair: Pair, options: str) -> None:
    text, _ = run(pair[0], f"ping {options} -c 4 10.0.0.2")
    begun, gap = text.split("ipg/ewma ")
    assert float(gap.split("/")[0]) < 10
    assert "4 packets transmitted, 4 received, 0% packet loss" in begun


def test_record_route_shows_both_ways_once(pair: Pair) -> None:
    text, _ = run(pair[0], "ping -n -R -c 2 10.0.0.2")
    first, _, second = text.partition("\n\n")
    assert first.startswith("PING 10.0.0.2 (10.0.0.2) 56(124) bytes of data.\n")
    assert first.endswith("\nRR: \t10.0.0.1\n\t10.0.0.2\n\t10.0.0.2\n\t10.0.0.1")
    assert second.splitlines()[0].endswith(" ms\t(same route)")
