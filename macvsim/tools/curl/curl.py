"""curl (Debian 13): its words; standard output is taken to be a terminal, so there is no progress meter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from macvsim.apps.curl import AGENT, Failed, Options, Outcome, Transfer, seconds
from macvsim.engine.sim import SECOND
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.options import Given
from macvsim.machine.tool import Manner, Texts, ToolError, tool
from macvsim.machine.usage import Option
from macvsim.tools.socketstreams import Decoder, to_bytes
from macvsim.wire.addr import ip_text

_MORE = "\ncurl: try 'curl --help' or 'curl --manual' for more information"
_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\r": "\r"}


def _wrong(word: str, why: str) -> ToolError:
    return ToolError(f"option {word}: {why}{_MORE}", 2)


def _read_words(words: list[str], options: Mapping[str, Option]) -> Given:
    """Options and URLs; long names are written out, and ``--no-`` in front switches one off."""
    given, rest = Given(), list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            given.operands += rest
            break
        if not word.startswith("-"):
            given.operands.append(word)
        elif word.startswith("--"):
            given.add(option := _named(word, word, options), word, _value(option, word, "", rest))
        else:
            letters = word[1:] or " "
            while letters:
                option = _named(f"-{letters[0]}", word, options)
                value = _value(option, word, letters[1:], rest)
                given.add(option, f"-{letters[0]}", value)
                letters = "" if option.argument else letters[1:]
    return given


def _named(name: str, word: str, options: Mapping[str, Option]) -> Option:
    if name in options:
        return options[name]
    switched = options.get(f"--{name[5:]}") if name.startswith("--no-") else None
    if switched is None:
        raise _wrong(word, "is unknown")
    if switched.argument:
        raise _wrong(word, "the given option cannot be reversed with a --no- prefix")
    raise NotSimulated(f"curl {word}", Effect.READS)


def _value(option: Option, word: str, attached: str, rest: list[str]) -> str:
    if not option.argument or attached:
        return attached
    if not rest and not option.optional:
        raise _wrong(word, "requires parameter")
    return rest.pop(0) if rest else ""


def _time(name: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"\d+(\.\d*)?|\.\d+", text):
            raise _wrong(name, "expected a proper numerical parameter")
        return int(float(text) * SECOND)

    return read


_TEXTS = Texts(__package__)


@tool(
    "curl",
    flavour="debian",
    usage=_TEXTS,
    version=_TEXTS.blocks["version"],
    listing="curl --help all",
    letters="h::",
    more=" -i, --show-headers, --include\n",
    works="-4 -A -H -I -L -N -O -S -X -d -f -h -i -k -m -o -s -v -w --connect-timeout --data-raw --interface "
    "--no-progress-meter -V",
    values={"-m": _time("-m"), "--connect-timeout": _time("--connect-timeout")},
    effect=Effect.READS,
    manner=Manner(reader=_read_words, help_options=("-h", "--help"), version_options=("-V", "--version")),
)
def curl(call: Call) -> Waiting:
    """``curl [-sSfiIvLkO4N] [-o FILE] [-w FORMAT] [-m SEC] [-X METHOD] [-H HEADER] [-d DATA] [-A AGENT] URL…``."""
    given = call.given
    if not given.operands:
        raise ToolError(f"(2) no URL specified{_MORE}" if given.options else _MORE.removeprefix("\ncurl: "), 2)
    if ("-o" in given or "-O" in given) and not ("-s" in given or "--no-progress-meter" in given):
        raise NotSimulated("the progress meter of curl: add -s", Effect.NONE)
    return _fetch_all(call, given, _options(given))


def _options(given: Given) -> Options:
    data = [value for name, value in given.options if name in ("-d", "--data-raw")]
    return Options(
        method=given.get("-X"),
        head="-I" in given,
        headers=given.all("-H"),
        data=to_bytes("&".join(data)) if data else None,
        agent=given.get("-A", AGENT),
        fail="-f" in given,
        follow="-L" in given,
        shows_headers="-i" in given or "-I" in given,
        max_time=given.get("-m", None),
        connect_timeout=given.get("--connect-timeout", None),
        device=given.get("--interface"),
    )


def _fetch_all(call: Call, given: Given, options: Options) -> Waiting:
    """One URL after the other; the exit code is the last one's."""
    outputs = [(name, value) for name, value in given.options if name in ("-o", "-O")]
    silent = "-s" in given and "-S" not in given
    code = connections = 0
    for number, url in enumerate(given.operands):
        option, file = outputs[number] if number < len(outputs) else ("", "")
        if option == "-O":
            path = re.sub(r"^\w+://|[?#].*", "", url).partition("/")[2]
            file = path.rpartition("/")[2] or "curl_response"
        out = _Output(call, file)
        transfer = Transfer(call.box, options, out.write, call.err if "-v" in given else _unheard, connections)
        outcome = yield from transfer.run(url)
        connections, code = transfer.connections, outcome.code
        if code and not silent:
            call.err(f"curl: ({code}) {outcome.error}\n")
        if "-w" in given:
            call.out(_written(call, given.get("-w"), outcome))
    return code


def _unheard(_: str) -> None:
    pass


class _Output:
    """Where an answer goes: standard output, or a file, which is there once something has come."""

    def __init__(self, call: Call, name: str) -> None:
        self._call = call
        self._name = "" if name == "-" else name
        self._opened = False
        self._decode = Decoder()

    def write(self, data: bytes) -> None:
        text = self._decode(data)
        if not self._name:
            self._call.out(text)
            return
        try:
            if not self._opened:
                self._call.files.open_for_writing(self._name, truncate=True)
                self._opened = True
            self._call.files.write(self._name, text)
        except FileError:
            raise Failed(23, f"client returned ERROR on write of {len(data)} bytes") from None


def _written(call: Call, template: str, outcome: Outcome) -> str:
    """What ``-w`` asks for."""
    local, remote = outcome.local, outcome.remote
    values = {
        "content_type": outcome.kind,
        "errormsg": outcome.error,
        "exitcode": str(outcome.code),
        "http_code": f"{outcome.status:03}",
        "http_version": "1.1" if outcome.status else "0",
        "local_ip": ip_text(local[0]) if local else "",
        "local_port": str(local[1]) if local else "-1",
        "method": outcome.method,
        "num_redirects": str(outcome.redirects),
        "remote_ip": ip_text(remote[0]) if remote else "",
        "remote_port": str(remote[1]) if remote else "-1",
        "response_code": f"{outcome.status:03}",
        "scheme": "http",
        "size_download": str(outcome.size),
        "time_connect": seconds(outcome.connected),
        "time_namelookup": seconds(0),
        "time_total": seconds(outcome.took),
        "url_effective": outcome.url,
    }

    def shown(match: re.Match[str]) -> str:
        word = match[0]
        if word in _ESCAPES:
            return _ESCAPES[word]
        if word == "%%":
            return "%"
        if match[1] not in values:
            call.err(f"curl: unknown --write-out variable: '{match[1]}'\n")
        return values.get(match[1], "")

    return re.sub(r"%\{(\w+)\}|%%|\\[ntr]", shown, template)
