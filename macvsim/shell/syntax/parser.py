"""From tokens to commands (POSIX.1-2017, Shell Command Language 2.10), one complete command at a time."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping

from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.lexer import REDIRECTIONS, Lexer, ShellSyntaxError, Token
from macvsim.shell.syntax.nodes import (
    AndOr,
    Assignment,
    Background,
    Case,
    CaseItem,
    Command,
    Count,
    For,
    Function,
    If,
    LeftOut,
    Let,
    Lit,
    Part,
    Pipeline,
    Redirect,
    Redirected,
    Sequence,
    Simple,
    Subshell,
    While,
    Word,
)

RESERVED = frozenset(
    ("!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until", "while", "{", "}")
)
MORE_RESERVED: tuple[tuple[str, ...], ...] = (
    (),
    ("[[", "]]", "function"),
    ("[[", "]]", "coproc", "function", "select", "time"),
)
"""Reserved words beyond POSIX, by grammar."""
DECLARES = (
    frozenset(("export", "local", "readonly")),
    frozenset(("export", "local", "readonly")),
    frozenset(("alias", "declare", "export", "local", "readonly", "typeset")),
)
"""Builtins whose words may be assignments, by grammar."""
_ENDS_LIST = frozenset(("do", "done", "elif", "else", "esac", "fi", "then", "}"))
_ENDS_ITEM = (";;", ";&", ";;&")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_OPERATORS = re.compile(r"[\s$`'\"\\<>|&;()]")


def parse(
    text: str,
    grammar: Grammar = Grammar.POSIX,
    aliases: Mapping[str, str] | None = None,
    shopts: Container[str] = (),
) -> Iterator[Command]:
    """The complete commands of a text, a line each; `ShellSyntaxError` when the one that is asked for is none."""
    parser = Parser(text, grammar=grammar, aliases=aliases, shopts=shopts)
    while (command := parser.complete_command()) is not None:
        yield command


class Parser:
    """A recursive descent over the tokens of `text` from `start` on.

    aliases, shopts : may change between the lines
    """

    def __init__(
        self,
        text: str,
        start: int = 0,
        line: int = 1,
        grammar: Grammar = Grammar.POSIX,
        aliases: Mapping[str, str] | None = None,
        shopts: Container[str] = (),
    ) -> None:
        self._aliases = {} if aliases is None else aliases
        self.expands = True
        """Aliases count; may change between the lines."""
        self._shopts = shopts
        self._grammar = grammar
        self._lexer = Lexer(text, self._nested, start, line, grammar, shopts)
        self._token: Token | None = None
        self._last_end = start

    @property
    def cut_short(self) -> bool:
        """The text ended inside a here-document."""
        return self._lexer.cut_short

    @property
    def line(self) -> int:
        """The line that is read."""
        return self._lexer.line

    @property
    def text(self) -> str:
        """The text up to where it has been read."""
        return self._lexer.text[: self._lexer.position]

    def unended(self) -> list[tuple[int, str]]:
        """Here-documents that the end of the text ended, since the last call: line and delimiter."""
        found, self._lexer.unended = self._lexer.unended, []
        return found

    def _nested(self, text: str, start: int, line: int) -> tuple[Command, int, int]:
        inner = Parser(text, start, line, self._grammar, self._aliases, self._shopts)
        inner.expands = self.expands
        return inner.substitution()

    # -- tokens --------------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        """The token ahead."""
        if self._token is None:
            self._token = self._lexer.next()
        return self._token

    def _advance(self) -> Token:
        token = self.token
        self._token = None
        self._last_end = token.end
        return token

    def _at(self, *texts: str) -> bool:
        """True if one of these operators or reserved words is ahead."""
        token = self.token
        return (token.text if token.kind == "operator" else token.literal) in texts

    def _unexpected(self, expecting: str = "") -> ShellSyntaxError:
        token = self.token
        line = token.line + (token.kind == "newline" and self._grammar < Grammar.BASH)
        written = "newline" if token.kind == "newline" else token.text
        return ShellSyntaxError(line, "", describe(token), f'"{expecting}"' if expecting else "", written)

    def _expect(self, text: str) -> None:
        if not self._at(text):
            raise self._unexpected(text)
        self._advance()

    def _skip_newlines(self) -> None:
        while self.token.kind == "newline":
            self._advance()

    # -- lists ---------------------------------------------------------------------------------------------------------

    def complete_command(self) -> Command | None:
        """The commands of the next line that has any; None at the end."""
        self._skip_newlines()
        if self.token.kind == "end":
            return None
        command = self._list(stop_at_newline=True)
        if self.token.kind not in ("newline", "end"):
            raise self._unexpected()
        if self.token.kind == "newline":
            self._advance()
        return command

    def substitution(self) -> tuple[Command, int, int]:
        """Commands up to the parenthesis that closes them, and the position and line after it."""
        self._skip_newlines()
        command = Sequence(()) if self._at(")") else self._list()
        if not self._at(")"):
            if self.token.kind == "end" and self._grammar >= Grammar.BASH:
                raise ShellSyntaxError(self.token.line, "Unterminated substitution", token=")")
            raise self._unexpected(")")
        token = self.token
        return command, token.end, self._lexer.line

    def _list(self, *, stop_at_newline: bool = False) -> Command:
        """``and_or ; and_or & and_or``, up to what closes it."""
        commands: list[Command] = []
        while True:
            if not stop_at_newline:
                self._skip_newlines()
                if self.token.kind == "end":
                    return Sequence(tuple(commands))
            start = self.token.start
            command = self._and_or()
            if self._at("&"):
                text = self._lexer.text[start : self._last_end]
                self._advance()
                command = Background(command, text)
            elif self._at(";"):
                self._advance()
            elif self.token.kind != "newline" or stop_at_newline:
                commands.append(command)
                break
            commands.append(command)
            if not stop_at_newline:
                self._skip_newlines()
            ends = self._at(")", *_ENDS_ITEM) or self.token.literal in _ENDS_LIST
            if self.token.kind in ("newline", "end") or ends:
                break
        return commands[0] if len(commands) == 1 else Sequence(tuple(commands))

    def _and_or(self) -> Command:
        command = self._pipeline()
        while self._at("&&", "||"):
            operator = self._advance().text
            self._skip_newlines()
            command = AndOr(command, operator, self._pipeline())
        return command

    def _pipeline(self) -> Command:
        inverted, timed = False, ""
        while self._at("!") or (self._grammar >= Grammar.BASH and self._at("time")):
            if self._advance().literal == "!":
                inverted = not inverted
            elif self._at("-p"):
                timed = self._advance().text
            else:
                timed = "time"
        if timed and (self.token.kind in ("newline", "end") or self._at(";", ")", "&")):
            return Pipeline((Sequence(()),), inverted, timed)
        commands = [self._command()]
        while self._at("|", "|&"):
            if self._advance().text == "|&":
                both = Redirect(2, ">&", Word((Lit("1"),), "1"))
                commands[-1] = Redirected(commands[-1], (both,))
            self._skip_newlines()
            commands.append(self._command())
        if len(commands) == 1 and not inverted and not timed:
            return commands[0]
        return Pipeline(tuple(commands), inverted, timed)

    # -- commands ------------------------------------------------------------------------------------------------------

    def _command(self) -> Command:
        self._expand_aliases()
        command = self._compound()
        if command is None:
            return self._simple()
        redirects = self._redirects()
        if isinstance(command, Redirected):
            return Redirected(command.command, (*command.redirects, *redirects))
        return Redirected(command, redirects) if redirects else command

    def _expand_aliases(self) -> None:
        """Put the text of an alias where its name stands, and look again (POSIX.1-2017, 2.3.1): a text that ends with a
        blank makes the next word be looked at too.
        """
        lexer, seen = self._lexer, [""]
        while self.expands and (name := self.token.literal) in self._aliases and name not in seen:
            seen.append(name)
            token, value = self.token, self._aliases[name]
            following = lexer.text[token.end :]
            if value[-1:] in (" ", "\t") and (match := re.match(r"[ \t]*([\w!%,@.-]+)(?![\w!%,@.='\"$`-])", following)):
                word = self._aliases.get(match[1], match[1])
                following = following[: match.start(1)] + word + following[match.end(1) :]
            lexer.text = lexer.text[: token.start] + value + following
            lexer.position = token.start
            self._token = None

    def _compound(self) -> Command | None:
        """The compound command that begins here; None where a simple one does."""
        line = self.token.line
        if self._at("("):
            if (expression := self._double_parenthesis()) is not None:
                return Let(expression, line)
            self._advance()
            body = self._list()
            self._expect(")")
            return Subshell(body, line)
        if self._grammar >= Grammar.ASH and self._at("[["):
            from macvsim.shell.syntax.conditions import Conditions

            conditions = Conditions(self._lexer, self._advance)
            test = conditions.test()
            self._lexer.assignments = True
            return Redirected(test, tuple(conditions.redirects)) if conditions.redirects else test
        match self.token.literal:
            case "{":
                return self._group("{", "}")
            case "if":
                return self._if()
            case "while" | "until" as word:
                self._advance()
                condition = self._list()
                return While(condition, self._do_group(), word == "until")
            case "for":
                return self._for()
            case "case":
                return self._case()
            case "function" if self._grammar >= Grammar.ASH:
                self._advance()
                name = self._advance()
                if self._at("("):
                    self._advance()
                    self._expect(")")
                return self._function(name)
            case "select" if self._grammar >= Grammar.BASH:
                start = self.token.start
                self._for()
                return LeftOut("select", self._lexer.text[start : self._last_end])
            case "coproc" if self._grammar >= Grammar.BASH:
                start = self._advance().start
                if self._compound() is None:
                    self._advance()  # a name, or the first word of the command
                    if self._compound() is None and (self.token.kind == "word" or self._at_redirect()):
                        self._simple()
                self._redirects()
                return LeftOut("coproc", self._lexer.text[start : self._last_end])
        return None

    def _group(self, opening: str, closing: str) -> Command:
        self._expect(opening)
        body = self._list()
        self._expect(closing)
        return Sequence(body.commands if isinstance(body, Sequence) and not body.braces else (body,), braces=True)

    def _double_parenthesis(self) -> Word | None:
        """The expression of ``((…))``, if that begins here."""
        lexer, at = self._lexer, self.token.start
        if self._grammar < Grammar.BASH or not lexer.text.startswith("((", at):
            return None
        before = lexer.position, lexer.line
        lexer.position = at + 2
        try:
            expression = lexer.arithmetic().expression
        except ShellSyntaxError:  # a subshell in a subshell
            lexer.position, lexer.line = before
            return None
        assert isinstance(expression, Word)
        self._token, self._last_end = None, lexer.position
        return expression

    def _do_group(self) -> Command:
        self._expect("do")
        body = self._list()
        self._expect("done")
        return body

    def _if(self) -> Command:
        branches: list[tuple[Command, Command]] = []
        otherwise: Command | None = None
        while self._at("if" if not branches else "elif"):
            self._advance()
            condition = self._list()
            self._expect("then")
            branches.append((condition, self._list()))
        if self._at("else"):
            self._advance()
            otherwise = self._list()
        self._expect("fi")
        return If(tuple(branches), otherwise)

    def _for(self) -> Command:
        """``for`` and, likewise, ``select``."""
        self._advance()
        line = self.token.line
        if self._at("(") and (expression := self._double_parenthesis()) is not None:
            return self._count(expression, line)
        name = self.token.literal
        if not _NAME.match(name) and (self._grammar < Grammar.BASH or self.token.kind not in ("word", "number")):
            if self._grammar >= Grammar.BASH:
                raise self._unexpected()
            raise ShellSyntaxError(self.token.line, "Bad for loop variable")
        name = name or self.token.text
        self._advance()
        self._skip_newlines()
        words: list[Word] | None = None
        if self._at("in"):
            self._advance()
            words = []
            while self.token.kind in ("word", "number"):
                words.append(_word_of(self._advance()))
            if not self._at(";") and self.token.kind != "newline":
                raise self._unexpected()
            self._advance()
        elif self._at(";"):
            self._advance()
        self._skip_newlines()
        braced = self._grammar >= Grammar.BASH and self._at("{")
        body = self._group("{", "}") if braced else self._do_group()
        return For(name, None if words is None else tuple(words), body, line)

    def _count(self, expression: Word, line: int) -> Command:
        """``for ((first; condition; step))``, which has been read."""
        words: list[list[Part]] = [[]]
        for part in expression:
            texts = part.text.split(";") if isinstance(part, Lit) else [""]
            words[-1].append(Lit(texts[0], quoted=True) if isinstance(part, Lit) else part)
            words += [[Lit(text, quoted=True)] for text in texts[1:]]
        sources = expression.source.split(";")
        if len(words) != 3 or len(sources) != 3:
            raise ShellSyntaxError(self.token.line, "", '"("', token="(")
        if self._at(";"):
            self._advance()
        self._skip_newlines()
        first, condition, step = (Word(word, source) for word, source in zip(words, sources, strict=True))
        body = self._group("{", "}") if self._at("{") else self._do_group()
        return Count(first, condition, step, body, line)

    def _case(self) -> Command:
        line = self._advance().line
        if self.token.kind not in ("word", "number"):
            raise ShellSyntaxError(self.token.line, "", describe(self.token), "word", self.token.text)
        subject = _word_of(self._advance())
        self._skip_newlines()
        self._expect("in")
        self._skip_newlines()
        items: list[CaseItem] = []
        while not self._at("esac"):
            items.append(self._case_item())
        self._advance()
        return Case(subject, tuple(items), line)

    def _case_item(self) -> CaseItem:
        if self._at("("):
            self._advance()
        patterns: list[Word] = []
        while True:
            if self.token.kind not in ("word", "number"):
                raise self._unexpected(")")
            patterns.append(_word_of(self._advance()))
            if not self._at("|"):
                break
            self._advance()
        self._expect(")")
        self._skip_newlines()
        body: Command = Sequence(()) if self._at(*_ENDS_ITEM, "esac") else self._list()
        end = ";;"
        if self._at(";&", ";;&"):
            end = self._advance().text
            self._skip_newlines()
        elif not self._at("esac"):
            self._expect(";;")
            self._skip_newlines()
        return CaseItem(tuple(patterns), body, end)

    def _simple(self) -> Command:
        line = self.token.line
        assignments: list[Assignment] = []
        words: list[Word | Assignment] = []
        redirects: list[Redirect] = []
        if self.token.literal in RESERVED:
            raise self._unexpected()
        declares = True
        while True:
            if self._at_redirect():
                self._redirect(redirects)
            elif self.token.kind == "word":
                token = self.token
                assigned = token.assignment if declares else None
                if not words and assigned is None:
                    declares = token.literal in DECLARES[self._grammar]
                    self._lexer.assignments = declares
                self._advance()
                if assigned is not None and not words:
                    assignments.append(assigned)
                else:
                    words.append(token.word if assigned is None else assigned)
                if self._at("(") and len(words) == 1 and not assignments and not redirects:
                    self._advance()
                    self._expect(")")
                    self._lexer.assignments = True
                    return self._function(token)
            else:
                break
        self._lexer.assignments = True
        if not (assignments or words or redirects):
            raise self._unexpected()
        return Simple(tuple(assignments), tuple(words), tuple(redirects), line)

    def _function(self, token: Token) -> Command:
        """A function's body, behind the name and the parentheses."""
        if self._grammar >= Grammar.BASH:
            if not token.text or _OPERATORS.search(token.text):
                raise ShellSyntaxError(token.line, "", '"("', token="(")
        elif not _NAME.match(token.literal):
            raise ShellSyntaxError(token.line, "Bad function name")
        self._skip_newlines()
        body = self._command()
        return Function(token.text, body, token.line)

    # -- redirections --------------------------------------------------------------------------------------------------

    def _at_redirect(self) -> bool:
        token = self.token
        return token.kind == "number" or (token.kind == "operator" and token.text in REDIRECTIONS)

    def _redirects(self) -> tuple[Redirect, ...]:
        found: list[Redirect] = []
        while self._at_redirect():
            self._redirect(found)
        return tuple(found)

    def _redirect(self, found: list[Redirect]) -> None:
        number = self._advance().text if self.token.kind == "number" else ""
        operator = self._advance().text
        if self.token.kind not in ("word", "number"):
            raise self._unexpected()
        variable = number.strip("{}") if number.startswith("{") else ""
        fd = int(number) if number.isdecimal() else int(operator[0] in ">&")
        target = self._advance()
        if operator in ("<<", "<<-"):
            found.append(Redirect(fd, "<<", self._lexer.here_document(target, operator == "<<-"), variable))
        else:
            found.append(Redirect(fd, operator, _word_of(target), variable))


def describe(token: Token) -> str:
    """How an unexpected token is called."""
    if token.kind == "operator":
        return "redirection" if token.text in REDIRECTIONS else f'"{token.text}"'
    if token.kind == "word":
        return f'"{token.literal}"' if token.literal in RESERVED else "word"
    return {"newline": "newline", "end": "end of file", "number": "redirection"}[token.kind]


def _word_of(token: Token) -> Word:
    return token.word or Word((Lit(token.text),), token.text)
