"""Regular expressions: sed's recorded answers, the real sed where there is one, Python's `re`, and time."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macvsim.errors import NotSimulated
from macvsim.shell.regexp import (
    AWK,
    BASIC,
    EGREP,
    EXTENDED,
    GREP,
    SED,
    SED_EXTENDED,
    RegexError,
    Syntax,
    compiled,
)
from tests.unit import regexp_lab as lab

CASES = json.loads(lab.RECORDED.read_text())


def marked(expression: str, syntax: Syntax, texts: list[str], groups: int) -> list[str] | str:
    """The texts as ``s/expression/<&>[\\1].../g`` makes them, or the error message."""
    try:
        pattern = compiled(expression, syntax=syntax)
    except RegexError as error:
        return str(error)
    found = []
    for text in texts:
        parts, at = [], 0
        for match in pattern.matches(text):
            spans = "".join(f"[{match[number]}]" for number in range(1, min(groups, lab.GROUPS) + 1))
            parts.append(f"{text[at : match.start]}<{match[0]}>{spans}")
            at = match.end
        found.append("".join([*parts, text[at:]]))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{'E' if case['extended'] else 'G'}:{case['expression']}")
def test_every_recorded_expression_matches_and_fails_as_in_sed(case: dict[str, Any]) -> None:
    syntax = SED_EXTENDED if case["extended"] else SED
    assert marked(case["expression"], syntax, case["texts"], case["groups"]) == case["sed"]


@pytest.mark.skipif(
    shutil.which("sed") is None
    or "GNU sed" not in subprocess.run(["sed", "--version"], capture_output=True, text=True, check=False).stdout,
    reason="no GNU sed here",
)
@pytest.mark.parametrize("seed", range(8))
def test_random_expressions_match_as_in_the_real_sed(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(12):
        expression = lab.anchored(rng, lab.random_expression(rng, rng.randint(1, 4)))
        texts = [lab.random_text(rng) for _ in range(5)]
        extended = rng.random() < 0.6
        typed = expression if extended else lab.as_basic(expression)
        groups = expression.count("(")
        try:
            real = lab.sed(typed, texts, lab.marks(groups), extended=extended)
        except subprocess.TimeoutExpired:
            continue
        assert marked(typed, SED_EXTENDED if extended else SED, texts, groups) == real, typed


@given(st.integers(0, 1_000_000))
@settings(max_examples=300, deadline=None)
def test_a_match_begins_where_python_finds_one(seed: int) -> None:
    """Both take the leftmost start; which end is taken differs."""
    rng = random.Random(seed)
    expression = lab.anchored(rng, lab.random_expression(rng, rng.randint(0, 4)))
    text = lab.random_text(rng)
    python = expression.replace("\\<", r"(?:\b(?=\w))").replace("\\>", r"(?:\b(?<=\w))").replace("{,", "{0,")
    try:
        pattern, other = compiled(expression, syntax=EXTENDED), re.compile(python)
    except (RegexError, re.error):
        return
    if re.search(r"[*+?}][*+?{]|\\[12]", expression):  # lazy for Python; and it fails where an unset group is asked for
        return
    match, found = pattern.search(text), other.search(text)
    assert (match is None) == (found is None) == (not pattern.test(text))
    if match is not None and found is not None:
        assert match.start == found.start()
        assert match.end >= found.end()


@pytest.mark.parametrize("expression", ["^(a+)+$", "(a|aa)*b", "(a*)*c", "(a|a)*(a|a)*d", "(.*)*(.*)*x", "((a?)*){3}!"])
def test_time_grows_with_the_text_and_not_faster(expression: str) -> None:
    """Exponential for `re`.  The ratio of two measures counts, not either."""
    pattern = compiled(expression, syntax=EGREP)

    def cost(size: int) -> float:
        text = "a" * size + "?"
        measures = []
        for _ in range(5):
            begun = time.process_time_ns()
            pattern.test(text)
            pattern.search(text)
            measures.append(time.process_time_ns() - begun)
        return min(measures)

    cost(1000)
    assert cost(40_000) < 12 * cost(10_000)


@pytest.mark.parametrize("expression", ["a|a.*b", "a|(a+)*b", "(a|aa)(a*b)?"])
def test_time_for_all_matches_grows_with_the_text(expression: str) -> None:
    pattern = compiled(expression, syntax=EGREP)

    def cost(size: int) -> float:
        text = "a" * size
        measures = []
        for _ in range(5):
            begun = time.process_time_ns()
            assert sum(1 for _ in pattern.matches(text)) >= size // 2
            measures.append(time.process_time_ns() - begun)
        return min(measures)

    cost(200)
    assert cost(4_000) < 12 * cost(1_000)


def test_a_back_reference_that_takes_too_long_is_given_up() -> None:
    pattern = compiled("(a*)(a*)(a*)(a*)\\1\\2\\3\\4b", syntax=EXTENDED)
    with pytest.raises(NotSimulated):
        pattern.search("a" * 400 + "c" + "b")


@pytest.mark.parametrize("expression", ["((a{1,200}){1,200}){1,200}", "(a|b){30000}" + "c{30000}" * 2])
def test_an_expression_that_grows_too_large_is_refused(expression: str) -> None:
    with pytest.raises(NotSimulated):
        compiled(expression, syntax=EXTENDED)


def test_parentheses_may_be_as_deep_as_they_like() -> None:
    assert compiled("(" * 5000 + "a" + ")" * 5000, syntax=EXTENDED).test("a")


def test_many_states_are_forgotten_and_made_again() -> None:
    rng = random.Random(1)
    text = "".join(rng.choice("ab") for _ in range(6000)) + "c"
    pattern = compiled("(a|b)*a(a|b){12}c", syntax=EXTENDED)
    match = pattern.search(text)
    assert (match is not None) == (text[-14] == "a")


@pytest.mark.parametrize(
    ("text", "options", "sources", "found"),
    [
        ("foo barfoo foo", {"words": True}, ("foo",), ["foo", "foo"]),
        ("foobar foo", {"words": True}, ("foo.*",), ["foobar foo"]),
        ("ab a", {"words": True}, ("a", "abc"), ["a"]),
        ("abc abcd", {"words": True}, ("abc*d*",), ["abc", "abcd"]),
        ("ab", {"whole": True}, ("a|ab",), ["ab"]),
        ("abc", {"whole": True}, ("a|ab",), []),
        ("Ab aB", {"fold": True}, ("aB",), ["Ab", "aB"]),
        ("xABx", {"fold": True}, ("[a-b]+",), ["AB"]),
        ("Abab", {"fold": True}, ("(ab)\\1",), ["Abab"]),
        ("a\nb", {"lines": True}, ("^b$",), ["b"]),
        ("a\nb", {}, ("^b$",), []),
        ("a\nb", {}, ("a.b",), ["a\nb"]),
        ("aa bb", {}, ("(a)\\1", "(b)\\1"), ["aa", "bb"]),
    ],
)
def test_options_of_grep_and_sed(
    text: str, options: dict[str, bool], sources: tuple[str, ...], found: list[str]
) -> None:
    assert [match[0] for match in compiled(*sources, syntax=EXTENDED, **options).matches(text)] == found


@pytest.mark.parametrize(
    ("expression", "syntax", "text", "found"),
    [
        ("*a", EGREP, "*a", "a"),
        ("{1}b", EGREP, "b", "b"),
        ("a{1", EGREP, "a{1", "a{1"),
        ("a{1,x}", EGREP, "a{1,x}", "a{1,x}"),
        (")", EGREP, "a)", ")"),
        ("\\{1\\}", GREP, "a{1}", "{1}"),
        ("a\\{1\\}\\{2\\}", GREP, "aa", "aa"),
        ("*a", BASIC, "*a", "*a"),
        ("[:alpha:]", EXTENDED, "xp", "p"),
        ("a{2}", AWK, "aaa", "aa"),
        ("\\w", AWK, "w", "w"),
        ("[\\]]", AWK, "]", "]"),
        ("[\\n]", AWK, "\n", "\n"),
    ],
)
def test_dialects_differ(expression: str, syntax: Syntax, text: str, found: str) -> None:
    match = compiled(expression, syntax=syntax).search(text)
    assert match is not None
    assert match[0] == found


@pytest.mark.parametrize(
    ("expression", "syntax", "code"),
    [
        ("a{2,1}", EGREP, "BADBR"),
        ("a{}", EGREP, "BADBR"),
        ("a{1,2,3}", EGREP, "BADBR"),
        ("a{40000}", EGREP, "ESIZE"),
        ("[:alpha:]", EGREP, "CLASS"),
        ("a||b", AWK, "BADRPT"),
        ("()", AWK, "BADRPT"),
        ("a\\{x\\}", GREP, "BADBR"),
        ("a\\{1", GREP, "EBRACE"),
        ("[a", EXTENDED, "EBRACK"),
        ("a\\", EXTENDED, "EESCAPE"),
    ],
)
def test_dialects_refuse(expression: str, syntax: Syntax, code: str) -> None:
    with pytest.raises(RegexError) as refused:
        compiled(expression, syntax=syntax)
    assert refused.value.code == code


def test_grep_warns_of_a_repetition_of_nothing() -> None:
    assert compiled("*a|{1}b", syntax=EGREP).warnings == ("* at start of expression", "{...} at start of expression")
