"""Programs as processes: descriptors, pipes and signals, as dash 0.5.12, bash 5.2, coreutils 9 and Linux have them."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc

import pytest

from macvsim import Lab
from macvsim.engine.sim import SECOND
from macvsim.errors import Effect
from macvsim.machine.call import Call
from macvsim.machine.host import BUSYBOX, DEBIAN, Flavour
from macvsim.machine.job import ProgramWarning
from macvsim.machine.pipe import CAPACITY
from macvsim.machine.tool import tool
from macvsim.shell.interp import Shell
from macvsim.shell.session import Session
from tests.unit.shell_lab import make_box, seconds, sh

SLOW = "(echo one; sleep 2; echo two)"


def printed(line: str, flavour: Flavour = DEBIAN) -> list[tuple[float, str]]:
    """The pieces of standard output of a line, and when they came (s)."""
    box = make_box(flavour)
    seen: list[tuple[float, str]] = []
    Shell().run(box, line, stdout=lambda text: seen.append((seconds(box), text)))
    return seen


# -- everything streams ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reader",
    [
        "cat", "timeout 20 cat", "env A=1 cat", "nohup cat", "stdbuf -oL cat", "nice -n 5 cat", "setsid -w cat",
        "sudo cat", "tee f", "head -n 5", "grep .", "cut -c 1-9", "rev | rev", "tr x y", "xargs -n 1 echo",
        "awk '{print}'",
        "sh -c cat", "sh -c 'exec cat'", "bash -c 'cat | cat'", "while read x; do echo $x; done", "{ cat; }",
        "timeout 20 env sh -c 'nohup cat'", "timeout 20 tee f | timeout 20 cat", "busybox timeout 20 cat", "(cat) 2>&1",
        "cat 3<&0 <&3", "cat /dev/stdin", "cat /dev/fd/0",
    ],
)  # fmt: skip
def test_a_first_line_does_not_wait_for_the_last(reader: str) -> None:
    assert printed(f"{SLOW} | {reader}") == [(0, "one\n"), (2, "two\n")]


def test_namespaces_and_containers_read_a_pipe_while_it_is_written() -> None:
    box = make_box()
    box.sh("ip netns add blue")
    seen: list[tuple[float, str]] = []
    for reader in ("ip netns exec blue cat", "nsenter --net=/run/netns/blue timeout 9 cat"):
        began = seconds(box)
        line = f"{SLOW} | {reader}"
        Shell().run(box, line, stdout=lambda text, began=began: seen.append((seconds(box) - began, text)))  # type: ignore[misc]
    assert seen == [(0, "one\n"), (2, "two\n")] * 2


def test_docker_exec_with_i_reads_the_pipe_and_without_it_nothing() -> None:
    host = Lab().host("host1")
    host.sh("docker run -d --name c1 busybox sleep 1000")
    began = seconds(host)
    seen: list[tuple[float, str]] = []
    line = f"{SLOW} | docker exec -i c1 timeout 20 cat"
    Shell().run(host, line, stdout=lambda text: seen.append((seconds(host) - began, text)))
    assert seen == [(0, "one\n"), (2, "two\n")]
    assert host.sh("echo one | docker exec c1 cat").stdout == ""
    assert host.sh("echo 'echo from $0' | docker exec -i c1 sh").stdout == "from sh\n"


def test_nc_sends_what_it_has() -> None:
    lab = Lab(seed=0)
    switch = lab.switch("s")
    h1, h2 = (lab.host(name, nic="eth0", switch=switch) for name in ("h1", "h2"))
    h1.addr_add("eth0", "10.0.0.1/24")
    h2.addr_add("eth0", "10.0.0.2/24")
    h2.sh("nc -l 5000 > got & sleep 0.1")
    began = seconds(h1)
    with lab.capture() as capture:
        h1.sh(f"{SLOW} | timeout 20 nc -N 10.0.0.2 5000")
    sent = [
        (round(record.time_ns / SECOND - began, 1), record.data[-4:])
        for record in capture.records
        if record.interface == "h1/eth0" and record.data.endswith((b"one\n", b"two\n"))
    ]
    assert sent == [(0, b"one\n"), (2, b"two\n")]
    assert h2.sh("cat got").stdout == "one\ntwo\n"


@pytest.mark.parametrize("shell", ["sh", "bash", "busybox sh", "timeout 9 sh", "sh -s", "env bash"])
def test_a_shell_runs_a_script_while_it_is_read(shell: str) -> None:
    assert printed(f"(echo 'echo a'; sleep 2; echo 'echo b') | {shell}") == [(0, "a\n"), (2, "b\n")]


@pytest.mark.parametrize(
    ("shell", "stdout", "stderr"),
    [
        ("bash", "got hello\n", ""),
        ("dash", "got\n", "dash: 2: hello: not found\n"),
        ("busybox ash", "got\n", "ash: hello: not found\n"),
    ],
)
def test_bash_leaves_what_follows_a_line_of_its_script_to_its_commands(shell: str, stdout: str, stderr: str) -> None:
    script = r"'read x\nhello\necho got $x\n'"
    for result in (sh(f"printf {script} | {shell}"), sh(f"printf {script} > f; {shell} < f")):
        assert (result.stdout, result.stderr) == (stdout, stderr)


@pytest.mark.parametrize(
    ("script", "stderr", "code"),
    [
        (r"echo a; for i in 1\ndo\n", 'sh: 3: Syntax error: end of file unexpected (expecting "done")\n', 2),
        (r"true\n)\necho b\n", 'sh: 2: Syntax error: ")" unexpected\n', 2),
        (r"nosuch\n\nnosuch2", "sh: 1: nosuch: not found\nsh: 3: nosuch2: not found\n", 127),
        (r"if true\nthen nosuch\nfi\n exit 3\necho never", "sh: 2: nosuch: not found\n", 3),
        (r"cat <<E\nin here\nE\nnosuch", "sh: 4: nosuch: not found\n", 127),
    ],
)
def test_lines_of_a_script_that_is_read_have_their_numbers(script: str, stderr: str, code: int) -> None:
    result = sh(f"printf '{script}' | sh")
    assert (result.stderr, result.code) == (stderr, code)


# -- pipes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "stdout"),
    [
        ("seq 1 1000000000 | head -2", "1\n2\n"),
        ("cat /dev/zero | head -c 3000000 | wc -c", "3000000\n"),
        ("head -c 5 /dev/zero | wc -c", "5\n"),
        ("seq 100000 | tail -1", "100000\n"),
        ("seq 100000 | sort -n | uniq | tac | head -1", "100000\n"),
        ("while :; do echo line; done | head -2", "line\nline\n"),
        ("seq 100000 | (sleep 1; wc -l)", "100000\n"),
        ("{ (sleep 1; echo late) & echo now; } | cat", "now\nlate\n"),
        ("seq 5 | (head -1; cat)", "1\n"),
        ("bash -c 'set -o pipefail; seq 100000 | head -1; echo $?'", "1\n141\n"),
        ("{ { seq 100000; echo $? >&3; } | head -0; } 3>&1", "141\n"),
        ("timeout 1 cat /dev/zero > /dev/null; echo $?", "124\n"),
    ],
)
def test_pipes(line: str, stdout: str) -> None:
    assert sh(line).stdout == stdout


def test_a_pipe_holds_64_kib_and_no_job_a_copy() -> None:
    box = make_box()
    tracemalloc.start()
    try:
        job = Shell().spawn(box, "cat /dev/zero | (sleep 5; head -c 50000000 | wc -c)")
        box.sim.run(until=4 * SECOND)
        waiting = tracemalloc.get_traced_memory()[0]
        box.sim.run(until=job.done)
        assert job.stdout == "50000000\n"
        assert tracemalloc.get_traced_memory()[1] < waiting + 20 * CAPACITY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("writer", ["seq 20000", 'echo "$x"', "printf '%s' \"$x\"", "env"])
def test_a_writer_waits_for_room(writer: str) -> None:
    box = make_box()
    box.sh(
        f"x=$(seq 20000); export x; ({writer}; echo written > f) | (sleep 3; cat > /dev/null) & "
        "sleep 1; ls f 2> first; sleep 3"
    )
    assert box.sh("cat first f").stdout == "ls: cannot access 'f': No such file or directory\nwritten\n"


@pytest.mark.parametrize(
    ("line", "stdout", "stderr"),
    [
        ("(echo a; sleep 1; echo b; echo never >&2) | head -1", "a\n", ""),
        ("(echo a; sleep 1; /bin/echo b; echo goes on >&2) | head -1", "a\n", "goes on\n"),
        ("(ping -c 5 127.0.0.1; echo $? >&2) | head -1 | cut -c 1-4", "PING\n", "141\n"),
    ],
)
def test_sigpipe_ends_the_writer_and_nothing_else(line: str, stdout: str, stderr: str) -> None:
    result = sh(line)
    assert (result.stdout, result.stderr) == (stdout, stderr)


# -- descriptors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "stdout"),
    [
        ("exec 3>f; sh -c 'echo x >&3'; cat f", "x\n"),
        ("exec 3>f 4>&1; echo x >&3; exec 3>&-; cat f >&4", "x\n"),
        ("(exec > f; echo in); echo out; cat f", "out\nin\n"),
        ("echo 'a\nb\nc' > f; { read x; read y; } < f; echo $x-$y", "a-b\n"),
        ("echo 'a\nb\nc' > f; exec 3< f; read x <&3; read y <&3; echo $x-$y; cat <&3", "a-b\nc\n"),
        ("echo 'a\nb\nc' > f; (head -1; cat) < f", "a\nb\nc\n"),
        ("echo 'a\nb' > f; while read x; do echo [$x]; cat; done < f", "[a]\nb\n"),
        ("{ echo out; echo err >&2; } 2>&1 >/dev/null | cat", "err\n"),
        ("{ echo out; echo err >&2; } >/dev/null 2>&1 | cat", ""),
        ("{ echo a; echo b > f; echo c; } > f; cat f", "b\nc\n"),
        ("{ echo a; echo b; } >> f; echo c >> f; cat f", "a\nb\nc\n"),
        ("echo x > f; rm f; cat f 2>&1", "cat: f: No such file or directory\n"),
        ("echo x | { y=$(cat); echo [$y]; }", "[x]\n"),
        ("echo x | { cat & wait; }; echo end", "end\n"),
        ("cat <<E | cat 3<<F <&3\nfirst\nE\nsecond\nF\n", "second\n"),
        ("echo a > /dev/stdout; echo b > /dev/fd/1 | cat", "a\nb\n"),
        ("echo a 2>&1 > /dev/stderr | cat", "a\n"),
        ("echo a >&9; echo $?", "2\n"),
        ("echo x >&- 2>/dev/null; ls / >&-; seq 2 >&-; echo $?", "1\n"),
    ],
)
def test_descriptors(line: str, stdout: str) -> None:
    assert sh(line).stdout == stdout


def test_a_full_disk() -> None:
    result = sh("cat /dev/zero > /dev/full; echo $?; seq 9 > /dev/full; echo $?; seq 100000 | tee /dev/full | tail -1")
    assert result.stdout == "1\n1\n100000\n"
    assert result.stderr == "cat: write error: No space left on device\nseq: write error: No space left on device\n" + (
        "tee: /dev/full: No space left on device\n"
    )


def test_a_session_keeps_descriptors_from_line_to_line() -> None:
    shown: list[str] = []
    at = Session(make_box(), shown.append)
    for line in ("exec 3> f", "echo x >&3", "cat f"):
        at.start(line)
        assert at.advance(SECOND)
    assert shown == ["x\n"]


# -- starting others ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "stderr", "code"),
    [
        ("env nosuch", "env: 'nosuch': No such file or directory\n", 127),
        ("timeout 1 nosuch", "timeout: failed to run command 'nosuch': No such file or directory\n", 127),
        ("nohup nosuch", "nohup: failed to run command 'nosuch': No such file or directory\n", 127),
        ("nice nosuch", "nice: 'nosuch': No such file or directory\n", 127),
        ("stdbuf -oL nosuch", "stdbuf: failed to run command 'nosuch': No such file or directory\n", 127),
        ("setsid nosuch", "setsid: failed to execute nosuch: No such file or directory\n", 127),
        ("sudo nosuch", "sudo: nosuch: command not found\n", 1),
        ("echo a | xargs nosuch", "xargs: nosuch: No such file or directory\n", 127),
        ("busybox env nosuch", "env: can't execute 'nosuch': No such file or directory\n", 127),
        ("busybox setsid nosuch", "setsid: can't execute 'nosuch': No such file or directory\n", 127),
        ("touch /tmp/f; env /tmp/f", "env: '/tmp/f': Permission denied\n", 126),
        ("nice -n x true", "nice: invalid adjustment 'x'\n", 125),
        ("nice -n 5", "nice: a command must be given with an adjustment\n"
                      "Try 'nice --help' for more information.\n", 125),
        ("nice", "not simulated: nice without a command: processes have no niceness\n", 95),
        ("stdbuf true", "stdbuf: you must specify a buffering mode option\n"
                        "Try 'stdbuf --help' for more information.\n", 125),
        ("stdbuf -o x true", "stdbuf: invalid mode 'x'\n", 125),
        ("stdbuf -iL true", "stdbuf: line buffering stdin is meaningless\n"
                            "Try 'stdbuf --help' for more information.\n", 125),
        ("setsid", "setsid: no command specified\nTry 'setsid --help' for more information.\n", 1),
        ("timeout 0.2 sh -c 'exit 3'", "", 3),
        ("timeout 0 true", "", 0),
        ("timeout -s INT 1 sleep 5", "", 124),
        ("timeout 1 sh -c 'sleep 5 | cat'", "", 124),
        ("sh -c 'kill -PIPE $$'", "", 141),
    ],
)  # fmt: skip
def test_programs_that_start_others(line: str, stderr: str, code: int) -> None:
    result = sh(line)
    assert (result.stdout, result.stderr, result.code) == ("", stderr, code)


def test_xargs_runs_a_command_as_soon_as_it_has_its_words() -> None:
    assert printed("(echo a b; sleep 1; echo c) | xargs -n 2 echo") == [(0, "a b\n"), (1, "c\n")]
    assert sh("echo x | xargs -n 1 cat").stderr == "cat: x: No such file or directory\n"
    assert sh("printf 'a b\nc\n' | xargs -I X echo '<X>'").stdout == "<a b>\n<c>\n"
    assert sh("true | xargs echo a; true | xargs -r echo b").stdout == "a\n"


def test_setsid_typed_at_a_prompt_leaves_the_prompt() -> None:
    shown: list[str] = []
    box = make_box()
    at = Session(box, shown.append)
    at.start("setsid sh -c 'sleep 2; echo later'")
    assert at.advance(SECOND)
    assert (seconds(box), shown) == (0, [])
    box.sim.run(until=3 * SECOND)
    assert shown == ["later\n"]


# -- signals -----------------------------------------------------------------------------------------------------------


def test_ctrl_c_reaches_all_of_a_pipeline() -> None:
    shown: list[str] = []
    box = make_box()
    at = Session(box, shown.append)
    at.start("sleep 50 | (sleep 60; echo never) | cat; echo never")
    assert not at.advance(SECOND)
    at.interrupt()
    assert at.advance(SECOND)
    assert (seconds(box), at.status, shown, box.kernel.processes) == (1, 130, ["^C"], {})


def test_ctrl_c_lets_a_pipeline_that_ends_in_ping_say_its_numbers() -> None:
    shown: list[str] = []
    box = make_box()
    at = Session(box, shown.append)
    at.start("sleep 50 | ping -q 127.0.0.1")
    assert not at.advance(3 * SECOND // 2)
    at.interrupt()
    assert at.advance(SECOND)
    assert "2 packets transmitted, 2 received, 0% packet loss" in "".join(shown)
    assert not box.kernel.processes


@pytest.mark.parametrize(
    ("line", "stdout"),
    [
        ("sleep 9 | cat & kill %1; wait %1; echo $?", "143\n"),
        ("sleep 9 & kill -9 %1; wait $!; echo $?", "137\n"),
        ("(sleep 1; exit 4) & wait $!; echo $?", "4\n"),
        ("timeout -k 1 1 sleep 9; echo $?", "124\n"),
        ("timeout 5 sh -c 'kill -9 $$'; echo $?", "137\n"),
        ("cat < /dev/zero > /dev/null & sleep 1; kill $!; wait $!; echo $?", "143\n"),
    ],
)
def test_ends_by_signals(line: str, stdout: str) -> None:
    box = make_box()
    assert box.sh(line).stdout == stdout
    assert not box.kernel.processes


# -- mistakes of programs ----------------------------------------------------------------------------------------------


@tool("broken", effect=Effect.NONE)
def _broken(call: Call) -> int:
    call.out("before\n")
    raise KeyError("x")


@tool("deep", effect=Effect.NONE)
def _deep(call: Call) -> int:
    return _deep.run(call)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("line", "stdout", "stderr"),
    [
        ("broken; echo $?", "before\n70\n", "broken: internal error: KeyError: 'x'\n"),
        ("deep; echo $?", "70\n", "deep: internal error: RecursionError: "),
        ("env broken | cat; echo goes on", "before\ngoes on\n", "broken: internal error: KeyError: 'x'\n"),
    ],
)
@pytest.mark.parametrize("flavour", [DEBIAN, BUSYBOX])
def test_an_error_of_a_program_ends_the_program(line: str, stdout: str, stderr: str, flavour: Flavour) -> None:
    box = make_box(flavour)
    box.kernel.programs.register(_broken)
    box.kernel.programs.register(_deep)
    with pytest.warns(ProgramWarning, match=stderr.strip()):
        result = box.sh(line)
    assert result.stdout == stdout
    assert result.stderr.startswith(stderr)
    assert box.sh("echo alive").stdout == "alive\n"


def test_a_function_that_calls_itself_for_ever_ends_its_shell() -> None:
    box = make_box()
    result = box.sh("f() { f; }; f")
    assert (result.code, result.stderr) == (95, "not simulated: f: more than 2000 functions in functions\n")
    assert box.sh("echo alive").stdout == "alive\n"


def test_the_command_line_shows_the_error_once(tmp_path: object) -> None:
    script = """
import sys
from macvsim.cli import main
from macvsim.shell.builtins import flow
def broken(run):
    raise KeyError("broken")
flow.colon = broken
open(sys.argv[1], "w").write('''---
name: one
topology: {nodes: {host1: {}}}
---
```console
root@host1:~# :
```
''')
main(["run", sys.argv[1]])
"""
    done = subprocess.run(
        [sys.executable, "-c", script, f"{tmp_path}/lab.md"], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert said.count("internal error: KeyError") == 1
    assert "Warning" not in said
