"""Tokens of an awk program (POSIX.1-2017, awk, Lexical Conventions)."""

from __future__ import annotations

import re
from typing import NamedTuple

KEYWORDS = frozenset(
    ("BEGIN", "END", "function", "func", "if", "else", "while", "for", "do", "break", "continue", "next", "exit",
     "return", "delete", "in", "getline", "print", "printf", "nextfile")
)  # fmt: skip
FUNCTIONS = frozenset(
    ("length", "substr", "index", "split", "sub", "gsub", "match", "sprintf", "tolower", "toupper", "int", "sqrt",
     "exp", "log", "sin", "cos", "atan2", "rand", "srand", "system", "close", "fflush")
)  # fmt: skip
_TOKEN = re.compile(
    r"""(?P<blank>(?:[ \t\r]|\\\r?\n|\#[^\n]*)+)
    |(?P<newline>\n)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|0[xX][0-9a-fA-F]+)
    |(?P<string>"(?:[^"\\\n]|\\.|\\\n)*")
    |(?P<name>[A-Za-z_]\w*)
    |(?P<operator>\*\*=|\*\*|&&|\|\||\+\+|--|[-+*/%^]=|[<>=!]=|>>|!~|[-+*/%^!><|?:~$=,;(){}\[\]])""",
    re.VERBOSE,
)
_REGEX = re.compile(r"/((?:[^/\\\n\[]|\\.|\[\^?\]?(?:\[:\w+:\]|[^\]\n])*\])*)/")
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|(\n)|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ENDS_VALUE = frozenset((")", "]", "$", "++", "--"))


class AwkSyntaxError(Exception):
    """No program: the line, the token that does not belong there, and what is missing before it."""

    def __init__(self, line: int, near: str, missing: str = "") -> None:
        super().__init__(near)
        self.line = line
        self.near = near
        self.missing = missing

    def texts(self) -> list[str]:
        """As mawk says it."""
        if self.near in "@`'?" and not self.missing:
            return [f"{self.line}: unexpected character '{self.near}'"]
        if self.missing == "}" and self.near == "end of file":
            return [f"line {self.line + 1}: missing }} near end of file"]
        if self.missing == "string":
            return [f"line {self.line}: runaway string constant {self.near} ..."]
        if self.missing in ("regex", "arguments"):
            return [f"line {self.line}: {self.near}"]
        if self.missing == "function":
            return [f"line {self.line}: function {self.near} never defined"]
        near = "end of line" if self.near in ("\n", "end of file") else self.near
        if self.missing == ")":
            return [f"line {self.line}: missing ) near {near}"]
        if near == "}" and not self.missing:
            return [f"line {self.line}: extra '}}'", f"line {self.line}: syntax error at or near end of line"]
        return [f"line {self.line}: syntax error at or near {near}"]


class Token(NamedTuple):
    """`kind` is ``number``, ``string``, ``regex``, ``name``, ``call`` (a name right before a parenthesis),
    ``function`` (of the language), ``keyword``, ``operator``, ``newline`` or ``end``.
    """

    kind: str
    text: str
    line: int


def tokens(text: str, *, busybox: bool) -> list[Token]:
    """All tokens of a program, the last one being ``end``; busybox has ``**``, which mawk has not."""
    found: list[Token] = []
    at, line = 0, 1
    while at < len(text):
        last = found[-1] if found else None
        if text[at] == "/" and not _ends_value(last):
            match = _REGEX.match(text, at)
            if match is None:
                raise AwkSyntaxError(line, text[at:].split("\n")[0])
            found.append(Token("regex", match[1], line))
        else:
            match = _TOKEN.match(text, at)
            if match is None and text[at] == '"':
                raise AwkSyntaxError(line, text[at : at + 11].partition("\n")[0], "string")
            if match is None:
                raise AwkSyntaxError(line, text[at])
            if match[0] in ("**", "**=") and not busybox:
                raise AwkSyntaxError(line, "*")
            token = _token(match, line, text[match.end() : match.end() + 1])
            if token is not None:
                found.append(token)
        line += text.count("\n", at, match.end())
        at = match.end()
    return [*found, Token("end", "end of file", line)]


def _ends_value(token: Token | None) -> bool:
    """What follows is an operator: a slash divides."""
    return token is not None and (
        token.kind in ("number", "string", "name", "function")
        or (token.kind == "operator" and token.text in _ENDS_VALUE)
    )


def _token(match: re.Match[str], line: int, follows: str) -> Token | None:
    kind, text = match.lastgroup or "", match[0]
    match kind:
        case "blank":
            return None
        case "string":
            text = unescaped(text[1:-1])
        case "name" if text in KEYWORDS:
            kind, text = "keyword", "function" if text == "func" else text
        case "name" if text in FUNCTIONS:
            kind = "function"
        case "name" if follows == "(":
            kind = "call"
        case "operator":
            text = text.replace("**", "^")
    return Token(kind, text, line)


def unescaped(text: str) -> str:
    """Text with its backslashes read; an unknown one stays."""

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 8))
        return "" if match[2] else _LETTERS.get(match[3], match[0])

    return _ESCAPE.sub(one, text)
