"""``udhcpc``: busybox' DHCP client, and the script that does what it found out."""

from __future__ import annotations

from contextlib import suppress

from macvsim.apps import dhcp as dhcp_app
from macvsim.apps.udhcpc import Options, Udhcpc
from macvsim.engine.sim import MS
from macvsim.errors import Effect, MacvsimError, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import NotExecutable, NotFound
from macvsim.machine.job import Job
from macvsim.machine.options import Given
from macvsim.machine.tool import BUSYBOX, ToolError, UsageError, tool
from macvsim.shell.dialects.ash import Ash
from macvsim.shell.interp import Interpreter, execute
from macvsim.shell.state import State
from macvsim.tools.busybox.applet import USAGE, number
from macvsim.tools.net_tools.oldnet import aton
from macvsim.wire import dhcp
from macvsim.wire.addr import ip_int

_CODES = {"subnet": 1, "router": 3, "dns": 6, "hostname": 12, "domain": 15, "broadcast": 28, "ntpsrv": 42, "lease": 51}
_KNOWN = (
    "subnet timezone router dns lprsrv hostname bootsize domain swapsrv rootpath ipttl mtu broadcast routes nisdomain "
    "nissrv ntpsrv wins lease serverid message vendor tftp bootfile tzstr tzdbstr search sipsrv staticroutes vlanid "
    "vlanpriority pxeconffile pxepathprefix reboottime ip6rd msstaticroutes wpad"
)
_MORE_CODES = frozenset(_KNOWN.split()).difference(_CODES)
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
_MORE = """\
  -C, --clientid-none
  -V, --vendorclass VENDOR
  -F, --fqdn NAME
  -i, --interface IFACE
  -n, --now
  -p, --pidfile FILE
  -q, --quit
  -R, --release
  -r, --request IP
  -s, --script PROG
  -T, --timeout SEC
  -t, --retries N
  -A, --tryagain SEC
  -S, --syslog
  -O, --request-option OPT
  -o, --no-default-options
  -f, --foreground
  -b, --background
  -B, --broadcast
  -a, --arping[=MSEC]
"""
_SWITCHES = {"-b": "background_on_failure", "-n": "exit_on_failure", "-q": "quit", "-R": "release", "-f": "foreground",
             "-B": "broadcast"}  # fmt: skip
_VALUES = {"-t": "retries", "-T": "pause", "-A": "again", "-V": "vendor"}
_FORK = MS
"""Until a program that is started runs: what was sent before has gone out by then."""
_SCRIPTS = {"busybox": "/usr/share/udhcpc/default.script"}
_DEBIAN_SCRIPT = "/etc/udhcpc/default.script"


def _code(text: str) -> int:
    """The number of an option of DHCP, which has a name or is a number up to 254."""
    if text in _CODES:
        return _CODES[text]
    if text in _MORE_CODES:
        raise NotSimulated(f"the option {text} of DHCP", Effect.CHANGES)
    try:
        code = int(text, 0)
    except ValueError:
        code = 0
    if not 0 < code < 255:
        raise ToolError(f"unknown option '{text}', known options: {_KNOWN}")
    return code


@tool(
    "udhcpc",
    usage=USAGE,
    letters="v",
    more=_MORE,
    left_out={"-F": "names that the server is to register"},
    values={"-t": number(), "-T": number(), "-A": number()},
    effect=Effect.CHANGES,
    manner=BUSYBOX,
)
def udhcpc(call: Call) -> Waiting:
    """``udhcpc [-i IFACE] [-fnqbR] [-t N] [-T SEC] [-A SEC] [-s PROG] [-r IP] [-x OPT:VAL]…``."""
    given = call.given
    script = _SCRIPTS.get(call.box.flavour.name, _DEBIAN_SCRIPT)
    options = _options(given)
    name = given.get("-i", "eth0")
    dev = call.box.ns.devices.get(name)
    if dev is None:
        raise ToolError("SIOCGIFINDEX: No such device")
    runner = _Runner(call, name, given.get("-s", None), script)
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


def _options(given: Given) -> Options:
    options = Options(client_id="-C" not in given)
    if "-o" in given:
        options.wanted = ()
    if "-r" in given:
        requested = aton(given.get("-r"))
        if requested is None:
            raise UsageError
        options.requested = requested
    options.wanted = tuple(dict.fromkeys((*options.wanted, *map(_code, given.all("-O")))))
    for name, value in given.options:
        if name in _SWITCHES:
            setattr(options, _SWITCHES[name], True)
        elif name in _VALUES:
            setattr(options, _VALUES[name], value)
        elif name == "-x":
            code, data = _extra(value)
            options.extra[code] = data
    if "-a" in given:
        options.arp_check = number()(given.get("-a") or "2000")
    return options


def _extra(text: str) -> tuple[int, bytes]:
    """``-x NAME:VALUE``, ``-x CODE:HEX`` or ``-x CODE:"TEXT"``."""
    name, _, value = text.partition(":")
    code = _code(name)
    try:
        if name not in _CODES:
            return code, value.strip('"').encode() if value.startswith('"') else bytes.fromhex(value)
        if code == dhcp.LEASE:
            return code, int(value).to_bytes(4, "big")
        if code in (dhcp.HOSTNAME, dhcp.DOMAIN) and value:
            return code, value.encode()
        return code, dhcp.packed(map(ip_int, value.replace(",", " ").split()))
    except ValueError:
        if name not in _CODES:
            raise ToolError(f"malformed hex string '{value}'") from None
        raise NotSimulated(f"udhcpc -x {text}", Effect.CHANGES) from None
    except (MacvsimError, OverflowError):
        raise NotSimulated(f"udhcpc -x {text}", Effect.CHANGES) from None


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
