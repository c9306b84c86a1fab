"""alias, getopts, pipefail, fg and bg, find: as dash 0.5.12, busybox 1.37 and bash 5.2 answered."""

from __future__ import annotations

import pytest

from macvsim.engine.sim import Sim
from macvsim.machine.host import DEBIAN, Host
from macvsim.machine.kernel import Kernel
from macvsim.shell.interp import Shell
from macvsim.shell.session import open_session


def make() -> Host:
    """A Debian machine."""
    host = Host(Kernel(Sim(), "h", wakeup_delay=0), "h", DEBIAN)
    host.interpreter = Shell()
    return host


@pytest.mark.parametrize("shell", ["dash", "busybox sh"])
@pytest.mark.parametrize(
    ("line", "output", "errors"),
    [
        ("set -o pipefail; (exit 3) | (exit 4) | true; echo $?; set +o pipefail; false | true; echo $?", "4\n0\n", ""),
        ('getopts ab: q -b; echo $? "$q" $OPTIND', "0 ? 2\n", "No arg for -b option\n"),
        ('getopts :ab: q -b; echo "$q" $OPTARG; OPTIND=1; getopts :ab: q -x; echo "$q" $OPTARG', ": b\n? x\n", ""),
        ("while getopts ab:c q -a -bfoo -ca rest; do echo $q $OPTARG $OPTIND; done; echo $OPTIND",
         "a 2\nb foo 3\nc 4\na 4\n4\n", ""),
        ('f() { OPTIND=1; while getopts vn: q; do echo $q $OPTARG; done; shift $((OPTIND-1)); echo "$@"; }; '
         "f -v -n 3 a b; f -vn4 c; f -- -v", "v\nn 3\na b\nv\nn 4\nc\n-v\n", ""),
        ("alias ll='ls -l'; alias ll nope; unalias ll; alias", "ll='ls -l'\n", "alias: nope not found\n"),
        ("alias e='echo hi'\ne there", "hi there\n", ""),
        ("alias echo='echo x'\necho y; (echo z)", "x y\nx z\n", ""),
    ],
)  # fmt: skip
def test_words(shell: str, line: str, output: str, errors: str) -> None:
    host = make()
    host.files["/s"] = line + "\n"
    result = host.sh(line if shell == "dash" else f"{shell} /s")
    assert (result.stdout, result.stderr) == (output, errors)


@pytest.mark.parametrize(
    ("line", "error", "code"),
    [
        ("fg", "sh: 1: fg: No current job\n", 2),
        ("sleep 1 & bg", "sh: 1: bg: job (null) not created under job control\n", 2),
        ("getopts a", "sh: 1: getopts: Usage: getopts optstring var [arg...]\n", 2),
        ("unalias nope", "unalias: nope not found\n", 1),
    ],
)
def test_mistakes(line: str, error: str, code: int) -> None:
    result = make().sh(line)
    assert (result.stderr, result.code) == (error, code)


def test_somebody_at_a_terminal_has_aliases_and_jobs() -> None:
    seen: list[str] = []
    session = open_session(make(), seen.append)
    for line in ("alias e='echo hi'", "e you", "alias e", "sleep 2 &", "fg", "bg"):
        session.start(line)
        session.advance(5_000_000_000)
    text = "".join(seen)
    assert text.startswith("hi you\nalias e='echo hi'\n[1] ")
    assert text.endswith("\nsleep 2\n-bash: bg: current: no such job\n")


@pytest.mark.parametrize(
    ("words", "output", "errors", "code"),
    [
        ("/d", "/d\n/d/a\n/d/a/y.log\n/d/x.txt\n", "", 0),
        ("/d -name '*.txt'", "/d/x.txt\n", "", 0),
        ("/d -type d", "/d\n/d/a\n", "", 0),
        ("/d ! -name '*.txt' -type f -o -name d", "/d\n/d/a/y.log\n", "", 0),
        ("/d -maxdepth 1 -mindepth 1 -print", "/d/a\n/d/x.txt\n", "", 0),
        ("/d \\( -iname X.TXT -o -path '*/y*' \\) -a -type f", "/d/a/y.log\n/d/x.txt\n", "", 0),
        ("/none", "", "find: ‘/none’: No such file or directory\n", 1),
        ("/d -foo", "", "find: unknown predicate `-foo'\n", 1),
        ("/d -name", "", "find: missing argument to `-name'\n", 1),
        ("/d -type q", "", "find: Unknown argument to -type: q\n", 1),
        ("/d -exec rm {} \\;", "", "not simulated: find -exec\n", 95),
    ],
)
def test_find(words: str, output: str, errors: str, code: int) -> None:
    host = make()
    host.files.update({"/d/x.txt": "", "/d/a/y.log": ""})
    result = host.sh(f"find {words}")
    assert (result.stdout, result.stderr, result.code) == (output, errors, code)
