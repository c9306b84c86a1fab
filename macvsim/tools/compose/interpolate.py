"""Variables in compose files: ``$NAME``, ``${NAME:-default}``, ``${NAME:?error}``, ``${NAME:+other}``, ``$$``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from macvsim.machine.tool import ToolError

_NAME = r"[_a-zA-Z][_a-zA-Z0-9]*"
_VARIABLE = re.compile(
    rf"\$(?:(?P<escaped>\$)|(?P<named>{_NAME})|\{{(?P<braced>{_NAME})(?P<rest>[^{{}}]*)\}}|(?P<bad>))"
)


def fill(document: Any, environment: Mapping[str, str], warn: Callable[[str], None]) -> Any:
    """A document with every variable replaced; `warn`: called with the name of each that is not set."""
    unset: dict[str, None] = {}
    filled = _fill(document, "", environment, unset)
    for name in unset:
        warn(name)
    return filled


def _fill(value: Any, where: str, environment: Mapping[str, str], unset: dict[str, None]) -> Any:
    if isinstance(value, dict):
        return {k: _fill(v, f"{where}.{k}" if where else str(k), environment, unset) for k, v in value.items()}
    if isinstance(value, list):
        return [_fill(item, f"{where}.[]", environment, unset) for item in value]
    if isinstance(value, str) and "$" in value:
        return _VARIABLE.sub(lambda match: _one(match, value, where, environment, unset), value)
    return value


def _one(match: re.Match[str], text: str, where: str, environment: Mapping[str, str], unset: dict[str, None]) -> str:
    """What stands for one variable."""
    if match["escaped"]:
        return "$"
    name, rest = match["named"] or match["braced"], match["rest"] or ""
    form = re.fullmatch(r"(:?[-?+])(.*)", rest, re.DOTALL)
    if name is None or (rest and form is None):
        shown = f"invalid interpolation format for {where}.\nYou may need to escape any $ with another $.\n{text}"
        raise ToolError(shown)
    value = environment.get(name)
    is_set = value is not None and (value != "" or not rest.startswith(":"))
    if form is None:
        if value is None:
            unset[name] = None
        return value or ""
    match form[1][-1]:
        case "-":
            return value if is_set and value is not None else form[2]
        case "+":
            return form[2] if is_set else ""
    if not is_set:
        what = f"required variable {name} is missing a value"
        raise ToolError(f"error while interpolating {where}: {what}" + (f": {form[2]}" if form[2] else ""))
    return value or ""
