"""Scripts without an end, and words of the languages that are left out: a clear message and status 95."""

from __future__ import annotations

import pytest

from macvsim.errors import BudgetExceeded
from macvsim.machine.call import NOT_SIMULATED
from macvsim.shell.syntax.grammar import LEFT_OUT, SHOPTS, SIMULATED_SHOPTS
from tests.unit.shell_lab import make_box


def run(script: str, shell: str = "bash") -> tuple[str, str, int]:
    box = make_box()
    box.files["/t"] = script + "\n"
    result = box.sh(f"{shell} /t")
    return result.stdout, result.stderr, result.code


@pytest.mark.parametrize("shell", ["bash", "dash", "busybox sh"])
def test_functions_without_an_end_are_bounded(shell: str) -> None:
    out, err, code = run("f() { if true; then f; fi; }; f; echo reached", shell)
    assert (out, code) == ("", NOT_SIMULATED)
    assert err.endswith("not simulated: f: more than 2000 functions in functions\n")


@pytest.mark.parametrize("shell", ["bash", "dash", "busybox sh"])
def test_deep_functions_run(shell: str) -> None:
    assert run("f() { [ $1 -eq 0 ] && return 7; f $(($1 - 1)); }; f 1500; echo $?", shell)[0] == "7\n"


@pytest.mark.slow
def test_a_fork_bomb_ends() -> None:
    box = make_box()
    box.files["/t"] = ":(){ :|:& };:\nsleep 1\necho alive\n"
    with pytest.raises(BudgetExceeded, match="vm: processes start processes, 2048 run now"):
        box.sh("bash /t")
    assert box.sh("echo alive").stdout == "alive\n"


@pytest.mark.parametrize("name", sorted(SHOPTS.keys() - SIMULATED_SHOPTS))
def test_an_option_that_cannot_be_switched_says_so(name: str) -> None:
    sign = "u" if SHOPTS[name] else "s"
    assert run(f"shopt -{sign} {name}; echo $?") == ("95\n", f"not simulated: shopt {name}\n", 0)


@pytest.mark.parametrize(
    "line", ["select x in a b; do :; done", "coproc cat", "coproc NAME { cat; }", "history", "bind"]
)
def test_commands_of_the_language_that_are_left_out(line: str) -> None:
    word = line.split()[0]
    assert run(f"{line}; echo $?") == ("95\n", f"not simulated: {LEFT_OUT[word]}\n", 0)


def test_connections_of_the_shell_are_left_out() -> None:
    assert run("exec 3<>/dev/tcp/10.0.0.1/80")[1:] == (
        "not simulated: /dev/tcp/10.0.0.1/80: connections of the shell\n",
        NOT_SIMULATED,
    )
