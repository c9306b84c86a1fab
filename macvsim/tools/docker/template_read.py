"""Reading Go templates: text, actions in ``{{…}}``, blocks, pipelines."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import ToolError

_ACTION = re.compile(r"\{\{(- )?(.*?)( -)?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r'\s*(?:(?P<string>"(?:\\.|[^"\\])*"|`[^`]*`)|(?P<number>-?\d+)|(?P<variable>\$\w*)|(?P<field>\.\w+)|(?P<dot>\.)'
    r"|(?P<word>\w+)|(?P<mark>:=|[|(),=]))"
)


class Token(NamedTuple):
    kind: str
    text: str
    pos: int


@dataclass
class Node:
    """A piece of a template: text, an action, or a block with its two branches; chained : by ``{{else if}}``."""

    kind: str
    text: str = ""
    names: Sequence[str] = ()
    pipe: Pipe | None = None
    body: list[Node] = field(default_factory=list)
    other: list[Node] = field(default_factory=list)
    chained: bool = False


Operand = tuple[str, Any, Sequence[Token]]
"""What a word of a pipeline stands for: its kind, value, and the fields behind it."""
Pipe = list[list[Operand]]


def read(text: str, functions: Collection[str]) -> list[Node]:
    """The pieces of a template; `functions`: names that stand for functions.  Raises `ToolError`."""
    root: list[Node] = []
    open_blocks: list[Node] = []
    here = root
    position = 0
    trims = False
    for match in _ACTION.finditer(text):
        before = text[position : match.start()]
        if position and trims:
            before = before.lstrip()
        if match[1]:
            before = before.rstrip()
        if before:
            here.append(Node("text", before))
        position = match.end()
        trims = bool(match[3])
        tokens = _tokens(match[2], match.start(2))
        if not tokens:
            if match[2].strip().startswith("/*"):
                continue
            raise ToolError("template: :1: missing value for command")
        word = tokens[0].text if tokens[0].kind == "word" else ""
        if word == "end":
            if not open_blocks:
                raise ToolError("template: :1: unexpected {{end}}")
            while open_blocks.pop().chained:
                pass
            here = _branch(open_blocks, root)
        elif word == "else":
            if not open_blocks:
                raise ToolError("template: :1: unexpected {{else}}")
            here = open_blocks[-1].other
            if len(tokens) > 1:  # {{else if X}} stands for {{else}}{{if X}} with the same {{end}}
                block = _action(tokens[1].text, tokens[2:], functions)
                if block.kind not in ("if", "with"):
                    raise ToolError(f"template: :1: unexpected <{tokens[1].text}> in else")
                block.chained = True
                here.append(block)
                open_blocks.append(block)
                here = block.body
        elif word in ("define", "template", "block", "break", "continue"):
            raise NotSimulated(f"{{{{{word}}}}} in a template", Effect.READS)
        elif word in ("range", "if", "with"):
            block = _action(word, tokens[1:], functions)
            here.append(block)
            open_blocks.append(block)
            here = block.body
        else:
            here.append(_action("action", tokens, functions))
    tail = text[position:]
    if tail:
        here.append(Node("text", tail.lstrip() if position and trims else tail))
    if "{{" in _ACTION.sub("", text):
        raise ToolError("template: :1: unclosed action")
    if open_blocks:
        raise ToolError("template: :1: unexpected EOF")
    return root


def _branch(open_blocks: list[Node], root: list[Node]) -> list[Node]:
    """Where reading goes on behind ``{{end}}``."""
    if not open_blocks:
        return root
    block = open_blocks[-1]
    return block.other if block.other else block.body


def _tokens(text: str, start: int) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while text[position:].strip() and not text.strip().startswith("/*"):
        match = _TOKEN.match(text, position)
        if match is None:
            bad = text[position:].strip()[0]
            raise ToolError(f'template: :1: unexpected "{bad}" in operand')
        assert match.lastgroup is not None
        begin = match.start(match.lastgroup)
        adjacent = begin == position
        kind = match.lastgroup
        tokens.append(Token(kind if adjacent or kind != "field" else "first field", match[kind], start + begin))
        position = match.end()
    return tokens


def _action(kind: str, tokens: list[Token], functions: Collection[str]) -> Node:
    """An action or the head of a block, with the variables it declares."""
    names: list[str] = []
    marks = [token.text for token in tokens]
    if ":=" in marks or (tokens and tokens[0].kind == "variable" and "=" in marks):
        sign = marks.index(":=") if ":=" in marks else marks.index("=")
        names = [token.text for token in tokens[:sign] if token.kind == "variable"]
        tokens = tokens[sign + 1 :]
    if not tokens:
        raise ToolError(f"template: :1: missing value for {kind if kind != 'action' else 'command'}")
    pipe, rest = _pipeline(tokens, functions)
    if rest:
        raise ToolError(f'template: :1: unexpected "{rest[0].text}" in command')
    return Node(kind, names=names, pipe=pipe)


def _pipeline(tokens: list[Token], functions: Collection[str]) -> tuple[Pipe, list[Token]]:
    pipe: Pipe = [[]]
    while tokens and tokens[0].text != ")":
        token, tokens = tokens[0], tokens[1:]
        if token.text == "|":
            pipe.append([])
            continue
        operand, tokens = _one(token, tokens, functions)
        pipe[-1].append(operand)
    if not all(pipe):
        raise ToolError("template: :1: missing value for command")
    return pipe, tokens


def _one(token: Token, tokens: list[Token], functions: Collection[str]) -> tuple[Operand, list[Token]]:
    kind: str
    value: Any = None
    fields: list[Token] = []
    if token.kind == "string":
        kind, value = "value", token.text[1:-1] if token.text[0] == "`" else json.loads(token.text)
    elif token.kind == "number":
        kind, value = "value", int(token.text)
    elif token.kind == "variable":
        kind, value = "variable", token.text
    elif token.kind == "dot":
        kind = "dot"
    elif token.kind in ("field", "first field"):
        kind, fields = "dot", [Token("field", token.text, token.pos)]
    elif token.text == "(":
        value, tokens = _pipeline(tokens, functions)
        if not tokens:
            raise ToolError("template: :1: unclosed left paren")
        kind, tokens = "pipe", tokens[1:]
    elif token.text in ("true", "false", "nil"):
        kind, value = "value", {"true": True, "false": False}.get(token.text)
    elif token.text in functions:
        kind, value = "function", token.text
    else:
        raise ToolError(f'template: :1: function "{token.text}" not defined')
    while tokens and tokens[0].kind == "field":
        fields.append(tokens[0])
        tokens = tokens[1:]
    return (kind, value, fields), tokens
