"""``dhclient``: ISC's DHCP client, and what its script does on Debian."""

from __future__ import annotations

from macvsim.apps.dhclient import Dhclient, Held
from macvsim.engine.sim import MS
from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.host import Box
from macvsim.machine.job import Job
from macvsim.machine.streams import Sink, discard
from macvsim.machine.tool import tool
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
_USAGE = """\
Usage: dhclient [-4|-6] [-SNTPRI1dvrxi] [-nw] [-p <port>] [-D LL|LLT]
                [--dad-wait-time <seconds>] [--prefix-len-hint <length>]
                [--decline-wait-time <seconds>]
                [--address-prefix-len <length>]
                [-s server-addr] [-cf config-file]
                [-df duid-file] [-lf lease-file]
                [-pf pid-file] [--no-pid] [-e VAR=val]
                [-sf script-file] [interface]*
       dhclient {--version|--help|-h}
"""
_BUG = """
If you think you have received this message due to a bug rather
than a configuration issue please read the section on submitting
bugs on either our web page at www.isc.org or in the README file
before submitting a bug.  These pages explain the proper
process and the information we find helpful for debugging.

exiting.
"""
_WITH_VALUE = ("-pf", "-lf")
_LEFT_OUT = ("-6", "-S", "-N", "-T", "-P", "-D", "-p", "-s", "-cf", "-df", "-e", "-sf", "-R", "-I", "-w", "-g", "-B")


class _Daemon(Job):
    """A client that goes on in the background."""


@tool("dhclient", flavour="debian", effect=Effect.CHANGES)
def dhclient(call: Call) -> Waiting:
    """``dhclient [-v] [-1] [-d] [-r] [-x] [-pf FILE] [-lf FILE] [IFACE…]``."""
    words, flags, names = list(call.args), set(), []
    while words:
        word = words.pop(0)
        if word in _WITH_VALUE:
            words = words[1:]
        elif word in _LEFT_OUT:
            return call.not_simulated(f"dhclient {word}", Effect.CHANGES)
        elif word in ("-4", "-v", "-1", "-d", "-r", "-x", "-q", "-nw", "-i", "--no-pid"):
            flags.add(word)
        elif word.startswith("-"):
            call.err(f"Unknown command: {word}\n{_USAGE}{_BUG}")
            return 1
        else:
            names.append(word)
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
            call.err(f'Cannot find device "{name}"\nFailed to get interface index: No such device\n{_BUG}')
            return 1
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
    _Daemon(box, body, call.fds, " ".join(["dhclient", *call.args]))
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
