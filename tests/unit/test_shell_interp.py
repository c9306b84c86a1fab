"""The interpreter: what dash 0.5.12 and busybox 1.37 ash answered to the same lines, and what takes simulated time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from macvsim.engine.sim import SECOND, Sim
from macvsim.errors import MacvsimError
from macvsim.machine.call import NOT_SIMULATED, Waiting
from macvsim.machine.host import BUSYBOX, CENTOS, DEBIAN, Box, box_for
from macvsim.machine.job import SIGINT, SIGKILL, Job
from macvsim.machine.kernel import Kernel
from macvsim.shell.interp import Shell

from .shell_lab import make_box, seconds, sh

DATA = Path(__file__).parent.parent / "data" / "shell"


def _recorded(name: str) -> list[Any]:
    return [pytest.param(case, id=case["line"][:40]) for case in json.loads((DATA / f"{name}.json").read_text("utf-8"))]


@pytest.mark.parametrize("case", _recorded("dash"))
def test_lines_as_dash_runs_them(case: dict[str, Any]) -> None:
    result = sh(case["line"], DEBIAN)
    assert (result.stdout, result.stderr, result.code) == (case["stdout"], case["stderr"], case["code"])


@pytest.mark.parametrize("case", _recorded("ash"))
def test_lines_as_busybox_runs_them(case: dict[str, Any]) -> None:
    result = sh(case["line"], BUSYBOX)
    assert (result.stdout, result.stderr, result.code) == (case["stdout"], case["stderr"], case["code"])


@pytest.mark.parametrize(
    ("line", "stderr", "code"),
    [
        ("foo", "sh: foo: command not found\n", 127),
        ("/sbin/foo", "sh: /sbin/foo: No such file or directory\n", 127),
        ("echo a; )", "sh: -c: line 0: syntax error near unexpected token `)'\nsh: -c: line 0: `echo a; )'\n", 2),
        ("cd /x", "sh: line 0: cd: /x: No such file or directory\n", 1),
        ("echo a > /x/y", "sh: /x/y: No such file or directory\n", 1),
    ],
)
def test_bash_of_centos(line: str, stderr: str, code: int) -> None:
    result = sh(line, CENTOS)
    assert (result.stderr, result.code) == (stderr, code)


def test_real_tools_that_are_left_out_say_so() -> None:
    for flavour, name in ((DEBIAN, "tshark"), (BUSYBOX, "telnet"), (CENTOS, "nmap")):
        result = sh(name, flavour)
        assert (result.stdout, result.stderr, result.code) == ("", f"not simulated: {name}\n", NOT_SIMULATED)


def test_busybox_runs_its_own_applets_on_a_debian_host() -> None:
    assert sh("busybox ash -c 'echo \"a\\tb\"'").stdout == "a\\tb\n"
    assert sh("sh -c 'echo \"a\\tb\"'").stdout == "a\tb\n"
    assert sh("busybox nosuch").stderr == "nosuch: applet not found\n"
    assert sh("busybox telnet").code == NOT_SIMULATED


def test_scripts_are_called_by_their_file_name() -> None:
    box = make_box()
    box.files["/tmp/s"] = "echo $0 $1\nnosuch\n"
    result = box.sh("sh /tmp/s x")
    assert (result.stdout, result.stderr, result.code) == ("/tmp/s x\n", "/tmp/s: 2: nosuch: not found\n", 127)


# -- time --------------------------------------------------------------------------------------------------------------


def test_commands_one_after_the_other_take_their_time() -> None:
    box = make_box()
    box.sh("sleep 1; sleep 0.5")
    assert seconds(box) == 1.5


def test_background_commands_run_beside_the_others() -> None:
    box = make_box()
    result = box.sh("(sleep 2; echo late) & (sleep 1; echo early) & echo first; wait; echo last")
    assert result.stdout == "first\nearly\nlate\nlast\n"
    assert seconds(box) == 2


def test_a_line_ends_before_its_background_commands() -> None:
    box = make_box()
    seen: list[str] = []
    shell = Shell()
    result = shell.run(box, "(sleep 1; echo late) & echo now", stdout=seen.append)
    assert (result.stdout, seconds(box)) == ("now\n", 0)
    box.sim.run(until=2 * SECOND)
    assert seen == ["now\n", "late\n"]


def test_the_programs_of_a_pipe_run_at_the_same_time() -> None:
    box = make_box()
    seen: list[tuple[float, str]] = []
    line = "{ echo a; sleep 1; echo b; } | while read word; do echo got $word; done"
    Shell().run(box, line, stdout=lambda text: seen.append((seconds(box), text)))
    assert seen == [(0, "got a\n"), (1, "got b\n")]


def test_a_writer_ends_when_nobody_reads_any_more() -> None:
    box = make_box()
    assert box.sh("while true; do echo line; sleep 1; done | head -n 2").stdout == "line\nline\n"
    assert seconds(box) == 2


def test_a_loop_that_waits_for_nothing_lets_others_get_on() -> None:
    box = make_box()
    result = box.sh("sleep 5 & while kill -0 $! 2>/dev/null; do :; done; echo gone")
    assert result.stdout == "gone\n"
    assert 5 <= seconds(box) < 5.1


def test_grep_prints_what_is_around() -> None:
    text = "seq 20 | grep -n -C1 '[47]'; seq 9 | grep -A1 -m1 3; seq 9 | grep -B2 9"
    assert sh(text).stdout.split() == [
        "3-3", "4:4", "5-5", "6-6", "7:7", "8-8", "--", "13-13", "14:14", "15-15", "16-16", "17:17", "18-18",
        "3", "4", "7", "8", "9",
    ]  # fmt: skip
    assert sh("seq 3 | grep -A x 1").stderr == "grep: x: invalid context length argument\n"


# -- jobs and signals --------------------------------------------------------------------------------------------------


def test_spawned_lines_can_be_waited_for() -> None:
    box = make_box()
    job = Shell().spawn(box, "echo a; sleep 3; echo b >&2; exit 4")
    box.sim.run(until=SECOND)
    assert (job.stdout, job.stderr, job.code) == ("a\n", "", None)
    with pytest.raises(MacvsimError, match=f"process {job.pid} is still running"):
        job.result()
    box.sim.run(until=job.done)
    assert (job.stderr, job.code, seconds(box)) == ("b\n", 4, 3)
    assert repr(job.result()) == "<Result code=4 stdout='a\\n' stderr='b\\n'>"


@pytest.mark.parametrize(("signal", "code"), [(SIGKILL, 137), (SIGINT, 130), (15, 143)])
def test_signals_end_a_line(signal: int, code: int) -> None:
    box = make_box()
    job = Shell().spawn(box, "sleep 100; echo never")
    box.sim.run(until=SECOND)
    job.kill(signal)
    box.sim.run(until=job.done)
    assert (job.stdout, job.code, seconds(box)) == ("", code, 1)
    job.kill(signal)
    assert job.code == code
    assert not box.kernel.processes


@pytest.mark.parametrize(
    ("line", "stdout", "stderr"),
    [
        ("sleep 9 & kill $!; wait $!; echo $?", "143\n", "Terminated\n"),
        ("sleep 9 & kill -9 $!; wait; echo $?", "0\n", "Killed\n"),
        ("sh -c 'kill $$; echo no'; echo $?", "143\n", "Terminated\n"),
        ("sleep 9 & kill -s INT %1; wait %1; echo $?", "130\n", ""),
        ("timeout 1 sleep 9; echo $?", "124\n", ""),
        ("busybox timeout 1 sleep 9; echo $?", "143\n", "Terminated\n"),
        ("timeout -s KILL 1 sleep 9; echo $?", "137\n", "Killed\n"),
        ("timeout 5 true; echo $?", "0\n", ""),
    ],
)
def test_shells_tell_of_children_that_signals_ended(line: str, stdout: str, stderr: str) -> None:
    result = sh(line)
    assert (result.stdout, result.stderr) == (stdout, stderr)


def test_control_c_is_a_signal_for_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    box = make_box()
    run = box.sim.run
    pressed: list[bool] = []

    def interrupted(until: Any = None, most: int | None = None) -> Any:
        if not pressed:
            pressed.append(True)
            run(until=3 * SECOND)
            raise KeyboardInterrupt
        return run(until)

    monkeypatch.setattr(box.sim, "run", interrupted)
    result = box.sh("sleep 100; echo never")
    assert (result.stdout, result.code, seconds(box)) == ("", 130, 3)


def test_what_waits_for_ever_is_said() -> None:
    box = make_box()
    shell = Shell()

    def never(job: Job) -> Waiting:
        yield box.sim.event()
        return 0

    state = shell.new_session(box)
    state.jobs.add(Job(box, never), fill=True)
    with pytest.raises(MacvsimError, match="vm: 'sleep 1; wait' waits for something that never happens"):
        shell.run(box, "sleep 1; wait", state=state)


# -- sessions, other boxes ---------------------------------------------------------------------------------------------


def test_a_session_remembers() -> None:
    box = make_box()
    shell = Shell()
    state = shell.new_session(box)
    shell.run(box, "x=5; cd /tmp; f() { echo f $1; }; sleep 10 &", state=state)
    assert shell.run(box, "echo $x; pwd; f y; kill %1; wait; jobs", state=state).stdout.startswith("5\n/tmp\nf y\n")
    assert shell.run(box, "echo [$x]; pwd").stdout == "[]\n/\n"


def test_namespaces_share_files_and_tools_with_their_machine() -> None:
    host = make_box()
    ns = host.kernel.new_namespace("blue")
    host.kernel.netns["blue"] = ns
    box = box_for(host.kernel, ns)
    assert box_for(host.kernel, ns) is box
    assert box_for(host.kernel, host.ns) is host
    host.sh("echo here > /tmp/f")
    assert (box.sh("cat /tmp/f").stdout, box.flavour, box.hostname) == ("here\n", DEBIAN, "vm")
    assert "lo" in box.sh("cat /proc/net/dev").stdout


def test_a_namespace_of_a_kernel_without_boxes_has_debian_tools() -> None:
    kernel = Kernel(Sim(), "k")
    box = box_for(kernel, kernel.init)
    assert (type(box), box.flavour.name, box.hostname) == (Box, "debian", "k")
    with pytest.raises(MacvsimError, match="has no shell"):
        box.sh("true")


def test_output_can_be_watched_as_it_comes() -> None:
    box = make_box()
    seen: list[tuple[str, float, str]] = []
    result = Shell().run(
        box,
        "echo a; sleep 1; echo b >&2",
        stdout=lambda text: seen.append(("out", seconds(box), text)),
        stderr=lambda text: seen.append(("err", seconds(box), text)),
    )
    assert seen == [("out", 0, "a\n"), ("err", 1, "b\n")]
    assert (result.stdout, result.stderr) == ("a\n", "b\n")


def test_two_boxes_never_meet() -> None:
    one, two = make_box(), make_box()
    one.sh("echo 1 > /tmp/f; export A=1")
    assert two.sh("cat /tmp/f; echo [$A]").stdout == "[]\n"
    assert one.sh("echo $A").stdout == "\n"
