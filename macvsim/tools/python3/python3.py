"""``python3``: the one program that recordings bring along, and the module that indents JSON."""

from __future__ import annotations

import json

from macvsim.apps.udp_probe import Crash, UdpListener, UdpProbe, UdpSender
from macvsim.errors import Effect, MacvsimError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import tool
from macvsim.tools.apps import run_program


@tool("python3", flavour="debian", effect=Effect.CHANGES)
def python3(call: Call) -> int | Waiting:
    """``python3 …/runner/udp.py send ADDRESS PORT TEXT [SECONDS]`` or ``… listen PORT SECONDS``; ``-m json.tool``."""
    match call.args:
        case ["-m", "json.tool"]:
            return _json_tool(call)
        case [script, *words] if script.endswith("/runner/udp.py"):
            return _udp(call, words)
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
