"""TCP payloads that are lines of text: HTTP, FTP, SMTP, SSH, RTSP (print-txtproto, netdissect's txtproto_print)."""

from __future__ import annotations

from macvsim.wire.text.core import Dissection, printable

_HTTP_COMMANDS = (
    "GET", "PUT", "COPY", "HEAD", "LOCK", "MOVE", "POLL", "POST", "BCOPY", "BMOVE", "MKCOL", "TRACE", "LABEL",
    "MERGE", "DELETE", "SEARCH", "UNLOCK", "REPORT", "UPDATE", "NOTIFY", "BDELETE", "CONNECT", "OPTIONS", "CHECKIN",
    "PROPFIND", "CHECKOUT", "CCM_POST", "SUBSCRIBE", "PROPPATCH", "BPROPFIND", "BPROPPATCH", "UNCHECKOUT",
    "MKACTIVITY", "MKWORKSPACE", "UNSUBSCRIBE", "RPC_CONNECT", "VERSION-CONTROL", "BASELINE-CONTROL",
)  # fmt: skip
_RTSP_COMMANDS = ("OPTIONS", "DESCRIBE", "ANNOUNCE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER",
                  "SET_PARAMETER", "REDIRECT", "RECORD")  # fmt: skip
_HTTP_PORTS, _RTSP_PORTS, _FTP, _SMTP, _SSH = (80, 8080), (554, 8554), 21, 25, 22


def show(d: Dissection, ports: tuple[int, int], at: int, length: int) -> bool:
    """What a segment to or from one of those ports says; False for others."""
    if any(port in _HTTP_PORTS for port in ports):
        _text(d, "http", at, length, _HTTP_COMMANDS)
    elif any(port in _RTSP_PORTS for port in ports):
        _text(d, "rtsp", at, length, _RTSP_COMMANDS)
    elif _FTP in ports:
        _text(d, "ftp", at, length, None)
    elif _SMTP in ports:
        _text(d, "smtp", at, length, None)
    elif _SSH in ports:
        _ssh(d, at, length)
    else:
        return False
    return True


def _text(d: Dissection, proto: str, at: int, length: int, commands: tuple[str, ...] | None) -> None:
    d.proto = proto
    d.put(f": {proto.upper()}")
    if commands is not None and not _looks_right(d, at, length, commands):
        return
    if not d.options.v:
        _line(d, ": ", at, 0, length)
        return
    d.put(f", length: {length}")
    place = 0
    while place < length:
        place = _line(d, "\n\t", at, place, length)
        if not place:
            break


def _looks_right(d: Dissection, at: int, length: int, commands: tuple[str, ...]) -> bool:
    """True if the text begins with a command, or is an answer: its second word a number of three digits."""
    head = d.data[at : min(at + length, d.end)]
    if not head:
        return True  # none of it was captured
    words = head.split(b"\n")[0].split()
    if not words or not head[:1].strip():
        return False
    if words[0].decode("latin-1").upper() in commands:
        return True
    return len(words) > 1 and len(words[1]) == 3 and words[1].isdigit()


def _line(d: Dissection, prefix: str, at: int, start: int, length: int) -> int:
    """Print a line; returns where the next begins, 0 where text ends."""
    for place in range(start, length):
        if not d.has(at + place, 1):
            d.truncated()
            return 0
        byte = d.u8(at + place)
        if byte == 0x0A or (byte == 0x0D and d.data[at + place + 1 : at + place + 2] == b"\n" and place + 1 < length):
            d.put(prefix + d.data[at + start : at + place].decode("latin-1"))
            return place + (1 if byte == 0x0A else 2)
        if byte != 0x09 and not 0x20 <= byte < 0x7F:
            return 0
    d.put(prefix + d.data[at + start : at + length].decode("latin-1"))
    return 0


def _ssh(d: Dissection, at: int, length: int) -> None:
    """The line in which both sides say who they are."""
    if d.data[at : at + 4] != b"SSH-":
        return
    d.proto = "ssh"
    head = d.take(at, length)
    end = head.find(b"\n")
    if end < 0:
        return
    d.put(": SSH: " + printable(head[:end].rstrip(b"\r")))
