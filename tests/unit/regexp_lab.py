"""Random regular expressions, and the answers of GNU sed 4.9: ``python -m tests.unit.regexp_lab`` records them."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parents[1] / "data" / "regexp.json"
SEED, COUNT = 20261202, 400
GROUPS = 6
CURATED = (
    "*a", "a|*b", "(*a)", "+b", "{1}b", "a{,3}b", "a{1", "a{1,2", "a{x}", "a{1,x}", "a{2,1}", "a{40000}", "a**", "a+*",
    "a{2}{3}", "()", "a||b", "a|", "|a", ")", "a)", "(", "[[:foo:]]", "[:alpha:]", "[[.a.]]", "[[=a=]]", "[[.space.]]",
    "[z-a]", "\\1", "(a)\\2", "(a\\1)", "(a)|\\1", "^*", "a^b", "a$b", "(^a)", "(a$)", "a|^b", "a{0}b", "(a){0}b",
    "^^a", "a$$", "(^)*a", "(a|b)\\1", "[]a]", "[^]a]", "[a\\]", "[a-c-e]", "[--a]", "[[:alpha:]-z]", "a\\|b", "\\+b",
    "\\(a\\)\\1", "\\{1\\}", "a\\{2,\\}", "\\(^a\\)", "a\\|^b", "a$\\|b", "x^*", "\\(^*a\\)", "\\(*\\)",
    "a\\{1\\}\\{2\\}",
    "\\<*a", "^**", "$*", "\\w\\W", "\\`a", "b\\'", "\\<", "\\>", "\\b", "\\B", "(a|ab)(c|bcd)(d*)", "(a*)(ab)*(b*)",
    "((a)|(b))*", "(a|(b))*", "(a*)*", "(a*)+", "(|a)*(b)", "((a?))*", "(a{1,2})(a{1,2})(a*)", "(b.*) \\1",
)  # fmt: skip
TEXTS = ("abcd", "aabb ab", "*a{1}b", "a^b$+b", "aa x]", "bab bab", "")


def random_expression(rng: random.Random, depth: int) -> str:
    """An extended expression over a, b and c; where assertions and groups meet, sed itself errs, so they do not."""
    pick = rng.random()
    if depth <= 0 or pick < 0.35:
        return rng.choice(("a", "b", "c", "a", "b", "c", ".", "[ab]", "[^a]", "\\w", "\\W"))
    if pick < 0.5:
        return f"({random_expression(rng, depth - 1)})"
    if pick < 0.65:
        return f"({random_expression(rng, depth - 1)}|{random_expression(rng, depth - 1)})"
    if pick < 0.68:
        one = random_expression(rng, depth - 1)
        return rng.choice((f"(|{one})", f"({one}|)", "()"))
    if pick < 0.82:
        one = random_expression(rng, depth - 1)
        one = one if len(one) == 1 or one[0] in "([" else f"({one})"
        return one + rng.choice(("*", "+", "?", "{2}", "{0,2}", "{1,3}", "{,2}", "{2,}"))
    if pick < 0.84:
        return rng.choice(("\\1", "\\2"))
    return random_expression(rng, depth - 1) + random_expression(rng, depth - 1)


def anchored(rng: random.Random, expression: str) -> str:
    """An expression with assertions around it, at times; behind groups sed errs."""
    behind = "" if "(" in expression else rng.choice(("", "", "", "$", "\\>", "\\b"))
    return rng.choice(("", "", "", "^", "\\<", "\\b")) + expression + behind


def as_basic(expression: str) -> str:
    """The same as a basic expression."""
    found, at = "", 0
    while at < len(expression):
        size = 2 if expression[at] == "\\" else expression.index("]", at) + 1 - at if expression[at] == "[" else 1
        part = expression[at : at + size]
        found += f"\\{part}" if part in tuple("(){}|+?") else part
        at += size
    return found


def random_text(rng: random.Random) -> str:
    """A text of the letters that the expressions have."""
    return "".join(rng.choice("aabbc ") for _ in range(rng.randint(0, 9)))


def marks(groups: int) -> str:
    """The replacement that shows a match and its groups."""
    return "<&>" + "".join(f"[\\{number}]" for number in range(1, min(groups, GROUPS) + 1))


def sed(expression: str, texts: list[str], replacement: str, *, extended: bool) -> list[str] | str:
    """The lines as GNU sed prints them, or its error message."""
    command = ["sed", "-E"] if extended else ["sed"]
    done = subprocess.run(
        [*command, f"s/{expression}/{replacement}/g"],
        input="".join(f"{text}\n" for text in texts),
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    return done.stdout.split("\n")[:-1] if not done.returncode else done.stderr.strip().rpartition(": ")[2]


def _record() -> None:
    rng = random.Random(SEED)
    cases: list[dict[str, Any]] = []
    asked = [(one, list(TEXTS), extended) for one in CURATED for extended in (False, True)]
    for count in range(COUNT):
        expression = anchored(rng, random_expression(rng, rng.randint(1, 5)))
        extended = count % 3 > 0
        texts = [random_text(rng) for _ in range(4)]
        asked.append((expression if extended else as_basic(expression), texts, extended))
    for expression, texts, extended in asked:
        escaped = expression.count("\\(")
        groups = expression.count("(") - escaped if extended else escaped
        try:
            answer = sed(expression, texts, marks(groups), extended=extended)
        except subprocess.TimeoutExpired:
            continue
        cases.append({"expression": expression, "extended": extended, "texts": texts, "groups": groups, "sed": answer})
    lines = ",\n".join(json.dumps(case) for case in cases)
    RECORDED.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    _record()
