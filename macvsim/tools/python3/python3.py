"""``python3``: the one program that recordings bring along, and the module that indents JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from macvsim.apps.udp_probe import Crash, UdpListener, UdpProbe, UdpSender
from macvsim.errors import Effect, MacvsimError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.options import Given, read_options
from macvsim.machine.tool import Manner, Texts, tool
from macvsim.machine.usage import Option
from macvsim.tools.apps import run_program

_WRONG = {
    r"invalid option -- '(.)'": r"Unknown option: -\1",
    r"option requires an argument -- '(.)'": r"Argument expected for the -\1 option",
    r"option '(.+)' requires an argument": r"Argument expected for the \1 options",
    r".*option '(--[^']*)'.*": r"unknown option \1",
}
"""The words of Python 3.13 for getopt's complaints (initconfig.c)."""


def _read_words(words: list[str], options: Mapping[str, Option]) -> Given:
    """Options up to the program: a word, ``-c`` or ``-m``."""
    given = read_options(words, options, permute=False, last=("-c", "-m"))
    for form, text in _WRONG.items():
        given.wrong = re.sub(form, text, given.wrong)
    return given


@tool(
    "python3",
    flavour="debian",
    usage=Texts(__package__),
    version="Python 3.13.5\n",
    more="  -c CMD\n  -m MOD\n  -W ARG\n  -X OPT\n  --check-hash-based-pycs MODE\n  -?\n  --help\n  --version\n",
    works="-m -h -? --help -V --version",
    manner=Manner(
        reader=_read_words, complaint="{error}\n", after="synopsis", usage_status=2,
        hint="Try `python -h' for more information.\n",
        help_options=("-h", "-?", "--help"), version_options=("-V", "--version"),
    ),
    effect=Effect.CHANGES,
)  # fmt: skip
def python3(call: Call) -> int | Waiting:
    """``python3 …/runner/udp.py send ADDRESS PORT TEXT [SECONDS]`` or ``… listen PORT SECONDS``; ``-m json.tool``."""
    words = call.given.operands
    if call.given.options == [("-m", "json.tool")] and not words:
        return _json_tool(call)
    if words and words[0].endswith("/runner/udp.py") and not call.given.options:
        return _udp(call, words[1:])
    return call.not_simulated("python3", Effect.CHANGES)


def _json_tool(call: Call) -> Waiting:
    """``python3 -m json.tool``."""
    try:
        value = json.loads((yield from call.read_all()))
    except ValueError as error:
        call.err(f"{error}\n")
        return 1
    call.out(json.dumps(value, indent=4) + "\n")
    return 0


def _udp(call: Call, words: list[str]) -> Waiting:
    app: UdpProbe
    try:
        match words:
            case ["send", address, port, text, *seconds]:
                app = UdpSender(call.box, address, int(port), text, float(seconds[0]) if seconds else 1.0, call.out)
            case ["listen", port, seconds_text]:
                app = UdpListener(call.box, int(port), float(seconds_text), call.out)
            case _:
                return call.not_simulated("udp.py with other words", Effect.CHANGES)
        return (yield from run_program(app))
    except Crash as crash:
        call.err(str(crash))
        return 1
    except (MacvsimError, ValueError) as error:
        return call.not_simulated(f"the traceback of udp.py: {error}", Effect.NONE)
