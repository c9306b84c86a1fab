"""Compound commands: lists, conditions, loops, tests (POSIX.1-2017, Shell Command Language 2.9.3, 2.9.4; bash)."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from macvsim.engine.sim import MS
from macvsim.machine.call import Waiting
from macvsim.machine.files import FileSystem
from macvsim.machine.streams import Descriptors
from macvsim.shell.builtins.testexpr import TestError
from macvsim.shell.conditional import holds
from macvsim.shell.expansion.pattern import matches
from macvsim.shell.state import LoopControl
from macvsim.shell.syntax.nodes import AndOr, Case, Command, Count, For, If, Let, Test, While

if TYPE_CHECKING:
    from macvsim.shell.interpreter import Interpreter

BUSY_ROUNDS, BUSY_TIME = 1000, MS
"""Commands take no time of their own; a loop that waits for nothing does after so many rounds: others get on."""


def run_and_or(shell: Interpreter, command: AndOr, streams: Descriptors) -> Waiting:
    status = yield from shell.condition(command.left, streams)
    if (status == 0) == (command.op == "&&"):
        status = yield from shell.run(command.right, streams)
    return status


def run_if(shell: Interpreter, command: If, streams: Descriptors) -> Waiting:
    for condition, body in command.branches:
        if (yield from shell.condition(condition, streams)) == 0:
            return (yield from shell.run(body, streams))
    if command.otherwise is not None:
        return (yield from shell.run(command.otherwise, streams))
    shell.state.status = 0
    return 0


def run_for(shell: Interpreter, command: For, streams: Descriptors) -> Waiting:
    shell.streams = streams
    values = shell.state.params if command.words is None else (yield from shell.expander.fields(command.words))
    status = 0
    for value in list(values):
        shell.state.set(command.name, value)
        status, left = yield from _round(shell, command.body, streams)
        if left:
            break
    shell.state.status = status
    return status


def run_count(shell: Interpreter, command: Count, streams: Descriptors) -> Waiting:
    """``for ((…; …; …))``: a while loop, whose step is done even after ``continue``."""
    shell.streams = streams
    calculate = shell.expander
    calculate.evaluate((yield from calculate.text(command.first)))
    status = 0
    while True:
        condition = yield from calculate.text(command.condition)
        if condition.strip() and not calculate.evaluate(condition):
            break
        status, left = yield from _round(shell, command.body, streams)
        if left:
            break
        calculate.evaluate((yield from calculate.text(command.step)))
    shell.state.status = status
    return status


def run_let(shell: Interpreter, command: Let, streams: Descriptors) -> Waiting:
    shell.streams = streams
    return int(not shell.expander.evaluate((yield from shell.expander.text(command.expression))))


def run_test(shell: Interpreter, command: Test, streams: Descriptors) -> Waiting:
    shell.streams = streams
    try:
        return int(not (yield from holds(command, shell.expander, FileSystem(shell.state.box, shell.state.cwd))))
    except TestError as error:
        streams.err(shell.dialect.test(shell.line, "[[", error))
        return 2


def run_while(shell: Interpreter, command: While, streams: Descriptors) -> Waiting:
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
            status = 0
            if _leaves(control):
                break
        finally:
            shell.loops -= 1
        shell.idle = shell.idle + 1 if sim.now == began else 0
        if shell.idle >= BUSY_ROUNDS:
            yield sim.timeout(BUSY_TIME)
    shell.state.status = status
    return status


def run_case(shell: Interpreter, command: Case, streams: Descriptors) -> Waiting:
    shell.streams = streams
    subject = yield from shell.expander.text(command.word)
    for patterns, body in command.items:
        for pattern in patterns:
            pieces = yield from shell.expander.pieces(pattern)
            if matches(pieces, subject):
                return (yield from shell.run(body, streams))
    shell.state.status = 0
    return 0


def _round(shell: Interpreter, body: Command, streams: Descriptors) -> Generator[simpy.Event, Any, tuple[int, bool]]:
    """One run of a loop's body: its status, and whether the loop ends."""
    shell.loops += 1
    try:
        return (yield from shell.run(body, streams)), False
    except LoopControl as control:
        return 0, _leaves(control)
    finally:
        shell.loops -= 1


def _leaves(control: LoopControl) -> bool:
    """True if the innermost loop ends; raises on where an outer one is meant."""
    if control.levels > 1:
        raise LoopControl(control.levels - 1, control.again)
    return not control.again
