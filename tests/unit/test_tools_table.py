"""The table of programs has every program of the room, and programs come from elsewhere too."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pytest

import macvsim.shell
import macvsim.tools
from macvsim import Lab
from macvsim.errors import Effect
from macvsim.machine.call import Call
from macvsim.machine.host import Host
from macvsim.machine.programs import Programs, tools_of
from macvsim.machine.tool import GNU, Tool, ToolError, UsageError, tool

OURS = 100
"""macvsim's modules of a process after a first ``ip link``."""
FIRST = {
    "ip link": 260, "echo hello": 260, "sleep 1": 263, "ls /": 262, "ethtool eth0": 260, "ip netns add a": 260,
    "cat /etc/hosts": 264, "ip link set eth0 up": 271, "grep a /etc/hosts": 270, "ip -d link": 271, "ifconfig": 271,
    "cat /proc/net/dev": 269, "ip addr": 274, "ip addr add 10.0.0.1/24 dev eth0": 274, "route -n": 275, "arp -n": 278,
    "ip route add default dev eth0": 275, "bridge fdb": 278, "ip link add m0 link eth0 type macvlan": 278,
    "ip neigh": 287, "sysctl net.ipv4.ip_forward": 291, "ping -c 1 127.0.0.1": 296, "tcpdump -D": 310,
    "iptables -L": 320, "docker ps": 404, "docker run busybox true": 410,
}  # fmt: skip
"""The commonest commands, and how many modules a process may have after its first one is it.  Environments differ by a
few; the numbers may only fall.
"""
WAYS_OUT = (
    "shell.state.Leave", "shell.state.Exit", "shell.state.Logout", "shell.state.LoopControl", "shell.state.Return",
    "shell.traps.SubshellKilled", "tools.mawk.run.Exit", "tools.mawk.run._Left",
)  # fmt: skip
"""How an interpreter leaves what runs."""
TOLD_BY_DIALECTS = (
    "shell.builtins.testexpr.TestError", "shell.expansion.arith.BadExpression", "shell.redirect.RedirectError",
    "shell.regexp.syntax.RegexError", "shell.state.ShellError", "shell.syntax.quoting.ShellSyntaxError",
    "shell.variables.VariableError", "tools.mawk.lexer.AwkSyntaxError", "tools.mawk.values.AwkError",
)  # fmt: skip
"""Mistakes of a language, that each of its dialects tells in words of its own."""
USAGE = """\
Usage: macaddr [OPTION]... [DEVICE]...
  -u, --upper        print capitals
  -s, --separator=TEXT  print TEXT between octets
  -r, --resolve      ask the vendor's data base
"""


@tool(
    "macaddr",
    usage=USAGE,
    version="macaddr 1.0\n",
    left_out={"-r": "the vendor's data base"},
    manner=GNU,
    effect=Effect.NONE,
)
def macaddr(call: Call) -> int:
    for name in call.given.operands:
        if not call.box.ns.has(name):
            raise ToolError(f"{name}: no such device")
        text = call.box.ns.dev(name).mac.hex(call.given.get("-s", ":"))
        call.out(f"{text.upper() if '-u' in call.given else text}\n")
    if not call.given.operands:
        raise UsageError("missing operand")
    return 0


@tool("uname", effect=Effect.NONE)
def uname(call: Call) -> int:
    call.out("another uname\n")
    return 0


@pytest.fixture
def host() -> Host:
    lab = Lab(tools=[macaddr, uname])
    return lab.host("host1", nic="enp0s8", switch=lab.switch("sw1"))


def _modules(*rooms: ModuleType) -> Iterator[ModuleType]:
    for room in rooms:
        for info in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            yield import_module(info.name)


def test_few_kinds_of_errors() -> None:
    """A program ends by `UsageError`, `ToolError` or `NotSimulated`; no room of programs has further classes for it."""
    found = {
        f"{module.__name__.removeprefix('macvsim.')}.{name}"
        for module in _modules(macvsim.shell, macvsim.tools)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, BaseException) and kind.__module__ == module.__name__
    }
    assert found == {*WAYS_OUT, *TOLD_BY_DIALECTS}


def test_the_table_has_every_program() -> None:
    there = {one for module in _modules(macvsim.tools) for one in tools_of(module)}
    assert {(one.flavour, one.names) for one in Programs().all()} == {(one.flavour, one.names) for one in there}


@pytest.mark.parametrize(
    ("line", "out", "err", "code"),
    [
        ("macaddr enp0s8", "08:00:27:00:00:01\n", "", 0),
        ("macaddr enp0s8 -us-", "08-00-27-00-00-01\n", "", 0),
        ("macaddr --sep=. -- enp0s8", "08.00.27.00.00.01\n", "", 0),
        ("macaddr --help", USAGE, "", 0),
        ("macaddr --version", "macaddr 1.0\n", "", 0),
        ("macaddr -r enp0s8", "", "not simulated: macaddr -r: the vendor's data base\n", 95),
        ("macaddr --res enp0s8", "", "not simulated: macaddr --resolve: the vendor's data base\n", 95),
        ("macaddr eth7", "", "macaddr: eth7: no such device\n", 1),
        ("macaddr", "", "macaddr: missing operand\nTry 'macaddr --help' for more information.\n", 1),
        ("macaddr -z", "", "macaddr: invalid option -- 'z'\nTry 'macaddr --help' for more information.\n", 1),
        ("macaddr -s", "", "macaddr: option requires an argument -- 's'\n"
         "Try 'macaddr --help' for more information.\n", 1),
        ("macaddr --up=1", "", "macaddr: option '--upper' doesn't allow an argument\n"
         "Try 'macaddr --help' for more information.\n", 1),
        ("macaddr --x", "", "macaddr: unrecognized option '--x'\nTry 'macaddr --help' for more information.\n", 1),
        ("uname", "another uname\n", "", 0),
        ("which macaddr uname", "/usr/bin/macaddr\n/usr/bin/uname\n", "", 0),
    ],
)  # fmt: skip
def test_a_program_of_twenty_lines(host: Host, line: str, out: str, err: str, code: int) -> None:
    result = host.sh(line)
    assert (result.stdout, result.stderr, result.code) == (out, err, code)


def test_programs_belong_to_one_lab(host: Host) -> None:
    other = Lab()
    assert other.host("h", nic="eth0", switch=other.switch("s")).sh("uname").stdout == "Linux\n"
    assert "macaddr" in host.kernel.programs.names("busybox")
    assert "macaddr" not in other.tools.names("debian")


def test_a_copied_lab_has_the_programs(host: Host) -> None:
    lab = Lab(tools=[macaddr])
    lab.host("h", nic="enp0s8", switch=lab.switch("s")).sh("macaddr enp0s8")
    assert lab.copy()["h"].sh("macaddr enp0s8").stdout == "08:00:27:00:00:01\n"


def test_a_later_program_replaces_an_earlier_one() -> None:
    programs = Programs([uname])
    programs.register(Tool(names=("uname",), run=macaddr.run, flavour="debian", effect=Effect.NONE))
    found = programs.find("uname", "debian")
    assert found is not None
    assert found.run is macaddr.run
    assert programs.find("uname", "busybox") is uname


def test_a_program_of_an_installed_package(tmp_path: object) -> None:
    """An entry point of the group macvsim.tools is a program, and comes before macvsim's own."""
    folder = str(tmp_path)
    info = f"{folder}/acme-1.0.dist-info"
    script = f"""
import os, sys
os.mkdir({info!r})
open({info!r} + "/entry_points.txt", "w").write("[macvsim.tools]\\ncurl = acme:curl\\n")
open({info!r} + "/METADATA", "w").write("Metadata-Version: 2.1\\nName: acme\\nVersion: 1.0\\n")
open({folder!r} + "/acme.py", "w").write(
    "from macvsim.errors import Effect\\nfrom macvsim.machine.tool import tool\\n@tool('curl', effect=Effect.NONE)\\n"
    "def curl(call):\\n    call.out('acme')\\n    return 0\\n")
sys.path.insert(0, {folder!r})
from macvsim import Lab
lab = Lab()
host = lab.host("h", nic="eth0", switch=lab.switch("s"))
print(host.sh("curl"), host.sh("ip -br link"), end="")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("acme lo ")


def test_few_modules_for_the_first_command() -> None:
    script = f"""
import os, sys
from macvsim import Lab
for line in {list(FIRST)!r}:
    if not os.fork():
        lab = Lab()
        lab.host("h", nic="eth0", switch=lab.switch("s")).sh(line)
        ours = [name for name in sys.modules if name.split(".")[0] == "macvsim"]
        folders = {{name.split(".")[2] for name in ours if name.startswith("macvsim.tools.")}}
        print(line, len(sys.modules), len(ours), *folders, sep=";", flush=True)
        os._exit(0)
    os.wait()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    rows = [row.split(";") for row in done.stdout.splitlines()]
    found = {line: int(count) for line, count, *_ in rows}
    assert {line: count for line, count in found.items() if count > FIRST[line]} == {}
    assert found.keys() == FIRST.keys()
    assert (int(rows[0][2]) <= OURS, rows[0][3:]) == (True, ["iproute2"])
