"""/var/lib/dhcp/dhclient.leases: what dhclient remembers (dhclient.leases(5))."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from macvsim.apps.dhclient import Held
from macvsim.engine.sim import SECOND
from macvsim.machine.host import Box
from macvsim.wire import dhcp
from macvsim.wire.addr import ip_int, ip_text
from macvsim.wire.dhcp import Message

PATH = "/var/lib/dhcp/dhclient.leases"
_NAMES = {
    dhcp.MASK: "subnet-mask", dhcp.ROUTER: "routers", dhcp.DNS: "domain-name-servers", dhcp.HOSTNAME: "host-name",
    dhcp.DOMAIN: "domain-name", dhcp.BROADCAST: "broadcast-address", dhcp.LEASE: "dhcp-lease-time",
    dhcp.TYPE: "dhcp-message-type", dhcp.SERVER_ID: "dhcp-server-identifier", dhcp.RENEWAL: "dhcp-renewal-time",
    dhcp.REBINDING: "dhcp-rebinding-time",
}  # fmt: skip
_CODES = {name: code for code, name in _NAMES.items()}
_TEXTS = (dhcp.HOSTNAME, dhcp.DOMAIN)
_NUMBERS = {dhcp.LEASE: 4, dhcp.TYPE: 1, dhcp.RENEWAL: 4, dhcp.REBINDING: 4}
_LEASE = re.compile(r"lease \{\n(.*?)\n\}\n", re.DOTALL)
_DATE = "%Y/%m/%d %H:%M:%S"


def write(box: Box, device: str, held: Held) -> None:
    """Remember one more lease."""
    lines = [f'  interface "{device}";', f"  fixed-address {ip_text(held.ip)};"]
    latest_first = held.answer.options[::-1]
    for code, value in sorted(latest_first, key=lambda option: _bucket(option[0])):
        if code in _NAMES:
            lines.append(f"  option {_NAMES[code]} {_text(code, value)};")
    for word, time in (("renew", held.renew), ("rebind", held.rebind), ("expire", held.expire)):
        date = datetime.fromtimestamp((box.kernel.boot_time + time) // SECOND, UTC)
        lines.append(f"  {word} {date.isoweekday() % 7} {date.strftime(_DATE)};")
    box.files[PATH] = box.files.get(PATH, "") + "lease {\n" + "\n".join(lines) + "\n}\n"


def read(box: Box, device: str, mac: bytes) -> Held | None:
    """The last lease of a device."""
    found = [text for text in _LEASE.findall(box.files.get(PATH, "")) if f'interface "{device}";' in text]
    if not found:
        return None
    answer, times = Message(dhcp.REPLY, 0, mac), dict.fromkeys(("renew", "rebind", "expire"), 0)
    for line in found[-1].splitlines():
        word, _, rest = line.strip().removesuffix(";").partition(" ")
        if word == "fixed-address":
            answer.yiaddr = ip_int(rest)
        elif word == "option":
            name, _, value = rest.partition(" ")
            answer.options.append((_CODES[name], _value(_CODES[name], value)))
        elif word in times:
            date = datetime.strptime(rest[2:], _DATE).replace(tzinfo=UTC)
            times[word] = int(date.timestamp()) * SECOND - box.kernel.boot_time
    return Held(answer, 0, times["renew"], times["rebind"], times["expire"])


def ended(held: Held, now: int) -> Held:
    """The lease given back."""
    return Held(held.answer, held.since, now, now, now)


def _bucket(code: int) -> int:
    """The hash bucket of an option: a lease is written bucket by bucket (compute_option_hash)."""
    return ((code & 31) + (code >> 5 & 31)) % 17


def _text(code: int, value: bytes) -> str:
    if code in _TEXTS:
        return '"' + value.rstrip(b"\0").decode("ascii", "replace") + '"'
    if code in _NUMBERS:
        return str(int.from_bytes(value, "big"))
    return ",".join(map(ip_text, dhcp.addresses(value)))


def _value(code: int, text: str) -> bytes:
    if code in _TEXTS:
        return text.strip('"').encode()
    if code in _NUMBERS:
        return int(text).to_bytes(_NUMBERS[code], "big")
    return dhcp.packed(map(ip_int, text.split(",")))
