"""curl (Debian 13): its words; standard output is taken to be a terminal, so there is no progress meter."""

from __future__ import annotations

import re

from macvsim.apps.curl import AGENT, Failed, LeftOut, Options, Outcome, Transfer, seconds
from macvsim.engine.sim import SECOND
from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.tool import tool
from macvsim.tools.socketstreams import Decoder, to_bytes
from macvsim.wire.addr import ip_text

_LONG = {
    "connect-timeout": "1:", "data": "d:", "data-raw": "d:", "fail": "f", "head": "I", "header": "H:", "include": "i",
    "insecure": "k", "interface": "2:", "ipv4": "4", "location": "L", "max-time": "m:", "no-buffer": "N",
    "no-progress-meter": "s", "output": "o:", "remote-name": "O", "request": "X:", "show-error": "S",
    "show-headers": "i", "silent": "s", "user-agent": "A:", "verbose": "v", "write-out": "w:",
}  # fmt: skip
_LETTERS = {letter[0]: letter for letter in _LONG.values() if letter[0].isalpha() or letter == "4"}
_MORE = "\ncurl: try 'curl --help' or 'curl --manual' for more information"
_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\r": "\r"}


@tool("curl", flavour="debian", effect=Effect.READS)
def curl(call: Call) -> int | Waiting:
    """``curl [-sSfiIvLkO4N] [-o FILE] [-w FORMAT] [-m SEC] [-X METHOD] [-H HEADER] [-d DATA] [-A AGENT] URL…``."""
    try:
        given, urls = _words(call.args)
        options = _options(given)
    except LeftOut as error:
        return call.not_simulated(f"curl {error}", Effect.READS)
    except Failed as error:
        call.err(f"curl: {error}\n")
        return error.code
    letters = {letter for letter, _ in given}
    if letters & set("oO") and not letters & set("s"):
        return call.not_simulated("the progress meter of curl: add -s", Effect.READS)
    if not urls:
        call.err(f"curl: (2) no URL specified{_MORE}\n")
        return 2
    return _fetch_all(call, urls, given, options)


def _words(args: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Options by letter with their values, and URLs."""
    given: list[tuple[str, str]] = []
    urls: list[str] = []
    rest = list(args)
    while rest:
        word = rest.pop(0)
        if word.startswith("--") and word != "--":
            kind = _LONG.get(word[2:])
            if kind is None:
                raise LeftOut(word)
            given.append((kind[0], _value(word, rest) if kind.endswith(":") else ""))
        elif word.startswith("-") and word not in ("-", "--"):
            for at, letter in enumerate(word[1:], start=1):
                kind = _LETTERS.get(letter)
                if kind is None:
                    raise LeftOut(f"-{letter}")
                if kind.endswith(":"):
                    given.append((letter, word[at + 1 :] or _value(f"-{letter}", rest)))
                    break
                given.append((letter, ""))
        elif word != "--":
            urls.append(word)
    return given, urls


def _value(option: str, rest: list[str]) -> str:
    if not rest:
        raise Failed(2, f"option {option}: requires parameter{_MORE}")
    return rest.pop(0)


def _time(option: str, text: str) -> int:
    if not re.fullmatch(r"\d+(\.\d*)?|\.\d+", text):
        raise Failed(2, f"option {option}: expected a proper numerical parameter{_MORE}")
    return int(float(text) * SECOND)


def _options(given: list[tuple[str, str]]) -> Options:
    last = dict(given)
    data = [value for letter, value in given if letter == "d"]
    return Options(
        method=last.get("X", ""),
        head="I" in last,
        headers=[value for letter, value in given if letter == "H"],
        data=to_bytes("&".join(data)) if data else None,
        agent=last.get("A", AGENT),
        fail="f" in last,
        follow="L" in last,
        shows_headers="i" in last or "I" in last,
        max_time=_time("-m", last["m"]) if "m" in last else None,
        connect_timeout=_time("--connect-timeout", last["1"]) if "1" in last else None,
        device=last.get("2", ""),
    )


def _fetch_all(call: Call, urls: list[str], given: list[tuple[str, str]], options: Options) -> Waiting:
    """One after the other; the exit code is the last one's."""
    last = dict(given)
    outputs = [(letter, value) for letter, value in given if letter in "oO"]
    code = connections = 0
    for number, url in enumerate(urls):
        letter, name = outputs[number] if number < len(outputs) else ("", "")
        if letter == "O":
            path = re.sub(r"^\w+://|[?#].*", "", url).partition("/")[2]
            name = path.rpartition("/")[2] or "curl_response"
        out = _Output(call, name)
        transfer = Transfer(call.box, options, out.write, call.err if "v" in last else _unheard, connections)
        try:
            outcome = yield from transfer.run(url)
        except LeftOut as error:
            return call.not_simulated(f"curl {error}", Effect.READS)
        connections, code = transfer.connections, outcome.code
        if code and not ("s" in last and "S" not in last):
            call.err(f"curl: ({code}) {outcome.error}\n")
        if "w" in last:
            call.out(_written(call, last["w"], outcome))
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
