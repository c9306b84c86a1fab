"""Addresses, masks, ports, protocols and numbers in the words of iptables (libxtables)."""

from __future__ import annotations

from macvsim.net.netfilter.matches import Ports
from macvsim.net.netfilter.rule import EVERYTHING, PROTOCOLS, Interface, Net
from macvsim.shell.iptables.complaint import Misuse

SERVICES = {
    "tcpmux": 1, "echo": 7, "discard": 9, "systat": 11, "daytime": 13, "netstat": 15, "qotd": 17, "chargen": 19,
    "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "time": 37, "whois": 43, "tacacs": 49,
    "domain": 53, "bootps": 67, "bootpc": 68, "tftp": 69, "gopher": 70, "finger": 79, "http": 80, "kerberos": 88,
    "iso-tsap": 102, "pop3": 110, "sunrpc": 111, "auth": 113, "nntp": 119, "ntp": 123, "epmap": 135,
    "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139, "imap2": 143, "snmp": 161, "snmp-trap": 162,
    "xdmcp": 177, "bgp": 179, "irc": 194, "ldap": 389, "https": 443, "microsoft-ds": 445, "submissions": 465,
    "kpasswd": 464, "saft": 487, "isakmp": 500, "rip": 520, "syslog": 514, "shell": 514, "login": 513, "printer": 515,
    "uucp": 540, "nfs": 2049, "submission": 587, "ldaps": 636, "domain-s": 853, "rsync": 873, "ftps": 990,
    "imaps": 993, "pop3s": 995, "socks": 1080, "openvpn": 1194, "ms-sql-s": 1433, "l2f": 1701, "radius": 1812,
    "mysql": 3306, "ms-wbt-server": 3389, "epmd": 4369, "sip": 5060, "sip-tls": 5061, "xmpp-client": 5222,
    "mdns": 5353, "postgresql": 5432, "amqp": 5672, "x11": 6000, "redis": 6379, "bacula-dir": 9101,
    "http-alt": 8080, "git": 9418,
}  # fmt: skip
"""The better known names of /etc/services."""
_UDP_ONLY = frozenset(("syslog", "rip", "bootps", "bootpc", "tftp", "ntp", "snmp-trap", "xdmcp", "mdns"))
_TCP_ONLY = frozenset(("shell", "login", "printer", "http", "ssh", "smtp", "telnet", "ftp", "ftp-data", "pop3", "bgp"))


def service_name(port: int, proto: int) -> str:
    """The name of a port, or its number (getservbyport)."""
    wrong = _TCP_ONLY if proto == 17 else _UDP_ONLY
    return next((name for name, number in SERVICES.items() if number == port and name not in wrong), str(port))


def number(text: str, low: int = 0, high: int = EVERYTHING) -> int | None:
    """A number, also hexadecimal and octal as strtoul reads it; None if it is none within the bounds."""
    try:
        value = int(text, 8) if len(text) > 1 and text[0] == "0" and text.isdigit() else int(text, 0)
    except ValueError:
        return None
    return value if low <= value <= high and text[:1] not in "+-_ " and "_" not in text else None


def port(text: str) -> int:
    """A port by number or name."""
    value = number(text, 0, 0xFFFF)
    if value is None:
        value = SERVICES.get(text)
    if value is None:
        raise Misuse(f"invalid port/service `{text}' specified")
    return value


def ports(text: str, *, negated: bool = False) -> Ports:
    """``80``, ``80:90``, ``:90``, ``1024:``."""
    first, colon, last = text.partition(":")
    low = port(first) if first or not colon else 0
    high = (port(last) if last else 0xFFFF) if colon else low
    if low > high:
        raise Misuse("invalid portrange (min > max)")
    return Ports(low, high, negated)


def protocol(text: str) -> int:
    """A protocol by number or name."""
    value = number(text, 0, 255)
    if value is None:
        value = {name: key for key, name in PROTOCOLS.items()}.get(text.lower())
    if value is None:
        raise Misuse(f'unknown protocol "{text}" specified')
    return value


def dotted(text: str) -> int | None:
    """An address; missing parts are zero (``10.1`` is 10.1.0.0); None if it is none."""
    parts = text.split(".")
    if not 1 <= len(parts) <= 4:
        return None
    address = 0
    for part in [*parts, "0", "0", "0"][:4]:
        if not (part.isascii() and part.isdigit() and int(part) < 256):
            return None
        address = address << 8 | int(part)
    return address


def full_address(text: str) -> int | None:
    """An address with all its four parts."""
    return dotted(text) if text.count(".") == 3 else None


def mask(text: str) -> int:
    """Length of a prefix, or a mask."""
    whole = full_address(text)
    if whole is not None:
        return whole
    if not (text.isascii() and text.isdigit() and int(text) <= 32):
        raise Misuse(f"invalid mask `{text}' specified")
    return EVERYTHING << (32 - int(text)) & EVERYTHING


def nets(text: str, names: dict[str, int], *, negated: bool = False) -> list[Net]:
    """``10.0.0.0/8,192.168.1.1``; a name of /etc/hosts is an address too.

    names : addresses by name
    """
    found = []
    for one in text.split(","):
        address_text, slash, mask_part = one.partition("/")
        wanted = mask(mask_part) if slash else EVERYTHING
        address = dotted(address_text) if slash else full_address(address_text)
        if address is None:
            address = names.get(address_text)
        if address is None:
            raise Misuse(f"host/network `{address_text}' not found")
        found.append(Net(address & wanted, wanted, negated))
    return found


def net_text(net: Net, *, numeric: bool) -> str:
    """As -L prints it."""
    if not net.mask and not net.negated:
        return "0.0.0.0/0" if numeric else "anywhere"
    return net.short()


def interface(text: str, *, negated: bool = False) -> Interface:
    """A device's name; ``+`` alone is any."""
    if not text:
        raise Misuse("Empty interface is likely to be undesired")
    if len(text) > 15:
        raise Misuse(f"interface name `{text}' must be shorter than 16 characters")
    return Interface() if text == "+" else Interface(text, negated)
