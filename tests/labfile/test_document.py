"""Reading lab files: blocks, prompts, continuation lines, expected output, and where each stands."""

from __future__ import annotations

import pytest

from macvsim.errors import ScenarioError
from macvsim.labfile.document import Document, Step, read_commands, read_markdown

FRONT = "---\nname: x\ntopology: {nodes: {h: {}}}\n---\n"


def steps(body: str) -> list[Step]:
    return read_markdown(FRONT + body, "lab.md").steps


def block(text: str) -> list[Step]:
    return steps(f"```console\n{text}```\n")


@pytest.mark.parametrize(
    ("line", "node", "path", "command"),
    [
        ("root@host1:~# ip addr", "host1", "~", "ip addr"),
        ("root@host1:/etc# ls", "host1", "/etc", "ls"),
        ("root@host1:~/a b# ls", "host1", "~/a b", "ls"),
        ("root@host1# ls", "host1", None, "ls"),
        ("host1# echo a # b", "host1", None, "echo a # b"),
        ("host2/c1# ls", "host2/c1", None, "ls"),
        ("[root@localhost ~]# ip route", "localhost", "~", "ip route"),
        ("[root@localhost net]# ls", "localhost", None, "ls"),
        ("root@c1:/ # ls", "c1", "/", "ls"),
    ],
)
def test_prompts(line: str, node: str, path: str | None, command: str) -> None:
    (step,) = block(line + "\n")
    assert (step.node, step.path, step.command) == (node, path, command)


def test_lines_are_those_of_the_file() -> None:
    one, two = block("a# echo x\nx\n\nb# echo y\n\ny\n\n\n")
    assert (one.line, one.first, one.expected) == (6, 7, ("x",))
    assert (two.line, two.first, two.expected) == (9, 10, ("", "y"))


def test_only_blocks_marked_console_count() -> None:
    found = steps(
        "a# no\n\n```\na# no\n```\n\n```sh\na# no\n```\n~~~~ console title\na# one\n```\n~~~~\n"
        "1. list:\n\n   ```console\n   a# two\n     x\n   ```\n````text\n```console\na# no\n```\n````\n"
    )
    assert [(step.command, step.expected, step.indent) for step in found] == [
        ("one", ("```",), ""),
        ("two", ("  x",), "   "),
    ]


def test_a_block_without_output_is_not_compared() -> None:
    found = steps("```console\na# one\na# two\n```\n```console\na# three\na# four\n4\n```\n")
    assert [step.compared for step in found] == [False, False, True, True]
    assert [step.block for step in found] == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("text", "command", "expected"),
    [
        ("a# echo 1 \\\n> 2\n1 2\n", "echo 1 \\\n2", ("1 2",)),
        ("a# echo 1 \\\n  2\n1 2\n", "echo 1 \\\n  2", ("1 2",)),
        ("a# for x in 1; do\n>   echo $x\n> done\n1\n", "for x in 1; do\n  echo $x\ndone", ("1",)),
        ("a# cat <<E\n> x\n>\n> E\nx\n", "cat <<E\nx\n\nE", ("x",)),
        ("a# echo 'q\n> r'\nq\nr\n", "echo 'q\nr'", ("q", "r")),
        ("a# echo 1\n> 2\n", "echo 1", ("> 2",)),
        ("a# echo it's\nx\n", "echo it's", ("x",)),
    ],
)
def test_commands_of_several_lines(text: str, command: str, expected: tuple[str, ...]) -> None:
    (step,) = block(text)
    assert (step.command, step.expected) == (command, expected)


def test_comments_before_the_first_prompt_and_prompts_without_a_command() -> None:
    found = block("# host1\n\na# one\n# output\na#\n")
    assert [(step.command, step.expected) for step in found] == [("one", ("# output",))]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "lab.md:1: a lab document begins with a line ---"),
        ("# Title\n", "lab.md:1: a lab document begins with a line ---"),
        ("---\nname: x\n", "lab.md:1: the front matter has no end"),
        (FRONT + "```console\na# ls\n", "lab.md:5: this block has no end: add a line ``` below it"),
        (FRONT + "```console\nls\n```\n", "lab.md:6: a command begins with a prompt, root@NODE:~# or NODE#; not 'ls'"),
        (FRONT + "```console\na$ ls\n```\n", "lab.md:6: a command begins with a prompt"),
    ],
)
def test_what_cannot_be_read(text: str, error: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_markdown(text, "lab.md")
    assert str(caught.value).startswith(error)


def test_a_list_of_commands() -> None:
    document = Document("lab.sh", "", 1)
    read_commands("#!/usr/bin/env macvsim\n\n# first\na# one\nroot@b:~# for x in 1; do\n  two\ndone\n", document)
    assert [(step.line, step.node, step.command) for step in document.steps] == [
        (4, "a", "one"),
        (5, "b", "for x in 1; do\n  two\ndone"),
    ]
    with pytest.raises(ScenarioError, match=r"lab\.sh:1: a line is NODE# COMMAND, such as host1# ip addr; not 'ls'"):
        read_commands("ls\n", document)
