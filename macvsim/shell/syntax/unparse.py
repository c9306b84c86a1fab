"""From commands back to text, in the form of bash's ``declare -f`` and ``jobs`` (print_cmd.c)."""

from __future__ import annotations

from macvsim.shell.syntax.nodes import (
    AndOr,
    Assignment,
    Background,
    Case,
    Command,
    Count,
    For,
    Function,
    HereDocument,
    If,
    LeftOut,
    Let,
    Pipeline,
    Redirect,
    Redirected,
    Sequence,
    Simple,
    Subshell,
    Test,
    While,
    Word,
)

_STEP = " " * 4


def function_text(name: str, body: Command) -> str:
    """A function as ``declare -f`` prints it."""
    return _Printer().function(name, body)


def command_text(command: Command) -> str:
    """A command as a job is listed."""
    return _Printer().command(command)


def test_text(test: Test) -> str:
    """The text between ``[[`` and ``]]``."""
    match test.op, test.args:
        case ("&&" | "||") as op, (left, right):
            return f"{_operand(left)} {op} {_operand(right)}"
        case "!", (inner,):
            return f"! {_operand(inner)}"
        case "(", (inner,):
            return f"( {_operand(inner)} )"
        case op, (only,):
            return f"{op} {_operand(only)}"
        case op, (left, right):
            return f"{_operand(left)} {op} {_operand(right)}"
    raise AssertionError(test)


def _operand(arg: Test | Word) -> str:
    return test_text(arg) if isinstance(arg, Test) else arg.source


def _source(word: Word | Assignment) -> str:
    return word.source


class _Printer:
    """Commands as text; `indent` is that of the lines of the innermost body."""

    def __init__(self) -> None:
        self._indent = ""
        self._in_function = False
        """Commands stand below each other in functions only (inside_function_def)."""
        self._documents: list[HereDocument] = []

    def function(self, name: str, body: Command) -> str:
        redirects = ""
        if isinstance(body, Redirected):
            redirects = self._redirects(body.redirects)
            body = body.command
        if not (isinstance(body, Sequence) and body.braces):
            body = Sequence((body,), braces=True)
        before, self._in_function = self._in_function, True
        inner = self._body(Sequence(body.commands))
        self._in_function = before
        return f"{name} () \n{self._indent}{{ \n{inner}\n{self._indent}}}{redirects}"

    def _body(self, command: Command) -> str:
        """A command on lines of its own, one step further in."""
        before, self._indent = self._indent, self._indent + _STEP
        try:
            return self._indent + self.command(command)
        finally:
            self._indent = before

    def _ended(self, command: Command) -> str:
        """A body that ends with a semicolon."""
        text = self._body(command)
        return text if text.endswith(("&", "\n")) else f"{text};"

    def command(self, command: Command) -> str:
        at = self._indent
        match command:
            case Simple():
                return self._simple(command)
            case Sequence(commands, braces):
                if braces:
                    return f"{{ \n{self._body(Sequence(commands))}\n{at}}}"
                return self._lines(commands)
            case Pipeline(commands, inverted, timed):
                text = " | ".join(self.command(one) for one in commands)
                prefix = {"": "", "-p": "time -p "}.get(timed, "time ")
                return ("! " if inverted else "") + prefix + text
            case AndOr(left, op, right):
                return f"{self.command(left)} {op} {self.command(right)}"
            case Background(inner):
                return f"{self.command(inner)} &"
            case Subshell(body):
                return f"( {self.command(body)} )"
            case Redirected(inner, redirects):
                return self.command(inner) + self._redirects(redirects)
            case If():
                return self._if(command.branches, command.otherwise)
            case While(condition, body, inverted):
                word = "until" if inverted else "while"
                return f"{word} {self.command(condition)}; do\n{self._ended(body)}\n{at}done"
            case For(name, words, body):
                listed = '"$@"' if words is None else " ".join(word.source for word in words)
                return f"for {name} in {listed};\n{at}do\n{self._ended(body)}\n{at}done"
            case Count(first, condition, step, body):
                head = "; ".join(part.source.strip() for part in (first, condition, step))
                return f"for (({head}))\n{at}do\n{self._ended(body)}\n{at}done"
            case Case():
                return self._case(command)
            case Let(expression):
                return f"(({expression.source}))"
            case Test():
                return f"[[ {test_text(command)} ]]"
            case Function(name, body):
                return f"function {self.function(name, body)}"
            case LeftOut(_, source):
                return source

    def _lines(self, commands: tuple[Command, ...]) -> str:
        text = ""
        for command in commands:
            if text:
                between = f";\n{self._indent}" if self._in_function else "; "
                text += " " if text.endswith("&") else "\n" if text.endswith("\n") else between
            text += self.command(command)
        return text

    def _simple(self, command: Simple) -> str:
        words = " ".join(map(_source, (*command.assignments, *command.words)))
        return (words + self._redirects(command.redirects)).lstrip()

    def _redirects(self, redirects: tuple[Redirect, ...]) -> str:
        shown, documents = "", ""
        for redirect in redirects:
            standard = int(redirect.op[0] in ">&")
            number = f"{{{redirect.variable}}}" if redirect.variable else str(redirect.fd)
            prefix = "" if redirect.fd == standard and not redirect.variable else number
            target = redirect.target
            if isinstance(target, HereDocument):
                mark = target.delimiter if target.expand else f"'{target.delimiter}'"
                shown += f" {prefix}<<{'-' if target.strip_tabs else ''}{mark}"
                documents += f"\n{target.source}{target.delimiter}\n"
            elif redirect.op in (">&", "<&") and (target.source.rstrip("-").isdecimal() or target.source == "-"):
                shown += f" {number}{redirect.op}{target.source}"
            else:
                shown += f" {prefix}{redirect.op} {target.source}"
        return shown + documents

    def _if(self, branches: tuple[tuple[Command, Command], ...], otherwise: Command | None) -> str:
        at = self._indent
        (condition, body), *others = branches
        text = f"if {self.command(condition)}; then\n{self._ended(body)}\n"
        if others or otherwise is not None:
            rest = If(tuple(others), otherwise) if others else otherwise
            assert rest is not None
            text += f"{at}else\n{self._ended(rest)}\n"
        return f"{text}{at}fi"

    def _case(self, command: Case) -> str:
        at = self._indent
        text = f"case {command.word.source} in "
        for item in command.items:
            patterns = " | ".join(word.source for word in item.patterns)
            self._indent = at + _STEP
            text += f"\n{self._indent}{patterns})\n"
            empty = isinstance(item.body, Sequence) and not item.body.commands
            text += ("" if empty else self._body(item.body)) + f"\n{self._indent}{item.end}"
            self._indent = at
        return f"{text}\n{at}esac"
