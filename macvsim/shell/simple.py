"""Simple commands: assignments, and the function, builtin or program that a word names (POSIX.1-2017, Shell Command
Language 2.9.1).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from macvsim.engine.budget import FIELD
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting, not_simulated
from macvsim.machine.execute import NotExecutable, NotFound, execute
from macvsim.machine.files import FileError
from macvsim.machine.job import SIGINT, Killed, Nested, signal_of
from macvsim.machine.streams import Descriptors, PipeSignal
from macvsim.machine.tool import ToolError
from macvsim.shell.builtins import BUILTINS, find_builtin, is_special
from macvsim.shell.redirect import RedirectError
from macvsim.shell.state import Exit, Frame, Return
from macvsim.shell.syntax.nodes import Assignment, Simple, Word
from macvsim.shell.syntax.words import in_one_word
from macvsim.shell.variables import Items

if TYPE_CHECKING:
    from macvsim.shell.shellprocess import ShellProcess


def run_simple(shell: ShellProcess, command: Simple, streams: Descriptors) -> Waiting:
    shell.line, shell.streams, shell.substituted = command.line, streams, None
    state, dialect = shell.state, shell.dialect
    mark = shell.substitutions.mark()
    words, arrays = yield from _words(shell, command)
    if dialect.name == "bash" and shell.traps.has("DEBUG"):
        from macvsim.shell.syntax.unparse import command_text

        yield from shell.traps.debug(command_text(command), streams)
    base = streams
    if shell.substitutions.mark() > mark:
        base = streams.copy()
        shell.substitutions.add_to(base)
    try:
        inner = yield from shell.redirector.apply(command.redirects, base)
    except RedirectError as error:
        status = shell.refused(error, command, streams)
        if words and is_special(words[0], dialect) and dialect.name != "bash":
            raise Exit(status) from None
        return status
    if not words:
        for assignment in command.assignments:
            value = yield from assign(shell, assignment)
            if "x" in state.options:
                yield from shell.trace([_traced(shell, assignment, value)], streams)
        shell.substitutions.close(mark)
        return shell.substituted or 0
    assigned: list[tuple[str, str]] = []
    traced: list[str] = []
    for assignment in command.assignments:
        word = assignment.value if isinstance(assignment.value, Word) else in_one_word(assignment.value)
        value = yield from shell.expander.text(word, assigned=True)
        if assignment.append:
            value = (state.variables.get(assignment.name) or "") + value
        assigned.append((assignment.name, value))
        traced += [_traced(shell, assignment, value)] * ("x" in state.options)
    if "x" in state.options:
        if dialect.name == "bash":
            for text in traced:
                yield from shell.trace([text], streams)
            traced = []
        yield from shell.trace([*traced, *map(dialect.traced, words)], streams)
    if words == ["exec"]:
        streams.assign(inner)
    status = yield from _invoke(shell, words, arrays, assigned, inner)
    if inner.full:
        yield from inner.drain()
    if not shell.flush(words[0], command, inner, streams):
        status = 1
    shell.substitutions.close(mark)
    if dialect.name == "bash":
        state.variables["_"] = words[-1]
    shell.tell_of_signal(status, streams, command)
    if shell.job.signal is not None and not shell.is_program:
        raise Exit(status if shell.job.signal == SIGINT else 128 + shell.job.signal)
    return status


def _traced(shell: ShellProcess, assignment: Assignment, value: str | None) -> str:
    from macvsim.shell import tracing

    return tracing.assignment(shell, assignment, value)


def _words(shell: ShellProcess, command: Simple) -> Generator[simpy.Event, Any, tuple[list[str], dict[int, Items]]]:
    """The fields of a command; an array that ``declare`` or a relative gets stands apart, by place of its word."""
    words: list[str] = []
    arrays: dict[int, Items] = {}
    for word in command.words:
        if isinstance(word, Word):
            words += yield from shell.expander.word_fields(word)
            shell.expander.build(FIELD * len(words))
            continue
        operator = "+=" if word.append else "="
        subscript = ""
        if word.subscript is not None:
            subscript = f"[{yield from shell.expander.text(word.subscript)}]"
        if isinstance(word.value, Word):
            value = yield from shell.expander.text(word.value, assigned=True)
            words.append(f"{word.name}{subscript}{operator}{value}")
        else:
            arrays[len(words)] = yield from shell.expander.elements(word)
            words.append(f"{word.name}{operator}")
    return words, arrays


def assign(shell: ShellProcess, assignment: Assignment) -> Generator[simpy.Event, Any, str | None]:
    """Assign; the value, None for an array."""
    state, expander = shell.state, shell.expander
    if not isinstance(assignment.value, Word):
        items = yield from expander.elements(assignment)
        state.set_array(assignment.name, items, append=assignment.append)
        return None
    if assignment.subscript is None:
        value = yield from expander.text(assignment.value, assigned=True)
        state.set(assignment.name, value, append=assignment.append)
    else:
        subscript = yield from expander.text(assignment.subscript)
        value = yield from expander.text(assignment.value, assigned=True)
        state.set_element(assignment.name, subscript, value, append=assignment.append)
    if "a" in state.options:
        state.variables.declare(assignment.name, "x")
    return value


def _invoke(
    shell: ShellProcess,
    words: list[str],
    arrays: dict[int, Items],
    assigned: list[tuple[str, str]],
    streams: Descriptors,
) -> Waiting:
    """Run a function, a builtin or a program; assignments before a special builtin stay, others are its own."""
    state, variables = shell.state, shell.state.variables
    name = words[0]
    saved = {variable: variables.snapshot(variable) for variable, _ in assigned}
    special = is_special(name, shell.dialect)
    try:
        for variable, value in assigned:
            state.set(variable, value)
            if not special or shell.dialect.name == "bash":
                variables.declare(variable, "x")
        if special and shell.dialect.name != "bash":
            saved = {}
            return (yield from _builtin(shell, words, arrays, streams))
        if name in state.functions:
            return (yield from _function(shell, words, streams))
        if find_builtin(name, state):
            return (yield from _builtin(shell, words, arrays, streams))
        return (yield from run_program(shell, words, streams))
    finally:
        for variable, old in saved.items():
            variables.put_back(variable, old)


def _builtin(shell: ShellProcess, words: list[str], arrays: dict[int, Items], streams: Descriptors) -> Waiting:
    from macvsim.shell.builtins.invocation import Invocation

    try:
        result = BUILTINS[words[0]](Invocation(shell, words, streams, arrays))
        return result if isinstance(result, int) else (yield from result)
    except NotSimulated as error:
        return not_simulated(shell.state.box, streams.err, " ".join(words), error.feature, error.effect)
    except ToolError as refused:
        if is_special(words[0], shell.dialect) and shell.dialect.name != "bash":
            raise Exit(refused.status or 0) from None
        return refused.status or 0
    except FileError as error:
        streams.err(shell.dialect.write_error(shell.line, words[0], error))
        return 1


def _function(shell: ShellProcess, words: list[str], streams: Descriptors) -> Waiting:
    state = shell.state
    limit = state.variables.get("FUNCNEST", "") if shell.dialect.name == "bash" else ""
    depth = len(state.frames)
    if limit and limit.isdecimal() and 0 < int(limit) <= depth:
        text = f"{words[0]}: maximum function nesting level exceeded ({limit})"
        streams.err(shell.dialect.say(shell.line, text))
        raise Exit(1)
    deepest = state.box.sim.meter.budget.depth
    if 0 < deepest <= depth:  # the real shells have a limit by their stack, and crash there
        what = f"{words[0]}: more than {deepest} functions in functions"
        raise Exit(not_simulated(state.box, streams.err, " ".join(words), what, Effect.CHANGES))
    function = state.functions[words[0]]
    params, state.params = state.params, words[1:]
    loops = shell.loops
    state.frames.append(Frame(words[0], shell.line, shell.dialect.arg0 if shell.dialect.script else "main"))
    state.variables.enter()
    outer_return = state.traps.get("RETURN") if "T" not in state.options else None
    if outer_return is not None:
        del state.traps["RETURN"]
    try:
        status: int = yield Nested(shell.run(function.body, streams))  # type: ignore[misc]
    except Return as leaving:
        status = leaving.status
    finally:
        state.params = params
        state.variables.leave()
        shell.loops = loops
    try:
        state.status = status
        yield from shell.traps.returned(streams)
    finally:
        state.frames.pop()
        if outer_return is not None:
            state.traps["RETURN"] = outer_return
    return status


def run_program(shell: ShellProcess, words: list[str], streams: Descriptors) -> Waiting:
    """Run a program that is not part of the shell."""
    dialect, name = shell.dialect, words[0]
    try:
        status = yield from program_or_raise(shell, words, streams)
        shell.report_jobs()
        if "/" not in name:
            shell.state.hashed[name] = shell.state.hashed.get(name, 0) + 1
        return status
    except NotFound:
        text, status = not_found(shell, name)
        streams.err(text)
        return status
    except NotExecutable as error:
        why = str(error)
        if dialect.name == "bash" and shell.files.is_directory(name):
            why = "Is a directory"
        streams.err(dialect.say(shell.line, f"{name}: {why}"))
        return 126


def not_found(shell: ShellProcess, name: str) -> tuple[str, int]:
    """The message about a command that is not there, and the status."""
    dialect = shell.dialect
    if not name and dialect.name != "bash":
        return dialect.say(shell.line, ": Permission denied"), 127
    if "/" in name and dialect.name == "bash":
        parts = name.split("/")
        for count in range(1, len(parts)):
            parent = "/".join(parts[:count])
            if parent and shell.files.exists(parent) and not shell.files.is_directory(parent):
                return dialect.say(shell.line, f"{name}: Not a directory"), 126
    return dialect.not_found(shell.line, name), 127


def program_or_raise(shell: ShellProcess, words: list[str], streams: Descriptors) -> Waiting:
    """As `run_program`; raises `NotFound` and `NotExecutable`."""
    state = shell.state
    environment = state.environment()
    environment.update((f"BASH_FUNC_{name}%%", text) for name, text in exported_functions(shell).items())
    call = Call(state.box, words, streams, environment, state.cwd)
    call.ignored = state.ignored_signals()
    shell.job.foreground += 1
    try:
        return (yield from execute(call))
    except simpy.Interrupt as interrupt:
        signal = signal_of(interrupt)
        if signal in shell.traps.pending and not isinstance(interrupt.cause, PipeSignal):
            return Killed(128 + signal)
        raise
    finally:
        shell.job.foreground -= 1


def exported_functions(shell: ShellProcess) -> dict[str, str]:
    """Functions of ``export -f``, as the environment has them."""
    functions = shell.state.functions
    if not shell.state.exported_functions:
        return {}
    from macvsim.shell.syntax.unparse import function_text

    texts = {name: functions[name] for name in shell.state.exported_functions if name in functions}
    return {name: function_text(name, one.body).partition(name)[2].lstrip() for name, one in texts.items()}
