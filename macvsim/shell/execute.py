"""Running one program that is not part of the shell."""

from __future__ import annotations

from macvsim.errors import NotSimulated
from macvsim.host import Box
from macvsim.shell.call import REGISTRY, Call, Waiting
from macvsim.shell.resolve import NotExecutable, NotFound, find_program


def execute(call: Call) -> Waiting:
    """Run the program a call names; `NotFound` or `NotExecutable` where there is none.

    What a program leaves out on purpose is said on its standard error, and it ends with 95.
    """
    try:
        fn = find_program(call.box, call.name, call.cwd)
        if call.source is not None and not REGISTRY.streams(fn):
            yield from call.source.wait_closed()
        code = fn(call)
        return code if isinstance(code, int) else (yield from code)
    except NotSimulated as error:
        return call.not_simulated(str(error))


def run_in(call: Call, box: Box, argv: list[str]) -> Waiting:
    """Run a program in another box with the caller's streams and environment, as ``ip netns exec`` does."""
    inside = Call(box, argv, call.source, call.stdout, call.stderr, dict(call.env), call.cwd)
    try:
        return (yield from execute(inside))
    except NotFound:
        call.err(f'exec of "{argv[0]}" failed: No such file or directory\n')
        return 1
    except NotExecutable as error:
        call.err(f'exec of "{argv[0]}" failed: {error}\n')
        return 1
