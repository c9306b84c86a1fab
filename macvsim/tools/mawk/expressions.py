"""Expressions of awk by precedence (POSIX.1-2017, awk, table Expressions in Decreasing Precedence)."""

from __future__ import annotations

from typing import cast

from macvsim.errors import Effect, NotSimulated
from macvsim.tools.mawk.lexer import AwkSyntaxError, Token, tokens
from macvsim.tools.mawk.nodes import (
    Assign,
    Call,
    Constant,
    Element,
    Expression,
    Field,
    Group,
    Operation,
    Regex,
    Step,
    Variable,
)
from macvsim.tools.mawk.regex import regex
from macvsim.tools.mawk.values import AwkError

_ASSIGNMENTS = ("=", "+=", "-=", "*=", "/=", "%=", "^=")
_COMPARISONS = ("<", "<=", "!=", "==", ">", ">=")
_ARGUMENTS = {"length": (0, 1), "substr": (2, 3), "index": (2, 2), "split": (2, 3), "sub": (2, 3), "gsub": (2, 3),
              "match": (2, 2), "sprintf": (1, 1 << 30), "atan2": (2, 2)}  # fmt: skip
"""How many arguments functions of the language take, at least and at most; others take one."""
_IN_GRAMMAR = {"length": 1, "split": 1, "sub": 2, "gsub": 2, "match": 2}
"""Functions whose arguments are part of mawk's grammar; the place of the variable, if they have one."""
_BEGINS_OPERAND = frozenset(("$", "!", "(", "-", "+", "++", "--"))


class Expressions:
    """The tokens of a program, and the reading of expressions from them."""

    def __init__(self, text: str, *, busybox: bool) -> None:
        self._tokens = tokens(text, busybox=busybox)
        self._busybox = busybox
        self.position = 0
        self._compares = True
        """``>`` compares; after print it stands for a file."""
        self.called: list[str] = []
        """Functions that are called, but not those of the language."""

    # -- tokens --------------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        """The token ahead."""
        return self._tokens[self.position]

    def advance(self) -> Token:
        """Take the token ahead."""
        token = self.token
        self.position += token.kind != "end"
        return token

    def at(self, *texts: str) -> bool:
        """True if one of these operators or keywords is ahead."""
        return self.token.kind in ("operator", "keyword") and self.token.text in texts

    def take(self, text: str) -> bool:
        """Take an operator or keyword if it is ahead."""
        found = self.at(text)
        if found:
            self.advance()
        return found

    def expect(self, text: str) -> None:
        """Take what has to be ahead."""
        if not self.take(text):
            raise self.unexpected(text)

    def skip(self, *what: str) -> None:
        """Take line ends, and operators that are named."""
        while (self.token.kind == "newline" and "newline" in what) or self.at(*what):
            self.advance()

    def unexpected(self, missing: str = "?") -> AwkSyntaxError:
        """What is ahead does not belong there."""
        return AwkSyntaxError(self.token.line, self.token.text, missing)

    # -- from the loosest to the tightest ------------------------------------------------------------------------------

    def expression(self, *, compares: bool = True) -> Expression:
        """Assignments and what binds tighter."""
        before, self._compares = self._compares, compares
        try:
            return self._assignment()
        finally:
            self._compares = before

    def _assignment(self) -> Expression:
        left = self._ternary()
        if self.at(*_ASSIGNMENTS):
            if not isinstance(left, Variable | Field | Element):
                raise self.unexpected()
            operator = self.advance().text[:-1]
            self.skip("newline")
            return Assign(left, operator, self._assignment())
        return left

    def _ternary(self) -> Expression:
        condition = self._or()
        if not self.take("?"):
            return condition
        self.skip("newline")
        then = self._assignment()
        self.skip("newline")
        self.expect(":")
        self.skip("newline")
        return Operation("?", (condition, then, self._assignment()))

    def _or(self) -> Expression:
        left = self._and()
        while self.take("||"):
            self.skip("newline")
            left = Operation("||", (left, self._and()))
        return left

    def _and(self) -> Expression:
        left = self._in()
        while self.take("&&"):
            self.skip("newline")
            left = Operation("&&", (left, self._in()))
        return left

    def _in(self) -> Expression:
        left = self._match()
        while self.take("in"):
            name = self.advance()
            left = Operation("in", (left, Variable(name.text)))
        return left

    def _match(self) -> Expression:
        left = self._comparison()
        while self.at("~", "!~"):
            operator = self.advance().text
            left = Operation(operator, (left, self._comparison()))
        return left

    def _comparison(self) -> Expression:
        left = self._concatenation()
        if self.at(*_COMPARISONS) and (self._compares or self.token.text != ">"):
            operator = self.advance().text
            left = Operation(operator, (left, self._concatenation()))
        elif self.at("|"):
            following = self._tokens[self.position + 1]
            if following.text == "getline":
                raise NotSimulated("awk's getline of a command", Effect.CHANGES)
        return left

    def _concatenation(self) -> Expression:
        left = self._sum()
        while self._operand_follows():
            left = Operation("concat", (left, self._sum()))
        return left

    def _operand_follows(self) -> bool:
        token = self.token
        if token.kind == "operator":
            return token.text in _BEGINS_OPERAND and token.text not in ("+", "-")
        return token.kind in ("number", "string", "regex", "name", "call", "function")

    def _sum(self) -> Expression:
        left = self._product()
        while self.at("+", "-"):
            left = Operation(self.advance().text, (left, self._product()))
        return left

    def _product(self) -> Expression:
        left = self._unary()
        while self.at("*", "/", "%"):
            left = Operation(self.advance().text, (left, self._unary()))
        return left

    def _unary(self) -> Expression:
        if self.at("!", "-", "+"):
            operator = self.advance().text
            return Operation({"!": "!", "-": "neg", "+": "pos"}[operator], (self._unary(),))
        return self._power()

    def _power(self) -> Expression:
        left = self._step()
        if self.take("^"):
            right = self._unary() if self.at("-", "+", "!") else self._power()
            return Operation("^", (left, right))
        return left

    def _step(self) -> Expression:
        if self.at("++", "--"):
            by = 1 if self.advance().text == "++" else -1
            return Step(self.primary(), by, after=False)
        value = self.primary()
        if self.at("++", "--") and isinstance(value, Variable | Field | Element):
            return Step(value, 1 if self.advance().text == "++" else -1, after=True)
        return value

    # -- the tightest --------------------------------------------------------------------------------------------------

    def primary(self) -> Expression:
        """A constant, variable, field, call, or what is in parentheses."""
        token = self.advance()
        match token.kind, token.text:
            case "number", text:
                return Constant(float(int(text, 16)) if text[:2] in ("0x", "0X") else float(text))
            case "string", text:
                return Constant(text)
            case "regex", text:
                self._check(text, token)
                return Regex(text)
            case "operator", "$":
                return Field(self._step() if self.at("++", "--") else self._signed())
            case "operator", "(":
                return Group(self._arguments())
            case "function", name:
                if name in ("system", "close", "fflush", "srand", "rand"):
                    raise NotSimulated(f"awk's {name}()", Effect.CHANGES if name == "system" else Effect.NONE)
                if self.take("("):
                    args = self._arguments_of(name, token.line)
                    place = {"match": 1, "sub": 0, "gsub": 0}.get(name, len(args))
                    if place < len(args) and isinstance(args[place], Constant):
                        self._check(str(cast(Constant, args[place]).value), token)
                    return Call(name, args)
                if name != "length":
                    raise self.unexpected()
                return Call(name, ())
            case "call", name:
                self.expect("(")
                self.called.append(name)
                return Call(name, self._arguments())
            case "name", name:
                if self.take("["):
                    return Element(name, self._list("]"))
                return Variable(name)
            case "keyword", "getline":
                raise NotSimulated("awk's getline", Effect.NONE)
        self.position -= token.kind != "end"
        raise self.unexpected()

    def _check(self, text: str, token: Token) -> None:
        """Refuse a regular expression that does not compile: mawk compiles constants when it reads the program."""
        try:
            regex(text)
        except AwkError as error:
            if self._busybox:
                return
            raise AwkSyntaxError(token.line, str(error), "regex") from None

    def _signed(self) -> Expression:
        return self._unary() if self.at("-", "+", "!") else self.primary()

    def _arguments_of(self, name: str, line: int) -> tuple[Expression, ...]:
        """The arguments of a function of the language, as many as it takes."""
        least, most = _ARGUMENTS.get(name, (1, 1))
        if self._busybox or name not in _IN_GRAMMAR:
            args = self._arguments()
            if not least <= len(args) <= most:
                few, limit = ("not enough", f"need {least}") if len(args) < least else ("too many", f"maximum {most}")
                raise AwkSyntaxError(line, f"{few} arguments in call to {name}: {len(args)} ({limit})", "arguments")
            return args
        found: list[Expression] = []
        while found or least or not self.at(")"):
            found.append(self._variable(name) if len(found) == _IN_GRAMMAR[name] else self.expression())
            if len(found) == most or not self.take(","):
                break
            self.skip("newline")
        if len(found) < least or not self.take(")"):
            raise self.unexpected(")" if self.token.kind in ("newline", "end") else "?")
        return tuple(found)

    def _variable(self, name: str) -> Expression:
        """An array for split, what can be assigned to for sub."""
        at, found = self.position, self.primary()
        if not isinstance(found, Variable if name == "split" else Variable | Element | Field):
            self.position = at + (isinstance(found, Element))
            raise self.unexpected()
        return found

    def _arguments(self) -> tuple[Expression, ...]:
        return self._list(")")

    def _list(self, closing: str) -> tuple[Expression, ...]:
        """Expressions between commas, up to what closes them."""
        found: list[Expression] = []
        while not self.take(closing):
            if self.at(")", "}", "]"):
                raise self.unexpected(closing)
            found.append(self.expression())
            if not self.take(","):
                self.expect(closing)
                break
            self.skip("newline")
        return tuple(found)
