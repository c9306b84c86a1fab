"""Python functions that a user has a lab run while time passes, by name, so that a copy runs them again."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from types import FunctionType
from typing import TYPE_CHECKING, Any

from macvsim.engine.history import History
from macvsim.errors import MacvsimError

if TYPE_CHECKING:
    from macvsim.engine.sim import Sim

Function = Callable[..., Any]


class Functions:
    """The functions of one lab.

    Python cannot copy a generator in mid-flight: a copy calls the function again and plays it from its start.  That is
    exact where the function works only on its arguments, which in the copy are the copy's own.
    """

    def __init__(self, known: Iterable[Function] = ()) -> None:
        self._known: dict[str, Function] = {}
        for function in known:
            self.name(function)

    def name(self, function: Function) -> str:
        """The name under which the lab keeps a function."""
        base = f"{function.__module__}.{called(function)}"
        name, number = base, 1
        while self._known.get(name, function) is not function:
            number += 1
            name = f"{base}#{number}"
        self._known[name] = function
        return name

    def __getitem__(self, name: str) -> Function:
        if name not in self._known:
            bare = name.rpartition(".")[2]
            raise MacvsimError(f"the lab runs the Python function {name}: Lab.load(…, functions=[{bare}])")
        return self._known[name]

    @property
    def all(self) -> tuple[Function, ...]:
        """In the order in which the lab got to know them."""
        return tuple(self._known.values())


def called(function: Function) -> str:
    """The name of a function, for messages."""
    return str(getattr(function, "__qualname__", None) or type(function).__qualname__)


def refuse_copies(history: History, function: Function) -> None:
    """Of a lab that runs a function which may work on more than its arguments, no copy can be made."""
    plain = isinstance(function, FunctionType) and function.__closure__ is None and "<" not in function.__qualname__
    if not plain:
        history.lose(
            f"it was told to run {called(function)}, which a copy cannot run again: give a function of a module, and "
            "what it works on as arguments"
        )


def timed(
    sim: Sim, function: Function, args: tuple[Any, ...], at: int, interval: int | None, until: int | None
) -> Generator[Any]:
    """A process that calls a function at a time (ns), and again at each interval until a time."""
    yield sim.timeout(at - int(sim.now))
    while True:
        function(*args)
        if interval is None or (until is not None and int(sim.now) + interval > until):
            return
        yield sim.timeout(interval)


__all__ = ["Function", "Functions", "called", "refuse_copies", "timed"]
