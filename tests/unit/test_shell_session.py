"""Shells people type at: prompts, what stays from line to line, words of bash and ash at a terminal."""

from __future__ import annotations

import pytest

from macvsim.engine.sim import SECOND
from macvsim.lab import Lab
from macvsim.shell.session import Session
from macvsim.shell.syntax.unfinished import is_unfinished


def session(flavour: str = "debian") -> tuple[Session, list[str]]:
    lab = Lab()
    shown: list[str] = []
    return Session(lab.host("host1", flavour=flavour), shown.append), shown


def type_in(at: Session, shown: list[str], line: str) -> str:
    shown.clear()
    at.start(line)
    while not at.advance(SECOND):
        pass
    return "".join(shown)


def test_prompts_show_where_one_is() -> None:
    at, shown = session()
    prompts = [at.prompt]
    for line in ("cd /tmp", "mkdir -p /root/a; cd ~/a", "cd /"):
        type_in(at, shown, line)
        prompts.append(at.prompt)
    assert prompts == ["root@host1:~#", "root@host1:/tmp#", "root@host1:~/a#", "root@host1:/#"]
    at, shown = session("centos")
    type_in(at, shown, "cd /proc/net")
    assert at.prompt == "[root@host1 net]#"


@pytest.mark.parametrize("flavour", ["debian", "centos"])
def test_bash_words(flavour: str) -> None:
    at, shown = session(flavour)
    for line, text in (
        ("foo", "-bash: foo: command not found\n"),
        ("cd /nope", "-bash: cd: /nope: No such file or directory\n"),
        ("echo )", "-bash: syntax error near unexpected token `)'\n"),
        ("if", "-bash: syntax error: unexpected end of file\n"),
        ("kill 77777", "-bash: kill: (77777) - No such process\n"),
    ):
        assert type_in(at, shown, line) == text
    assert not at.closed


def test_jobs_are_announced() -> None:
    at, shown = session()
    started = type_in(at, shown, "sleep 3 &")
    assert started.startswith("[1] ") and started[4:].strip().isdigit()
    assert type_in(at, shown, "jobs") == "[1]+  Running                 sleep 3 &\n"
    assert type_in(at, shown, "sleep 5; echo x") == "[1]+  Done                    sleep 3\nx\n"
    type_in(at, shown, "sleep 3 &")
    assert type_in(at, shown, "sleep 5 | cat; echo x") == "[1]+  Done                    sleep 3\nx\n"
    assert type_in(at, shown, "jobs") == ""


def test_exit_closes_and_errors_do_not() -> None:
    at, shown = session()
    type_in(at, shown, "trap 'echo bye' EXIT; x=5")
    for line in ("return 3", "break", ". /nope", "echo ${y?}", "echo $((1/0))", "shift x"):
        type_in(at, shown, line)
        assert not at.closed
    assert type_in(at, shown, "echo $x; exit 4") == "5\nbye\n"
    assert (at.closed, at.status) == (True, 4)


def test_ctrl_c() -> None:
    at, shown = session()
    at.start("sleep 100; echo not reached")
    assert not at.advance(SECOND)
    at.interrupt()
    assert at.advance(SECOND)
    assert ("".join(shown), at.status, at.box.sim.now) == ("^C", 130, SECOND)


@pytest.mark.parametrize(
    "text",
    [
        "echo 'a",
        'echo "a',
        "a &&",
        "a |",
        "for x in 1",
        "if a; then",
        "f() {",
        "case a in",
        "a \\",
        "a <<E\nx",
        "$(a",
        "`a",
    ],
)
def test_unfinished(text: str) -> None:
    assert is_unfinished(text)


@pytest.mark.parametrize("text", ["", "echo a", "echo \\\\", "cat <<E\nx\nE", ")", "# it's", "if a; then b; fi", "a &"])
def test_finished(text: str) -> None:
    assert not is_unfinished(text)
