"""yes, dd, truncate, checksums, paste, comm, nl, expr and /dev/urandom, as coreutils 9.7 answers."""

from __future__ import annotations

import pytest

from macvsim import Lab
from macvsim.machine.host import BUSYBOX
from tests.unit.shell_lab import make_box, sh

SORTED = "cd /tmp; printf 'a\\nc\\n' > A; printf 'b\\nc\\n' > B;"


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("yes | head -n 2; yes a b | head -n 1", "y\ny\na b\n"),
        ("head -c 1000000000 /dev/zero | wc -c", "1000000000\n"),
        ("seq 1 1000000000 | sed -n '2{p;q}'", "2\n"),
        ("echo hi > /tmp/a; md5sum /tmp/a; sha1sum < /tmp/a", "764efa883dda1e11db47671c4a3bbd9e  /tmp/a\n"
         "55ca6286e3e4f4fba5d0448333fa99fc5a404a73  -\n"),
        ("echo hi | sha256sum; md5sum --tag /dev/null",
         "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4"
         "  -\nMD5 (/dev/null) = d41d8cd98f00b204e9800998ecf8427e\n"),
        ("cd /tmp; echo hi > a; md5sum a > S; md5sum -c S; md5sum -c --quiet S; md5sum -c --status S; echo $?",
         "a: OK\n0\n"),
        (f"{SORTED} paste A B; paste -s -d, A B; paste -d '' A B", "a\tb\nc\tc\na,c\nb,c\nab\ncc\n"),
        (f"{SORTED} comm A B; comm -12 A B; comm --total -3 A B", "a\n\tb\n\t\tc\nc\na\n\tb\n1\t1\t1\ttotal\n"),
        ("printf 'x\\n\\ny\\n' | nl; printf 'x\\n\\n' | nl -ba -w2 -s: -nrz",
         "     1\tx\n       \n     2\ty\n01:x\n02:\n"),
        ("cd /tmp; truncate -s 10 q; wc -c < q; truncate -s +1K q; wc -c < q; truncate -s '<5' q; wc -c < q; "
         "truncate -s %4 q; wc -c < q", "10\n1034\n5\n8\n"),
        ("cd /tmp; echo abcdef > s; dd if=s bs=2 skip=1 count=2 status=none; echo; dd status=none < s",
         "cdef\nabcdef\n"),
        ("expr 1 + 2 '*' 3; expr -7 / 2; expr -7 % 2; expr 5 '<' 10; expr '(' 1 + 1 ')' '*' 4", "7\n-3\n-1\n1\n8\n"),
        ("expr abc : 'a\\(.\\)'; expr abc : x; expr abc : '.*'; expr match abc 'a.'", "b\n0\n3\n2\n"),
        ("expr aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! : '\\(a*\\)*$'; echo $?", "\n1\n"),
        ("expr length abc; expr substr abcd 2 2; expr index abcd cd; expr 0; echo $?; expr '' '|' b",
         "3\nbc\n3\n0\n1\nb\n"),
        ("head -c 300000 /dev/urandom | wc -c; test -e /dev/urandom; echo $?", "300000\n0\n"),
    ],
)  # fmt: skip
def test_outputs(line: str, out: str) -> None:
    result = sh(line)
    assert (result.stdout, result.stderr) == (out, "")


@pytest.mark.parametrize(
    ("line", "err", "code"),
    [
        ("md5sum /nosuch /tmp", "md5sum: /nosuch: No such file or directory\nmd5sum: /tmp: Is a directory\n", 1),
        ("echo junk > /tmp/J; md5sum -c /tmp/J", "md5sum: /tmp/J: no properly formatted checksum lines found\n", 1),
        ("comm /dev/null", "comm: missing operand after '/dev/null'\nTry 'comm --help' for more information.\n", 1),
        ("paste /nosuch", "paste: /nosuch: No such file or directory\n", 1),
        ("dd if=/nosuch", "dd: failed to open '/nosuch': No such file or directory\n", 1),
        ("dd foo=1", "dd: unrecognized operand 'foo=1'\nTry 'dd --help' for more information.\n", 1),
        ("dd bs=x", "dd: invalid number: 'x'\n", 1),
        ("dd if=/dev/zero of=/tmp/z bs=1k count=3", "3+0 records in\n3+0 records out\n"
         "3072 bytes (3.1 kB, 3.0 KiB) copied, 0 s, Infinity B/s\n", 0),
        ("echo abc | dd of=/tmp/z status=noxfer", "0+1 records in\n0+1 records out\n", 0),
        ("truncate", "truncate: you must specify either '--size' or '--reference'\n"
         "Try 'truncate --help' for more information.\n", 1),
        ("truncate -s x /tmp/q", "truncate: Invalid number: 'x'\n", 1),
        ("truncate -s 1 /nosuch/q", "truncate: cannot open '/nosuch/q' for writing: No such file or directory\n", 1),
        ("truncate -s 10G /tmp/q", "not simulated: a file of 10737418240 bytes\n", 95),
        ("expr", "expr: missing operand\nTry 'expr --help' for more information.\n", 2),
        ("expr 1 / 0", "expr: division by zero\n", 2),
        ("expr a + 1", "expr: non-integer argument\n", 2),
        ("expr 1 +", "expr: syntax error: missing argument after '+'\n", 2),
        ("expr '(' 1", "expr: syntax error: expecting ')' after '1'\n", 2),
        ("expr 1 2", "expr: syntax error: unexpected argument '2'\n", 2),
        ("expr a : '\\('", "expr: Unmatched ( or \\(\n", 2),
        ("md5sum /dev/zero", "not simulated: the checksum of /dev/zero, which has no end\n", 95),
        ("paste -z /dev/null", "not simulated: paste -z\n", 95),
    ],
)  # fmt: skip
def test_mistakes(line: str, err: str, code: int) -> None:
    result = sh(line)
    assert (result.stdout, result.stderr, result.code) == ("", err, code)


def test_a_changed_file_fails_the_check() -> None:
    result = sh("cd /tmp; echo hi > a; md5sum a > S; echo z >> a; md5sum -c S")
    assert (result.stdout, result.stderr, result.code) == (
        "a: FAILED\n",
        "md5sum: WARNING: 1 computed checksum did NOT match\n",
        1,
    )


def test_unsorted_files_are_noticed() -> None:
    result = sh("printf 'b\\na\\n' > /tmp/A; comm /tmp/A /dev/null")
    assert result.stdout == "b\na\n"
    assert result.stderr == "comm: file 1 is not in sorted order\ncomm: input is not in sorted order\n"
    assert result.code == 1


def test_random_bytes_are_those_of_the_seed() -> None:
    drawn = [Lab(seed=seed).host("h").sh("head -c 16 /dev/urandom | md5sum").stdout for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_busybox_has_them_too() -> None:
    box = make_box(BUSYBOX)
    assert box.sh("printf 'a\\n' | md5sum").stdout == "60b725f10c9c85c70d97880dfe8191b3  -\n"
    assert box.sh("echo x > /tmp/S; md5sum -c /tmp/S").code == 1
    assert box.sh("paste /nosuch").stderr == "paste: /nosuch: No such file or directory\n"
    assert box.sh("dd if=/dev/zero count=1").code == 95
