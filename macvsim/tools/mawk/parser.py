"""From tokens to an awk program (POSIX.1-2017, awk, Grammar)."""

from __future__ import annotations

from macvsim.errors import Effect, NotSimulated
from macvsim.tools.mawk.expressions import Expressions
from macvsim.tools.mawk.lexer import AwkSyntaxError
from macvsim.tools.mawk.nodes import (
    Block,
    Delete,
    Each,
    Element,
    Evaluate,
    Group,
    If,
    Leave,
    Loop,
    Operation,
    Print,
    Program,
    Rule,
    Statement,
    Variable,
)

_NOTHING = Block(())


class Parser(Expressions):
    """A recursive descent; expressions are read by `Expressions`."""

    def program(self) -> Program:
        """All of it."""
        found = Program()
        self.skip("newline", ";")
        while self.token.kind != "end":
            self._item(found)
            self.skip("newline", ";")
        for name in self.called:
            if name not in found.functions:
                raise AwkSyntaxError(self.token.line + 1, name, "function")
        return found

    def _item(self, program: Program) -> None:
        if self.take("BEGIN"):
            program.begin.append(self._braced())
        elif self.take("END"):
            program.end.append(self._braced())
        elif self.take("function"):
            name = self.advance().text
            self.expect("(")
            params: list[str] = []
            while not self.take(")"):
                params.append(self.advance().text)
                self.take(",")
            self.skip("newline")
            program.functions[name] = (tuple(params), self._braced())
        else:
            if self.at("}"):
                raise self.unexpected("")
            first = last = None
            if not self.at("{"):
                first = self.expression()
                if self.take(","):
                    self.skip("newline")
                    last = self.expression()
            program.rules.append(Rule(first, last, self._braced() if self.at("{") else None))

    def _braced(self) -> Block:
        self.expect("{")
        statements: list[Statement] = []
        self.skip("newline", ";")
        while not self.take("}"):
            if self.token.kind == "end":
                raise self.unexpected("}")
            statements.append(self._statement())
            self.skip("newline", ";")
        return Block(tuple(statements))

    def _statement(self) -> Statement:
        """One statement with what ends it."""
        if self.at("{"):
            return self._braced()
        match self.token.text if self.token.kind == "keyword" else "":
            case "if":
                return self._if()
            case "while":
                self.advance()
                return Loop(None, self._condition(), None, self._body())
            case "do":
                self.advance()
                body = self._body()
                self.skip("newline", ";")
                self.expect("while")
                return self._ended(Loop(None, self._condition(), None, body, after=True))
            case "for":
                return self._for()
        return self._ended(self._simple())

    def _ended(self, statement: Statement) -> Statement:
        if not (self.at("}") or self.token.kind == "end"):
            if self.token.kind != "newline" and not self.at(";"):
                raise self.unexpected()
            self.advance()
        return statement

    def _body(self) -> Statement:
        self.skip("newline")
        return _NOTHING if self.take(";") else self._statement()

    def _condition(self) -> Group:
        self.expect("(")
        condition = self.expression()
        self.expect(")")
        return Group((condition,))

    def _if(self) -> Statement:
        self.advance()
        condition = self._condition()
        then = self._body()
        before = self.position
        self.skip("newline", ";")
        if self.take("else"):
            return If(condition, then, self._body())
        self.position = before
        return If(condition, then, None)

    def _for(self) -> Statement:
        self.advance()
        self.expect("(")
        first = None if self.at(";") else self._simple()
        if isinstance(first, Evaluate) and isinstance(first.expression, Operation) and self.at(")"):
            operation = first.expression
            if operation.operator == "in" and isinstance(operation.operands[0], Variable):
                self.advance()
                array = operation.operands[1]
                assert isinstance(array, Variable)
                return Each(operation.operands[0].name, array.name, self._body())
        self.expect(";")
        self.skip("newline")
        condition = None if self.at(";") else self.expression()
        self.expect(";")
        self.skip("newline")
        step = None if self.at(")") else self._simple()
        self.expect(")")
        return Loop(first, condition, step, self._body())

    def _simple(self) -> Statement:
        """A statement without others in it, and without what ends it."""
        token = self.token
        if token.kind != "keyword":
            return Evaluate(self.expression())
        match token.text:
            case "print" | "printf":
                return self._print()
            case "next" | "break" | "continue":
                return Leave(self.advance().text)
            case "exit" | "return":
                self.advance()
                ends = self.token.kind in ("newline", "end") or self.at(";", "}")
                return Leave(token.text, None if ends else self.expression())
            case "delete":
                self.advance()
                target = self.primary()
                if isinstance(target, Element):
                    return Delete(target.name, target.subscripts)
                if isinstance(target, Variable):
                    return Delete(target.name, ())
                raise self.unexpected()
            case "getline" | "nextfile":
                raise NotSimulated(f"awk's {token.text}", Effect.NONE)
        raise self.unexpected()

    def _print(self) -> Statement:
        formatted = self.advance().text == "printf"
        args = []
        ends = self.token.kind in ("newline", "end") or self.at(";", "}", ">", ">>", "|")
        if not ends:
            args = [self.expression(compares=False)]
            while self.take(","):
                self.skip("newline")
                args.append(self.expression(compares=False))
        if self.at("|"):
            raise NotSimulated("awk's print into a command", Effect.CHANGES)
        appends = self.at(">>")
        target = None
        if self.take(">") or self.take(">>"):
            target = self.primary()
        if len(args) == 1 and isinstance(args[0], Group) and len(args[0].parts) > 1:
            args = list(args[0].parts)
        if formatted and not args:
            raise self.unexpected()
        return Print(formatted, tuple(args), target, appends)
