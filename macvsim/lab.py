"""A lab: switches, hosts, cables and containers on one clock."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from macvsim.dev.base import NetDevice
from macvsim.dev.cable import DEFAULT_DELAY, Cable, check_distinct
from macvsim.dev.nic import Nic, is_nic
from macvsim.dev.registry import Kind, Kinds
from macvsim.docker import DEFAULT_PROFILE
from macvsim.docker.host import DockerHost
from macvsim.engine.budget import Budget
from macvsim.engine.display import ShownLab
from macvsim.engine.history import Call, History, Reference, opening, recorded
from macvsim.engine.sim import SECOND, Sampled, Sim
from macvsim.engine.unsimulated import Unsimulated, after
from macvsim.errors import MacvsimError, ScenarioError, TopologyError
from macvsim.machine.host import CENTOS, DEBIAN, Box, Flavour, Result
from macvsim.machine.kernel import WAKEUP_DELAY, Kernel
from macvsim.machine.programs import Programs
from macvsim.machine.tool import Tool
from macvsim.net.machine import Boot
from macvsim.record.values import Values
from macvsim.shell.interp import Shell
from macvsim.switch import Switch, SwitchPort
from macvsim.wire.addr import ip_text

if TYPE_CHECKING:
    import simpy

    from macvsim.explain.explanation import Explanation
    from macvsim.machine.capture import Capture
    from macvsim.record.functions import Function, Functions

FLAVOURS: dict[str, Flavour] = {"debian": DEBIAN, "centos": CENTOS}


class Lab(ShownLab):
    """Everything of one experiment.  Two labs in one process know nothing of each other.

    Parameters
    ----------
    seed : everything random derives from it; the same seed gives the same packets, byte for byte and nanosecond for
    nanosecond
    docker : version profile of the Docker daemons: ``"26.1"`` or ``"19.03"``
    journal : keep a journal, from which `PingResult.explain` tells why a packet was lost; off for large runs
    hz : kernel ticks per second
    fastpath : False: every frame takes the plain path; nothing but the run's speed depends on it.  None: on, unless
    the environment has ``MACVSIM_FASTPATH=0``
    budget : the most that one run may use, see `macvsim.Budget`; also as a mapping of the limits that differ
    kinds : kinds of network devices that its kernels know besides those of macvsim and of installed packages
    tools : programs that its boxes have besides those (`macvsim.machine.tool.Tool`); one replaces others of its name
    allow_unsimulated : ``macvsim run``, ``check`` and ``why`` and pytest accept the lab although a command that would
    have changed the network was not simulated (`unsimulated`)

    Raises
    ------
    MacvsimError : MACVSIM_FASTPATH is neither 0 nor 1; a limit of the budget is not known
    """

    PUBLIC = (
        "allow_unsimulated animate at boxes budget cable cables capture copy env every fastpath from_graph graph host "
        "hosts load now picture plot plug process run save sh start_capture stop_capture switch switches unsimulated "
        "why"
    )
    UNCOMPARED = ("_functions", "_values", "history")

    def __init__(
        self,
        seed: int = 0,
        *,
        docker: str = DEFAULT_PROFILE,
        journal: bool = True,
        hz: int = 250,
        fastpath: bool | None = None,
        budget: Budget | Mapping[str, int] | None = None,
        kinds: Iterable[Kind] = (),
        tools: Iterable[Tool] = (),
        allow_unsimulated: bool = False,
    ) -> None:
        self.budget = budget if isinstance(budget, Budget) else Budget().with_limits(budget or {})
        """The most that one run may use."""
        self.sim = Sim(seed, journal=400_000 if journal else 0, hz=hz, budget=self.budget)
        self.sim.diagnose = self._diagnose
        self.sim.meter.devices = self._devices
        self.fastpath = install_fast_path(self.sim, fastpath)
        self.options: dict[str, Any] = {"seed": seed, "docker": docker, "journal": journal, "hz": hz}
        if allow_unsimulated:
            self.options["allow_unsimulated"] = True
        limits = {name: limit for name, limit in self.budget.changed.items() if name != "cpu"}
        if limits:
            self.options["budget"] = limits
        self.kinds = Kinds(kinds)
        """The kinds of network devices that the lab's kernels know."""
        self.tools = Programs(tools)
        """The programs that the lab's boxes have."""
        if docker != DEFAULT_PROFILE:
            from macvsim.docker.profile import get_profile

            get_profile(docker)
        self._docker = docker
        self.shell = Shell()
        self.switches: dict[str, Switch] = {}
        self.hosts: dict[str, DockerHost] = {}
        self.cables: list[Cable] = []
        self._last_mac = 0
        self._values = Values(self)
        self.history = self.sim.history = History(self.sim, self._values)
        """Every call that changed the lab."""

    def __repr__(self) -> str:
        said = "".join(f", {line}" for line in after(self.unsimulated))
        return f"<Lab {', '.join([*self.switches, *self.hosts])}{said}>"

    @property
    def unsimulated(self) -> tuple[Unsimulated, ...]:
        """Commands that would have changed the network on a real machine and are not simulated, oldest first: the lab
        may differ from the real network since the first of them.  One of a namespace that is gone is dropped.
        """
        return self.sim.unsimulated.present

    @property
    def allow_unsimulated(self) -> bool:
        """Whether checks accept a lab that has them."""
        return bool(self.options.get("allow_unsimulated"))

    def __getitem__(self, name: str) -> Box:
        """A host or container by name; `TopologyError` lists those there are."""
        boxes = self.boxes()
        if name not in boxes:
            raise TopologyError(f"the lab has no host or container {name!r}: it has {', '.join(boxes) or 'none yet'}")
        return boxes[name]

    def boxes(self) -> dict[str, Box]:
        """Hosts and their containers by name; a container whose name another box has too is found as ``HOST/NAME``."""
        found: dict[str, Box] = dict(self.hosts)
        for host in self.hosts.values():
            for container in host.containers():
                found[container.name if container.name not in found else f"{host.name}/{container.name}"] = container
        return found

    # -- building
    # -------------------------------------------------------------------------------------------------------

    def _check_name(self, name: str) -> None:
        if name in self.switches or name in self.hosts:
            raise TopologyError(
                f"the lab has a {'switch' if name in self.switches else 'host'} {name!r} already: choose another name"
            )
        if not name or any(c.isspace() or c in "/:" for c in name):
            raise TopologyError(f"{name!r} is not a name for a host or switch: no blanks, slashes or colons")

    @recorded
    def switch(self, name: str, **options: Any) -> Switch:
        """A physical or virtual switch; `options` are those of `macvsim.switch.Switch` (``policy="virtualbox-deny"``,
        …)."""
        self._check_name(name)
        switch = Switch(self.sim, name, **options)
        self.switches[name] = switch
        return switch

    @recorded
    def host(
        self,
        name: str,
        *,
        nic: str = "enp0s8",
        switch: Switch | str | None = None,
        nics: Mapping[str, Switch | str | None] | None = None,
        mac: str | None = None,
        flavour: str = "debian",
        ipv6: bool = False,
        wakeup_delay: int = WAKEUP_DELAY,
        delay: int = DEFAULT_DELAY,
        rate: int | None = None,
        loss: float = 0.0,
        **nic_options: Any,
    ) -> DockerHost:
        """A machine with network cards, cabled and up.

        Parameters
        ----------
        nic, switch : one card and the switch it is cabled to (None: no cable yet)
        nics : several cards instead: name of the card -> switch or None
        mac : of the first card; the others, and all by default, get VirtualBox's 08:00:27:00:00:NN
        flavour : ``debian`` or ``centos``: which tools print
        ipv6 : as installed; False: the machine was started with ``ipv6.disable_ipv6=1``, and IPv6 is off until
            ``sysctl -w net.ipv6.conf.DEVICE.disable_ipv6=0``
        wakeup_delay : ns from the delivery of a packet until a program sees it
        delay, rate, loss : of the cables (ns, bit/s, probability)
        nic_options : of the cards: ``unicast_filter``, ``filter_slots``, ``vlan_filter``
        """
        self._check_name(name)
        if flavour not in FLAVOURS:
            raise TopologyError(f"host {name}: no flavour {flavour!r}; choose {' or '.join(FLAVOURS)}")
        wanted = {card: self._switch(name, to) for card, to in (nics if nics is not None else {nic: switch}).items()}
        kernel = Kernel(
            self.sim, name, wakeup_delay=wakeup_delay, boot=Boot(ipv6), kinds=self.kinds, programs=self.tools
        )
        host = DockerHost(kernel, name, FLAVOURS[flavour], self._docker)
        host.interpreter = self.shell
        host.dev("lo").set_up()
        for number, card in enumerate(wanted):
            host.nic_add(card, mac if mac and number == 0 else self.next_mac(), **nic_options)
        self.hosts[name] = host
        for card, to in wanted.items():
            if to is not None:
                self.cable(
                    host.dev(card),
                    to.port(name if nics is None else f"{name}-{card}"),
                    delay=delay,
                    rate=rate,
                    loss=loss,
                )
        return host

    @recorded
    def next_mac(self) -> str:
        """The MAC of the next card: VirtualBox's prefix and a number."""
        self._last_mac += 1
        return f"08:00:27:{self._last_mac >> 16:02x}:{self._last_mac >> 8 & 255:02x}:{self._last_mac & 255:02x}"

    def _switch(self, host: str, switch: Switch | str | None) -> Switch | None:
        if isinstance(switch, str):
            if switch not in self.switches:
                known = ", ".join(self.switches) or "none yet"
                raise TopologyError(f"host {host}: the lab has no switch {switch!r}; it has {known}")
            return self.switches[switch]
        return switch

    @recorded
    def cable(self, a: NetDevice | SwitchPort | str, b: NetDevice | SwitchPort | str, **options: Any) -> Cable:
        """A cable between two NICs or switch ports, or what ``NODE:INTERFACE`` names; `options`: ``delay`` (ns),
        ``rate`` (bit/s), ``queue``, ``loss``."""
        with self._no_port_for_nothing():
            cable = Cable(self.sim, self._end(a), self._end(b), **options)
        self.cables.append(cable)
        return cable

    @recorded
    def plug(self, port: SwitchPort | str, end: str) -> Cable:
        """A cable between a switch port and ``NODE:INTERFACE``; what was plugged in there before is unplugged."""
        with self._no_port_for_nothing():
            ends = self._end(port), self._end(end)
            check_distinct(*ends)
        for one in ends:
            if one.cable is not None:
                self.cables.remove(one.cable)
                one.cable.unplug()
        return self.cable(*ends)

    def _end(self, end: NetDevice | SwitchPort | str) -> Nic | SwitchPort:
        """An end of a cable, or what ``NODE:INTERFACE`` names; a port of a switch is made when it is asked for."""
        found: NetDevice | SwitchPort
        if isinstance(end, str):
            node, _, interface = end.partition(":")
            if interface and node in self.switches:
                found = self.switches[node].port(interface)
            elif interface and node in self.hosts:
                found = self.hosts[node].dev(interface)
            else:
                known = ", ".join([*self.switches, *self.hosts])
                raise TopologyError(f"{end}: name NODE:INTERFACE, where the nodes are {known}")
        else:
            found = end
        if is_nic(found) or isinstance(found, SwitchPort):
            return found
        raise TopologyError(f"{found.label} takes no cable: only network cards and switch ports do")

    @contextmanager
    def _no_port_for_nothing(self) -> Iterator[None]:
        """Where that fails, switches have no more ports than before."""
        before = [(switch.ports, len(switch.ports)) for switch in self.switches.values()]
        try:
            yield
        except Exception:
            for ports, number in before:
                while len(ports) > number:
                    ports.popitem()
            raise

    @recorded
    def configure(self, switch: str, line: str) -> Result:
        """Type a line at a switch (`macvsim.switch.commands`), such as ``port 2 mode trunk vlans 100,200``."""
        from macvsim.switch.commands import configure

        try:
            configure(self.switches[switch], line, self.plug)
        except MacvsimError as error:
            return Result("", f"{error}\n", 1)
        return Result("", "", 0)

    def sh(self, node: str, line: str) -> Result:
        """Run a command line on a host, in a container, or at a switch."""
        return self.configure(node, line) if node in self.switches else self[node].sh(line)

    # -- keeping
    # --------------------------------------------------------------------------------------------------------

    def copy(self) -> Lab:
        """A lab of its own that is as this one is, to the last counter, and goes on as this one would: what was done to
        this one is done to a new one again, which takes as long as it took here.  Commands that only read take no time.

        Captures that run go on here only.  Functions of `process`, `at` and `every` are run from their start.

        Raises
        ------
        MacvsimError : something was done to the lab that its journal of calls does not have
        """
        from macvsim.record.copying import copy_of

        more: dict[str, Any] = {"kinds": self.kinds.registered, "tools": self.tools.registered}

        def new() -> Lab:
            lab = Lab(**self.options, fastpath=self.fastpath, **more)
            lab._know(self._functions.all if "_functions" in self.__dict__ else ())
            return lab

        with self.history.held("a copy of it is made: functions of process(), at() and every() may work only on their "
                               "arguments, which in a copy are its own"):  # fmt: skip
            return copy_of(self, new)

    def repeat(self, calls: Iterable[Call], *, of_file: bool = False) -> None:
        """Do calls of another lab's history on this one; `MacvsimError` if one does not end as it did there.

        of_file : all together use up the budget of a lab file
        """
        from macvsim.record.repeat import perform

        for call in calls:
            for _ in range(call.times):
                if of_file:
                    self.sim.meter.check_document(int(self.sim.now))
                perform(self._values, call)

    def perform(self, call: Call) -> Any:
        """Do one call of another lab's history, which need not end as it did there; returns what it returns."""
        from macvsim.record.repeat import perform

        return perform(self._values, call, strict=False)

    def find(self, place: Reference) -> Any:
        """What calls of another lab's history mean by a place, here; `MacvsimError` if there is none."""
        return self._values.find(place)

    def save(self, path: str | Path) -> None:
        """Write the lab to a file, as readable data from which `load` makes an equal one; raises as `copy` does."""
        from macvsim.output import write_file
        from macvsim.record.savefile import Saved

        saved = Saved(self.options, tuple(self.history.checked()), int(self.sim.now))
        write_file(path, saved.text)

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        fastpath: bool | None = None,
        kinds: Iterable[Kind] = (),
        tools: Iterable[Tool] = (),
        functions: Iterable[Function] = (),
    ) -> Lab:
        """The lab of a file that `save` has written.

        fastpath, kinds, tools : as of `Lab`; a file does not say with which it was saved
        functions : given to `process`, `at` and `every` before; a file has only their names

        Raises
        ------
        ScenarioError : the file is no saved lab, not a whole one, of a later macvsim, or does not come out as it was
        OSError : the file cannot be read
        """
        from macvsim.record.savefile import read
        from macvsim.record.values import MISTAKES

        saved = read(Path(path))
        try:
            lab = cls(**saved.options, fastpath=fastpath, kinds=kinds, tools=tools)
            lab._know(functions)
            lab.repeat(saved.calls, of_file=True)
            saved.check_end(int(lab.sim.now))
        except MISTAKES as error:
            raise ScenarioError(f"{path}: {error}") from None
        return lab

    # -- running
    # --------------------------------------------------------------------------------------------------------

    @recorded
    def run(self, seconds: float) -> None:
        """Let simulated time pass."""
        if seconds < 0:
            raise MacvsimError(f"run({seconds}): time only goes forward")
        self.sim.run(until=int(self.sim.now) + round(seconds * SECOND))

    @property
    def env(self) -> simpy.Environment:
        """The simpy environment, whose time is in integer nanoseconds: ``yield lab.env.timeout(1_500_000_000)``."""
        return self.sim

    def process(self, function: Function, *args: Any) -> simpy.Process:
        """Start a simpy process: a generator function of yours, called with these arguments, that yields events.

        In it, `ping`, `sh` and other calls may be made; they let time pass for everything else.  Copies call the
        function again, with their own hosts and cables in place of these; so it may work only on its arguments.

        Raises
        ------
        MacvsimError : the function returns no generator
        """
        return self._begin(function, args)

    def at(self, seconds: float, function: Function, *args: Any) -> simpy.Process:
        """Call a function with these arguments when the clock shows so many seconds, while time passes.

        Raises
        ------
        MacvsimError : that time has passed
        """
        when = round(seconds * SECOND)
        if when < self.sim.now:
            raise MacvsimError(f"at({seconds:g}): the clock already shows {self.now:g} s")
        return self._begin(function, args, when)

    def every(self, seconds: float, function: Function, *args: Any, until: float | None = None) -> simpy.Process:
        """Call a function again and again, so many seconds apart, for the first time after the first of them.

        until : seconds on the clock after which it is called no more

        Raises
        ------
        MacvsimError : the interval is not positive
        """
        interval = round(seconds * SECOND)
        if interval <= 0:
            raise MacvsimError(f"every({seconds:g}): the interval must be positive")
        end = None if until is None else round(until * SECOND)
        return self._begin(function, args, int(self.sim.now) + interval, interval, end)

    @cached_property
    def _functions(self) -> Functions:
        from macvsim.record.functions import Functions

        return Functions()

    def _know(self, functions: Iterable[Function]) -> None:
        """Functions that calls of another lab's history name."""
        for function in functions:
            self._functions.name(function)

    def _begin(
        self,
        function: Function,
        args: tuple[Any, ...],
        at: int | None = None,
        interval: int | None = None,
        until: int | None = None,
    ) -> simpy.Process:
        from macvsim.record.functions import refuse_copies

        process = self._start(self._functions.name(function), args, at, interval, until)
        refuse_copies(self.history, function)
        return process

    @recorded
    def _start(
        self, name: str, args: tuple[Any, ...], at: int | None, interval: int | None, until: int | None
    ) -> simpy.Process:
        from macvsim.record.functions import called, timed

        function = self._functions[name]
        if at is not None:
            return self.sim.process(timed(self.sim, function, args, at, interval, until))
        generator = function(*args)
        if not hasattr(generator, "throw"):
            raise MacvsimError(f"process({called(function)}): it is no generator function: it must yield events")
        return self.sim.process(generator)

    def _devices(self) -> int:
        named = [ns for host in self.hosts.values() for ns in host.kernel.netns.values()]
        return sum(len(ns.present) for ns in (*(box.ns for box in self.boxes().values()), *named))

    def _diagnose(self, calls: Sequence[Sampled], elapsed: int) -> str:
        from macvsim.explain.storm import report

        return report(calls, elapsed, self.cables)

    def why(self, source: Box | str, target: Box | str, *, fixes: bool = True) -> Explanation:
        """Send one ping from a host or container and say what became of it; if it is lost, also which edits mend that.

        Each is tried on a copy of the lab; kept are those with which the ping is answered, and no ping that was made
        before, and works, is lost.

        Parameters
        ----------
        source : a host or container, or its name; target : another, or an address, or a name that the source can
            resolve
        fixes : False: nothing is tried, which takes time where much has happened in the lab

        Raises
        ------
        MacvsimError : the lab keeps no journal
        """
        from macvsim.repair.labtrial import remedies, unknown
        from macvsim.repair.scene import addresses
        from macvsim.repair.target import told

        boxes = self.boxes()
        source, target = (self._name_of(box) if isinstance(box, Box) else box for box in (source, target))
        if target in boxes and target not in self[source].hosts:
            target = next(map(ip_text, addresses(boxes[target])), target)
        ping = self[source].ping(target, count=1)
        found = ping.explain()
        if found.verdict == "answered" or not fixes:
            return found
        address = ping.address or target
        try:
            fixed = replace(found, fixes=remedies(self, source, address, found))
        except MacvsimError as error:  # it cannot be copied
            fixed = replace(found, untried=str(error))
        return replace(fixed, sentence=told(found.sentence, address)) if unknown(self, address) else fixed

    def _name_of(self, wanted: Box) -> str:
        """What a box is called in `boxes`."""
        for name, box in self.boxes().items():
            if box is wanted:
                return name
        raise TopologyError(f"{wanted.name} is no machine of this lab: it has {', '.join(self.boxes())}")

    @property
    def now(self) -> float:
        """Simulated seconds since the lab was made."""
        return float(self.sim.now) / SECOND

    @contextmanager
    def capture(self) -> Iterator[Capture]:
        """Record every interface of the lab but lo while the block runs, those that appear meanwhile included."""
        capture = self.start_capture()
        try:
            yield capture
        finally:
            self.stop_capture(capture)

    @opening
    def start_capture(self) -> Capture:
        """As `capture`, until `stop_capture`."""
        from macvsim.machine.capture import Capture

        capture = Capture(self._names())
        for host in self.hosts.values():
            for ns in (host.ns, *host.kernel.netns.values(), *(container.ns for container in host.containers())):
                for dev in ns.present.values():
                    if not dev.loopback:
                        capture.attach(dev)
        watchers = self.sim.device_watchers

        def watch(dev: NetDevice) -> None:
            if not dev.loopback:
                capture.attach(dev)

        watchers.append(watch)
        capture.on_stop(lambda: watchers.remove(watch))
        return capture

    @recorded
    def stop_capture(self, capture: Capture) -> None:
        """End a capture of `start_capture`."""
        capture.names = self._names()
        capture.stop()

    def _names(self) -> dict[str, str]:
        """Name of every address in the lab; one that several boxes have gets them all."""
        names: dict[str, list[str]] = {}
        for name, box in self.boxes().items():
            for dev in box.ns.present.values():
                for address in dev.inet.addresses:
                    if not dev.loopback:
                        names.setdefault(ip_text(address.local), []).append(name)
        return {ip: "+".join(owners) for ip, owners in names.items()}


def install_fast_path(sim: Sim, wanted: bool | None = None) -> bool:
    """Let a simulation in which nothing is made yet have the fast path; True if it has it now.

    wanted : None: unless the environment has MACVSIM_FASTPATH=0

    Raises
    ------
    MacvsimError : MACVSIM_FASTPATH is neither 0 nor 1
    """
    value = os.environ.get("MACVSIM_FASTPATH") or "1"
    if value not in ("0", "1"):
        raise MacvsimError(f"MACVSIM_FASTPATH={value}: set it to 0 to switch the fast path off, or to 1")
    if not (value == "1" if wanted is None else wanted):
        return False
    try:
        from macvsim.fastpath import install
    except ModuleNotFoundError:  # it is optional: without its folder every frame takes the plain path
        return False
    install(sim)
    return True
