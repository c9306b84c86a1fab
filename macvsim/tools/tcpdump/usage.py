"""Texts of tcpdump, and its options."""

from __future__ import annotations

VERSION = """\
tcpdump version 4.99.5
libpcap version 1.10.5 (with TPACKET_V3)
OpenSSL 3.5.1 1 Jul 2025
64-bit build, 64-bit time_t
"""
USAGE = (
    VERSION
    + """\
Usage: tcpdump [-AbdDefhHIJKlLnNOpqStuUvxX#] [ -B size ] [ -c count ] [--count]
\t\t[ -C file_size ] [ -E algo:secret ] [ -F file ] [ -G seconds ]
\t\t[ -i interface ] [ --immediate-mode ] [ -j tstamptype ]
\t\t[ -M secret ] [ --number ] [ --print ] [ -Q in|out|inout ]
\t\t[ -r file ] [ -s snaplen ] [ -T type ] [ --version ]
\t\t[ -V file ] [ -w file ] [ -W filecount ] [ -y datalinktype ]
\t\t[ --time-stamp-precision precision ] [ --micro ] [ --nano ]
\t\t[ -z postrotate-command ] [ -Z user ] [ expression ]
"""
)
LETTERS = "aAbB:c:C:dDeE:fF:G:hHi:Ij:JKlLm:M:nNOpqQ:r:s:StT:uUvV:w:W:xXy:Yz:Z:#"
LONG = {
    "absolute-tcp-sequence-numbers": "S", "buffer-size": "B:", "count": "count", "dont-verify-checksums": "K",
    "direction": "Q:", "help": "h", "immediate-mode": "l", "interface": "i:", "list-data-link-types": "L",
    "linktype": "y:", "list-interfaces": "D", "list-remote-interfaces": "remote:", "list-time-stamp-types": "J",
    "micro": "micro", "monitor-mode": "I", "nano": "nano", "no-optimize": "O", "no-promiscuous-mode": "p",
    "number": "#", "packet-buffered": "U", "print": "print", "relinquish-privileges": "Z:", "snapshot-length": "s:",
    "time-stamp-precision": "precision:", "time-stamp-type": "j:", "version": "version",
}  # fmt: skip
"""Long options, and the letter or name that means the same; those with a colon take an argument."""
LEFT_OUT = {
    "C": "-C", "d": "-d", "E": "-E", "G": "-G", "J": "-J", "j": "-j", "m": "-m", "M": "-M", "T": "-T", "V": "-V",
    "W": "-W", "Y": "-Y", "z": "-z", "remote": "--list-remote-interfaces",
}  # fmt: skip
MAX_SNAPLEN = 262144
