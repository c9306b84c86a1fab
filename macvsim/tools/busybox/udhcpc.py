"""``udhcpc``: busybox' DHCP client, and the script that does what it found out."""

from __future__ import annotations

from contextlib import suppress

from macvsim.apps import dhcp as dhcp_app
from macvsim.apps.udhcpc import Options, Udhcpc
from macvsim.engine.sim import MS
from macvsim.errors import MacvsimError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.job import Job
from macvsim.machine.resolve import NotExecutable, NotFound
from macvsim.machine.tool import tool
from macvsim.shell.dialects.ash import Ash
from macvsim.shell.interp import Interpreter, execute
from macvsim.shell.state import State
from macvsim.tools.getopt import OptionError, getopt
from macvsim.wire import dhcp
from macvsim.wire.addr import ip_int

_OPTIONS = "CV:F:i:np:qRr:s:T:t:SA:O:ox:fBa::bvH:c:h:"
_CODES = {"subnet": 1, "router": 3, "dns": 6, "hostname": 12, "domain": 15, "broadcast": 28, "ntpsrv": 42, "lease": 51}
_SCRIPT = """\
RESOLV_CONF=/etc/resolv.conf
[ -e $RESOLV_CONF ] || touch $RESOLV_CONF
[ -n "$broadcast" ] && BROADCAST="broadcast $broadcast"
[ -n "$subnet" ] && NETMASK="netmask $subnet"
forget() {
  grep -vE "# $interface\\$" $RESOLV_CONF >/tmp/udhcpc.$interface
  cat /tmp/udhcpc.$interface >$RESOLV_CONF
  rm -f /tmp/udhcpc.$interface
}
case "$1" in
deconfig)
  ifconfig $interface up
  ifconfig $interface 0.0.0.0
  forget
  ;;
renew|bound)
  ifconfig $interface $ip $BROADCAST $NETMASK
  if [ -n "$router" ]; then
    echo "deleting routers"
    while route del default gw 0.0.0.0 dev $interface 2>/dev/null; do
      :
    done
    for i in $router; do
      route add default gw $i dev $interface 2>/dev/null
    done
  fi
  forget
  [ -n "$domain" ] && echo "search $domain # $interface" >>$RESOLV_CONF
  for i in $dns; do
    echo adding dns $i
    echo "nameserver $i # $interface" >>$RESOLV_CONF
  done
  ;;
esac
exit 0
"""
"""What the default script of systems built on busybox does (Buildroot's udhcpc.script)."""
USAGE = """\
Usage: udhcpc [-fbqRB] [-a[MSEC]] [-t N] [-T SEC] [-A SEC|-n]
	[-i IFACE] [-s PROG] [-p PIDFILE]
	[-oC] [-r IP] [-V VENDOR] [-F NAME] [-x OPT:VAL]... [-O OPT]...

	-i IFACE	Interface to use (default eth0)
	-s PROG		Run PROG at DHCP events (default {script})
	-p FILE		Create pidfile
	-B		Request broadcast replies
	-t N		Send up to N discover packets (default 3)
	-T SEC		Pause between packets (default 3)
	-A SEC		Wait if lease is not obtained (default 20)
	-b		Background if lease is not obtained
	-n		Exit if lease is not obtained
	-q		Exit after obtaining lease
	-R		Release IP on exit
	-f		Run in foreground
	-S		Log to syslog too
	-a[MSEC]	Validate offered address with ARP ping
	-r IP		Request this IP address
	-o		Don't request any options (unless -O is given)
	-O OPT		Request option OPT from server (cumulative)
	-x OPT:VAL	Include option OPT in sent packets (cumulative)
			Examples of string, numeric, and hex byte opts:
			-x hostname:bbox - option 12
			-x lease:3600 - option 51 (lease time)
			-x 0x3d:0100BEEFC0FFEE - option 61 (client id)
			-x 14:'"dumpfile"' - option 14 (shell-quoted)
	-F NAME		Ask server to update DNS mapping for NAME
	-V VENDOR	Vendor identifier (default 'udhcp VERSION')
	-C		Don't send MAC as client identifier
Signals:
	USR1	Renew lease
	USR2	Release lease
"""
_FORK = MS
"""Until a program that is started runs: what was sent before has gone out by then."""
_SCRIPTS = {"busybox": "/usr/share/udhcpc/default.script"}
_DEBIAN_SCRIPT = "/etc/udhcpc/default.script"


@tool("udhcpc")
def udhcpc(call: Call) -> Waiting:
    """``udhcpc [-i IFACE] [-fnqbR] [-t N] [-T SEC] [-A SEC] [-s PROG] [-r IP] [-x OPT:VAL]…``."""
    script = _SCRIPTS.get(call.box.flavour.name, _DEBIAN_SCRIPT)
    try:
        found, _ = getopt(_split_a(call.args), _OPTIONS)
        given = dict(found)
        options = _options(found)
    except OptionError as error:
        call.err(f"udhcpc: {error}\n{USAGE.format(script=script)}")
        return 1
    except _Bad as bad:
        call.err(f"udhcpc: {bad}\n")
        return 1
    if left_out := next((letter for letter in "FHch" if letter in given), ""):
        return call.not_simulated(f"udhcpc -{left_out}")
    name = given.get("i", "eth0")
    dev = call.box.ns.devices.get(name)
    if dev is None:
        call.err("udhcpc: SIOCGIFINDEX: No such device\n")
        return 1
    runner = _Runner(call, name, given.get("s"), script)
    client = Udhcpc(call.box.ns, dev, options, lambda text: call.err(f"udhcpc: {text}\n"), runner.run)
    code = yield from client.run()
    if code is not None:
        return int(code)

    def body(job: Job) -> Waiting:
        return (yield from _to_the_end(client))

    Job(call.box, body, call.fds, " ".join(call.argv))
    return 0


def _to_the_end(client: Udhcpc) -> Waiting:
    code = None
    while code is None:
        code = yield from client.run_on()
    return int(code)


class _Bad(Exception):
    """A value that makes no sense."""


def _split_a(args: list[str]) -> list[str]:
    """``-a`` takes its value only where it is written together with it, which getopt here does not know."""
    return [f"-H{word[2:] or '2000'}" if word.startswith("-a") else word for word in args]


def _options(found: list[tuple[str, str]]) -> Options:
    options = Options()
    for letter, value in found:
        match letter:
            case "t" | "T" | "A":
                if not value.isdigit():
                    raise _Bad(f"invalid number '{value}'")
                setattr(options, {"t": "retries", "T": "pause", "A": "again"}[letter], int(value))
            case "r":
                try:
                    options.requested = ip_int(value)
                except MacvsimError:
                    raise _Bad(f"bad address '{value}'") from None
            case "x":
                _extra(options, value)
            case "O":
                code = _CODES.get(value) or (int(value) if value.isdigit() else 0)
                if not code:
                    raise _Bad(f"unknown option '{value}'")
                options.wanted = tuple(dict.fromkeys((*options.wanted, code)))
            case "V":
                options.vendor = value
            case "H":
                options.arp_check = int(value)
            case _:
                _switch(options, letter)
    return options


def _switch(options: Options, letter: str) -> None:
    names = {"b": "background_on_failure", "n": "exit_on_failure", "q": "quit", "R": "release", "f": "foreground",
             "B": "broadcast"}  # fmt: skip
    if letter in names:
        setattr(options, names[letter], True)
    elif letter == "C":
        options.client_id = False
    elif letter == "o":
        options.wanted = ()


def _extra(options: Options, text: str) -> None:
    """``-x NAME:VALUE``, ``-x CODE:HEX`` or ``-x CODE:"TEXT"``."""
    name, colon, value = text.partition(":")
    code = _CODES.get(name)
    if not colon:
        raise _Bad(f"bad -x option '{text}'")
    if code is None:
        try:
            code = int(name, 0)
            options.extra[code] = value.strip('"').encode() if value.startswith('"') else bytes.fromhex(value)
        except ValueError:
            raise _Bad(f"unknown option '{name}'") from None
    elif code == dhcp.LEASE:
        options.extra[code] = int(value).to_bytes(4, "big")
    elif code in (dhcp.HOSTNAME, dhcp.DOMAIN):
        options.extra[code] = value.encode()
    else:
        options.extra[code] = dhcp.packed(map(ip_int, value.replace(",", " ").split()))


class _Runner:
    """Runs the script: one that was named or is there, else Debian's; the image busybox has none."""

    def __init__(self, call: Call, device: str, named: str | None, usual: str) -> None:
        self.call, self.device, self.named, self.usual = call, device, named, usual

    def run(self, event: str, variables: dict[str, str]) -> dhcp_app.Waiting:
        """Wait for its end."""
        call = self.call
        env = {**call.env, "interface": self.device, **variables}
        yield call.box.sim.timeout(_FORK)
        path = self.named or self.usual
        if path in call.box.files:
            yield from execute(call.derived(["sh", path, event], env=env))
            return
        if self.named or self.usual != _DEBIAN_SCRIPT:  # a program, or nothing: udhcpc does not report the failure
            with suppress(NotFound, NotExecutable):
                yield from execute(call.derived([path, event], env=env))
            return
        state = State(call.box, Ash("udhcpc.script", script=True))
        state.cwd, state.params = "/", [event]
        state.export(env)

        def body(job: Job) -> Waiting:
            return (yield from Interpreter(state, job).script(_SCRIPT, job.fds))

        yield from Job(call.box, body, call.fds, self.usual).wait()
