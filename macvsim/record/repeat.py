"""Doing a call again, on a lab that has come as far as the one it was made on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from inspect import BoundArguments, Parameter, signature
from typing import Any

from macvsim.engine.history import Call
from macvsim.errors import MacvsimError, one_line
from macvsim.net.links import add_bridge, add_dummy, add_ipvlan, add_link, add_macvlan, add_veth, add_vlan
from macvsim.record.values import Values
from macvsim.shell.session import open_session

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    fn.__name__: fn
    for fn in (add_bridge, add_dummy, add_ipvlan, add_link, add_macvlan, add_veth, add_vlan, open_session)
}


_PLAIN: Mapping[str, type | tuple[type, ...]] = {
    "int": int, "float": (int, float), "str": str, "bool": bool, "bytes": bytes, "None": type(None),
}  # fmt: skip
_signature = lru_cache(signature)


def perform(values: Values, call: Call, *, strict: bool = True) -> Any:
    """Do one call once; returns what it returns, None if it raises what it raised.

    strict : it must end as it did; if not, it may also raise or return where it did the other

    Raises
    ------
    MacvsimError : there is no such call, or it ends otherwise.  A mistake of macvsim's own goes through
    """
    try:
        target = values.find(call.on)
        args = [values.decode(arg) for arg in call.args]
        options = {key: values.decode(arg) for key, arg in call.options.items()}
        function = _function(target, call.name)
    except Exception as error:
        raise MacvsimError(f"{_words(call)}: {one_line(error)}") from error
    try:
        _check(_signature(function).bind(target, *args, **options))
    except TypeError as error:  # a file may say anything
        raise MacvsimError(f"{_words(call)}: {one_line(error)}") from error
    try:
        result = function(target, *args, **options)
    except Exception as error:
        if type(error).__name__ == call.raises or (isinstance(error, MacvsimError) and not strict):
            return None
        if not isinstance(error, MacvsimError):
            raise
        raise MacvsimError(f"{_words(call)}: {one_line(error)}") from error
    if getattr(function, "is_opening", False):
        values.repeated.append(result)
    if call.raises and strict:
        raise MacvsimError(f"{_words(call)} ended with {call.raises} before, and does not now")
    return result


def _check(given: BoundArguments) -> None:
    """`TypeError` for an argument that is of none of its plain types."""
    for name, value in given.arguments.items():
        parameter = given.signature.parameters[name]
        kinds = str(parameter.annotation).split(" | ")
        if not all(kind in _PLAIN for kind in kinds):
            continue
        for one in value if parameter.kind is Parameter.VAR_POSITIONAL else (value,):
            if not any(isinstance(one, _PLAIN[kind]) for kind in kinds):
                raise TypeError(f"{name} is {one!r}, which is no {' or '.join(kinds)}")


def _function(target: object, name: str) -> Callable[..., Any]:
    """What a call calls; only what is recorded."""
    found = getattr(type(target), name, None)
    if isinstance(found, property):
        found = found.fset
    found = found or FUNCTIONS.get(name)
    if found is None or not getattr(found, "is_recorded", False):
        raise MacvsimError(f"a {type(target).__name__} has no {name} that can be repeated")
    return found


def _words(call: Call) -> str:
    """A call for messages."""
    place = " ".join(str(part) for part in call.on.values()) or "lab"
    return f"{call.name} of {place} at {call.time / 1e9:g} s"
