"""How exercises are checked: an answer is tried on a lab, and what the lab does is the verdict.

A notebook calls ``check_1_1(...)`` with the dots in place; the student puts the answer there.  The checkers of each
notebook are in ``checks_NN.py`` beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from html import escape
from typing import Any

from macvsim import Lab, MacvsimError


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right (None: there is none yet), and why, in English and Chinese."""

    right: bool | None
    english: str
    chinese: str

    def __bool__(self) -> bool:
        return self.right is True

    def __repr__(self) -> str:
        word = {True: "Right", False: "Not yet", None: "No answer yet"}[self.right]
        return f"{word}: {self.english}\n{self.chinese}"

    def _repr_html_(self) -> str:
        word, colour = {
            True: ("✓ Right · 正确", "#1a7f4b"),
            False: ("✗ Not yet · 还不对", "#c4314b"),
            None: ("… No answer yet · 还没有回答", "#6b7785"),
        }[self.right]
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 2px 10px"><b style="color: {colour}">{word}</b>'
            f"<br>{escape(self.english)}<br>{escape(self.chinese)}</div>"
        )


def right(english: str, chinese: str) -> Verdict:
    return Verdict(True, english, chinese)


def wrong(english: str, chinese: str) -> Verdict:
    return Verdict(False, english, chinese)


def exercise(check: Callable[[Any], Verdict]) -> Callable[[Any], Verdict]:
    """A checker: dots are no answer, and an answer that no lab can try is wrong and says why."""

    @wraps(check)
    def checked(answer: Any) -> Verdict:
        if answer is ...:
            return Verdict(
                None,
                "put your answer in place of the dots, and run the cell again.",
                "请用你的答案替换省略号，再运行本单元。",
            )
        try:
            return check(answer)
        except MacvsimError as mistake:
            return wrong(str(mistake), "（实验室拒绝了这个答案，原因见上。）")
        except (TypeError, ValueError, AttributeError) as mistake:
            return wrong(f"an answer of another form is asked for: {mistake}", "答案的形式不对。")

    return checked


def type_commands(lab: Lab, answer: dict[str, str]) -> None:
    """Type commands, ``{"host1": "one line\\nanother"}``; `MacvsimError` tells of the first that fails."""
    for node, commands in answer.items():
        for line in commands.strip().splitlines():
            result = lab[node].sh(line)
            if result.code:
                said = (result.stderr or result.stdout).strip().splitlines()
                raise MacvsimError(f"{node}# {line}: {said[-1] if said else f'exit status {result.code}'}")
