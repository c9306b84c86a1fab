"""Whether two labs are the same, object for object: everything that either refers to is looked at, both in step.

`macvsim.testing.compare` reads what commands can show.  Here nothing is left out: of a program that waits, its place in
its code, its variables and the values that its loops hold are compared.  An object that cannot be looked into is taken
as different.

A class names attributes that nothing but the speed depends on in `UNCOMPARED`; its method `compared`, if it has one,
gives in another form what is in them.
"""

from __future__ import annotations

import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from functools import partial
from gc import get_referents
from hashlib import blake2b
from itertools import count
from random import Random
from typing import Any
from weakref import ref

Parts = Sequence[Any]
Reader = Callable[[Any], Parts]

_VALUES = frozenset({int, float, complex, str, bytes, bool, range, count, bytearray})
"""Types of objects that are the same if their texts are."""
_LOOSE = frozenset({tuple, types.MethodType, types.BuiltinFunctionType, type([].__len__), partial, types.FunctionType})
"""Types whose objects have no identity that matters."""
_HEAPTYPE = 1 << 9
"""Of `type.__flags__`: not a static type of C (Py_TPFLAGS_HEAPTYPE)."""


class Different(Exception):
    """Where two labs differ."""


def difference(first: object, second: object) -> str:
    """Where two objects first differ, nothing if they are the same."""
    try:
        _Comparison().run(first, second)
    except Different as found:
        return str(found)
    return ""


class _Comparison:
    def __init__(self) -> None:
        self.pairs: dict[int, Any] = {}
        """The counterpart of each object, by the id of the object."""
        self.taken: dict[int, Any] = {}
        """The object of which something is the counterpart, by its id."""
        self.todo: list[tuple[Any, Any]] = []

    def run(self, first: object, second: object) -> None:
        """Compare all; raises `Different`."""
        todo, readers = self.todo, dict(_READERS)
        kept: list[Parts] = []
        self.match("", (first,), (second,))
        while todo:
            one, other = todo.pop()
            kind = type(one)
            read = readers.get(kind)
            if read is None:
                read = readers[kind] = _reader(kind)
            ones, others = read(one), read(other)
            kept += ones, others  # nothing else may get the id of a part
            self.match(kind.__name__, ones, others)

    def match(self, owner: str, ones: Parts, others: Parts) -> None:
        """Compare the parts of two objects, or note that this is to be done; raises `Different`."""
        if len(ones) != len(others):
            raise Different(f"{owner}: {len(ones)} parts and {len(others)}")
        pairs, taken, todo = self.pairs, self.taken, self.todo
        for one, other in zip(ones, others, strict=True):
            if one is other:
                continue
            kind = type(one)
            if kind is not type(other):
                raise Different(f"{owner}: {kind.__name__} and {type(other).__name__}")
            if kind in _VALUES:
                if one != other and repr(one) != repr(other):
                    raise Different(f"{owner}: {one!r} and {other!r}")
                continue
            known = pairs.get(id(one))
            if known is other:
                continue
            if kind not in _LOOSE and (known is not None or id(other) in taken):
                raise Different(f"{owner}: not the same {kind.__name__}")
            pairs[id(one)] = other
            taken[id(other)] = one
            todo.append((one, other))


def _itself(some: Any) -> Parts:
    return some  # type: ignore[no-any-return]


def _items(some: Any) -> Parts:
    return [*some, *some.values()]


def _members(some: Any) -> Parts:
    if any(type(one) not in _VALUES for one in some):
        raise Different("a set of objects has no order")
    return sorted(some, key=repr)


def _function(one: Any) -> Parts:
    cells = one.__closure__ or ()
    return one.__code__, one.__defaults__, one.__kwdefaults__, one.__dict__, *map(_cell, cells)


def _cell(one: Any) -> Any:
    try:
        return one.cell_contents
    except ValueError:
        return None


def _generator(one: Any) -> Parts:
    """Its variables, and what its loops hold, which only the garbage collector can list."""
    frame = one.gi_frame
    if frame is None:
        return (one.gi_code,)
    if one.gi_running:
        raise Different("a program that runs cannot be compared")
    variables, place = frame.f_locals, frame.f_lasti
    held = [part for part in get_referents(one) if part is not None and part is not frame and part is not variables]
    return one.gi_code, place, *variables, *variables.values(), *held


def _reduced(one: Any) -> Parts:
    try:
        return one.__reduce__()  # type: ignore[no-any-return]
    except TypeError:
        raise Different(f"{type(one).__name__} cannot be compared") from None


class _Missing:
    """Stands for a slot without a value."""


def _solid(kind: type) -> type:
    """The type of C that a class is built on (copyreg does so too)."""
    for base in kind.__mro__:
        if not base.__flags__ & _HEAPTYPE or getattr(base.__new__, "__self__", None) is base:
            return base
    return object


def _reader(kind: type) -> Reader:
    """How to read the parts of objects of a type: their values, and the objects they refer to."""
    solid = _solid(kind)
    content = _CONTENTS.get(solid)
    if content is None and issubclass(kind, BaseException):
        content = _raised
    if content is None:
        raise Different(f"{kind.__module__}.{kind.__qualname__} cannot be compared")
    passed = frozenset(getattr(kind, "UNCOMPARED", ()))
    compared: Reader = getattr(kind, "compared", _nothing)
    slots = [
        vars(base)[name if not name.startswith("__") or name.endswith("__") else f"_{base.__name__.lstrip('_')}{name}"]
        for base in kind.__mro__
        for name in _names_of_slots(base)
        if name not in passed
    ]

    def read(one: Any) -> Parts:
        own = getattr(one, "__dict__", None)
        names = sorted(own.keys() - passed) if own else ()
        parts = [*names, *map(own.__getitem__, names)] if own else []
        for slot in slots:
            try:
                parts.append(slot.__get__(one))
            except AttributeError:
                parts.append(_Missing)
        parts += content(one)
        parts += compared(one)
        return parts

    return read


def _names_of_slots(kind: type) -> Sequence[str]:
    names = vars(kind).get("__slots__", ())
    return [name for name in ((names,) if isinstance(names, str) else names) if name not in ("__dict__", "__weakref__")]


def _raised(error: Any) -> Parts:
    return error.args, error.__cause__, error.__context__


def _nothing(one: Any) -> Parts:
    return ()


_CONTENTS: dict[type, Reader] = {
    object: _nothing, list: list, tuple: tuple, deque: list, dict: _items, OrderedDict: _items,
    defaultdict: lambda one: [one.default_factory, *_items(one)],
    set: _members, frozenset: _members, int: lambda one: (int(one),), float: lambda one: (float(one),),
    str: lambda one: (str.__str__(one),), bytes: lambda one: (bytes(one),), ref: lambda one: (one(),),
    Random.__mro__[1]: lambda one: one.getstate(), partial: lambda one: (one.func, one.args, one.keywords),
}  # fmt: skip
"""The contents of objects of a type of C, in subclasses too."""
_ITERABLES: Sequence[Any] = ([], (), "", b"", range(0), range(1 << 70), {}, {}.values(), {}.items(), reversed([]))
_READERS: dict[type, Reader] = {
    list: _itself, tuple: _itself, dict: _items, set: _members, frozenset: _members, deque: list,
    types.FunctionType: _function, types.MethodType: lambda one: (one.__func__, one.__self__),
    types.BuiltinFunctionType: lambda one: (one.__name__, one.__self__),
    type([].__len__): lambda one: (one.__name__, one.__self__), types.CellType: lambda one: (_cell(one),),
    types.GeneratorType: _generator, types.MappingProxyType: _items, type({}.keys()): list, type({}.values()): list,
    type(blake2b()): lambda one: (one.digest(),),
    **dict.fromkeys([enumerate, zip, map, filter, reversed, *map(type, map(iter, _ITERABLES))], _reduced),
}  # fmt: skip
