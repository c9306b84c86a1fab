"""``dhclient``: ISC's DHCP client, and what its script does on Debian."""

from __future__ import annotations

from collections.abc import Mapping

from macvsim.apps.dhclient import Dhclient, Held
from macvsim.engine.sim import MS
from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.host import Box
from macvsim.machine.job import Job
from macvsim.machine.options import Given
from macvsim.machine.streams import Sink, discard
from macvsim.machine.tool import Manner, Texts, ToolError, tool
from macvsim.machine.usage import Option
from macvsim.net.addr import FOREVER, Address
from macvsim.tools.isc_dhcp_client import leasefile
from macvsim.wire import dhcp
from macvsim.wire.addr import ip_text, mask_int

_BANNER = """\
Internet Systems Consortium DHCP Client 4.4.3-P1
Copyright 2004-2022 Internet Systems Consortium.
All rights reserved.
For info, please visit https://www.isc.org/software/dhcp/
"""
_MORE = """\
  -4
  -6
  -nw
  -n
  -w
  -q
  -g ADDRESS
  -B
  -cf FILE
  -df FILE
  -lf FILE
  -pf FILE
  -sf FILE
  -e VAR
  -s ADDRESS
  --no-pid
  --dad-wait-time SECONDS
  --prefix-len-hint LENGTH
  --decline-wait-time SECONDS
  --address-prefix-len LENGTH
"""
_BUG = """
If you think you have received this message due to a bug rather
than a configuration issue please read the section on submitting
bugs on either our web page at www.isc.org or in the README file
before submitting a bug.  These pages explain the proper
process and the information we find helpful for debugging.

exiting.
"""


class _Daemon(Job):
    """A client that goes on in the background."""


def _read_words(words: list[str], options: Mapping[str, Option]) -> Given:
    """Options, each a word of its own, and names of interfaces."""
    given, rest = Given(), list(words)
    while rest:
        word = rest.pop(0)
        option = options.get(word)
        if not word.startswith("-"):
            given.operands.append(word)
        elif option is None:
            raise _mistake(f"Unknown command: {word}")
        elif option.argument and not rest:
            raise _mistake(f"No argument for command: {word}")
        else:
            given.add(option, word, rest.pop(0) if option.argument else "")
    return given


def _mistake(text: str) -> ToolError:
    return ToolError(f"{_BANNER}{text}\n{dhclient.text()}{_BUG}", named=False)


@tool(
    "dhclient",
    effect=Effect.CHANGES,
    flavour="debian",
    usage=Texts(__package__),
    version="isc-dhclient-4.4.3-P1\n",
    more=_MORE,
    works="-4 -v -1 -d -r -x -q -nw -i --no-pid -pf -lf",
    manner=Manner(reader=_read_words, help_options=("-h", "--help"), help_on_stderr=True, version_on_stderr=True),
)
def dhclient(call: Call) -> Waiting:
    """``dhclient [-v] [-1] [-d] [-r] [-x] [-pf FILE] [-lf FILE] [IFACE…]``."""
    flags, names = set(call.given.names), call.given.operands
    say = call.err if flags & {"-v", "-d"} else discard
    running = call.box.kernel.processes.values()
    old = [job for job in running if isinstance(job, _Daemon) and job.box.ns is call.box.ns]
    if flags & {"-r", "-x"} and old:
        call.err("Killed old client process\n")
        for job in old:
            job.kill()
        yield call.box.sim.timeout(MS)
    say(_BANNER)
    if "-x" in flags:
        return 0
    if not names:
        names = [name for name, dev in call.box.ns.devices.items() if not dev.loopback]
    say("\n")
    for name in names:
        if name not in call.box.ns.devices:
            text = f'Cannot find device "{name}"\nFailed to get interface index: No such device\n{_BUG}'
            raise ToolError(text, named=False)
    return (yield from _run(call, names[0], flags, say)) if names else 0


def _run(call: Call, name: str, flags: set[str], tell: Sink) -> Waiting:
    box, dev = call.box, call.box.ns.dev(name)
    if not dev.up:
        dev.set_up()

    def apply(held: Held | None) -> None:
        before = leasefile.read(box, name, dev.mac)
        if before is not None and (held is None or held.ip != before.ip):
            _undo(box, name, before)
        if held is not None:
            _do(box, name, held)
            leasefile.write(box, name, held)

    client = Dhclient(box.ns, dev, box.hostname, lambda text: tell(f"{text}\n"), apply)
    client.held = leasefile.read(box, name, dev.mac)
    mac = ":".join(f"{byte:02x}" for byte in dev.mac)
    tell(f"Listening on LPF/{name}/{mac}\nSending on   LPF/{name}/{mac}\nSending on   Socket/fallback\n")
    if "-r" in flags:
        if client.held is not None and client.held.expire > int(box.sim.now):
            client.release(client.held)
            yield box.sim.timeout(MS)
            _undo(box, name, client.held)
            leasefile.write(box, name, leasefile.ended(client.held, int(box.sim.now)))
        return 0
    client.listen()
    if not (yield from client.acquire()):
        if "-1" in flags:
            tell("Unable to obtain a lease on first try.  Exiting.\n")
            client.close()
            return 2
        tell("No working leases in persistent database - sleeping.\n")

    def body(job: Job) -> Waiting:
        return int((yield from client.keep()))

    if "-d" in flags:
        return int((yield from client.keep()))
    _Daemon(box, body, call.fds, " ".join(["dhclient", *call.argv[1:]]))
    return 0


def _plen(held: Held) -> int:
    mask = held.answer.address(dhcp.MASK)
    return next((length for length in range(33) if mask_int(length) == mask), 24)


def _do(box: Box, name: str, held: Held) -> None:
    """Address, default route and name servers (dhclient-script, BOUND)."""
    ns, dev = box.ns, box.ns.dev(name)
    lifetime = held.answer.number(dhcp.LEASE) or FOREVER
    old = next((address for address in dev.inet.addresses if address.local == held.ip), None)
    if old is None:
        broadcast = held.answer.address(dhcp.BROADCAST)
        new = Address(held.ip, _plen(held), broadcast, label=name, valid=lifetime, preferred=lifetime)
        ns.addresses.add(dev, new)
    else:
        ns.addresses.let_live(dev, old, lifetime, lifetime)
    router = held.answer.address(dhcp.ROUTER)
    if router and not ns.fib.has_gateway(router, dev):
        box.route_add("default", via=ip_text(router), dev=name)
    lines = []
    domain = held.answer.get(dhcp.DOMAIN).rstrip(b"\0").decode("ascii", "replace")
    if domain:
        lines += [f"domain {domain}", f"search {domain}."]
    lines += [f"nameserver {ip_text(ip)}" for ip in dhcp.addresses(held.answer.get(dhcp.DNS))]
    if lines:
        box.files["/etc/resolv.conf"] = "\n".join(lines) + "\n"


def _undo(box: Box, name: str, held: Held) -> None:
    """The address goes, and the routes with it (dhclient-script, EXPIRE and RELEASE)."""
    if any(address.local == held.ip for address in box.ns.dev(name).inet.addresses):
        box.addr_del(name, ip_text(held.ip))
