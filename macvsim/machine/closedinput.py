"""The words of programs whose standard input is closed (EBADF), recorded from Debian 13's programs and busybox 1.37."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_GNU: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "awk": (2, "{}: read error ({why})"),
        "cat": (1, "{}: -: {why}\n{}: closing standard input: {why}"),
        "comm": (1, "{}: -: {why}"),
        "dd": (1, "{}: error reading 'standard input': {why}\n{}: closing input file 'standard input': {why}"),
        "grep": (2, "{}: (standard input): {why}"),
        "head": (1, "{}: error reading 'standard input': {why}\n{}: -: {why}"),
        "md5sum": (1, "{}: -: {why}\n{}: standard input: {why}"),
        "rev": (1, "{}: fgetwc() failed: {why}"),
        "sed": (4, "{}: read error on stdin: {why}"),
        "sort": (2, "{}: stat failed: -: {why}"),
        "tac": (1, "{}: 'standard input': read error: {why}\n{}: -: {why}"),
        "tail": (1, "{}: cannot fstat 'standard input': {why}\n{}: -: {why}"),
        "tee": (1, "{}: read error: {why}\n{}: standard input: {why}"),
        "tr": (1, "{}: read error: {why}"),
        "uniq": (1, "{}: error reading '-': {why}"),
        "wc": (1, "{}: 'standard input': {why}\n{}: -: {why}"),
    }
)
_BUSYBOX: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "awk": (1, "{}: cmd. line:1: {why}"),
        "cat": (1, "{}: read error: {why}"),
        "dd": (1, "{}: standard input: {why}"),
        "md5sum": (1, "{}: can't read '-': {why}"),
        "tac": (1, "{}: -: {why}"),
        "tail": (1, "{}: read error: {why}"),
        "tr": (1, "{}: read error: {why}"),
        "wc": (1, "{}: standard input: {why}"),
    }
)


def closed_input(name: str, *, busybox: bool) -> tuple[int, str]:
    """Exit status, and what a program prints on standard error."""
    status, text = (_BUSYBOX if busybox else _GNU).get(name, (1, "{}: -: {why}\n{}: -: {why}"))
    return status, text.replace("{}", name).replace("{why}", "Bad file descriptor") + "\n"
