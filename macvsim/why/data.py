"""Answers as data."""

from __future__ import annotations

from typing import Any

from macvsim.explain.explanation import Explanation
from macvsim.explain.fate import Ending
from macvsim.repair.edit import Edit
from macvsim.repair.search import Fix
from macvsim.why.ask import Answer


def as_data(answer: Answer) -> dict[str, Any]:
    """``verdict, reason, where, path, fixes``, and where in the file the question stands."""
    found = answer.explanation
    return {
        "file": answer.file,
        "line": answer.step.line if answer.step else None,
        "on": answer.step.node if answer.step else None,
        "command": answer.step.command if answer.step else None,
        "verdict": answer.verdict,
        "sentence": answer.sentence,
        "reason": answer.reason,
        "kernel": found.reason.kernel or None if found and found.reason else None,
        "where": answer.where or None,
        "hint": answer.hint,
        "path": _path(found) if found else [],
        "also": [_ending(one) for one in found.others] if found else [],
        "ignored": [_ending(one) for one in found.ignored] if found else [],
        "refused": [
            {
                "line": one.step.line,
                "on": one.where,
                "command": one.step.command,
                "reason": one.reason,
                "said": one.said,
            }
            for one in answer.above
        ],
        "after": [
            {"on": one.node, "command": one.command, "reason": one.reason, "time_ns": one.time} for one in answer.after
        ],
        "tried": answer.tried,
        "fixes": [_fix(fix) for fix in answer.fixes],
        "culprits": [{"line": step.line, "on": step.node, "command": step.command} for step in answer.culprits],
    }


def _path(found: Explanation) -> list[dict[str, Any]]:
    return [
        {
            "time_ns": step.time,
            "where": step.where,
            "action": step.action,
            "kernel_function": step.function or None,
            "frame": step.what,
        }
        for step in found.path
    ]


def _ending(one: Ending) -> dict[str, Any]:
    return {
        "where": one.where,
        "reason": one.reason.name,
        "kernel": one.reason.kernel or None,
        "why": one.detail or one.reason.meaning,
    }


def _fix(fix: Fix[Edit]) -> dict[str, Any]:
    return {"edits": [_edit(edit) for edit in fix.edits], "also_mends_lines": list(fix.also)}


def _edit(edit: Edit) -> dict[str, Any]:
    """``on`` and ``do``: what to type where; ``line`` and ``instead_of``: of the document, to be typed otherwise."""
    data: dict[str, Any] = {"on": edit.node, "do": edit.command}
    return {**data, "line": edit.line, "instead_of": edit.instead_of} if edit.line else data
