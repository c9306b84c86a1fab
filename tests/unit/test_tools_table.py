"""The table of programs has every program of the room, and programs come from elsewhere too."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import pytest

import macvsim.tools
from macvsim import Lab
from macvsim.errors import Effect
from macvsim.machine.call import Call
from macvsim.machine.host import Host
from macvsim.machine.programs import Programs, tools_of
from macvsim.machine.tool import GNU, Tool, ToolError, UsageError, tool

MODULES, OURS = 260, 96
"""Modules of a process after a first ``ip link``: all, which differ by a few between environments, and macvsim's.  The
numbers may only fall."""
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


def _modules() -> Iterator[object]:
    for info in pkgutil.walk_packages(macvsim.tools.__path__, "macvsim.tools."):
        yield import_module(info.name)


def test_the_table_has_every_program() -> None:
    there = {one for module in _modules() for one in tools_of(module)}
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
    script = """
import sys
from macvsim import Lab
lab = Lab()
lab.host("h", nic="eth0", switch=lab.switch("s")).sh("ip link")
ours = [name for name in sys.modules if name.split(".")[0] == "macvsim"]
print(len(sys.modules), len(ours), *{name.split(".")[2] for name in ours if name.startswith("macvsim.tools.")})
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    count, ours, *folders = done.stdout.split()
    assert folders == ["iproute2"]
    assert int(count) <= MODULES and int(ours) <= OURS
