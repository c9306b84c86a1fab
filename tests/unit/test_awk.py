"""awk, compared with what mawk 1.3.4 printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from macvsim.engine.sim import Sim
from macvsim.errors import BudgetExceeded
from macvsim.machine.host import BUSYBOX, DEBIAN, Host
from macvsim.machine.kernel import Kernel
from macvsim.shell.interp import Shell
from tests.unit.shell_lab import sh

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "awk.json").read_text())


def make() -> Host:
    """A host with the input as a file."""
    host = Host(Kernel(Sim(), "h", wakeup_delay=0), "h", DEBIAN)
    host.interpreter = Shell()
    host.files["/d"] = RECORDED["input"]
    return host


@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: case["typed"][:60])
def test_a_program_prints_what_mawk_prints(case: dict[str, Any]) -> None:
    result = make().sh(f"cat /d | awk {case['typed']}" + (" -" if "BEGIN" not in case["typed"] else ""))
    assert (result.stdout, result.stderr, result.code) == (case["stdout"], case["stderr"], case["code"])


def test_files_are_read_and_written() -> None:
    host = make()
    assert host.sh("awk 'NR==FNR{n++; next} END{print n, FNR, FILENAME}' /d /d").stdout == "10 10 /d\n"
    assert str(host.sh('awk \'/inet/{print $2 > "/o"; printf "%s;", NR >> "/o"}\' /d; cat /o')) == "127.0.0.1/8\n3;"
    assert host.sh("awk 1 /none").stderr == 'awk: cannot open "/none" (No such file or directory)\n'


@pytest.mark.parametrize("program", ["BEGIN{getline}", "BEGIN{system(1)}", '{RS=";"}', '{print | "sort"}'])
def test_what_is_left_out_says_so(program: str) -> None:
    result = make().sh(f"awk '{program}' /d")
    assert result.code == 95
    assert result.stderr.startswith("not simulated: awk")


def test_busybox_words_its_complaints_differently() -> None:
    result = make().sh("busybox awk '{print $(NF-2)}' /d")
    assert (result.stderr, result.code) == ("awk: cmd. line:1: Access to negative field\n", 1)


@pytest.mark.parametrize(
    ("program", "output"),
    [
        ('BEGIN{RS=""}{print NR": "$1, NF}', "1: 1: 19\n2: a,b,c 2\n"),
        ('BEGIN{RS=","}{print NR, $1}', "1 1:\n2 b\n3 c\n"),
        ('BEGIN{RS="b|c"}END{print NR}', "5\n"),
    ],
)
def test_records_need_not_be_lines(program: str, output: str) -> None:
    host = make()
    host.files["/p"] = "1: lo mtu\n x y z 1 2 3 4 5 6 7 8 9 a b c d\n\na,b,c\nend\n"
    assert host.sh(f"awk '{program}' /p").stdout == output
    assert host.sh(f"cat /p | awk '{program}'").stdout == output


def test_only_busybox_takes_the_lines_of_a_paragraph_for_fields() -> None:
    host = make()
    host.files["/p"] = "a,b\nc,d\n\ne,f"
    program = '\'BEGIN{RS="";FS=","}{print NF, $2}\' /p'
    assert host.sh(f"awk {program}").stdout == "3 b\nc\n2 f\n"
    assert host.sh(f"busybox awk {program}").stdout == "4 b\n2 f\n"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('index("a")', "not enough arguments in call to index: 1 (need 2)"),
        ("substr(1,2,3,4)", "too many arguments in call to substr: 4 (maximum 3)"),
        ("tolower()", "not enough arguments in call to tolower: 0 (need 1)"),
        ("sprintf()", "not enough arguments in call to sprintf: 0 (need 1)"),
        ('split("a")', "syntax error at or near )"),
        ('split("a",b,c,d)', "syntax error at or near ,"),
        ('split("a","xyz")', "syntax error at or near xyz"),
        ("split(a[1],b[2])", "syntax error at or near ["),
        ('split("a",b c)', "syntax error at or near c"),
        ("match(1,2,3)", "syntax error at or near ,"),
        ('gsub(/a/,"b",1)', "syntax error at or near 1"),
        ("length(1,2)", "syntax error at or near ,"),
    ],
)
def test_numbers_of_arguments_as_mawk_says_them(call: str, said: str) -> None:
    result = sh(f"awk 'BEGIN{{{call}\n}}'")
    assert (result.stderr, result.code) == (f"awk: line 1: {said}\n", 2)


def test_numbers_of_arguments_as_busybox_says_them() -> None:
    for call, said in (("split()", "few"), ("index(1)", "few"), ("length(1,2,3)", "many")):
        result = sh(f"awk 'BEGIN{{{call}}}'", BUSYBOX)
        assert (result.stderr, result.code) == (f"awk: cmd. line:1: Too {said} arguments\n", 1)
    assert sh("""awk 'BEGIN{split("a b",1); split("c", x[1]); print "on"}'""", BUSYBOX).stdout == "on\n"


def test_fields_beyond_all_bounds() -> None:
    assert sh("awk 'BEGIN{NF=-1}'").stderr.startswith("awk: run time error: negative value assigned to NF\n")
    assert sh("awk 'BEGIN{$1000000=1; print NF}'").stdout == "1000000\n"
    for statement in ("$1e9=1", "NF=1e9"):
        with pytest.raises(BudgetExceeded, match="output"):
            sh(f"awk 'BEGIN{{{statement}}}'")
