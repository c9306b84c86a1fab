"""Variables of a shell with their attributes: scalars, arrays, references, scopes of functions (bash(1), PARAMETERS).

A *reference* is the text ``name`` or ``name[subscript]``, as builtins and ``declare -n`` take it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, replace
from typing import TypeAlias

Value: TypeAlias = str | dict[str, str] | None
"""Of a scalar, of an array by subscript (a number as text in an indexed one), or of a variable that has none."""
Items: TypeAlias = list[tuple[str | None, str, bool]]
"""Elements of ``name=(…)``: subscript or None, value, and whether it is appended."""

_REFERENCE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[(.*)\])?\Z", re.DOTALL)
_ORDER = "aAfinrtxclu"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class VariableError(Exception):
    """A variable cannot have a value.

    name : of the variable, as it was written; kind : ``read-only``, ``subscript``, ``circle``, ``name``, ``convert``
    """

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind = kind
        self.name = name


@dataclass(frozen=True, slots=True)
class Variable:
    """A value and attributes, the letters of ``declare``: ``a`` and ``A`` arrays, ``i`` integer, ``n`` reference, ``r``
    read-only, ``x`` exported, ``l`` and ``u`` lower and upper case.
    """

    value: Value = None
    attributes: str = ""

    @property
    def scalar(self) -> str | None:
        """The value of ``$name``: that of element 0 for an array."""
        if isinstance(self.value, dict):
            return self.value.get("0")
        return self.value

    def elements(self) -> list[tuple[str, str]]:
        """Subscripts and values in bash's order: by number, or by place in the hash table."""
        if not isinstance(self.value, dict):
            return [] if self.value is None else [("0", self.value)]
        place = _bucket if "A" in self.attributes else int
        return [(key, self.value[key]) for key in sorted(self.value, key=place)]


def _bucket(key: str) -> int:
    """The place of a key in bash's hash table of 1024 (hash_string in hashlib.c)."""
    found = 2166136261
    for byte in key.encode("utf-8", "surrogateescape"):
        found = (found * 16777619 & 0xFFFFFFFF) ^ byte
    return found & 1023


@dataclass(frozen=True, slots=True)
class Special:
    """A variable that the shell computes: how it is read, and what an assignment does (nothing if None)."""

    get: Callable[[], Value]
    set: Callable[[str], None] | None = None
    attributes: str = ""


class Variables(MutableMapping[str, str]):
    """The variables of one shell; as a mapping, name and value of each that has a value, without any check.

    evaluate : value of an arithmetic expression; specials : by name, variables that the shell computes
    """

    def __init__(self, evaluate: Callable[[str], int]) -> None:
        self.evaluate = evaluate
        self.specials: dict[str, Special] = {}
        self.on_unset: Callable[[str], None] = lambda name: None
        """Called with a name that loses its computed value."""
        self._all: dict[str, Variable] = {}
        self._scopes: list[dict[str, Variable | None]] = []

    def copy(self, evaluate: Callable[[str], int]) -> Variables:
        """For a subshell."""
        new = Variables(evaluate)
        new._all = dict(self._all)
        new._scopes = [dict(hidden) for hidden in self._scopes]
        return new

    # -- as a mapping --------------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> str:
        variable = self.find(name)
        if variable is None or (value := variable.scalar) is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: str) -> None:
        old = self._all.get(name, Variable())
        if isinstance(old.value, dict):
            self._all[name] = replace(old, value={**old.value, "0": value})
        else:
            self._all[name] = replace(old, value=value)

    def __delitem__(self, name: str) -> None:
        del self._all[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.names() if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    # -- looking -------------------------------------------------------------------------------------------------------

    def names(self, prefix: str = "") -> list[str]:
        """Names of variables that have a value or attributes, sorted."""
        return sorted(name for name in {**self._all, **self.specials} if name.startswith(prefix))

    def find(self, name: str) -> Variable | None:
        """The variable a name stands for, behind references; None if there is none, or it is an element."""
        reference = self.resolve(name)
        return None if "[" in reference else self.own(reference)

    def own(self, name: str) -> Variable | None:
        """The variable of a name itself, even if it is a reference."""
        special = self.specials.get(name)
        if special is not None:
            return Variable(special.get(), self.attributes(name))
        return self._all.get(name)

    def resolve(self, name: str) -> str:
        """The reference that a name leads to by ``declare -n``: itself if it is no reference."""
        seen = [name]
        while (variable := self._all.get(name)) is not None and "n" in variable.attributes:
            target = variable.scalar
            if not target:
                return name
            if target in seen:
                raise VariableError("circle", name)
            seen.append(target)
            name = target
        return name

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """The value of ``$name``, through references."""
        reference = self.resolve(name)
        if "[" in reference:
            found = self.element(*parse_reference(reference))
        else:
            variable = self.own(reference)
            found = None if variable is None else variable.scalar
        return default if found is None else found

    def element(self, name: str, subscript: str | None) -> str | None:
        """The value of ``${name[subscript]}``, None if it is unset; `VariableError` for a subscript before the first
        element.
        """
        if subscript is None:
            return self.get(name)
        variable = self.find(name)
        if variable is None:
            if re.fullmatch(r"\s*-\d+\s*", subscript):
                raise VariableError("subscript", name)
            return None
        if subscript in ("@", "*"):
            return " ".join(value for _, value in variable.elements()) if variable.elements() else None
        if "A" in variable.attributes:
            return variable.value.get(subscript) if isinstance(variable.value, dict) else None
        key = self._key(name, subscript, variable)
        if isinstance(variable.value, dict):
            return variable.value.get(key)
        return variable.value if key == "0" else None

    def _key(self, name: str, subscript: str, variable: Variable, *, written: str = "") -> str:
        """The key of an element: a negative number counts from the end."""
        if "A" in variable.attributes:
            return subscript
        number = self.evaluate(subscript)
        if number < 0:
            number += 1 + (_last(variable.value) if isinstance(variable.value, dict) else 0)
        if number < 0:
            raise VariableError("subscript", written or name)
        return str(number)

    # -- assigning -----------------------------------------------------------------------------------------------------

    def set(self, name: str, value: str, *, append: bool = False) -> None:
        """``name=value`` or ``name+=value``, as the attributes of the variable want it."""
        reference = self.resolve(name)
        if "[" in reference:
            target, subscript = parse_reference(reference)
            self.set_element(target, subscript or "0", value, append=append)
            return
        special = self.specials.get(reference)
        if special is not None:
            if special.set is not None:
                special.set(value)
            return
        old = self._writable(reference)
        if isinstance(old.value, dict):
            self.set_element(reference, "0", value, append=append)
            return
        self._all[reference] = replace(old, value=self._converted(old, value, old.value if append else None))

    def set_reference(self, reference: str, value: str, *, append: bool = False) -> None:
        """As `set`, for a name or ``name[subscript]``; `VariableError` if it is neither."""
        if not _REFERENCE.match(reference):
            raise VariableError("name", reference)
        name, subscript = parse_reference(reference)
        if subscript is None:
            self.set(name, value, append=append)
        else:
            self.set_element(name, subscript, value, append=append)

    def set_element(self, name: str, subscript: str, value: str, *, append: bool = False) -> None:
        """``name[subscript]=value``."""
        name = self.resolve(name)
        old = self._array(self._writable(name))
        assert isinstance(old.value, dict)
        key = self._key(name, subscript, old, written=f"{name}[{subscript}]")
        before = old.value.get(key) if append else None
        self._all[name] = replace(old, value={**old.value, key: self._converted(old, value, before)})

    def set_array(self, name: str, items: Items, *, append: bool = False) -> None:
        """``name=(…)`` or ``name+=(…)``."""
        name = self.resolve(name)
        old = self._array(self._writable(name))
        assert isinstance(old.value, dict)
        self._all[name] = replace(old, value=dict(old.value) if append else {})
        if "A" in old.attributes and all(subscript is None for subscript, _, _ in items):
            words = [value for _, value, _ in items] + [""] * (len(items) % 2)
            items = [(words[at], words[at + 1], False) for at in range(0, len(words), 2)]
        following = _last(old.value) + 1 if append and "A" not in old.attributes else 0
        for subscript, value, adds in items:
            key = str(following)
            if subscript is not None:
                key = self._key(name, subscript, self._all[name], written=f"{name}[{subscript}]")
            elements = self._all[name].value
            assert isinstance(elements, dict)
            elements[key] = self._converted(old, value, elements.get(key) if adds else None)
            following = 0 if "A" in old.attributes else int(key) + 1

    def _writable(self, name: str) -> Variable:
        variable = self._all.get(name, Variable())
        if "r" in variable.attributes:
            raise VariableError("read-only", name)
        return variable

    @staticmethod
    def _array(old: Variable) -> Variable:
        """The same as an array, which it becomes by an assignment to an element."""
        if isinstance(old.value, dict):
            return old
        attributes = old.attributes if "A" in old.attributes else _with(old.attributes, "a")
        return Variable({} if old.value is None else {"0": old.value}, attributes)

    def _converted(self, variable: Variable, value: str, before: str | None) -> str:
        if "i" in variable.attributes:
            return str(self.evaluate(f"{before or 0}+({value or 0})" if before is not None else value))
        value = (before or "") + value
        if "l" in variable.attributes:
            return value.lower()
        return value.upper() if "u" in variable.attributes else value

    # -- attributes ----------------------------------------------------------------------------------------------------

    def declare(self, name: str, on: str, off: str = "") -> None:
        """Give a variable attributes, and take some away; `VariableError` where it has others that keep them."""
        old = self._all.get(name, Variable())
        if "r" in off and "r" in old.attributes:
            raise VariableError("read-only", name)
        value = old.value
        if ("A" in on and "a" in old.attributes) or ("a" in on and "A" in old.attributes):
            raise VariableError("convert", name)
        if ("A" in on or "a" in on) and isinstance(value, str):
            value = {"0": value}
        kept = "".join(letter for letter in old.attributes if letter not in off)
        for one, other in ("lu", "ul"):
            if one in on:
                kept = kept.replace(other, "")
        self._all[name] = Variable(value, _with(kept, on))

    def marked(self, letter: str) -> list[str]:
        """Names of variables with an attribute, sorted."""
        own = (name for name, variable in self._all.items() if letter in variable.attributes)
        computed = (name for name, special in self.specials.items() if letter in special.attributes)
        return sorted({*own, *computed})

    def attributes(self, name: str) -> str:
        """The attributes of a name's own variable."""
        special = self.specials.get(name)
        kept = self._all.get(name, Variable()).attributes
        return kept if special is None else _with(special.attributes, kept)

    def unset(self, name: str) -> None:
        """Forget a variable; `VariableError` if it is read-only."""
        self._writable(name)
        self._all.pop(name, None)
        if self.specials.pop(name, None) is not None:
            self.on_unset(name)
        if self._scopes and name in self._scopes[-1] and self._scopes[-1][name] is not None:
            self._all[name] = Variable()
        elif any(name in scope for scope in self._scopes[:-1]):
            self._reveal(name)

    def _reveal(self, name: str) -> None:
        """A variable that a function further out made local is gone: the one that it hid is seen again."""
        for scope in reversed(self._scopes[:-1]):
            if name in scope:
                hidden = scope.pop(name)
                if hidden is not None:
                    self._all[name] = hidden
                return

    def unset_element(self, name: str, subscript: str) -> None:
        """``unset 'name[subscript]'``."""
        name = self.resolve(name)
        old = self._writable(name)
        if subscript in ("@", "*") and "A" not in old.attributes:
            self._all[name] = replace(old, value={})
        elif isinstance(old.value, dict):
            key = self._key(name, subscript, old)
            self._all[name] = replace(old, value={at: one for at, one in old.value.items() if at != key})
        elif self.evaluate(subscript) == 0:
            self.unset(name)

    # -- scopes --------------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """A function begins."""
        self._scopes.append({})

    def leave(self) -> None:
        """A function ends: what it hid is there again."""
        for name, hidden in self._scopes.pop().items():
            if hidden is None:
                self._all.pop(name, None)
            else:
                self._all[name] = hidden

    @property
    def depth(self) -> int:
        """How many scopes there are; 0 outside functions."""
        return len(self._scopes)

    def local_names(self) -> list[str]:
        """The variables of the innermost scope, sorted."""
        return sorted(self._scopes[-1]) if self._scopes else []

    def hide(self, name: str, *, keep: bool = False) -> None:
        """Begin a variable of the innermost scope; `keep` its value, as dash does."""
        scope = self._scopes[-1]
        old = self._all.get(name)
        if name in scope:
            return
        scope[name] = old
        if not keep:
            exported = "x" if old is not None and "x" in old.attributes else ""
            self._all[name] = Variable(None, exported)

    def snapshot(self, name: str) -> Variable | None:
        """The variable as it is, for `put_back`."""
        return self._all.get(name)

    def put_back(self, name: str, variable: Variable | None) -> None:
        """Make a variable what it was."""
        if variable is None:
            self._all.pop(name, None)
        else:
            self._all[name] = variable


def parse_reference(text: str) -> tuple[str, str | None]:
    """Name and subscript of a reference."""
    match = _REFERENCE.match(text)
    return (match[1], match[2]) if match else (text, None)


def is_reference(text: str) -> bool:
    """True for ``name`` and ``name[subscript]``."""
    return _REFERENCE.match(text) is not None


def _with(attributes: str, more: str) -> str:
    return "".join(sorted({*attributes, *more}, key=_ORDER.index))


def _last(elements: dict[str, str]) -> int:
    """The greatest number of an indexed array's elements, -1 if there is none."""
    return max(map(int, elements), default=-1)
