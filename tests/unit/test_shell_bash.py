"""What bash and ash understand beyond POSIX; the outputs are those of bash 5.2 and busybox 1.37."""

from __future__ import annotations

import pytest

from macvsim.machine.host import BUSYBOX, CENTOS, DEBIAN
from tests.unit.shell_lab import sh


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("echo {a,b}c x{1..3}y {01..03} {3..1} {1..10..4} a{b,c{d,e}}f {} {a}", "ac bc x1y x2y x3y 01 02 03 3 2 1 "
         "1 5 9 abf acdf acef {} {a}\n"),
        ('x=1; echo "{a,b}" \\{a,b\\} $x{a,b}', "{a,b} {a,b} 1a 1b\n"),
        ("for host in host{1,2}; do echo $host; done", "host1\nhost2\n"),
        ("x=5; echo $((x++)) $((++x)) $((x--)) $x $((2**10))", "5 7 7 6 1024\n"),
        ("x=abcdef; echo ${x:1:1} ${x:2} ${x: -2} ${x:1:-1} ${x/b/X} ${x//[bd]/-} ${x/#a/S} ${x/%f/E} ${x/cd}",
         "b cdef ef bcde aXcdef a-c-ef Sbcdef abcdeE abef\n"),
        ("x=aBc; echo ${x^} ${x^^} ${x,,}", "ABc ABC abc\n"),
        ("set -- a b c d; echo ${@:2} / ${@:2:2} / ${*:1:1}", "b c d / b c / a\n"),
        ('x="a b"; [[ $x == "a b" && ! -f /nosuch ]] && echo yes', "yes\n"),
        ('[[ abc == a* ]]; echo $?; [[ abc == "a*" ]]; echo $?; [[ b > a ]]; echo $?', "0\n1\n0\n"),
        (r"[[ 10.0.0.1 =~ ^([0-9]+\.){3}[0-9]+$ ]] && echo address", "address\n"),
        (r"[[ a1 =~ ^[[:alpha:]][[:digit:]]$ ]]; echo $?; p='\<b'; [[ 'a b' =~ $p ]]; echo $?", "0\n0\n"),
        ("x=a.c; [[ abc =~ \"$x\" ]]; echo $?; [[ abc =~ $x ]]; echo $?", "1\n0\n"),
        ("[[ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! =~ ^(a+)+$ ]]; echo $?", "1\n"),
        ("[[ ( a == b || 3 -gt 2 ) && -n x ]] && echo grouped", "grouped\n"),
        ("for ((i = 0; i < 4; i++)); do ((i == 1)) && continue; echo $i; done", "0\n2\n3\n"),
        ("((x = 3)); while ((x-- > 1)); do echo $x; done; (( 0 )); echo $?", "2\n1\n1\n"),
        ("((echo a); echo b)", "a\nb\n"),
        ("function f { echo f $1; }; f 1; function g() { echo g; }; g", "f 1\ng\n"),
        ("cat <<< \"a $((1 + 1))\"; read x y <<< '1 2'; echo $y", "a 2\n2\n"),
        ("ls /nosuch &> /tmp/f; echo more &>> /tmp/f; wc -l < /tmp/f; ls /nosuch |& wc -l", "2\n1\n"),
        (r"echo $'a\tb' $'it\'s'", "a\tb it's\n"),
        ("echo 'x=sourced' > /tmp/s; source /tmp/s; echo $x; let x=2*3; echo $x", "sourced\n6\n"),
    ],
)  # fmt: skip
def test_bash(line: str, out: str) -> None:
    result = sh(line, CENTOS)
    assert (result.stdout, result.stderr) == (out, "")


def test_mistakes_in_bash() -> None:
    for line, err in (
        ("readonly r=1; r=2; echo on", "sh: r: readonly variable\n"),
        ("set -u; echo $nothing; echo on", "sh: nothing: unbound variable\n"),
        ("echo $((1/0))", 'sh: 1/0: division by 0 (error token is "0")\n'),
    ):
        result = sh(line, CENTOS)
        assert (result.stdout, result.stderr, result.code) == ("", err, 1)
    assert sh("[ a = ]", CENTOS).stderr.endswith("[: a: unary operator expected\n")
    assert sh("x='a b'; [ $x = a ]", CENTOS).stderr.endswith("[: too many arguments\n")


def test_ash_has_some_of_it_and_dash_none() -> None:
    line = "x=abc; echo ${x:1:1} $'a\\tb' {a,b}; function f { echo f; }; f; let x=2; echo $((x++))"
    assert sh(line, BUSYBOX).stdout == "b a\tb {a,b}\nf\n2\n"
    assert sh("echo $'a'", DEBIAN).stdout == "$a\n"
    assert sh("[[ a == a ]]", DEBIAN).stderr == "sh: 1: [[: not found\n"
    assert sh("source /dev/null", DEBIAN).code == 127
