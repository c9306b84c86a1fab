"""Frames of a user's scapy, put on a cable or into a switch port, and what a cable carries as scapy packets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from macvsim.engine.display import Listed
from macvsim.engine.history import recorded
from macvsim.engine.sim import NothingLeft
from macvsim.engine.wheel import SOFTIRQ
from macvsim.errors import MacvsimError
from macvsim.wire.frame import Frame

if TYPE_CHECKING:
    from scapy.plist import PacketList

    from macvsim.dev.cable import Cable, CableEnd
    from macvsim.engine.journal import Place
    from macvsim.engine.sim import Sim


class Injecting(Listed):
    """Methods of cables and switch ports for packets that scapy composes."""

    __slots__ = ()
    PUBLIC = "sendp sniff"
    sim: Sim

    @property
    def _label(self) -> str:
        return cast("Place", self).label

    def _tapped(self) -> Cable:
        """The cable whose frames `sniff` returns."""
        raise NotImplementedError

    def _entry(self, to: str) -> CableEnd:
        """The end that gets the frames of `sendp`."""
        raise NotImplementedError

    def sendp(self, frames: object, *, to: str = "", inter: float = 0.0) -> None:
        """Let frames arrive here as if they came over the cable, which they do not cross.

        Parameters
        ----------
        frames : a scapy packet that begins with Ether(), bytes, or a list of them; every address must be given
        to : of a cable the end that gets them, ``"sw1:host1"`` or ``"host1:enp0s8"``; inter : seconds between two

        Raises
        ------
        MacvsimError : what is given is no frame, or an address is left out; TopologyError : a cable has no such end
        """
        from macvsim.wire import crafted

        self._entry(to)
        raws = crafted.frames(frames, _Nowhere(self._label))
        self._send_crafted(tuple(raws), to, crafted.nanoseconds(self._label, "inter", inter))

    def sniff(self, *, filter: str = "", count: int = 0, timeout: float | None = None) -> PacketList:
        """Let time pass and return the frames that the cable carries meanwhile, both ways, when they are sent.

        Parameters
        ----------
        filter : in the language of tcpdump
        count : end after so many frames, 0 for any number; timeout : seconds after which it ends

        Raises
        ------
        MacvsimError : neither count nor timeout; a filter that is none; TopologyError : the port has no cable
        """
        from macvsim.wire import crafted

        most = crafted.limit(self._label, count, timeout)
        self._tapped()
        return crafted.sniffed(self._sniff_crafted(filter, count, most))

    @recorded
    def _send_crafted(self, raws: tuple[bytes, ...], to: str, inter: int) -> None:
        end = self._entry(to)
        for number, raw in enumerate(raws):
            if number and inter > 0:
                self.sim.run(until=int(self.sim.now) + inter)
            self.sim.post(0, SOFTIRQ, end.wire_receive, Frame(raw, self.sim.born()))
        self.sim.run_softirqs()

    @recorded
    def _sniff_crafted(self, text: str, count: int, timeout: int | None) -> list[tuple[int, bytes]]:
        from macvsim.wire.crafted import endless, filter_of
        from macvsim.wire.pcapfilter import View

        wanted = filter_of(self._label, text)
        seen: list[tuple[int, bytes]] = []
        done = self.sim.event()

        def tap(frame: Frame) -> None:
            if not done.triggered and wanted(View(frame.wire)):
                seen.append((int(self.sim.now), frame.wire))
                if len(seen) == count:
                    done.succeed()

        stop = self._tapped().add_tap(tap)
        try:
            self.sim.run(until=done, most=timeout)
        except NothingLeft:
            raise endless(self._label, "nothing more happens in this lab; give timeout=") from None
        finally:
            stop()
        return seen


class _Nowhere:
    """Says that addresses cannot be left out where no machine sends (`wire.crafted.Sender`)."""

    def __init__(self, label: str) -> None:
        self._label = label

    def mac(self) -> str:
        raise self._missing("Ether(src=…, dst=…)")

    def address(self, towards: str) -> str:
        raise self._missing(f"the source of the packet to {towards}")

    def neighbour(self, towards: str) -> str:
        raise self._missing("Ether(dst=…)")

    def _missing(self, what: str) -> Any:
        return MacvsimError(f"{self._label} has no addresses of its own: give {what}")
