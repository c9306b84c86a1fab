"""Shells and programs without an end are stopped by the budget, within `limited.SECONDS` and `limited.MEGABYTES`."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from macvsim import Budget, BudgetExceeded, Lab
from macvsim.fidelity.replay.records import load
from macvsim.machine.host import Box
from tests.budget.limited import run

ENDLESS = {
    "busy loop": ("while true; do :; done", "steps", "while true; do :; done"),
    "sleep 0": ("while true; do sleep 0; done", "steps", "while true; do sleep 0; done"),
    "awk loop": ("awk 'BEGIN{while(1){}}'", "steps", "awk BEGIN{while(1){}}"),
    "fork bomb": ("f(){ f|f& };f", "processes", "processes start processes"),
    "the fork bomb": ("bash -c ':(){ :|:& };:'", "processes", "processes start processes"),
    "recursive pipes": ("bash -c 'f(){ f | f; }; f'", "steps", "f(){ f | f; }; f"),
    "head": ("head -c 1000000000 /dev/zero", "output", "head -c 1000000000 /dev/zero"),
    "substitution": ("x=$(head -c 1000000000 /dev/zero)", "output", "substitution"),
    "doubled text": ("x=a; for i in $(seq 60); do x=$x$x; done", "output", "a word grows long"),
    "doubled text of awk": ("awk 'BEGIN{x=\"a\"; for(i=0;i<60;i++) x=x x}'", "output", "a text grows long"),
    "doubled text of sed": ("echo a | sed ':a;G;h;ta;ba'", "output", "hold space grows long"),
    "doubled pattern space of sed": ("echo x | sed ':a;s/.*/&&/;ta'", "output", "pattern or hold space grows long"),
    "long text searched by sed": (
        "yes x | head -c 99999 | tr -d '\\n' | sed ':a;/[yz]/!ba'",
        "steps",
        "the pattern space is searched again and again",
    ),
    "doubled array": ('bash -c \'a=(x); while :; do a=("${a[@]}" "${a[@]}"); done\'', "steps", "an array grows long"),
    "doubled words": ('set -- a b; while :; do set -- "$@" "$@"; done', "output", "a word grows long"),
    "wide field": ("printf '%1000000000d' 1", "output", "a format has a field of 1,000,000,000 characters"),
    "wider field": (f"printf '%{'9' * 5000}d' 1", "output", "a format has a field of"),
    "wide field of awk": (
        "awk 'BEGIN { printf \"%*d\", log(-1), 1 }'",
        "output",
        "a field of 2,147,483,647 characters",
    ),
    "seq": ("seq 1 1000000000", "output", "seq 1 1000000000"),
    "braces": ("bash -c 'echo {1..1000000000}'", "steps", "braces stand for 1,000,000,000 words"),
    "many braces": (f"bash -c 'echo {'{a,b}' * 30}'", "steps", "braces stand for"),
    "file": ("yes > /tmp/file", "files", "a program writes to /tmp/file without an end"),
    "discarded": ("yes > /dev/null", "steps", "yes"),
    "pipe": ("yes | while read x; do :; done", "steps", "yes | while read x"),
    "counted zeros": ("wc -l /dev/zero", "steps", "a program reads /dev/zero, which has no end"),
    "read without a line": ("read x < /dev/full", "steps", "a program reads /dev/full, which has no end"),
    "random lines": ("grep -c no /dev/urandom", "steps", "a program reads /dev/urandom, which has no end"),
    "sorted": ("yes | sort", "output", "sort reads all of its input, which has no end"),
}
SMALL = {"steps": 5_000, "output": 200_000, "files": 200_000, "processes": 100}


def _host(lab: Lab) -> Box:
    lab.switch("sw1")
    for number in (1, 2):
        lab.host(f"host{number}", switch="sw1").addr_add("enp0s8", f"10.0.0.{number}/24")
    return lab["host1"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDLESS)
def test_a_program_without_an_end_is_stopped_by_the_default_budget(name: str) -> None:
    line, limit, said = ENDLESS[name]
    found = run(f"""
from macvsim import BudgetExceeded, Lab
host = Lab().host("host1")
try:
    host.sh({line!r})
except BudgetExceeded as error:
    print(error.limit)
    print(error)
""")
    assert found.text.startswith(f"{limit}\n") and said in found.text


@pytest.mark.parametrize("name", ENDLESS)
def test_the_report_names_the_program_and_the_lab_goes_on(name: str) -> None:
    line, limit, said = ENDLESS[name]
    lab = Lab(budget=SMALL)
    host = _host(lab)
    with pytest.raises(BudgetExceeded) as caught:
        host.sh(line)
    first, program, more = str(caught.value).split("\n")
    assert caught.value.limit == limit and first.startswith("the run was stopped: it reached its budget of ")
    assert said in program and f"--budget {limit}=" in more
    if "field" not in said:
        assert "host1" in program or "sed" in program
    assert host.sh("sleep 1; echo on").stdout == "on\n"
    assert [job.name for job in host.kernel.processes.values()] == []
    assert host.ping("10.0.0.2")
    assert lab.copy().sim.now == lab.sim.now


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh"])
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("f(){ f; }; f", "f: more than 2000 functions in functions"),
        ("echo . ./a > a; . ./a", "more than 50 scripts in scripts"),
        ('x=\'eval "$x"\'; eval "$x"', "more than 50 scripts in scripts"),
    ],
)
def test_a_shell_that_calls_itself_without_an_end_ends(shell: str, script: str, said: str) -> None:
    host = Lab().host("host1")
    host.files["/t"] = script + "\n"
    result = host.sh(f"{shell} /t; echo $?")
    assert (result.stdout, result.stderr) == ("95\n", f"not simulated: {said}\n")


def test_funcnest_is_bashs_own_limit() -> None:
    result = Lab().host("host1").sh("bash -c 'FUNCNEST=9; f(){ f; }; f'; echo $?")
    assert result.stdout == "1\n" and "maximum function nesting level exceeded (9)" in result.stderr


def test_dash_refuses_the_name_of_the_fork_bomb() -> None:
    result = Lab().host("host1").sh(":(){ :|:& };:")
    assert (result.stderr, result.code) == ("sh: 1: Syntax error: Bad function name\n", 2)


def test_a_ping_without_an_end_gets_ctrl_c() -> None:
    host = _host(lab := Lab())
    result = host.sh("ping 10.0.0.2; echo $?")
    assert "\n3516 packets transmitted, 3516 received, 0% packet loss" in result.stdout
    assert result.stderr == (
        "macvsim: Ctrl-C after 3600 s: 'ping 10.0.0.2; echo $?' does not end by itself (budget: seconds)\n"
    )
    assert 3600 <= lab.now < 3601
    assert host.sh("ping -c 1 10.0.0.2").code == 0


@pytest.mark.parametrize("traffic", ["", "ping 10.0.0.2 > /dev/null & "])
def test_a_tcpdump_without_an_end_gets_ctrl_c(traffic: str) -> None:
    host = _host(Lab(budget=Budget(seconds=20)))
    result = host.sh(f"{traffic}tcpdump -n -i enp0s8 icmp")
    assert "macvsim: Ctrl-C after 20 s: " in result.stderr
    assert f"\n{40 if traffic else 0} packets captured\n" in result.stderr
    assert result.stdout.count("ICMP echo") == (40 if traffic else 0)


def test_a_program_that_ignores_ctrl_c_is_killed() -> None:
    lab = Lab(budget=Budget(seconds=20))
    result = lab.host("host1").sh("trap : INT; while true; do sleep 1; done")
    assert (result.code, lab.now) == (137, 30)


def test_a_command_that_ends_in_time_is_left_alone() -> None:
    lab = Lab(budget=Budget(seconds=20))
    host = lab.host("host1")
    assert host.sh("sleep 20").code == 0
    assert Lab(budget=Budget(seconds=0)).host("host1").sh("sleep 90000").code == 0
    assert host.sh("sleep 1000 & echo on").stdout == "on\n"


@pytest.mark.slow
def test_a_recording_that_unpacks_to_a_gigabyte_is_refused(tmp_path: Path) -> None:
    class Zeros(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            view = memoryview(buffer)  # type: ignore[arg-type]
            view[:] = bytes(len(view))
            return len(view)

    path = tmp_path / "bomb.tar.xz"
    with tarfile.open(path, "w:xz", preset=0) as archive:
        member = tarfile.TarInfo("bomb/frames.jsonl")
        member.size = 1 << 30
        archive.addfile(member, io.BufferedReader(Zeros()))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(BudgetExceeded, match="the record is larger than 268,435,456 bytes when it is unpacked"):
        load(path)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["gz", "xz"])
def test_a_file_of_a_recording_that_unpacks_too_large_is_refused(tmp_path: Path, ending: str) -> None:
    import gzip
    import lzma

    packed = (gzip if ending == "gz" else lzma).compress(b"x" * (Budget().archive + 1))
    (tmp_path / f"frames.jsonl.{ending}").write_bytes(packed)
    (tmp_path / "commands.json").write_text(json.dumps([]))
    with pytest.raises(BudgetExceeded, match=f"frames.jsonl.{ending}: the record is larger"):
        load(tmp_path)
