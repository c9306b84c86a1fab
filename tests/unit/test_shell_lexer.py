"""The lexer: tokens, quoting and the parts of words."""

from __future__ import annotations

import pytest

from macvsim.shell.syntax.lexer import Lexer, Token
from macvsim.shell.syntax.nodes import (
    Arithmetic,
    BadSubstitution,
    Command,
    Lit,
    Param,
    Sequence,
    Simple,
    Substitution,
    Word,
)
from macvsim.shell.syntax.parser import parse


def nested(text: str, start: int, line: int) -> tuple[Command, int, int]:
    return Sequence(()), text.index(")", start) + 1, line


def tokens(text: str) -> list[Token]:
    lexer = Lexer(text, nested)
    found = []
    while (token := lexer.next()).kind != "end":
        found.append(token)
    return found


def word(text: str) -> Word:
    """The second word of a command."""
    (command,) = parse(f"echo {text}")
    assert isinstance(command, Simple)
    found = command.words[1]
    assert isinstance(found, Word)
    return found


def test_operators_are_as_long_as_possible() -> None:
    found = [token.text for token in tokens("a&&b||c;;d<<-e>>f>&g<&h<>i>|j&k|l;(m)<n>o")]
    assert [text for text in found if not text.isalpha()] == [
        "&&", "||", ";;", "<<-", ">>", ">&", "<&", "<>", ">|", "&", "|", ";", "(", ")", "<", ">",
    ]  # fmt: skip


def test_blanks_comments_and_continued_lines() -> None:
    assert [(t.kind, t.text, t.line) for t in tokens("a \\\n\tb # c ' \"\nd#e")] == [
        ("word", "a", 1),
        ("word", "b", 2),
        ("newline", "", 2),
        ("word", "d#e", 3),
    ]


def test_a_number_belongs_to_a_redirection_only_when_they_touch() -> None:
    assert [t.kind for t in tokens("2>a")] == ["number", "operator", "word"]
    assert [t.kind for t in tokens("2 >a")] == ["word", "operator", "word"]
    assert [t.kind for t in tokens("a2>b")] == ["word", "operator", "word"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("abc", (Lit("abc"),)),
        ("a'b c'd", (Lit("a"), Lit("b c", True), Lit("d"))),
        ("''", (Lit("", True),)),
        ('""', (Lit("", True),)),
        ('"a\\"b\\\\c\\d\\$e"', (Lit('a"b\\c\\d$e', True),)),
        ("a\\ b\\'", (Lit("a"), Lit(" ", True), Lit("b"), Lit("'", True))),
        ("'a\\b'", (Lit("a\\b", True),)),
        ("$x", (Param("x"),)),
        ("$1$#$?", (Param("1"), Param("#"), Param("?"))),
        ("$12", (Param("1"), Lit("2"))),
        ("${12}", (Param("12"),)),
        ('"$x y"', (Param("x", quoted=True), Lit(" y", True))),
        ("${x}y", (Param("x"), Lit("y"))),
        ("${#x}", (Param("x", "len"),)),
        ("${#}", (Param("#"),)),
        ("${x:-a b}", (Param("x", ":-", (Lit("a b"),)),)),
        ("${x-}", (Param("x", "-"),)),
        ("${x##*/}", (Param("x", "##", (Lit("*/"),)),)),
        ("${x%'*'}", (Param("x", "%", (Lit("*", True),)),)),
        ('"${x:-$y}"', (Param("x", ":-", (Param("y", quoted=True),), True),)),
        ("${x!}", (BadSubstitution(),)),
        ("$", (Lit("$"),)),
        ("a$.b", (Lit("a"), Lit("$.b"))),
        ("$((1 + (2)))", (Arithmetic((Lit("1 + (2)", True),)),)),
        ("$(($x+1))", (Arithmetic((Param("x", quoted=True), Lit("+1", True))),)),
    ],
)
def test_parts_of_words(text: str, parts: Word) -> None:
    assert word(text) == parts


def test_substitutions_are_parsed_where_they_stand() -> None:
    inner = Simple((), (Word((Lit("b"),)), Word((Lit(")", True),))), (), 1)
    assert word("a$(b ')')c") == (Lit("a"), Substitution(inner), Lit("c"))
    assert word("\"`b ')'`\"") == (Substitution(inner, True),)
    assert word("`a \\`b\\``") == (
        Substitution(
            Simple((), (Word((Lit("a"),)), Word((Substitution(Simple((), (Word((Lit("b"),)),), (), 1)),))), (), 1),
        ),
    )
