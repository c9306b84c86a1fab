"""The parser: trees, and where lines stop making sense."""

from __future__ import annotations

import pytest

from macvsim.shell.syntax.lexer import ShellSyntaxError
from macvsim.shell.syntax.nodes import (
    AndOr,
    Assignment,
    Background,
    Case,
    CaseItem,
    Command,
    For,
    Function,
    HereDocument,
    If,
    Lit,
    Param,
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
from macvsim.shell.syntax.parser import parse


def one(text: str) -> Command:
    (command,) = parse(text)
    return command


def word(*parts: Part) -> Word:
    return Word(parts)


def simple(*words: str, line: int = 1) -> Simple:
    return Simple((), tuple(word(Lit(text)) for text in words), (), line)


def test_lists() -> None:
    assert one("a; b & c") == Sequence((simple("a"), Background(simple("b"), "b"), simple("c")))
    assert one("a && b || c") == AndOr(AndOr(simple("a"), "&&", simple("b")), "||", simple("c"))
    assert one("! a | b x") == Pipeline((simple("a"), simple("b", "x")), True)
    assert one("a 1 & ") == Background(simple("a", "1"), "a 1")


def test_compound_commands() -> None:
    assert one("if a; then b; elif c; then d; else e; fi") == If(
        ((simple("a"), simple("b")), (simple("c"), simple("d"))), simple("e")
    )
    assert one("while a; do b; done") == While(simple("a"), simple("b"), False)
    assert one("until a; do b; done") == While(simple("a"), simple("b"), True)
    assert one("for x in 1 2; do b; done") == For("x", (word(Lit("1")), word(Lit("2"))), simple("b"))
    assert one("for x; do b; done") == For("x", None, simple("b"))
    assert one("( a; b )") == Subshell(Sequence((simple("a"), simple("b"))))
    assert one("{ a; }") == Sequence((simple("a"),))
    assert one("f() { a; }") == Function("f", Sequence((simple("a"),)))
    assert one("case x in (a|b) c;; d) ;; esac") == Case(
        word(Lit("x")),
        (CaseItem((word(Lit("a")), word(Lit("b"))), simple("c")), CaseItem((word(Lit("d")),), Sequence(()))),
    )


def test_reserved_words_are_words_elsewhere() -> None:
    assert one("echo if then done { }") == simple("echo", "if", "then", "done", "{", "}")
    assert one("'if' x") == Simple((), (word(Lit("if", True)), word(Lit("x"))), (), 1)


def test_assignments_stand_before_the_command() -> None:
    assert one("a=1 b=$c d e=2") == Simple(
        (Assignment("a", word(Lit("1"))), Assignment("b", word(Param("c")))), (word(Lit("d")), word(Lit("e=2"))), (), 1
    )
    assert one("1a=2") == simple("1a=2")


def test_redirections() -> None:
    assert one("a 2>&1 >>f <g") == Simple(
        (),
        (word(Lit("a")),),
        (Redirect(2, ">&", word(Lit("1"))), Redirect(1, ">>", word(Lit("f"))), Redirect(0, "<", word(Lit("g")))),
        1,
    )
    assert one("echo 2 >f") == Simple((), (word(Lit("echo")), word(Lit("2"))), (Redirect(1, ">", word(Lit("f"))),), 1)
    assert one("{ a; } >f") == Redirected(Sequence((simple("a"),)), (Redirect(1, ">", word(Lit("f"))),))


def test_here_documents_are_read_after_their_line() -> None:
    commands = list(parse("cat <<A <<'B' && x\n1 $y\nA\n2 $z\nB\nlast"))
    first = commands[0]
    assert isinstance(first, AndOr) and isinstance(first.left, Simple)
    documents = [redirect.target for redirect in first.left.redirects]
    assert [d.text for d in documents if isinstance(d, HereDocument)] == [
        (Lit("1 ", True), Param("y", quoted=True), Lit("\n", True)),
        word(Lit("2 $z\n", True)),
    ]
    assert commands[1] == simple("last", line=6)


def test_lines_are_counted() -> None:
    assert list(parse("a\n\n# comment\nb \\\n c\nd")) == [simple("a"), simple("b", "c", line=4), simple("d", line=6)]


def test_complete_lines_come_before_the_one_that_is_wrong() -> None:
    commands = parse("a\n)")
    assert next(commands) == simple("a")
    with pytest.raises(ShellSyntaxError) as caught:
        next(commands)
    assert (caught.value.line, caught.value.unexpected) == (2, '")"')


@pytest.mark.parametrize(
    ("text", "unexpected", "expecting"),
    [
        ("for i in a", "end of file", ""),
        ("for i in a; do", "end of file", '"done"'),
        ("for i a", "word", '"do"'),
        ("if true; then", "end of file", '"fi"'),
        ("if true; then fi", '"fi"', ""),
        ("{ echo a", "end of file", '"}"'),
        ("( )", '")"', ""),
        ("a b c()", '"("', ""),
        ("a &&", "end of file", ""),
        ("a > > b", "redirection", ""),
        ("a >\n", "newline", ""),
        ("case x y", "word", '"in"'),
        ("case x in a) b; ", "end of file", '";;"'),
        ("echo $(a", "end of file", '")"'),
        ("&& a", '"&&"', ""),
        ("a;; b", '";;"', ""),
    ],
)
def test_what_is_unexpected(text: str, unexpected: str, expecting: str) -> None:
    with pytest.raises(ShellSyntaxError) as caught:
        list(parse(text))
    assert (caught.value.unexpected, caught.value.expecting) == (unexpected, expecting)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("for 1 in a; do b; done", "Bad for loop variable"),
        ("1f() { a; }", "Bad function name"),
        ("echo 'a", "Unterminated quoted string"),
        ('echo "a', "Unterminated quoted string"),
        ("echo `a", "EOF in backquote substitution"),
        ("echo $((1+", "Missing '))'"),
        ("echo ${x", "Missing '}'"),
    ],
)
def test_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ShellSyntaxError) as caught:
        list(parse(text))
    assert caught.value.message == message
