"""busybox wget: its words (networking/wget.c)."""

from __future__ import annotations

from macvsim.apps.wget import Failed, Options, Wget, parse_url
from macvsim.machine.call import NOT_SIMULATED, Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.tool import tool
from macvsim.tools.busybox.applet import usage
from macvsim.tools.getopt import NumberError, OptionError, busybox_number, getopt
from macvsim.tools.ports import port_number
from macvsim.tools.socketstreams import Decoder, to_bytes

_USAGE = """\
wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]
	[--post-data STR | --post-file FILE] [-Y on/off]
	[--no-check-certificate] [-P DIR] [-U AGENT] [-T SEC] URL...

Retrieve files via HTTP or FTP

	--spider	Only check URL existence: $? is 0 if exists
	--header STR	Add STR (of form 'header: value') to headers
	--post-data STR	Send STR using POST method
	--post-file FILE	Send FILE using POST method
	--no-check-certificate	Don't validate the server's certificate
	-c		Continue retrieval of aborted transfer
	-q		Quiet
	-P DIR		Save to DIR (default .)
	-S    		Show server response
	-T SEC		Network read timeout is SEC seconds
	-O FILE		Save to FILE ('-' for stdout)
	-o LOGFILE	Log messages to FILE
	-U STR		Use STR for User-Agent header
	-Y on/off	Use proxy
"""
_LONG = {
    "continue": "c", "quiet": "q", "server-response": "S", "output-document": "O", "output-file": "o",
    "directory-prefix": "P", "timeout": "T", "user-agent": "U", "proxy": "Y", "tries": "t", "no-check-certificate": "",
    "spider": "1", "header": "2", "post-data": "3", "post-file": "4", "no-clobber": "n", "no-verbose": "n",
    "passive-ftp": "n",
}  # fmt: skip
_LETTERS = "cqSO:o:P:Y:U:T:t:n12:3:4:"


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


@tool("wget", flavour="busybox")
def wget(call: Call) -> int | Waiting:
    """``wget [-cqS] [--spider] [-O FILE] [-P DIR] [-T SEC] [--header STR] [--post-data STR] URL…``."""
    try:
        found, urls = getopt(_short(call.args), _LETTERS)
    except OptionError as error:
        call.err(f"wget: {error}\n")
        return usage(call, _USAGE)
    given = dict(found)
    if not urls:
        return usage(call, _USAGE)
    if "o" in given:
        return call.not_simulated("wget -o")
    options = Options(
        quiet="q" in given,
        spider="1" in given,
        show_headers="S" in given,
        agent=given.get("U", "Wget"),
        headers=[value for letter, value in found if letter == "2"],
    )
    try:
        options.timeout = busybox_number(given.get("T", "900"), 0, 0x7FFFFFFF)
        options.post = _post(call, given)
    except (NumberError, Failed) as error:
        call.err(f"wget: {error}\n")
        return 1
    return _fetch_all(call, urls, given, options)


def _short(args: list[str]) -> list[str]:
    """Long options as the letters they mean; an unknown one stays."""
    words: list[str] = []
    for at, word in enumerate(args):
        if word == "--":
            return words + args[at:]
        name, equals, value = word[2:].partition("=")
        if word.startswith("--"):
            known = [full for full in _LONG if full == name] or [full for full in _LONG if full.startswith(name)]
            if len(known) != 1:
                raise OptionError(f"unrecognized option '{word.partition('=')[0]}'")
            letter = _LONG[known[0]]
            words += [f"-{letter}{value}" if equals else f"-{letter}"] if letter else []
        else:
            words.append(word)
    return words


def _post(call: Call, given: dict[str, str]) -> bytes | None:
    if "3" in given:
        return to_bytes(given["3"])
    if "4" not in given:
        return None
    try:
        return to_bytes(call.files.read(given["4"]))
    except FileError as error:
        raise Failed(f"can't open '{given['4']}': {error.strerror}") from None


def _fetch_all(call: Call, urls: list[str], given: dict[str, str], options: Options) -> Waiting:
    try:
        for text in urls:
            yield from _fetch(call, text, given, options)
    except Failed as error:
        left_out = str(error).startswith("not simulated: ")
        call.err(f"{error}\n" if left_out else f"wget: {error}\n")
        return NOT_SIMULATED if left_out else 1
    return 0


def _fetch(call: Call, text: str, given: dict[str, str], options: Options) -> Waiting:
    url = parse_url(text, port_number)
    name = given.get("O", "")
    if not name:
        name = url.path.rstrip("/").rsplit("/", 1)[-1] if not url.path.endswith("/") else ""
        name = name or "index.html"
        if "P" in given:
            name = f"{given['P'].rstrip('/')}/{name}"
    resume = "c" in given and name != "-" and call.files.exists(name)
    options.start = len(to_bytes(call.files.read(name))) if resume else 0
    if name == "-":
        saving = ("writing to stdout\n", "written to stdout\n")
    else:
        saving = (f"saving to '{name}'\n", f"'{name}' saved\n")
    target = _File(call, name, overwrite="O" in given, resume=resume)
    label = name.rstrip("/").rsplit("/", 1)[-1]
    yield from Wget(call.box, options, target, saving, label, call.err).fetch(url, port_number)
    return 0
