"""busybox wget: its words (networking/wget.c)."""

from __future__ import annotations

from macvsim.apps.wget import Failed, Options, Wget, parse_url
from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.options import Given
from macvsim.machine.tool import BUSYBOX, ToolError, UsageError, tool
from macvsim.tools.busybox.applet import USAGE, number
from macvsim.tools.ports import port_number
from macvsim.tools.socketstreams import Decoder, to_bytes

_MORE = """\
  -c, --continue
  -q, --quiet
  -S, --server-response
  -O, --output-document FILE
  -o, --output-file FILE
  -P, --directory-prefix DIR
  -T, --timeout SEC
  -U, --user-agent STR
  -Y, --proxy STR
  -t, --tries N
  -n, --no-clobber
  --no-verbose
  --passive-ftp
"""


class _File:
    """A document that is saved, by name or to standard output."""

    def __init__(self, call: Call, name: str, *, overwrite: bool, resume: bool) -> None:
        self._call = call
        self._name = name
        self._overwrite = overwrite
        self._resume = resume
        self._opened = False
        self._decode = Decoder()

    def open(self) -> None:
        if self._name == "-" or self._opened:
            return
        files = self._call.files
        self._opened = True
        try:
            if not (self._overwrite or self._resume) and files.exists(self._name):
                raise FileError("EEXIST", self._name)
            files.open_for_writing(self._name, truncate=not self._resume)
        except FileError as error:
            raise Failed(f"can't open '{self._name}': {error.strerror}") from None

    def restart(self) -> None:
        self._resume = False
        self._overwrite = True

    def write(self, data: bytes) -> None:
        text = self._decode(data)
        if self._name == "-":
            self._call.out(text)
            return
        try:
            self._call.files.write(self._name, text)
        except FileError as error:
            raise Failed(f"write error: {error.strerror}") from None


@tool(
    "wget",
    flavour="busybox",
    usage=USAGE,
    more=_MORE,
    left_out={"-o": ""},
    values={"-T": number()},
    effect=Effect.READS,
    manner=BUSYBOX,
)
def wget(call: Call) -> Waiting:
    """``wget [-cqS] [--spider] [-O FILE] [-P DIR] [-T SEC] [--header STR] [--post-data STR] URL…``."""
    given = call.given
    if not given.operands:
        raise UsageError
    options = Options(
        quiet="-q" in given,
        spider="--spider" in given,
        show_headers="-S" in given,
        agent=given.get("-U", "Wget"),
        headers=given.all("--header"),
        timeout=given.get("-T", 900),
        post=_post(call),
    )
    return _fetch_all(call, options)


def _post(call: Call) -> bytes | None:
    given = call.given
    if "--post-data" in given:
        return to_bytes(given.get("--post-data"))
    if "--post-file" not in given:
        return None
    path = given.get("--post-file")
    try:
        return to_bytes(call.files.read(path))
    except FileError as error:
        raise ToolError(f"can't open '{path}': {error.strerror}") from None


def _fetch_all(call: Call, options: Options) -> Waiting:
    try:
        for text in call.given.operands:
            yield from _fetch(call, text, call.given, options)
    except Failed as error:
        raise ToolError(str(error)) from None
    return 0


def _fetch(call: Call, text: str, given: Given, options: Options) -> Waiting:
    url = parse_url(text, port_number)
    name = given.get("-O")
    if not name:
        name = url.path.rstrip("/").rsplit("/", 1)[-1] if not url.path.endswith("/") else ""
        name = name or "index.html"
        if "-P" in given:
            name = f"{given.get('-P').rstrip('/')}/{name}"
    resume = "-c" in given and name != "-" and call.files.exists(name)
    options.start = len(to_bytes(call.files.read(name))) if resume else 0
    if name == "-":
        saving = ("writing to stdout\n", "written to stdout\n")
    else:
        saving = (f"saving to '{name}'\n", f"'{name}' saved\n")
    target = _File(call, name, overwrite="-O" in given, resume=resume)
    label = name.rstrip("/").rsplit("/", 1)[-1]
    yield from Wget(call.box, options, target, saving, label, call.err).fetch(url, port_number)
    return 0
