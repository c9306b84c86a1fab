"""From tokens to commands (POSIX.1-2017, Shell Command Language 2.10), one complete command at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from macvsim.shell.syntax.conditions import Conditions
from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.lexer import REDIRECTIONS, Lexer, ShellSyntaxError, Token
from macvsim.shell.syntax.nodes import (
    AndOr,
    Background,
    Case,
    Command,
    Count,
    For,
    Function,
    If,
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
_ENDS_LIST = frozenset(("do", "done", "elif", "else", "esac", "fi", "then", "}"))
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")


def parse(
    text: str, grammar: Grammar = Grammar.POSIX, aliases: Mapping[str, str] | None = None, line: int = 1
) -> Iterator[Command]:
    """The complete commands of a text, a line each; `ShellSyntaxError` when the one that is asked for is none.

    line : number of the first one
    """
    parser = Parser(text, line=line, grammar=grammar, aliases=aliases)
    while (command := parser.complete_command()) is not None:
        yield command


class Parser:
    """A recursive descent over the tokens of `text` from `start` on; `aliases` may change between its lines."""

    def __init__(
        self,
        text: str,
        start: int = 0,
        line: int = 1,
        grammar: Grammar = Grammar.POSIX,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self._aliases = {} if aliases is None else aliases
        self._grammar = grammar
        self._lexer = Lexer(text, self._nested, start, line, grammar)
        self._token: Token | None = None
        self._last_end = start

    @property
    def cut_short(self) -> bool:
        """The text ended inside a here-document."""
        return self._lexer.cut_short

    def _nested(self, text: str, start: int, line: int) -> tuple[Command, int, int]:
        return Parser(text, start, line, self._grammar, self._aliases).substitution()

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
        return ShellSyntaxError(self.token.line, "", describe(self.token), f'"{expecting}"' if expecting else "")

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
            if self.token.kind in ("newline", "end") or self._at(")", ";;") or self.token.literal in _ENDS_LIST:
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
        inverted = False
        while self._at("!"):
            self._advance()
            inverted = not inverted
        commands = [self._command()]
        while self._at("|", "|&"):
            if self._advance().text == "|&":
                both = Redirect(2, ">&", (Lit("1"),))
                commands[-1] = Redirected(commands[-1], (both,))
            self._skip_newlines()
            commands.append(self._command())
        return commands[0] if len(commands) == 1 and not inverted else Pipeline(tuple(commands), inverted)

    # -- commands ------------------------------------------------------------------------------------------------------

    def _command(self) -> Command:
        self._expand_aliases()
        command = self._compound()
        if command is None:
            return self._simple()
        redirects = self._redirects()
        return Redirected(command, redirects) if redirects else command

    def _expand_aliases(self) -> None:
        """Put the text of an alias where its name stands, and look again (POSIX.1-2017, 2.3.1)."""
        lexer, seen = self._lexer, [""]
        while (name := self.token.literal) in self._aliases and name not in seen:
            seen.append(name)
            token = self.token
            lexer.text = lexer.text[: token.start] + self._aliases[name] + lexer.text[token.end :]
            lexer.position = token.start
            self._token = None

    def _compound(self) -> Command | None:
        """The compound command that begins here; None where a simple one does."""
        if self._at("("):
            if (expression := self._double_parenthesis()) is not None:
                return Let(expression)
            self._advance()
            body = self._list()
            self._expect(")")
            return Subshell(body)
        if self._grammar >= Grammar.ASH and self._at("[["):
            return Conditions(self._lexer, self._advance).test()
        match self.token.literal:
            case "{":
                self._advance()
                body = self._list()
                self._expect("}")
                return body if isinstance(body, Sequence) else Sequence((body,))
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
        return None

    def _double_parenthesis(self) -> Word | None:
        """What stands in ``((…))``, if that is what begins here."""
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
        self._advance()
        if self._at("(") and (expression := self._double_parenthesis()) is not None:
            return self._count(expression)
        name = self.token.literal
        if not _NAME.match(name):
            raise ShellSyntaxError(self.token.line, "Bad for loop variable")
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
        return For(name, None if words is None else tuple(words), self._do_group())

    def _count(self, expression: Word) -> Command:
        """``for ((first; condition; step))``, which has been read."""
        words: list[list[Part]] = [[]]
        for part in expression:
            texts = part.text.split(";") if isinstance(part, Lit) else [""]
            words[-1].append(Lit(texts[0], quoted=True) if isinstance(part, Lit) else part)
            words += [[Lit(text, quoted=True)] for text in texts[1:]]
        if len(words) != 3:
            raise ShellSyntaxError(self.token.line, "", '"("')
        if self._at(";"):
            self._advance()
        self._skip_newlines()
        first, condition, step = (tuple(word) for word in words)
        return Count(first, condition, step, self._do_group())

    def _case(self) -> Command:
        self._advance()
        if self.token.kind not in ("word", "number"):
            raise ShellSyntaxError(self.token.line, "", describe(self.token), "word")
        subject = _word_of(self._advance())
        self._skip_newlines()
        self._expect("in")
        self._skip_newlines()
        items: list[tuple[tuple[Word, ...], Command]] = []
        while not self._at("esac"):
            items.append(self._case_item())
        self._advance()
        return Case(subject, tuple(items))

    def _case_item(self) -> tuple[tuple[Word, ...], Command]:
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
        body: Command = Sequence(()) if self._at(";;", "esac") else self._list()
        if not self._at("esac"):
            self._expect(";;")
            self._skip_newlines()
        return tuple(patterns), body

    def _simple(self) -> Command:
        line = self.token.line
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        if self.token.literal in RESERVED:
            raise self._unexpected()
        while True:
            if self._at_redirect():
                self._redirect(redirects)
            elif self.token.kind == "word":
                token = self._advance()
                assigned = None if words else _assignment(token.word)
                if assigned is not None:
                    assignments.append(assigned)
                else:
                    words.append(token.word)
                if self._at("(") and len(words) == 1 and not assignments and not redirects:
                    self._advance()
                    self._expect(")")
                    return self._function(token)
            else:
                break
        if not (assignments or words or redirects):
            raise self._unexpected()
        return Simple(tuple(assignments), tuple(words), tuple(redirects), line)

    def _function(self, token: Token) -> Command:
        """What comes after a function's name and parentheses."""
        if not _NAME.match(token.literal):
            raise ShellSyntaxError(token.line, "Bad function name")
        self._skip_newlines()
        return Function(token.literal, self._command())

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
        fd = int(number) if number else int(operator[0] == ">")
        target = self._advance()
        if operator in ("&>", "&>>"):
            found.append(Redirect(1, operator[1:], _word_of(target)))
            found.append(Redirect(2, ">&", (Lit("1"),)))
        elif operator in ("<<", "<<-"):
            found.append(Redirect(fd, "<<", self._lexer.here_document(target, operator == "<<-")))
        else:
            found.append(Redirect(fd, operator, _word_of(target)))


def describe(token: Token) -> str:
    """How an unexpected token is called."""
    if token.kind == "operator":
        return "redirection" if token.text in REDIRECTIONS else f'"{token.text}"'
    if token.kind == "word":
        return f'"{token.literal}"' if token.literal in RESERVED else "word"
    return {"newline": "newline", "end": "end of file", "number": "redirection"}[token.kind]


def _word_of(token: Token) -> Word:
    return token.word or (Lit(token.text),)


def _assignment(word: Word) -> tuple[str, Word] | None:
    """Name and value if a word is an assignment."""
    first = word[0] if word else None
    if not isinstance(first, Lit) or first.quoted or not (match := _ASSIGNMENT.match(first.text)):
        return None
    rest = first.text[match.end() :]
    return match[1], ((Lit(rest), *word[1:]) if rest else word[1:])
