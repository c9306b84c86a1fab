"""Memory of a thousand namespaces: what is like everywhere is kept once, and what nobody asked for is not there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

T = TypeVar("T")


class Defaults:
    """Parameters with defaults: a class attribute is the kernel's; reading finds it, and writing and copying touch only
    what differs.

    Those of a thousand devices are one object (`shared`) until one of them is written to (`own`).
    """

    __slots__ = ("__dict__", "_is_shared", "_variants")
    NAMES: ClassVar[tuple[str, ...]] = ()
    _is_shared: bool
    _variants: dict[tuple[str, Any], Self]

    def __init__(self, like: Any = None) -> None:
        object.__setattr__(self, "_is_shared", False)
        if like is not None:
            self.__dict__.update(like.__dict__)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._is_shared:
            raise TypeError(f"{type(self).__name__} is shared: write to what own() gives")
        object.__setattr__(self, name, value)

    @property
    def changed(self) -> Collection[str]:
        """Names of those that may not have their defaults."""
        return self.__dict__.keys()

    def shared(self) -> Self:
        """These parameters for one more holder: they change no more."""
        object.__setattr__(self, "_is_shared", True)
        return self

    def but(self, name: str, value: Any) -> Self:
        """Shared parameters that are like these shared ones but for one; the same at every call."""
        if not hasattr(self, "_variants"):
            object.__setattr__(self, "_variants", {})
        variant = self._variants.get((name, value))
        if variant is None:
            variant = self.copy()
            setattr(variant, name, value)
            self._variants[name, value] = variant.shared()
        return variant

    def copy(self) -> Self:
        """Parameters of their own with the same values."""
        copy = object.__new__(type(self))
        Defaults.__init__(copy, self)
        return copy

    def __init_subclass__(cls) -> None:
        own = [
            name for name, value in vars(cls).items() if isinstance(value, int | str | tuple) and name.islower()
            and not name.startswith("_")
        ]  # fmt: skip
        cls.NAMES = tuple(sorted({*cls.NAMES, *own}))


def own(holder: Any, name: str) -> Any:
    """The parameters that are an attribute of `holder`, to be written to: if others hold them too, from now on a
    copy.
    """
    held = getattr(holder, name)
    if held._is_shared:
        held = held.copy()
        setattr(holder, name, held)
    return held


def differ(record: Any, fields: Mapping[str, Any]) -> None:
    """Set those fields of a record that are not as its class has them; the others take no room in it."""
    for name, value in fields.items():
        if value != getattr(record, name):
            setattr(record, name, value)


def altered(record: T, **fields: Any) -> T:
    """A record like this one but for some fields."""
    like = copy(record)
    for name, value in fields.items():
        setattr(like, name, value)
    return like


class Counters(dict[str, int]):
    """Counters by name; one that never moved is 0 and takes no room."""

    __slots__ = ()

    def __missing__(self, name: str) -> int:
        return 0

    def count(self, what: str, packets: int, octets: int, last: int) -> None:
        """As `engine.recording.Counter`: the name of one of them."""
        self[what] += packets


class Parts:
    """Something with slots whose `PARTS` are made when they are first asked for."""

    __slots__ = ()
    PARTS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    def made(self, name: str) -> bool:
        """True if somebody has asked for a part."""
        try:
            object.__getattribute__(self, name)
        except AttributeError:
            return False
        return True

    def touched(self, name: str) -> None:
        """A part was made: a command that only read may have asked for it."""
        self.sim.mark_made(self, name)  # type: ignore[attr-defined]

    if not TYPE_CHECKING:  # the type checker goes by the annotations of the parts

        def __getattr__(self, name: str) -> Any:
            make = self.PARTS.get(name)
            if make is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            part = make(self)
            setattr(self, name, part)
            self.touched(name)
            return part
