"""The everyday tools as they are typed: what they print, complain about and answer."""

from __future__ import annotations

import pytest

from macvsim import Budget, BudgetExceeded, Lab
from macvsim.engine.sim import MS, SECOND, Sim
from macvsim.machine.host import BUSYBOX, DEBIAN, Flavour, Host
from macvsim.machine.kernel import Kernel
from macvsim.shell.interp import Shell


def machine(flavour: Flavour = DEBIAN) -> Host:
    host = Host(Kernel(Sim(hz=100), "h1", wakeup_delay=0), "h1", flavour)
    host.interpreter = Shell()
    return host


@pytest.fixture
def host() -> Host:
    return machine()


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("seq 3", "1\n2\n3\n"),
        ("seq 0 0.5 1", "0.0\n0.5\n1.0\n"),
        ("seq -w 8 10", "08\n09\n10\n"),
        ("seq -s , 3 -1 1", "3,2,1\n"),
        ("seq 2 1", ""),
        ("seq 20 | head -2", "1\n2\n"),
        ("seq 5 | tail -n 2", "4\n5\n"),
        ("seq 5 | tail -n +4", "4\n5\n"),
        ("seq 12 | wc -l", "12\n"),
        ("printf 'a b\\nc\\n' | wc", "      2       3       6\n"),
        ("seq 12 | busybox wc", "       12        12        27\n"),
        ("printf 'a\\n' > /tmp/a; wc /tmp/a /etc/hostname", "1 1 2 /tmp/a\n1 1 3 /etc/hostname\n2 2 5 total\n"),
        ("seq 12 | grep -c 1", "4\n"),
        ("printf 'a.b\\naxb\\n' | grep -F a.b", "a.b\n"),
        ("printf 'a+\\naa\\n' | grep 'a+'", "a+\n"),
        ("printf 'b+\\naa\\n' | grep -E 'a+$'", "aa\n"),
        ("printf 'x\\nx]\\n' | grep '[]]'", "x]\n"),
        ("printf 'one\\ntwo\\n' | grep -vn one", "2:two\n"),
        ("printf 'dev eth0 up\\n' | grep -o 'eth[0-9]*'", "eth0\n"),
        ("printf '10\\n9\\n1\\n' | sort", "1\n10\n9\n"),
        ("printf '10\\n9\\n1\\n' | sort -rn", "10\n9\n1\n"),
        ("printf 'b 1\\na 2\\n' | sort -k 2", "b 1\na 2\n"),
        ("printf 'b\\na\\nb\\n' | sort -u", "a\nb\n"),
        ("printf 'a\\na\\nb\\n' | uniq -c", "      2 a\n      1 b\n"),
        ("echo a:b:c | cut -d: -f1,3", "a:c\n"),
        ("echo abcdef | cut -c 2-3", "bc\n"),
        ("echo hello | tr a-z A-Z", "HELLO\n"),
        ("echo 'a  b' | tr -s ' '", "a b\n"),
        ("echo a1b2 | tr -d '[:digit:]'", "ab\n"),
        ("echo abba | tr a -s; echo 'a^b' | tr '^a' '-a'; echo 'aa]]bb' | tr -cs ']b'", "-bb-\na-b\na]]bb\n"),
        ("basename /a/b.c .c; dirname /a/b.c", "b\n/a\n"),
        ("/usr/bin/printf '%s=%03d\\n' a 7 b 8", "a=007\nb=008\n"),
        ("/bin/echo -e 'a\\tb\\c' d", "a\tb"),
        ("echo x | tee /tmp/t; cat /tmp/t", "x\nx\n"),
        ("echo x | cat -n - /etc/hostname", "     1\tx\n     2\th1\n"),
        ("mkdir -p /tmp/a/b && touch /tmp/a/f && ls /tmp/a; rm -r /tmp/a; ls /tmp", "b\nf\n"),
        ("id; id -u; whoami; uname; hostname", "uid=0(root) gid=0(root) groups=0(root)\n0\nroot\nLinux\nh1\n"),
        ("env -i A=1 env", "A=1\n"),
        ("hostname h9; hostname", "h9\n"),
    ],
)
def test_output(host: Host, line: str, printed: str) -> None:
    result = host.sh(line)
    assert (result.stdout, result.stderr, result.code) == (printed, "", 0)


@pytest.mark.parametrize(
    ("line", "complaint", "code"),
    [
        ("cat /nosuch", "cat: /nosuch: No such file or directory\n", 1),
        ("cat /tmp", "cat: /tmp: Is a directory\n", 1),
        ("grep a /nosuch", "grep: /nosuch: No such file or directory\n", 2),
        ("ls /nosuch", "ls: cannot access '/nosuch': No such file or directory\n", 2),
        ("mkdir /tmp", "mkdir: cannot create directory '/tmp': File exists\n", 1),
        ("rm /nosuch", "rm: cannot remove '/nosuch': No such file or directory\n", 1),
        ("rm /tmp", "rm: cannot remove '/tmp': Is a directory\n", 1),
        ("rm -f /nosuch", "", 0),
        ("touch /nosuch/x", "touch: cannot touch '/nosuch/x': No such file or directory\n", 1),
        ("sort /nosuch", "sort: cannot read: /nosuch: No such file or directory\n", 2),
        ("wc /nosuch", "wc: /nosuch: No such file or directory\n", 1),
        ("sleep x", "sleep: invalid time interval 'x'\nTry 'sleep --help' for more information.\n", 1),
        ("sleep", "sleep: missing operand\nTry 'sleep --help' for more information.\n", 1),
        ("cat -Z", "cat: invalid option -- 'Z'\nTry 'cat --help' for more information.\n", 1),
        ("timeout 1 nosuch", "timeout: failed to run command 'nosuch': No such file or directory\n", 127),
        ("env nosuch", "env: 'nosuch': No such file or directory\n", 127),
        ("echo a | grep b", "", 1),
        ("cat -A /etc/hosts", "not simulated: cat -A\n", 95),
        ("busybox cat /nosuch", "cat: can't open '/nosuch': No such file or directory\n", 1),
        ("busybox rm /tmp", "rm: '/tmp' is a directory\n", 1),
        ("busybox sleep x", "sleep: invalid number 'x'\n", 1),
        ("busybox nosuch", "nosuch: applet not found\n", 127),
        ("busybox --foo", "--foo: applet not found\n", 127),
        ("busybox --list", "not simulated: busybox --list: the list of busybox's applets\n", 95),
        ("busybox [ --help", "[: missing ]\n", 2),
        ("busybox expr", "expr: too few arguments\n", 2),
        ("/usr/bin/[ 1 = 1", "/usr/bin/[: missing ']'\n", 2),
        ("env printf", "printf: missing operand\nTry 'printf --help' for more information.\n", 1),
        ("seq -x", "seq: invalid option -- 'x'\nTry 'seq --help' for more information.\n", 1),
        ("sh -Z", "sh: 0: Illegal option -Z\n", 2),
        ("sh --foo", "sh: 0: Illegal option --\n", 2),
        ("sh -o foo -c true", "sh: 0: Illegal option -o foo\n", 2),
        ("busybox sh -Z", "sh: illegal option -Z\n", 2),
        ("busybox sh -o foo -c 'echo hi'", "sh: illegal option -o foo\n", 0),
        ("bash -o foo -c true", "bash: line 0: bash: foo: invalid option name\n", 2),
        ("bash -k", "not simulated: bash -k\n", 95),
        ("python3 -c 1", "not simulated: python3 -c\n", 95),
        (
            "python3 -y",
            "Unknown option: -y\nusage: python3 [option] ... [-c cmd | -m mod | file | -] [arg] ...\n"
            "Try `python -h' for more information.\n",
            2,
        ),
    ],
)
def test_complaints(host: Host, line: str, complaint: str, code: int) -> None:
    result = host.sh(line)
    assert (result.stdout, result.stderr, result.code) == ("", complaint, code)


@pytest.mark.parametrize(
    ("line", "out", "code"),
    [
        ("env printf -- '%s.' a b", "a.b.", 0),
        ("env test --help", "", 0),
        ("env false --help x", "", 1),
        ("busybox true --help", "", 0),
        ("busybox echo --help", "--help\n", 0),
        ("seq -5 -4", "-5\n-4\n", 0),
        ("/usr/bin/[ 1 = 1 ]", "", 0),
        ("python3 -V", "Python 3.13.5\n", 0),
        ("sh -c -e 'echo $-'", "e\n", 0),
        ("bash +B -c 'echo $-'", "hc\n", 0),
        ("echo 'echo $- $1' | sh -s a b", "s a\n", 0),
    ],
)
def test_words_and_options(host: Host, line: str, out: str, code: int) -> None:
    result = host.sh(line)
    assert (result.stdout, result.stderr, result.code) == (out, "", code)


def test_help_of_programs_that_take_it_alone(host: Host) -> None:
    assert host.sh("env false --help").stdout.startswith("Usage: false [ignored command line arguments]\n")
    assert host.sh("env false --help").code == 1
    refused = host.sh("bash -Z")
    assert (refused.stdout, refused.code) == ("", 2)
    assert refused.stderr.startswith("bash: -Z: invalid option\nUsage:\tbash [GNU long option] [option] ...\n")
    assert refused.stderr.endswith("or -o option\n")
    assert host.sh("busybox --help sleep").stderr == host.sh("busybox sleep --help").stderr != ""


def test_sleep_takes_simulated_time(host: Host) -> None:
    assert host.sh("sleep 1.5 0.25s").code == 0
    assert host.sim.now == 1750 * MS


@pytest.mark.parametrize(("line", "code"), [("timeout 1 sleep 5", 124), ("timeout -s KILL 1 sleep 5", 137)])
def test_timeout_ends_the_program(host: Host, line: str, code: int) -> None:
    assert host.sh(line).code == code
    assert host.sim.now == SECOND


def test_timeout_leaves_what_ends_in_time_alone(host: Host) -> None:
    assert host.sh("timeout 5 sh -c 'sleep 1; exit 7'").code == 7


def test_head_ends_an_endless_program() -> None:
    host = machine(BUSYBOX)
    host.dev("lo").set_up()
    result = host.sh("ping 127.0.0.1 | head -n 3")
    assert result.stdout.count("\n") == 3
    assert host.sim.now < 4 * SECOND


def test_the_tools_of_a_busybox_box_speak_as_busybox() -> None:
    result = machine(BUSYBOX).sh("ls /nosuch; mkdir /tmp")
    assert result.stderr == (
        "ls: /nosuch: No such file or directory\nmkdir: can't create directory '/tmp': File exists\n"
    )


@pytest.mark.parametrize(
    ("line", "err", "code"),
    [
        ("cat <&-", "cat: -: Bad file descriptor\ncat: closing standard input: Bad file descriptor\n", 1),
        ("sed p <&-", "sed: read error on stdin: Bad file descriptor\n", 4),
        ("busybox cat <&-", "cat: read error: Bad file descriptor\n", 1),
        ("bash -c 'read x' <&-", "bash: read: read error: 0: Bad file descriptor\n", 1),
        (
            "bash -c 'cat <&0' <&- | cat",
            "cat: -: Bad file descriptor\ncat: closing standard input: Bad file descriptor\n",
            0,
        ),
        ("bash <&-", "", 0),
        ("true <&-", "", 0),
    ],
)
def test_reading_closed_standard_input(host: Host, line: str, err: str, code: int) -> None:
    result = host.sh(line)
    assert (result.stdout, result.stderr, result.code) == ("", err, code)


@pytest.mark.parametrize(
    "line", ["awk 'BEGIN { while (1); }'", "awk 'BEGIN { for (;;); }'", "busybox awk 'BEGIN { while (1)\n; }'"]
)
def test_the_budget_ends_a_loop_without_a_body(line: str) -> None:
    lab = Lab(budget=Budget(steps=500))
    with pytest.raises(BudgetExceeded, match="500 steps of shells and programs"):
        lab.host("h").sh(line)


def test_ignored_signals_are_inherited(host: Host) -> None:
    kill = "trap 'echo caught' TERM; kill $$; echo alive"
    for shell in ("sh", "bash", "env sh", "busybox sh"):
        assert host.sh(f"trap '' TERM; {shell} -c \"{kill.replace('$', chr(92) + '$')}\"").stdout == "alive\n", shell
    assert host.sh("trap '' TERM; bash -c 'trap - TERM; trap'").stdout == "trap -- '' SIGTERM\n"
    assert host.sh("trap 'echo x' TERM; sh -c 'kill $$; echo alive'").stdout == ""


def test_versions_of_curl_and_dhclient(host: Host) -> None:
    assert host.sh("curl -V").stdout.startswith("curl 8.14.1 (x86_64-pc-linux-gnu) libcurl/8.14.1 ")
    version = host.sh("dhclient --version")
    assert (version.stdout, version.stderr, version.code) == ("", "isc-dhclient-4.4.3-P1\n", 0)
