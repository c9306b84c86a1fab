"""The names of things that a page about the code mentions, and the names that exist in the checkout.

A page writes names in code spans: a path (``dev/base.py``, relative to macvsim/ or to the checkout), a module-level
name (``flow_of``), a member (``Sim.drop``), ``python -m MODULE``, ``make TARGET`` or ``macvsim COMMAND``. A name of the
kernel has parentheses and no code span: ip_rcv(). Other code spans, such as commands of Linux, are not looked at.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

from macvsim.cli import parser
from tests.docs.blocks import ROOT

_SPAN = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|md|txt|toml|yml|json))|[\w.-]+(?:/[\w.-]+)+")
_NAME = re.compile(r"(_?[A-Za-z]\w*(?:\.\w+)?)(?:\(.*\))?")
_KERNEL = re.compile(r"\b(_{0,2}[a-z0-9]+(?:_[a-z0-9]+)+)\(\)")


@cache
def members() -> dict[str, frozenset[str]]:
    """Every module-level name of macvsim, and the members of each class, inherited ones included."""
    own: dict[str, set[str]] = defaultdict(set)
    bases: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "macvsim").rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            for name in _defined(node):
                own[name].update(_members(node) if isinstance(node, ast.ClassDef) else ())
            if isinstance(node, ast.ClassDef):
                bases[node.name].update(base.id for base in node.bases if isinstance(base, ast.Name))

    def all_of(name: str, seen: frozenset[str]) -> set[str]:
        found = set(own.get(name, ()))
        for base in bases.get(name, set()) - seen:
            found |= all_of(base, seen | {name})
        return found

    return {name: frozenset(all_of(name, frozenset())) for name in own}


def _defined(node: ast.AST) -> Iterator[str]:
    """Names that a statement defines in its own scope."""
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        yield node.name
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))
    elif isinstance(node, ast.If):  # under TYPE_CHECKING
        for statement in node.body:
            yield from _defined(statement)


def _members(cls: ast.ClassDef) -> Iterator[str]:
    """Names in the body of a class, and attributes that its methods set."""
    for statement in cls.body:
        yield from _defined(statement)
    for node in ast.walk(cls):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


@cache
def kernel_names() -> frozenset[str]:
    """Every word of macvsim's sources: their docstrings name the kernel's functions."""
    text = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "macvsim").rglob("*.py")))
    return frozenset(re.findall(r"\w+", text))


@cache
def _commands() -> frozenset[str]:
    usage = parser().format_help()
    return frozenset(re.findall(r"^    ([a-z]+) ", usage, re.MULTILINE))


@cache
def _targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def unknown(text: str) -> Iterable[str]:
    """Names in the text of a page that nothing in the checkout has."""
    text = re.sub(r"^ *(`{3,}).*?^ *\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from (span for span in _SPAN.findall(text) if not _exists(span))
    yield from (name for name in _KERNEL.findall(_SPAN.sub("", text)) if name not in kernel_names())


def _exists(span: str) -> bool:
    words = span.split()
    if words[:2] == ["python", "-m"]:
        path = words[2].replace(".", "/")
        is_ours = words[2].split(".")[0] in ("tests", "benchmarks", "macvsim")
        return not is_ours or any((ROOT / f"{path}{end}").exists() for end in (".py", "/__init__.py"))
    if words[0] == "make" and len(words) > 1:
        return words[1] in _targets()
    if words[0] == "macvsim" and len(words) > 1:
        return words[1] in _commands()
    if _PATH.fullmatch(span):
        return any((root / span).exists() for root in (ROOT, ROOT / "macvsim"))
    named = _NAME.fullmatch(span)
    if named is None or (named[1].islower() and "_" not in named[1] and "." not in named[1]):
        return True  # a word such as `debian`
    thing, _, member = named[1].partition(".")
    return thing in members() and (not member or member in members()[thing])
