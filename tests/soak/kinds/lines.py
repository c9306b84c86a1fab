"""Random command lines of every tool, of options and words it knows and of garbage; a refused one changes nothing.

An input is a tool's name and flavour, and lines that are run one after the other on a machine.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from random import Random

from macvsim import Lab
from macvsim.engine.sim import SECOND
from macvsim.errors import BudgetExceeded
from macvsim.machine.call import NOT_SIMULATED
from macvsim.machine.host import BUSYBOX, CENTOS, Box
from macvsim.machine.job import SIGINT, SIGKILL
from macvsim.machine.programs import Programs
from macvsim.machine.tool import Tool
from macvsim.shell.interp import Shell
from macvsim.testing.compare import everything
from tests.soak.kinds import sources
from tests.soak.mutate import NUMBERS, decoded, encoded
from tests.soak.mutate import WORDS as ANYTHING

COUNT, ITEMS, SAMPLE = 100_000, 20, 0
"""CI plays lines of every tool instead (tests/unit/test_tools_random_lines.py)."""
COMMON = (
    *("", "-", "--", "-x", "--foo", "--help", "-h", "a b", "ä→", "0", "1", "-1", "99999999999999999999", "1.5", "0x10"),
    *("enp0s8", "lo", "nosuch", "averyveryverylongname", "c1", "busybox", "mac1", "10.0.0.1", "10.0.0.0/24", "::1"),
    *("10.0.0.5/33", "300.1.1.1", "255.255.255.255", "fe80::1", "02:00:00:00:00:77", "zz", "/etc/hosts", "/nosuch"),
    *(
        "on",
        "off",
        "up",
        "down",
        "dev",
        "add",
        "del",
        "show",
        "set",
        "all",
        "default",
        "list",
        "=",
        "a=b",
        "(",
        "{{.}}",
    ),
)
WORDS = {
    "iptables": "-A -D -I -R -L -S -F -Z -N -X -P -E -C -t nat filter mangle raw -p tcp udp icmp -s -d -i -o -j ACCEPT "
    "DROP MASQUERADE DNAT SNAT REJECT LOG RETURN INPUT FORWARD OUTPUT POSTROUTING -m state conntrack multiport limit "
    "--dport --sport 80 80:90 --to-destination 10.0.0.2:80 --state NEW,ESTABLISHED ! -n -v --line-numbers -c -w "
    "--ctstate --limit 5/s --reject-with tcp-reset comment --comment mark --mark 1/1",
    "ip": "link addr route neigh rule netns maddr type macvlan vlan veth mode private id peer via src table metric",
    "bridge": "link fdb vlan vid master self mdb",
}  # fmt: skip
"""Words of languages that no usage text lists."""
STEPWISE = ("ip", "bridge", "ifconfig", "sysctl", "brctl", "docker", "docker-compose", "udhcpc", "dhclient", "find")
"""These do one thing after the other, and what was done before a mistake stays."""
PASSIVE = ("clock", "next identity", "journal", "causes in the journal", "drops")
"""Sections that a program may write that only asks."""
RUNNERS = (
    *("ping", "arping", "traceroute", "tracepath", "mausezahn", "nc", "curl", "wget", "nslookup", "httpd", "udhcpd"),
)
"""These send packets, whatever comes back."""
OTHERS = ("sudo", "env", "nohup", "nice", "stdbuf", "setsid", "timeout", "xargs", "nsenter", "sh", "bash", "python3")
"""These run other programs."""


def words_of(one: Tool) -> list[str]:
    """Words that the program knows."""
    known = [name for option in one.options.values() for name in option.names]
    for command in one.commands:
        known += [" ".join(command.words), *(name for option in command.options[:3] for name in option.names)]
    return [*known, *WORDS.get(one.name.partition("-")[0], "").split()]


def lines_of(one: Tool, dice: Random, count: int) -> Iterator[str]:
    """Random lines of a tool."""
    known = words_of(one)
    for _ in range(count):
        common = COMMON if dice.random() < 0.8 else (*ANYTHING, *NUMBERS)
        words = [dice.choice(known if known and dice.random() < 0.6 else common) for _ in range(dice.randrange(7))]
        parts = [part for word in words for part in (word.split() if word in known else [word])]
        yield f"{one.name} {shlex.join(parts)} < /dev/null".replace("\n", " ")


def machine(one: Tool) -> tuple[Lab, Box]:
    """A lab, and a place in it with the tools of the flavour, five seconds after it began."""
    lab = Lab(budget=sources.BUDGET)
    host = lab.host("host1", nic="enp0s8", switch=lab.switch("sw1"))
    host.sh("ip addr add 10.0.0.1/24 dev enp0s8; ip link set enp0s8 up; iptables -A INPUT -s 10.0.0.9 -j DROP")
    if one.name.startswith("iptables"):  # a look at a table of the legacy kind creates it
        host.sh("for t in filter nat mangle raw security; do iptables-legacy -t $t -L; iptables-nft -t $t -L; done")
    box: Box = host
    if one.flavour not in {"debian", "*"}:
        box = Box(host.kernel, host.ns, "host1", BUSYBOX if one.flavour == "busybox" else CENTOS)
        box.interpreter = lab.shell
    lab.run(5)
    return lab, box


def state(lab: Lab) -> dict[str, object]:
    return {name: list(rows) for name, rows in everything(lab).items() if name not in PASSIVE}


def run(box: Box, line: str) -> tuple[int, str]:
    """Exit status and error text; after ten seconds the program is ended."""
    job = Shell().spawn(box, line)
    box.sim.run(until=int(box.sim.now) + 10 * SECOND)
    for signal in (SIGINT, SIGKILL):
        if job.code is None:
            job.kill(signal)
            box.sim.run(until=int(box.sim.now) + SECOND)
    assert job.code is not None, f"{line} cannot be ended"
    return job.code, job.stderr


TOOLS = {f"{one.name} {one.flavour}": one for one in Programs().all() if one.name != "yes"}


def make(dice: Random) -> bytes:
    return of_tool(dice.choice(list(TOOLS)), dice)


def of_tool(name: str, dice: Random) -> bytes:
    """Lines of one tool."""
    return encoded("\n".join([name, *lines_of(TOOLS[name], dice, ITEMS), ""]))


def play(data: bytes) -> Iterator[None]:
    name, *lines = decoded(data).removesuffix("\n").split("\n")
    if name not in TOOLS:
        return
    one = TOOLS[name]
    quiet = one.name.rstrip("6") in RUNNERS or one.name in STEPWISE or one.name in OTHERS
    lab, box = machine(one)
    for line in lines:
        before = {} if quiet else state(lab)
        try:
            code, err = run(box, line)
        except BudgetExceeded:
            return
        assert 0 <= code <= 255, line
        assert code != NOT_SIMULATED or "not simulated" in err, line
        assert not code or quiet or state(lab) == before, line
        yield
    yield
