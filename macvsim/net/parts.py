"""Memory of a thousand namespaces: what is like everywhere is kept once, and what nobody asked for is not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar


class Defaults:
    """Parameters with defaults: a class attribute is the kernel's; reading finds it, and writing and copying touch only
    what differs.
    """

    NAMES: ClassVar[tuple[str, ...]] = ()

    def __init__(self, like: Any = None) -> None:
        if like is not None:
            for name, value in like.__dict__.items():
                setattr(self, name, value)

    def __init_subclass__(cls) -> None:
        own = [
            name for name, value in vars(cls).items() if isinstance(value, int | str | tuple) and name.islower()
            and not name.startswith("_")
        ]  # fmt: skip
        cls.NAMES = tuple(sorted({*cls.NAMES, *own}))


class Counters(dict[str, int]):
    """Counters by name; one that never moved is 0 and takes no room."""

    __slots__ = ()

    def __missing__(self, name: str) -> int:
        return 0


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

    if not TYPE_CHECKING:  # the type checker goes by the annotations of the parts

        def __getattr__(self, name: str) -> Any:
            make = self.PARTS.get(name)
            if make is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            part = make(self)
            setattr(self, name, part)
            return part
