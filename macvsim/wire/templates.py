"""Templates of headers that scapy composed beforehand, so that a lab need not wait until scapy's layers are loaded.

`templates.txt` has a line for each: the name of its composer (`macvsim.wire.compose`, `compose6`), what it was given,
and the bytes.  ``python -m tests.templates --write`` composes them anew.  scapy composes a shape that the file does not
have when a packet first needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, wraps
from pkgutil import get_data
from types import MappingProxyType
from typing import ParamSpec, cast

FILE = "templates.txt"
_Given = ParamSpec("_Given")


def template(compose: Callable[_Given, bytes]) -> Callable[_Given, bytes]:
    """Decorates a composer: its result is the file's, or composed once (`inspect.unwrap` gives the composer)."""

    @wraps(compose)
    def kept(*given: _Given.args, **named: _Given.kwargs) -> bytes:
        found = kept_templates().get(key(compose, *given))
        return compose(*given, **named) if found is None else found

    return cast(Callable[_Given, bytes], cache(kept))


def key(compose: Callable[..., bytes], *given: object) -> str:
    """The name of a template in the file."""
    return " ".join([compose.__name__, *map(str, given)])


@cache
def kept_templates() -> Mapping[str, bytes]:
    """The templates of the file by their names."""
    text = get_data("macvsim.wire", FILE)
    assert text is not None
    lines = text.decode("ascii").splitlines()
    return MappingProxyType({name: bytes.fromhex(text) for name, _, text in (line.partition(": ") for line in lines)})
