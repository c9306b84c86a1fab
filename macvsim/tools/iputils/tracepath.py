"""tracepath of iputils 20240905."""

from __future__ import annotations

from macvsim.apps.names6 import is_text6
from macvsim.apps.tracepath import OVERHEAD, Tracepath
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import UsageError, tool
from macvsim.tools.apps import run_program
from macvsim.tools.iputils.common import INT_MAX, TRACEPATH, USAGE, VERSION, number


@tool(
    "tracepath",
    flavour="debian",
    usage=USAGE,
    version=VERSION.format("tracepath"),
    left_out={"-6": "IPv6"},
    values={"-l": number(OVERHEAD, INT_MAX), "-m": number(0, 255), "-p": number(0, 65535)},
    manner=TRACEPATH,
    effect=Effect.READS,
)
def tracepath(call: Call) -> Waiting:
    """``tracepath [-4nbV] [-l LENGTH] [-m HOPS] [-p PORT] DESTINATION``."""
    given = call.given
    if len(given.operands) != 1:
        raise UsageError
    if is_text6(given.operands[0]):
        raise NotSimulated("tracepath of IPv6", Effect.READS)
    numbers = {"-l": "length", "-m": "max_hops", "-p": "port"}
    options = {numbers[name]: value for name, value in given.options if name in numbers}
    return run_program(
        Tracepath(
            call.box, given.operands[0], numeric="-n" in given, both="-b" in given, stdout=call.out, stderr=call.err,
            **options,
        )
    )  # fmt: skip
