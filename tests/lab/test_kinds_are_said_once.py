"""Names of device kinds stand in the registry only, and no code outside dev/ tests for the class of a device."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import macvsim
from macvsim.dev.registry import Kinds

ROOT = Path(macvsim.__file__).parent
NAMES = {kind.name for kind in Kinds()}
CLASSES = {kind.device.__name__ for kind in Kinds()}
ALLOWED = {
    "dev/registry.py": "the table",
    "docker": "names of Docker's network drivers",
    "tools/docker": "names of Docker's network drivers",
    "exchange/restore_docker.py": "names of Docker's network drivers",
    "repair/containers.py": "names of Docker's network drivers",
    "why/refusal.py": "names of Docker's network drivers",
    "fidelity/replay/testbed.py": "how transcripts show which kinds their kernel lacked",
    "fidelity/verify": "kinds that the cases of the differential run consist of",
    "wire/pcapfilter": "words of packet filters",
}
"""Where names of kinds stand together for another reason."""


def _texts(node: ast.AST) -> list[str]:
    """The constant texts of an expression or of a literal collection."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return [text for one in node.elts for text in _texts(one)]
    if isinstance(node, ast.Dict):
        return [text for one in node.keys if one is not None for text in _texts(one)]
    return []


def _is_kind(node: ast.AST) -> bool:
    """True for ``kind`` and ``….kind``, but for the kind of an edge in a picture."""
    if isinstance(node, ast.Attribute):
        return node.attr == "kind" and not (isinstance(node.value, ast.Name) and node.value.id == "edge")
    return isinstance(node, ast.Name) and node.id == "kind"


def _offences(tree: ast.AST, *, in_dev: bool) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(map(_is_kind, sides)) and NAMES & {text for side in sides for text in _texts(side)}:
                yield node.lineno, "compares a kind with names"
        elif isinstance(node, ast.Match) and _is_kind(node.subject):
            cases = {text for one in node.cases for leaf in ast.walk(one.pattern) for text in _texts(leaf)}
            if NAMES & cases:
                yield node.lineno, "matches a kind with names"
        elif isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
            texts = _texts(node)
            if len(NAMES & set(texts)) > 1:
                yield node.lineno, f"lists kinds: {', '.join(texts)}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            named = {one.id for one in ast.walk(node.args[1]) if isinstance(one, ast.Name)}
            if named & CLASSES and not in_dev:
                yield node.lineno, f"asks for the class {', '.join(sorted(named & CLASSES))}"


def _found(source: str, *, in_dev: bool = False) -> list[str]:
    return [what for _, what in _offences(ast.parse(source), in_dev=in_dev)]


def test_kinds_are_said_once() -> None:
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        name = str(path.relative_to(ROOT))
        allowed = any(name == one or name.startswith(f"{one}/") for one in ALLOWED)
        in_dev = name.startswith("dev/")
        for line, what in _offences(ast.parse(path.read_text()), in_dev=in_dev):
            if not allowed or what.startswith("asks"):
                found.append(f"{name}:{line} {what}")
    assert not found, "\n".join(found)


def test_offences_are_seen() -> None:
    assert _found('if dev.kind == "vlan": pass') == ["compares a kind with names"]
    assert _found('if dev.lower.kind in ("nic", "x"): pass') == ["compares a kind with names"]
    assert _found('match link.kind:\n    case "veth" | "dummy":\n        pass') == ["matches a kind with names"]
    assert _found('ROWS = {"veth": 1, "bridge": 2}') == ["lists kinds: veth, bridge"]
    assert _found("isinstance(dev, Nic | Veth)") == ["asks for the class Nic, Veth"]
    assert _found("isinstance(dev, Nic | Veth)", in_dev=True) == []
    assert _found('if edge.kind == "veth" or word == "vlan": pass') == []
