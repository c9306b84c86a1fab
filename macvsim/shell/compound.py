"""Compound commands: lists, conditions, loops, tests (POSIX.1-2017, Shell Command Language 2.9.3, 2.9.4; bash)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

import simpy

from macvsim.engine.sim import MS
from macvsim.machine.call import Waiting
from macvsim.machine.streams import Descriptors
from macvsim.machine.tool import ToolError
from macvsim.shell.expansion.pattern import Options, matches
from macvsim.shell.state import LoopControl, ShellError
from macvsim.shell.syntax.nodes import AndOr, Case, Command, Count, For, If, Let, Test, While
from macvsim.shell.variables import NAME

if TYPE_CHECKING:
    from macvsim.shell.shellprocess import ShellProcess

BUSY_ROUNDS, BUSY_TIME = 1000, MS
"""Commands take no time of their own; a loop that waits for nothing does after so many rounds: others get on."""


def run_and_or(shell: ShellProcess, command: AndOr, streams: Descriptors) -> Waiting:
    status = yield from shell.condition(command.left, streams)
    if (status == 0) == (command.op == "&&"):
        status = yield from shell.run(command.right, streams)
    return status


def run_if(shell: ShellProcess, command: If, streams: Descriptors) -> Waiting:
    for condition, body in command.branches:
        if (yield from shell.condition(condition, streams)) == 0:
            return (yield from shell.run(body, streams))
    if command.otherwise is not None:
        return (yield from shell.run(command.otherwise, streams))
    shell.state.status = 0
    return 0


def run_for(shell: ShellProcess, command: For, streams: Descriptors) -> Waiting:
    shell.streams = streams
    shell.line = command.line or shell.line
    if not NAME.match(command.name):
        streams.err(shell.dialect.say(shell.line, f"`{command.name}': not a valid identifier"))
        shell.state.status = 1
        return 1
    traces = shell.dialect.name == "bash"
    source = '"$@"' if command.words is None else " ".join(word.source for word in command.words)
    values = shell.state.params if command.words is None else (yield from shell.expander.fields(command.words))
    status = 0
    for value in list(values):
        if traces:
            yield from shell.trace([f"for {command.name} in {source}"], streams)
        shell.state.set(command.name, value)
        status, left = yield from _round(shell, command.body, streams)
        if left:
            break
    shell.state.status = status
    return status


def run_count(shell: ShellProcess, command: Count, streams: Descriptors) -> Waiting:
    """``for ((…; …; …))``: a while loop, whose step is done even after ``continue``."""
    shell.streams = streams
    shell.line = command.line or shell.line
    calculate = shell.expander
    status = 0
    try:
        calculate.evaluate((yield from calculate.text(command.first)), "((: ")
    except ShellError as error:
        streams.err(shell.dialect.say(shell.line, error.text))
        return 1
    while True:
        condition = yield from calculate.text(command.condition)
        if condition.strip() and not calculate.evaluate(condition, "((: "):
            break
        status, left = yield from _round(shell, command.body, streams)
        if left:
            break
        calculate.evaluate((yield from calculate.text(command.step)), "((: ")
    shell.state.status = status
    return status


def run_let(shell: ShellProcess, command: Let, streams: Descriptors) -> Waiting:
    shell.streams = streams
    shell.line = command.line or shell.line
    yield from shell.traps.debug(f"(({command.expression.source}))", streams)
    yield from shell.trace([f"(( {command.expression.source} ))"], streams)
    try:
        return int(not shell.expander.evaluate((yield from shell.expander.text(command.expression)), "((: "))
    except ShellError as error:
        if error.fatal:
            raise
        streams.err(shell.dialect.say(shell.line, error.text))
        return 1


def run_test(shell: ShellProcess, command: Test, streams: Descriptors) -> Waiting:
    shell.streams = streams
    shell.line = command.line or shell.line
    from macvsim.shell.builtins.testexpr import TestError
    from macvsim.shell.conditional import holds, traced_test
    from macvsim.shell.syntax.unparse import test_text

    yield from shell.traps.debug(f"[[ {test_text(command)} ]]", streams)
    if shell.dialect.name == "bash" and "x" in shell.state.options:
        expanded = yield from traced_test(command, shell.expander)
        yield from shell.trace([f"[[ {expanded} ]]"], streams)
    try:
        return int(not (yield from holds(command, shell.expander, shell.files)))
    except ToolError as error:
        return error.status or 0
    except TestError as error:
        streams.err(shell.dialect.test(shell.line, "[[", error))
        return 2


def run_while(shell: ShellProcess, command: While, streams: Descriptors) -> Waiting:
    sim = shell.state.box.sim
    status = 0
    while True:
        began = sim.now
        shell.loops += 1
        try:
            answer = yield from shell.condition(command.condition, streams)
            if (answer == 0) == command.inverted:
                break
            status = yield from shell.run(command.body, streams)
        except LoopControl as control:
            status = control.status
            if _leaves(control):
                break
        finally:
            shell.loops -= 1
        shell.idle = shell.idle + 1 if sim.now == began else 0
        if shell.idle >= BUSY_ROUNDS:
            yield sim.timeout(BUSY_TIME)
    shell.state.status = status
    return status


def run_case(shell: ShellProcess, command: Case, streams: Descriptors) -> Waiting:
    shell.streams = streams
    shell.line = command.line or shell.line
    shopts = shell.state.shopts
    options = Options("extglob" in shopts, "nocasematch" in shopts)
    if shell.dialect.name == "bash":
        yield from shell.trace([f"case {command.word.source} in"], streams)
    subject = yield from shell.expander.text(command.word)
    status, falls = 0, False
    for item in command.items:
        found = falls
        for pattern in () if falls else item.patterns:
            found = matches((yield from shell.expander.pattern(pattern)), subject, options)
            if found:
                break
        if found:
            status = yield from shell.run(item.body, streams)
            falls = item.end == ";&"
            if item.end == ";;":
                break
    shell.state.status = status
    return status


RUN: Mapping[type[Command], Callable[[ShellProcess, Any, Descriptors], Waiting]] = {
    AndOr: run_and_or, If: run_if, For: run_for, Count: run_count, Let: run_let, Test: run_test, While: run_while,
    Case: run_case,
}  # fmt: skip
"""The function that runs each kind of command."""


def _round(shell: ShellProcess, body: Command, streams: Descriptors) -> Generator[simpy.Event, Any, tuple[int, bool]]:
    """One run of a loop's body: its status, and whether the loop ends."""
    shell.loops += 1
    try:
        return (yield from shell.run(body, streams)), False
    except LoopControl as control:
        return control.status, _leaves(control)
    finally:
        shell.loops -= 1


def _leaves(control: LoopControl) -> bool:
    """True if the innermost loop ends; raises on where an outer one is meant."""
    if control.levels > 1:
        raise LoopControl(control.levels - 1, control.again, control.status)
    return not control.again
