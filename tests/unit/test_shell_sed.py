"""sed, cp, mv, date and the smaller filters, in the words of GNU sed 4.9, coreutils 9 and busybox 1.37."""

from __future__ import annotations

import pytest

from macvsim.machine.host import BUSYBOX
from tests.unit.shell_lab import make_box, sh

FIVE = "printf '1\\n2\\n3\\n4\\n5\\n'"


@pytest.mark.parametrize(
    ("line", "out"),
    [
        (f"{FIVE} | sed -n 2p", "2\n"),
        (f"{FIVE} | sed '2,4d'", "1\n5\n"),
        (f"{FIVE} | sed -n '$p; /2/,/3/p'", "2\n3\n5\n"),
        (f"{FIVE} | sed '/3/!d'", "3\n"),
        (f"{FIVE} | sed 2q", "1\n2\n"),
        ("echo aaa | sed s/a/b/2; echo aaa | sed s/a/b/g", "aba\nbbb\n"),
        (r"echo 'foo bar' | sed 's/\(foo\) \(bar\)/\2-\1/'", "bar-foo\n"),
        ("echo 'foo bar' | sed -E 's/(o+)/[&]/; s|bar|a/b|'", "f[oo] a/b\n"),
        ("printf 'a\\nb\\n' | sed -e 's/a/1/' -e '2c changed'", "1\nchanged\n"),
        ("printf 'a\\nb\\n' | sed -e '1i first' -e '$a last'", "first\na\nb\nlast\n"),
        (r"printf 'a\nb\n' | sed 'N;s/\n/-/'; echo abc | sed y/abc/xyz/", "a-b\nxyz\n"),
        ("cd /tmp; echo ip_forward = 0 > c; sed -i 's/= 0/= 1/' c; cat c", "ip_forward = 1\n"),
        ("cd /tmp; echo a > f; cp f g; mv g h; mkdir d; cp f h d; ls d; cat h", "f\nh\na\n"),
        ("date -u '+%Y-%m-%d %H:%M:%S %s'; sleep 1.5; date +%T.%3N", "2026-01-01 00:00:00 1767225600\n00:00:01.500\n"),
        ("date", "Thu Jan  1 00:00:00 UTC 2026\n"),
        ("printf 'ab\\ncd\\n' | tac; echo abc | rev; printf abcdef | head -c 3; echo a b | xargs -n1", "cd\nab\ncba\n"
         "abca\nb\n"),
    ],
)  # fmt: skip
def test_outputs(line: str, out: str) -> None:
    result = sh(line)
    assert (result.stdout, result.stderr) == (out, "")


@pytest.mark.parametrize(
    ("line", "err", "code"),
    [
        ("echo | sed k", "sed: -e expression #1, char 1: unknown command: `k'\n", 1),
        ("echo | sed s/a/b", "sed: -e expression #1, char 5: unterminated `s' command\n", 1),
        ("sed p /nosuch", "sed: can't read /nosuch: No such file or directory\n", 2),
        ("cp /nosuch /tmp/x", "cp: cannot stat '/nosuch': No such file or directory\n", 1),
        ("cp /tmp /opt", "cp: -r not specified; omitting directory '/tmp'\n", 1),
        ("cp a", "cp: missing destination file operand after 'a'\nTry 'cp --help' for more information.\n", 1),
        ("mv a b /nosuch", "mv: target '/nosuch': No such file or directory\n", 1),
        ("date yesterday", "date: invalid date 'yesterday'\n", 1),
    ],
)
def test_mistakes(line: str, err: str, code: int) -> None:
    result = sh(line)
    assert (result.stdout, result.stderr, result.code) == ("", err, code)


def test_busybox_words() -> None:
    box = make_box(BUSYBOX)
    assert box.sh("mv /nosuch /tmp/x").stderr == "mv: can't rename '/nosuch': No such file or directory\n"
    assert box.sh("sed p /nosuch").code == 1
