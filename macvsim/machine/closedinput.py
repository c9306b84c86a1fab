"""The words of programs whose standard input is closed (EBADF), of Debian 13's programs and busybox 1.37."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Answer = tuple[int, str]
"""Exit status, and standard error; ``{}`` stands for the name of the program, ``{why}`` for the text of EBADF."""

_TWICE = 1, "{}: -: {why}\n{}: -: {why}"
_SUM = 1, "{}: -: {why}\n{}: standard input: {why}"
GNU: Mapping[str, Answer] = MappingProxyType(
    {
        "awk": (2, "{}: read error ({why})"),
        "cat": (1, "{}: -: {why}\n{}: closing standard input: {why}"),
        "comm": (1, "{}: -: {why}"),
        **dict.fromkeys(("cut", "nl", "paste"), _TWICE),
        "dd": (1, "{}: error reading 'standard input': {why}\n{}: closing input file 'standard input': {why}"),
        "grep": (2, "{}: (standard input): {why}"),
        "head": (1, "{}: error reading 'standard input': {why}\n{}: -: {why}"),
        **dict.fromkeys(("md5sum", "sha1sum", "sha256sum", "sha512sum"), _SUM),
        "rev": (1, "{}: fgetwc() failed: {why}"),
        "sed": (4, "{}: read error on stdin: {why}"),
        "sort": (2, "{}: stat failed: -: {why}"),
        "tac": (1, "{}: 'standard input': read error: {why}\n{}: -: {why}"),
        "tail": (1, "{}: cannot fstat 'standard input': {why}\n{}: -: {why}"),
        "tee": (1, "{}: read error: {why}\n{}: standard input: {why}"),
        "tr": (1, "{}: read error: {why}"),
        "uniq": (1, "{}: error reading '-': {why}"),
    }
)
BUSYBOX: Mapping[str, Answer] = MappingProxyType(
    {
        "awk": (1, "{}: cmd. line:1: {why}"),
        "cat": (1, "{}: read error: {why}"),
        **dict.fromkeys(("cut", "nl", "paste", "rev", "sed", "sort"), (0, "")),
        "dd": (1, "{}: standard input: {why}"),
        **dict.fromkeys(("grep", "tee"), (1, "")),
        "head": (1, "{}: standard input: Input/output error"),
        **dict.fromkeys(("md5sum", "sha1sum", "sha256sum", "sha512sum"), (1, "{}: can't read '-': {why}")),
        "tac": (1, "{}: -: {why}"),
        "tail": (1, "{}: read error: {why}"),
        "tr": (1, "{}: read error: {why}"),
        "uniq": (1, "{}: (null): I/O error"),
    }
)


def closed_input(name: str, *, busybox: bool) -> Answer | None:
    """Exit status, and what a program prints on standard error; None for a program without a recording."""
    answer = (BUSYBOX if busybox else GNU).get(name)
    if answer is None:
        return None
    status, form = answer
    text = form.replace("{}", name).replace("{why}", "Bad file descriptor")
    return status, f"{text}\n" if text else ""
