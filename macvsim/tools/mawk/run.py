"""An awk program at work: variables, statements, and the values of expressions."""

from __future__ import annotations

import math

from macvsim.engine.budget import LONG
from macvsim.machine.call import Call as Process
from macvsim.shell.regexp import Pattern
from macvsim.tools.mawk import functions
from macvsim.tools.mawk.nodes import (
    Assign,
    Block,
    Call,
    Constant,
    Delete,
    Each,
    Element,
    Evaluate,
    Expression,
    Field,
    Group,
    If,
    Leave,
    Loop,
    Operation,
    Print,
    Program,
    Regex,
    Rule,
    Statement,
    Step,
    Variable,
)
from macvsim.tools.mawk.output import Output
from macvsim.tools.mawk.record import field_number
from macvsim.tools.mawk.regex import regex
from macvsim.tools.mawk.values import (
    Array,
    AwkError,
    Input,
    Value,
    compare,
    formatted,
    number,
    text,
    truth,
)
from macvsim.tools.mawk.variables import Variables

_MOST_CALLS = 200


_PER_STEP = 16
"""Statements that count as one step of the budget."""


class _Left(Exception):
    """``next``, ``break``, ``continue``, ``return``: out of what is running."""

    def __init__(self, word: str, value: Value = None) -> None:
        super().__init__(word)
        self.word = word
        self.value = value


class Exit(Exception):
    """``exit``."""


class Run(Variables):
    """One run; call : the program of the machine, with ENVIRON; busybox : not mawk."""

    def __init__(self, program: Program, output: Output, call: Process, *, busybox: bool) -> None:
        super().__init__(call.env)
        self._meter = call.box.sim.meter
        self.field = self._meter.field
        self._described = call.described
        self._steps = 0
        self.program = program
        self.code = 0
        self.output = output
        self.busybox = busybox

    # -- the whole -----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """The BEGIN actions."""
        for block in self.program.begin:
            self._statement(block)

    def line(self, line: str) -> None:
        """One record."""
        for name in ("NR", "FNR"):
            self.set(name, number(self.get(name)) + 1)
        separator = self.string(self.get("FS"))
        if self.busybox and separator != " " and not self.get("RS"):  # POSIX: lines of a paragraph are fields too
            separator = f"[{separator}]|\n" if len(separator) == 1 else f"{separator}|\n"
        self.record.read(line, separator)
        try:
            for rule in self.program.rules:
                if self._selected(rule):
                    if rule.action is None:
                        self._print(Print(False, ()))
                    else:
                        self._statement(rule.action)
        except _Left as left:
            if left.word != "next":
                raise AwkError(f"{left.word} outside a loop") from None

    def end(self) -> None:
        """The END actions."""
        for block in self.program.end:
            self._statement(block)

    def _selected(self, rule: Rule) -> bool:
        if rule.last is None:
            return rule.first is None or truth(self.value(rule.first))
        if not rule.inside and (rule.first is None or not truth(self.value(rule.first))):
            return False
        rule.inside = not truth(self.value(rule.last))
        return True

    def step(self, number: int) -> None:
        """So many statements or matches more."""
        self._steps += number
        if self._steps >= _PER_STEP:
            self._meter.step(self._described, self._steps // _PER_STEP)
            self._steps %= _PER_STEP

    def build(self, size: int) -> None:
        """A text of so many characters is about to be built."""
        self._meter.build(size, f"{self._described()}: a text grows long" if size >= LONG else "")

    # -- variables -----------------------------------------------------------------------------------------------------

    def _key(self, subscripts: tuple[Expression, ...]) -> str:
        return self.string(self.get("SUBSEP")).join(self.string(self.value(part)) for part in subscripts)

    def assign(self, target: Expression, value: Value) -> None:
        """Give a variable, field or element a value."""
        match target:
            case Variable(name):
                self.set(name, value)
            case Element(name, subscripts):
                self.array(name)[self._key(subscripts)] = value
            case Field(which):
                at = field_number(self.value(which))
                self.build_fields(at)
                self.record.set(at, value, self.string(self.get("FS")), self.string(self.get("OFS")))

    # -- statements ----------------------------------------------------------------------------------------------------

    def _statement(self, statement: Statement) -> None:
        self.step(1)
        match statement:
            case Print():
                self._print(statement)
            case Evaluate(expression):
                self.value(expression)
            case Block(statements):
                for one in statements:
                    self._statement(one)
            case If(condition, then, otherwise):
                if truth(self.value(condition)):
                    self._statement(then)
                elif otherwise is not None:
                    self._statement(otherwise)
            case Loop():
                self._loop(statement)
            case Each(name, array, body):
                for key in list(self.array(array)):
                    self.set(name, Input(key))
                    if not self._goes_on(body):
                        break
            case Delete(name, subscripts):
                if subscripts:
                    self.array(name).pop(self._key(subscripts), None)
                else:
                    self.array(name).clear()
            case Leave("exit", value):
                if value is not None:
                    self.code = int(number(self.value(value))) & 255
                raise Exit
            case Leave(word, value):
                raise _Left(word, None if value is None else self.value(value))

    def _loop(self, loop: Loop) -> None:
        if loop.first is not None:
            self._statement(loop.first)
        first = loop.after
        while first or loop.condition is None or truth(self.value(loop.condition)):
            first = False
            if not self._goes_on(loop.body):
                return
            if loop.step is not None:
                self._statement(loop.step)

    def _goes_on(self, body: Statement) -> bool:
        """Run the body of a loop once; False: it was left."""
        try:
            self._statement(body)
        except _Left as left:
            if left.word not in ("break", "continue"):
                raise
            return left.word == "continue"
        return True

    def _print(self, statement: Print) -> None:
        values = [self.value(part) for part in statement.args]
        if statement.formatted:
            line = self._formatted(statement, values)
        else:
            form = text(self.get("OFMT"))
            shown = [text(value, form) for value in values] or [self.string(self.record.get(0))]
            line = self.string(self.get("OFS")).join(shown) + self.string(self.get("ORS"))
        name = "" if statement.target is None else self.string(self.value(statement.target))
        self.output.write(line, name, appends=statement.appends)

    def _formatted(self, statement: Print, values: list[Value]) -> str:
        try:
            return formatted(self.string(values[0]), values[1:], self.field, function="" if self.busybox else "printf")
        except AwkError as error:
            if error.printed is None:
                raise
            name = "" if statement.target is None else self.string(self.value(statement.target))
            self.output.write(error.printed, name, appends=statement.appends)
            raise

    # -- expressions ---------------------------------------------------------------------------------------------------

    def value(self, expression: Expression) -> Value:
        """Value of an expression."""
        match expression:
            case Constant(constant):
                return constant
            case Variable(name):
                return self.get(name)
            case Field(which):
                at = field_number(self.value(which))
                return self.record.get(at)
            case Element(name, subscripts):
                return self.array(name).setdefault(self._key(subscripts), None)
            case Regex(source):
                return float(regex(source).test(self.string(self.record.get(0))))
            case Group(parts):
                return self.value(parts[0]) if len(parts) == 1 else self._key(parts)
            case Operation(operator, operands):
                return self._operation(operator, operands)
            case Assign(target, operator, right):
                value = self.value(right)
                if operator:
                    value = self._calculate(operator, number(self.value(target)), number(value))
                self.assign(target, value)
                return value
            case Step(target, by, after):
                old = number(self.value(target))
                self.assign(target, old + by)
                return old if after else old + by
            case Call(name, args):
                return self._call(name, args)
        raise AwkError("bad expression")

    def _operation(self, operator: str, operands: tuple[Expression, ...]) -> Value:
        match operator:
            case "&&":
                return float(truth(self.value(operands[0])) and truth(self.value(operands[1])))
            case "||":
                return float(truth(self.value(operands[0])) or truth(self.value(operands[1])))
            case "?":
                return self.value(operands[1] if truth(self.value(operands[0])) else operands[2])
            case "in":
                array = operands[1]
                assert isinstance(array, Variable)
                return float(self.string(self.value(operands[0])) in self.array(array.name))
            case "~" | "!~":
                found = self.pattern(operands[1]).test(self.string(self.value(operands[0])))
                return float(found == (operator == "~"))
        values = [self.value(part) for part in operands]
        match operator:
            case "concat":
                left, right = self.string(values[0]), self.string(values[1])
                self.build(len(left) + len(right))
                return left + right
            case "!":
                return float(not truth(values[0]))
            case "neg":
                return -number(values[0])
            case "pos":
                return number(values[0])
            case "<" | "<=" | "==" | "!=" | ">" | ">=":
                order = compare(values[0], values[1])
                return float({"<": order < 0, "<=": order <= 0, "==": order == 0, "!=": order != 0, ">": order > 0,
                              ">=": order >= 0}[operator])  # fmt: skip
        return self._calculate(operator, number(values[0]), number(values[1]))

    def pattern(self, expression: Expression) -> Pattern:
        """What to search for: an expression between slashes, or the text of any other."""
        return regex(expression.source if isinstance(expression, Regex) else self.string(self.value(expression)))

    def _call(self, name: str, args: tuple[Expression, ...]) -> Value:
        if name in functions.FUNCTIONS:
            return functions.FUNCTIONS[name](self, args)
        if len(self.frames) >= _MOST_CALLS:
            raise AwkError("function call nesting too deep")
        params, body = self.program.functions[name]
        frame: dict[str, Value | Array] = dict.fromkeys(params)
        for param, arg in zip(params, args, strict=False):
            if isinstance(arg, Variable) and arg.name != "NF":
                frame[param] = self.scope(arg.name).get(arg.name)
            else:
                frame[param] = self.value(arg)
        self.frames.append(frame)
        try:
            self._statement(body)
        except _Left as left:
            if left.word != "return":
                raise
            return left.value
        finally:
            self.frames.pop()
            for param, arg in zip(params, args, strict=False):
                if isinstance(arg, Variable) and isinstance(frame[param], dict):  # it began to exist in there
                    self.scope(arg.name)[arg.name] = frame[param]
        return None

    def _calculate(self, operator: str, left: float, right: float) -> float:
        match operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "^":
                return math.pow(left, right)
        if right:
            return left / right if operator == "/" else math.fmod(left, right)
        if self.busybox:
            raise AwkError("Division by zero")
        return math.copysign(math.inf, left) if operator == "/" and left else -math.nan
