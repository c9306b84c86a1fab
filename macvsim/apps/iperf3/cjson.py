"""JSON as cJSON 1.7 prints it: tabs for indentation, and numbers as short as they can be read again."""

from __future__ import annotations

import json
from typing import Any


class Object(list[tuple[str, Any]]):
    """An object: names and values in their order; a name may stand twice, as it does in output of iperf3."""


def parsed(value: Any) -> Any:
    """A value that came by json.loads, with its objects as `Object`."""
    if isinstance(value, dict):
        return Object((name, parsed(one)) for name, one in value.items())
    return [parsed(one) for one in value] if isinstance(value, list) else value


def number(value: float) -> str:
    """15 digits, or 17 where 15 are not enough."""
    if isinstance(value, int) or value == int(value):
        return str(int(value))
    short = f"{value:.15g}"
    return short if float(short) == value else f"{value:.17g}"


def printed(value: Any, depth: int = 0) -> str:
    """A value, with a line for each field (cJSON_Print)."""
    if isinstance(value, Object):
        if not value:
            return "{\n" + "\t" * depth + "}"
        tabs = "\t" * depth
        fields = ",\n".join(f"{tabs}\t{_text(name)}:\t{printed(one, depth + 1)}" for name, one in value)
        return f"{{\n{fields}\n{tabs}}}"
    if isinstance(value, list):
        return f"[{', '.join(printed(one, depth + 1) for one in value)}]"
    return _scalar(value)


def compact(value: Any) -> str:
    """A value without blanks (cJSON_PrintUnformatted)."""
    if isinstance(value, Object):
        return f"{{{','.join(f'{_text(name)}:{compact(one)}' for name, one in value)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(compact, value))}]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if isinstance(value, (int, float)) else _text(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
