"""hostname, of the distribution (hostname 3.25) and of busybox."""

from __future__ import annotations

import re

from macvsim.errors import MacvsimError, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.files import FileError
from macvsim.machine.tool import OWN, ToolError, UsageError
from macvsim.tools.getopt import OptionError, getopt
from macvsim.tools.toolkit import Wording, everywhere
from macvsim.wire.addr import ip_text

_USAGE = """\
Usage: hostname [-b] {hostname|-F file}         set host name (from file)
       hostname [-a|-A|-d|-f|-i|-I|-s|-y]       display formatted name
       hostname                                 display host name

       {yp,nis,}domainname {nisdomain|-F file}  set NIS domain name (from file)
       {yp,nis,}domainname                      display NIS domain name

       dnsdomainname                            display dns domain name

       hostname -V|--version|-h|--help          print info and exit

Program name:
       {yp,nis,}domainname=hostname -y
       dnsdomainname=hostname -d

Program options:
    -a, --alias            alias names
    -A, --all-fqdns        all long host names (FQDNs)
    -b, --boot             set default hostname if none available
    -d, --domain           DNS domain name
    -f, --fqdn, --long     long host name (FQDN)
    -F, --file             read host name or NIS domain name from given file
    -i, --ip-address       addresses for the host name
    -I, --all-ip-addresses all addresses for the host
    -s, --short            short host name
    -y, --yp, --nis        NIS/YP domain name

Description:
   This command can get or set the host name or the NIS domain name. You can
   also get the DNS domain or the FQDN (fully qualified domain name).
   Unless you are using bind or NIS for host lookups you can change the
   FQDN (Fully Qualified Domain Name) and the DNS domain name (which is
   part of the FQDN) in the /etc/hosts file.
"""
_USAGE_STATUS = 255
_LONG = {"fqdn": "f", "long": "f", "short": "s", "ip-address": "i", "all-ip-addresses": "I", "all-fqdns": "A",
         "alias": "a", "domain": "d", "boot": "b", "file": "F", "yp": "y", "nis": "y", "help": "h",
         "version": "V"}  # fmt: skip
_VALID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


@everywhere("hostname", gnu=OWN, busybox=OWN)
def hostname(call: Call, manner: Wording) -> int:
    """``hostname [-fsiI | -F FILE | NAME]``."""
    words = [f"-{_LONG[word[2:]]}" if word[2:] in _LONG and word[:2] == "--" else word for word in call.args]
    try:
        found, names = getopt(words, "fsiIdF:" if manner.busybox else "fsiIAabdyhVF:")
    except OptionError as error:
        if manner.busybox:
            raise UsageError(str(error)) from None
        call.err(f"hostname: {error}\n{_USAGE}")
        return _USAGE_STATUS
    given = dict(found)
    for letter in (letter for letter in given if letter in "AabyV"):
        raise NotSimulated(f"hostname -{letter}")
    if "h" in given or len(names) > 1:
        if manner.busybox:
            raise UsageError("")
        call.out(_USAGE)
        return _USAGE_STATUS
    if "F" in given:
        return _set(call, manner, _first_line(call, given["F"]))
    if names:
        return _set(call, manner, names[0])
    return _show(call, manner, next((letter for letter in "IidsF" if letter in given), ""))


def _first_line(call: Call, path: str) -> str:
    """The name in a file: its first line that is no comment."""
    try:
        lines = call.files.read(path).splitlines()
    except FileError as error:
        raise ToolError(f"{path}: {error.strerror}") from None
    return next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")


def _set(call: Call, manner: Wording, name: str) -> int:
    if not manner.busybox and not _VALID.fullmatch(name):
        raise ToolError("the specified hostname is invalid")
    if not call.box.sys_admin:
        raise ToolError("sethostname: Operation not permitted")
    call.box.hostname = name
    return 0


def _show(call: Call, manner: Wording, letter: str) -> int:
    box = call.box
    if letter == "I":
        found = [a for dev in box.ns.devices.values() if not dev.loopback for a in dev.inet.addresses]
        call.out("".join(f"{ip_text(address.local)} " for address in found) + "\n")
    elif letter == "i":
        try:
            call.out(f"{ip_text(box.resolve(box.hostname))}{' ' if manner.busybox else ''}\n")
        except MacvsimError:
            raise ToolError("Name or service not known") from None
    elif letter == "d":
        call.out((box.hostname.partition(".")[2] or "") + "\n")
    else:
        call.out((box.hostname.partition(".")[0] if letter == "s" else box.hostname) + "\n")
    return 0
