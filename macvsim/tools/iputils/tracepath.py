"""tracepath of iputils, as Debian has it."""

from __future__ import annotations

from typing import Any

from macvsim.apps.names6 import is_text6
from macvsim.apps.tracepath import OVERHEAD, Tracepath
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import tool
from macvsim.tools.apps import run_program
from macvsim.tools.getopt import NumberError, OptionError, getopt, iputils_number

_USAGE = """
Usage
  tracepath [options] <destination>

Options:
  -4             use IPv4
  -6             use IPv6
  -b             print both name and IP
  -l <length>    use packet <length>
  -m <hops>      use maximum <hops>
  -n             no reverse DNS name resolution
  -p <port>      use destination <port>
  -V             print version and exit
  <destination>  DNS name or IP address

For more details see tracepath(8).
"""
_VERSION = """\
tracepath from iputils 20240905
libcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes
"""
_INT_MAX = 0x7FFFFFFF
_NUMBERS = {
    "l": ("length", OVERHEAD, _INT_MAX),
    "m": ("max_hops", 0, 255),
    "p": ("port", 0, 65535),
}


@tool("tracepath", flavour="debian")
def tracepath(call: Call) -> int | Waiting:
    """``tracepath [-4nbV] [-l LENGTH] [-m HOPS] [-p PORT] DESTINATION``."""
    try:
        found, words = getopt(call.args, "46nbh?l:m:p:V")
        options = _read(found)
    except OptionError as error:
        call.err(f"tracepath: {error}\n{_USAGE}")
        return 255
    except NumberError as error:
        call.err(f"tracepath: {error}\n")
        return 1
    letters = {letter for letter, _ in found}
    if letters & {"h", "?"}:
        call.err(_USAGE)
        return 255
    if "V" in letters:
        call.out(_VERSION)
        return 0
    if len(words) != 1:
        call.err(_USAGE)
        return 255
    if "6" in letters or is_text6(words[0]):
        return call.not_simulated("tracepath of IPv6")
    return run_program(Tracepath(call.box, words[0], stdout=call.out, stderr=call.err, **options))


def _read(found: list[tuple[str, str]]) -> dict[str, Any]:
    """The options as those of `Tracepath`."""
    options: dict[str, Any] = {"numeric": False, "both": False}
    for letter, value in found:
        if letter in _NUMBERS:
            name, low, high = _NUMBERS[letter]
            options[name] = iputils_number(value, low, high)
        elif letter == "n":
            options["numeric"] = True
        elif letter == "b":
            options["both"] = True
    return options
