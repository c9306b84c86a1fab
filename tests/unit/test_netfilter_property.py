"""Random words: iptables and conntrack never fail in words of their own making, and mistakes change nothing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from macvsim.engine.sim import Sim
from macvsim.errors import MacvsimError
from macvsim.machine.call import Call
from macvsim.machine.host import DEBIAN, Host
from macvsim.machine.kernel import Kernel
from macvsim.machine.streams import Descriptors
from macvsim.net.netfilter.conn import Conn
from macvsim.net.netfilter.tuple import Tuple
from macvsim.shell.interp import Shell
from macvsim.tools.iptables.known import MATCHES, TARGETS

COMMANDS = ["-A", "-I", "-D", "-R", "-C", "-L", "-S", "-F", "-Z", "-N", "-X", "-E", "-P", "-h", "-V"]
CHAINS = ["INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING", "FOO", "BAR", "nope"]
OPTIONS = [
    "-t",
    "-s",
    "-d",
    "-i",
    "-o",
    "-p",
    "-j",
    "-g",
    "-m",
    "-f",
    "-n",
    "-v",
    "-x",
    "-c",
    "-w",
    "!",
    "--",
    "--line-numbers",
    *{f"--{o.name}" for r in [*MATCHES.values(), *TARGETS.values()] for o in r.options},
]
VALUES = [
    "filter",
    "nat",
    "mangle",
    "raw",
    "ACCEPT",
    "DROP",
    "RETURN",
    "1",
    "0",
    "2",
    "7",
    "10.0.0.1",
    "10.0.0.0/8",
    "1.2.3.4,5.6.7.8",
    "300.1.1.1",
    "eth0",
    "eth+",
    "tcp",
    "udp",
    "icmp",
    "all",
    "80",
    "80:90",
    "1.2.3.4:80",
    "1.2.3.4-1.2.3.9",
    "NEW",
    "RELATED,ESTABLISHED",
    "echo-request",
    "3/1",
    "SYN,ACK",
    "3/min",
    "0x1/0xff",
    "icmp-host-unreachable",
    "tcp-reset",
    "LOCAL",
    "broadcast",
    "",
    " ",
    "\n",
    "ä",
    "-1",
    "x" * 40,
    *MATCHES,
    *TARGETS,
]
WORDS = st.one_of(*(st.sampled_from(sorted(set(words))) for words in (COMMANDS, CHAINS, OPTIONS, VALUES)))
LINES = st.one_of(
    st.lists(WORDS, max_size=9),
    st.builds(
        lambda command, chain, rest: [command, chain, *rest],
        st.sampled_from(COMMANDS), st.sampled_from(CHAINS), st.lists(WORDS, max_size=8),
    ),
)  # fmt: skip
CONNTRACK = ["-L", "-D", "-F", "-C", "-S", "-V", "-h", "-s", "-d", "-r", "-q", "-p", "-f", "-n", "-g", "-j", "-o", "-u",
             "-m", "-z", "--sport", "--dport", "--state", "--icmp-type", "--orig-src", "conntrack", "expect", "dying",
             "tcp", "udp", "icmp", "17", "10.0.0.1", "10.0.0.0/8", "x", "", "ASSURED", "SEEN_REPLY", "extended", "53",
             "ESTABLISHED", "ipv4", "ipv6", "0", "-", "--", "-Q"]  # fmt: skip


def make() -> Host:
    """A host with a few chains and rules."""
    host = Host(Kernel(Sim(), "h", wakeup_delay=0), "h", DEBIAN)
    host.interpreter = Shell()
    host.sh("iptables -N FOO; iptables -N BAR; iptables -A FORWARD -j FOO; iptables -A FOO -s 10.0.0.1 -j DROP")
    host.sh("iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE")
    return host


def run(host: Host, words: list[str]) -> tuple[int, str]:
    """Exit code and what is printed."""
    said: list[str] = []
    call = Call(host, words, Descriptors.to(said.append, said.append))
    fn = host.kernel.programs.find(words[0], "debian")
    assert fn is not None
    try:
        code = fn(call)
    except MacvsimError as error:
        return 95, str(error)
    assert isinstance(code, int)
    return code, "".join(said)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["iptables", "iptables-legacy"]), LINES)
def test_iptables(program: str, words: list[str]) -> None:
    host = make()
    before = host.sh(f"{program}-save -c").stdout
    code, said = run(host, [program, *words])
    if code:
        assert said
        after = host.sh(f"{program}-save -c").stdout
        assert [line for line in after.splitlines() if line.startswith(("-", "["))] == [
            line for line in before.splitlines() if line.startswith(("-", "["))
        ]
    host.files["/saved"] = host.sh("iptables-save -c").stdout
    copy = make()
    copy.files["/saved"] = host.files["/saved"]
    assert str(copy.sh("iptables-restore -c /saved")) == ""
    tables = [line for line in host.files["/saved"].splitlines() if line.startswith("*")]
    for table in tables:
        name = table[1:]
        assert copy.sh(f"iptables -t {name} -S").stdout == host.sh(f"iptables -t {name} -S 2>/dev/null").stdout


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(CONNTRACK), max_size=7))
def test_conntrack(words: list[str]) -> None:
    host = make()
    table = host.ns.netfilter.conntrack
    for number, proto in enumerate((6, 17, 1, 47), 1):
        name = Tuple(number, 99, proto, 1000, 53 if proto != 1 else 8 << 8)
        reply = name.inverted()
        assert reply is not None
        conn = Conn(name, reply)
        conn.timeout = 10_000
        table.insert(conn)
    known = table.listing()
    code, said = run(host, ["conntrack", *words])
    assert code in (0, 1, 2, 95)
    if code:
        assert said
        assert table.listing() == known
