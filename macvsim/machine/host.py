"""Boxes, which are places where commands run: one namespace of a kernel (machine/kernel.py), with tools and files.

A host is a box on a kernel of its own; a container is a box in another namespace of its host's kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from macvsim.dev.base import NetDevice
from macvsim.dev.nic import Nic
from macvsim.engine.display import Shown
from macvsim.engine.history import Settings, opening, recorded, typed
from macvsim.engine.unsimulated import Unsimulated, after
from macvsim.errors import Effect, MacvsimError, NetlinkError
from macvsim.machine.crafting import Crafting
from macvsim.machine.kernel import Kernel
from macvsim.net.namespace import Namespace
from macvsim.net.parts import Parts
from macvsim.net.sysctl import Sysctl
from macvsim.wire.addr import ip_int, mac_bytes

if TYPE_CHECKING:
    from macvsim.apps.ping import BusyboxPing, PingResult
    from macvsim.apps.ping6 import BusyboxPing6
    from macvsim.dev.macvlan import Macvlan
    from macvsim.dev.vlan import Vlan
    from macvsim.machine.capture import Capture
    from macvsim.machine.filetexts import FileTexts


class Result(Shown):
    """The output of a command, which is also its text, and its exit status.

    after : commands that would have changed the network before it ended, and are not simulated
    """

    PUBLIC = "after code stderr stdout"

    def __init__(self, stdout: str, stderr: str, code: int, after: tuple[Unsimulated, ...] = ()) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.code = code
        self.after = after

    def __str__(self) -> str:
        return self.stdout + self.stderr

    def __repr__(self) -> str:
        said = "".join(f", {line}" for line in after(self.after))
        return f"<Result code={self.code} stdout={self.stdout!r} stderr={self.stderr!r}{said}>"

    def __bool__(self) -> bool:
        return self.code == 0


class Interpreter(Protocol):
    """What runs command lines; the shell above this layer."""

    def run(self, box: Box, line: str, *, variables: Mapping[str, str] | None = None) -> Result: ...


@dataclass(frozen=True)
class Flavour:
    """Which tools a box has: ``busybox`` in containers, ``debian`` (iproute2, iputils, net-tools) or ``centos`` on
    hosts."""

    name: str
    prompt_user: str = "root"


BUSYBOX = Flavour("busybox")
DEBIAN = Flavour("debian")
CENTOS = Flavour("centos")


def _files(box: Box) -> FileTexts:
    from macvsim.machine.filetexts import FileTexts  # a box without written files does not load it

    return FileTexts(box)


class Box(Parts, Shown, Crafting):
    """A place where commands run: one namespace of a kernel, with a flavour of tools.

    The methods take the words of the tools they stand for, and raise `MacvsimError` with what, where and what to type
    instead.

    ns : None for a kind of box that makes its namespace when it is asked for
    """

    __slots__ = (
        "_hostname",
        "file_times",
        "files",
        "flavour",
        "hosts",
        "hosts6",
        "interpreter",
        "kernel",
        "name",
        "ns",
        "sim",
    )  # fmt: skip
    PUBLIC = (
        "addr_add addr_del capture dev files hostname hosts hosts6 kernel link_set macvlan name ping resolve resolve6 "
        "route_add send sendp sh sniff sr sr1 srp srp1 start_capture stop_capture sysctl vlan wall_clock"
    )
    files: FileTexts
    """Files written by commands or put there, by absolute path."""
    file_times: dict[str, int]
    """When commands wrote files (ns of simulated time); others are as old as the lab."""
    hosts: dict[str, int]
    """Names this box can resolve by itself (/etc/hosts)."""
    hosts6: dict[str, int]
    """The same for IPv6 addresses."""
    PARTS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "files": _files,
        **{name: partial(Settings, name=name) for name in ("file_times", "hosts", "hosts6")},
    }

    UNCOMPARED: ClassVar[tuple[str, ...]] = ("file_times", "files", "hosts", "hosts6")

    def __init__(self, kernel: Kernel, ns: Namespace | None, name: str, flavour: Flavour) -> None:
        self.kernel = kernel
        self.sim = kernel.sim
        self.name = name
        self.flavour = flavour
        self._hostname = name
        self.interpreter: Interpreter | None = None
        if ns is not None:
            self.ns = ns
            kernel.boxes.setdefault(ns, self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def compared(self) -> list[object]:
        """Its files and names, for `macvsim.record.same`; whether one without any was asked for makes no difference."""
        return [(self.made(name) and getattr(self, name)) or () for name in self.UNCOMPARED]

    @property
    def hostname(self) -> str:
        """What it calls itself."""
        return self._hostname

    @hostname.setter
    @recorded
    def hostname(self, name: str) -> None:
        self._hostname = name

    def left_out(self, command: str, what: str, effect: Effect) -> None:
        """A command is not simulated here: the lab is marked if it would have changed the network."""
        if effect is Effect.CHANGES:
            self.sim.unsimulated.add(self.ns, Unsimulated(self.place, command, what, int(self.sim.now)))

    @property
    def place(self) -> str:
        """The name in messages: that of the box, and ``MACHINE/NAME`` of a namespace of ``ip netns``."""
        is_named = any(self.ns is ns for ns in self.kernel.netns.values()) and self.kernel.boxes.get(self.ns) is self
        return f"{self.kernel.name}/{self.name}" if is_named else self.name

    # -- commands
    # -------------------------------------------------------------------------------------------------------

    @property
    def last_pid(self) -> int:
        """The latest process id of its machine."""
        return self.kernel.last_pid

    @last_pid.setter
    def last_pid(self, pid: int) -> None:
        self.kernel.last_pid = pid

    @typed
    def sh(self, line: str, *, variables: Mapping[str, str] | None = None) -> Result:
        """Run a command line as typed in a shell here, until it ends; simulated time passes.

        variables : exported variables the shell begins with
        """
        if not isinstance(line, str):  # a saved lab may say anything
            raise TypeError(f"{self.name}.sh({line!r}): a command line is a text")
        if self.interpreter is None:
            raise MacvsimError(f"{self.name} has no shell: boxes made by a Lab have one")
        return self.interpreter.run(self, line, variables=variables)

    @recorded
    def ping(
        self,
        target: str,
        *,
        count: int = 2,
        interval: float = 1.0,
        size: int = 56,
        ttl: int | None = None,
        timeout: float = 10.0,
        source: str | None = None,
    ) -> PingResult:
        """Ping an address or name as busybox does, until it ends.

        Parameters
        ----------
        target : address, or a name this box can resolve
        count, interval (s), size (payload bytes), ttl, timeout (s to wait for the last reply), source : as ``ping -c
        -i -s -t -W -I``

        Returns
        -------
        PingResult : true if anything was answered; as text, what busybox ping prints

        Raises
        ------
        MacvsimError : a count below 1, which would never end; a TTL that no packet can have
        """
        if not isinstance(target, str):
            raise MacvsimError(f"{self.name}: ping({target!r}): give an address or a name, such as '172.16.10.3'")
        if count < 1:
            raise MacvsimError(f"{self.name}: ping(count={count}) has no end: give a count of 1 or more")
        if ttl is not None and not 1 <= ttl <= 255:
            raise MacvsimError(f"{self.name}: ping(ttl={ttl}): a packet's TTL is 1 to 255")
        from macvsim.apps.names6 import prefers6
        from macvsim.apps.ping import BusyboxPing

        program: type[BusyboxPing | BusyboxPing6] = BusyboxPing
        if prefers6(self, target):
            from macvsim.apps.ping6 import BusyboxPing6

            program = BusyboxPing6
        app = program(self, target, count=count, interval=interval, size=size, ttl=ttl, timeout=timeout, source=source)
        self.sim.run(until=app.start())
        return app.result()

    def resolve(self, name: str) -> int:
        """Address of a name or dotted text; `MacvsimError` when nobody knows it."""
        if name in self.hosts:
            return self.hosts[name]
        if name == "localhost":
            return 0x7F000001
        return ip_int(name)

    def name_of(self, ip: int) -> str | None:
        """What this box calls an address, as far as it knows by itself (/etc/hosts)."""
        return next((name for name, address in self.hosts.items() if address == ip), None)

    def resolve6(self, name: str) -> int | None:
        """IPv6 address of a name, or None."""
        return self.hosts6.get(name)

    @property
    def wall_clock(self) -> int:
        """The time of day, in ns since 1970."""
        return self.kernel.boot_time + int(self.sim.now)

    @property
    def net_admin(self) -> bool:
        """Whether programs here may configure the network (CAP_NET_ADMIN); those in ordinary containers may not."""
        return True

    @property
    def sys_admin(self) -> bool:
        """Whether programs here may change the machine itself (CAP_SYS_ADMIN): its name, what its kernel logs."""
        return True

    @property
    def read_only_parameters(self) -> bool:
        """Whether /proc/sys is mounted read-only, as ordinary containers have it."""
        return False

    @property
    def sysctl(self) -> Sysctl:
        """Kernel parameters by name: ``box.sysctl["net.ipv4.ip_forward"] = 1``."""
        return self.ns.sysctl

    # -- devices and addresses
    # ------------------------------------------------------------------------------------------

    def dev(self, name: str) -> NetDevice:
        """A device of this box; `NoSuchDevice` lists those there are."""
        return self.ns.dev(name)

    @recorded
    def vlan(self, parent: str, vid: int, *, ip: str | None = None, name: str | None = None) -> Vlan:
        """``vconfig add PARENT VID``, set up, and given an address such as ``172.16.10.1/24`` if one is named."""
        from macvsim.net import bytext, links

        address = bytext.parse_address(ip) if ip else None
        lower = self.dev(parent)
        if not lower.up:
            raise NetlinkError("ENETDOWN", f"{lower.label} is down: ip link set {parent} up first")
        vlan = links.add_vlan(self.ns, lower, vid, name)
        vlan.set_up()
        if address:
            bytext.add_address(self.ns, vlan, address)
        return vlan

    @recorded
    def macvlan(
        self, parent: str, name: str, *, mode: str = "bridge", mac: str | None = None, ip: str | None = None
    ) -> Macvlan:
        """``ip link add NAME link PARENT type macvlan mode MODE``, set up: a shim that lets a host reach its own
        containers."""
        from macvsim.dev.macvlan import Mode
        from macvsim.net import bytext, links

        address = bytext.parse_address(ip) if ip else None
        try:
            chosen = Mode(mode)
        except ValueError:
            known = ", ".join(m.value for m in Mode)
            raise NetlinkError("EINVAL", f"{name}: macvlan has no mode {mode!r}; the modes are {known}") from None
        child = links.add_macvlan(self.ns, self.dev(parent), name, mode=chosen, mac=mac_bytes(mac) if mac else None)
        try:
            child.set_up()
            if address:
                bytext.add_address(self.ns, child, address)
        except MacvsimError:
            child.destroy()
            raise
        return child

    @recorded
    def addr_add(self, dev: str, ip: str) -> None:
        """``ip addr add IP/LEN dev DEV``."""
        from macvsim.net import bytext

        bytext.add_address(self.ns, self.dev(dev), bytext.parse_address(ip))

    @recorded
    def addr_del(self, dev: str, ip: str) -> None:
        """``ip addr del IP/LEN dev DEV``."""
        from macvsim.net import bytext

        bytext.remove_address(self.ns, self.dev(dev), ip)

    @recorded
    def link_set(
        self,
        dev: str,
        *,
        up: bool | None = None,
        promisc: bool | None = None,
        mtu: int | None = None,
        address: str | None = None,
    ) -> None:
        """``ip link set DEV up|down, promisc on|off, mtu N, address MAC``."""
        device = self.dev(dev)
        if mtu is not None:
            device.set_mtu(mtu)
        if address is not None:
            device.set_mac(mac_bytes(address))
        if promisc is not None:
            device.set_promisc(promisc)
        if up is not None:
            if up:
                device.set_up()
            else:
                device.set_down()

    @recorded
    def route_add(
        self, prefix: str, *, via: str | None = None, dev: str | None = None, metric: int = 0, src: str | None = None
    ) -> None:
        """``ip route add PREFIX [via GATEWAY] [dev DEV] [metric N] [src IP]``; PREFIX may be ``default``."""
        from macvsim.net import bytext

        bytext.route(self.ns, prefix, via, self.dev(dev) if dev else None, metric, src)

    # -- looking
    # --------------------------------------------------------------------------------------------------------

    @contextmanager
    def capture(self, *devices: str) -> Iterator[Capture]:
        """Record what the named devices see (all but lo when none is named) while the block runs."""
        capture = self.start_capture(*devices)
        try:
            yield capture
        finally:
            self.stop_capture(capture)

    @opening
    def start_capture(self, *devices: str) -> Capture:
        """As `capture`, until `stop_capture`."""
        from macvsim.machine.capture import Capture

        names = devices or tuple(name for name in self.ns.devices if name != "lo")
        chosen = [self.dev(name) for name in names]
        capture = Capture()
        for dev in chosen:
            capture.attach(dev)
        return capture

    @recorded
    def stop_capture(self, capture: Capture) -> None:
        """End a capture of `start_capture`."""
        capture.stop()


class Host(Box):
    """A machine with NICs."""

    PUBLIC = "nic_add"

    def __init__(self, kernel: Kernel, name: str, flavour: Flavour = DEBIAN) -> None:
        super().__init__(kernel, kernel.init, name, flavour)

    @recorded
    def nic_add(self, name: str, mac: str, **options: Any) -> Nic:
        """Put a network card in, and set it up; `options` are those of `macvsim.dev.nic.Nic`."""
        self.ns.check_name(name)
        nic = Nic(self.ns, name, mac_bytes(mac), **options)
        self.ns.register(nic)
        nic.set_up()
        return nic


def box_for(kernel: Kernel, ns: Namespace) -> Box:
    """The box of a namespace: the one that was made there first, or else a new one with the tools of its machine."""
    box = kernel.boxes.get(ns)
    if box is None:
        machine = kernel.boxes.get(kernel.init)
        box = Box(kernel, ns, ns.name, machine.flavour if machine else DEBIAN)
        box.hostname = kernel.name
        if machine is not None:  # one file system, whatever the namespace
            box.interpreter = machine.interpreter
            box.hostname, box.files = machine.hostname, machine.files
            box.file_times = machine.file_times
            box.hosts, box.hosts6 = machine.hosts, machine.hosts6
    return box
