"""Mutants of a Python file: each replaces the text of one syntax node, so that all other lines stay as they are.

Left alone is what changes no behaviour or what a type checker is for: annotations, decorators,
docstrings, assertions, ``__repr__``, ``__slots__``, and f-strings, whose parts have no positions before Python 3.12.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_OPERATORS: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.FloorDiv(),
    ast.FloorDiv: ast.Mult(),
    ast.Mod: ast.FloorDiv(),
    ast.LShift: ast.RShift(),
    ast.RShift: ast.LShift(),
    ast.BitAnd: ast.BitOr(),
    ast.BitOr: ast.BitAnd(),
    ast.BitXor: ast.BitOr(),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[ast.cmpop, ...]] = {
    ast.Lt: (ast.LtE(), ast.GtE()),
    ast.LtE: (ast.Lt(), ast.Gt()),
    ast.Gt: (ast.GtE(), ast.LtE()),
    ast.GtE: (ast.Gt(), ast.Lt()),
    ast.Eq: (ast.NotEq(),),
    ast.NotEq: (ast.Eq(),),
    ast.Is: (ast.IsNot(),),
    ast.IsNot: (ast.Is(),),
    ast.In: (ast.NotIn(),),
    ast.NotIn: (ast.In(),),
}
_TEXT = (ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set)
"""Operands that make ``+``, ``%`` and ``|`` no arithmetic: another operator raises TypeError, and any test fails."""


@dataclass(frozen=True)
class Mutant:
    """One change.

    path : from the root of the tree; function : the dotted name of the function or class it is in, or ``""``
    lines : the change is executed when one of these lines is; empty: when the module is imported
    start, end : bytes of the source that `text` replaces
    """

    path: str
    kind: str
    function: str
    line: int
    lines: tuple[int, ...]
    start: int
    end: int
    text: str

    def apply(self, source: bytes) -> bytes:
        """The changed source."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def compiles(self, source: bytes) -> bool:
        """True if the change leaves a program."""
        try:
            compile(self.apply(source), self.path, "exec", dont_inherit=True)
        except SyntaxError:
            return False
        return True

    def diff(self, source: bytes) -> str:
        """The change as a unified diff without context."""
        before, after = source.decode().splitlines(), self.apply(source).decode().splitlines()
        lines = list(difflib.unified_diff(before, after, self.path, self.path, n=0, lineterm=""))
        return "\n".join(lines[2:])

    def changed(self, source: bytes) -> tuple[str, str]:
        """What the change takes out and what it puts in, line by line, without indentation."""
        lines = self.diff(source).splitlines()[1:]
        old, new = (" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
        return old, new


def mutants(path: Path, root: Path) -> list[Mutant]:
    """Every mutant of a file, in the order of its text."""
    source = path.read_bytes()
    walker = _Walker(path.relative_to(root).as_posix(), source)
    walker.visit(ast.parse(source))
    return sorted(set(walker.found), key=lambda mutant: (mutant.start, mutant.end, mutant.kind, mutant.text))


class _Walker(ast.NodeVisitor):
    def __init__(self, path: str, source: bytes) -> None:
        self.path = path
        self.found: list[Mutant] = []
        self._offsets = [0]
        for line in source.splitlines(keepends=True):
            self._offsets.append(self._offsets[-1] + len(line))
        self._names: list[str] = []
        self._returns = ""
        self._lines: list[tuple[int, ...]] = [()]
        """Lines of the function that is being looked at; outside functions none."""
        self._above: list[ast.AST] = []

    # -- the walk ------------------------------------------------------------------------------------------------------

    def visit(self, node: ast.AST) -> None:
        for name, replacement in _changes(node, self._above[-1] if self._above else None, self._returns):
            self._add(node, name, replacement)
        self._above.append(node)
        super().visit(node)
        self._above.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if node.name == "__repr__":
            return
        outside, self._returns = self._returns, ast.unparse(node.returns) if node.returns else ""
        self._names.append(node.name)
        body = tuple(range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1))
        self._lines.append(body)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        for statement in node.body:
            self.visit(statement)
        self._lines.pop()
        self._names.pop()
        self._returns = outside

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._names.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self._names.pop()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(isinstance(target, ast.Name) and target.id == "__slots__" for target in node.targets):
            self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """Assertions tell the type checker what the code knows."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Parts of f-strings have no positions of their own."""

    # -- finding ------------------------------------------------------------------------------------------------------

    def _add(self, node: ast.AST, kind: str, replacement: ast.AST) -> None:
        assert isinstance(node, ast.expr | ast.stmt)
        text = ast.unparse(replacement)
        nested = bool(self._above) and isinstance(self._above[-1], ast.expr) and not isinstance(node, ast.Constant)
        if nested and not isinstance(self._above[-1], ast.Call):
            text = f"({text})"
        start = self._offsets[node.lineno - 1] + node.col_offset
        end = self._offsets[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        self.found.append(
            Mutant(self.path, kind, ".".join(self._names), node.lineno, self._executed(node), start, end, text)
        )

    def _executed(self, node: ast.expr | ast.stmt) -> tuple[int, ...]:
        """Lines by which the statement around a node counts as covered; a function's whole body for its defaults."""
        body = self._lines[-1]
        if node.lineno not in body:
            return body
        statement = next((above for above in reversed([*self._above, node]) if isinstance(above, ast.stmt)), node)
        head = statement.body[0].lineno - 1 if isinstance(statement, _BLOCKS) else statement.end_lineno or node.lineno
        return tuple(range(statement.lineno, max(head, statement.lineno) + 1))


_BLOCKS = (ast.If, ast.While, ast.For, ast.With, ast.Try)


def _changes(node: ast.AST, above: ast.AST | None, returns: str) -> Iterator[tuple[str, ast.AST]]:
    """Kinds of changes of one node, and what to put in its place; `returns`: what the function is annotated with."""
    match node:
        case ast.BinOp(left, op, right) if type(op) in _OPERATORS and not _is_text(left) and not _is_text(right):
            yield "operator", ast.BinOp(left, _OPERATORS[type(op)], right)
        case ast.AugAssign(target, op, value) if type(op) in _OPERATORS and not _is_text(value):
            yield "operator", ast.AugAssign(target, _OPERATORS[type(op)], value)
        case ast.Compare(left, [op], [right]):
            for other in _COMPARISONS[type(op)]:
                yield "comparison", ast.Compare(left, [other], [right])
        case ast.BoolOp(op, values):
            yield "boolean", ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield "negation", operand
        case ast.Constant(bool() as value):
            yield "constant", ast.Constant(not value)
        case ast.Constant(int() as value):
            yield "constant", ast.Constant(value + 1)
            if value > 0:
                yield "constant", ast.Constant(value - 1)
        case ast.IfExp(test, body, orelse):
            yield "branches", ast.IfExp(test, orelse, body)
        case ast.Return(ast.expr() as value):
            yield from _other_results(value, returns)
        case ast.Break():
            yield "statement", ast.Continue()
        case ast.Continue():
            yield "statement", ast.Break()
        case ast.Expr(ast.Call()) | ast.Delete() | ast.Raise():
            yield "statement", ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "statement", ast.Pass()
        case _:
            pass
    if isinstance(node, ast.AugAssign):
        yield "statement", ast.Pass()
    if isinstance(above, ast.If | ast.While | ast.IfExp) and node is above.test and not isinstance(node, _NEGATED):
        yield ("branches" if above.orelse else "negation"), ast.UnaryOp(ast.Not(), node)


_NEGATED = (ast.Compare, ast.UnaryOp, ast.BoolOp, ast.Constant)
"""Conditions that have a negation, or parts to change, of their own."""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, _TEXT) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def _other_results(value: ast.expr, returns: str) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(value, ast.Constant):
        return
    if returns == "bool":
        yield "result", ast.Return(ast.UnaryOp(ast.Not(), value))
    elif returns == "int":
        yield "result", ast.Return(ast.BinOp(value, ast.Add(), ast.Constant(1)))
    else:
        yield "result", ast.Return(ast.Constant(None))
