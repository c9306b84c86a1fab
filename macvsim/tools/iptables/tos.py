"""The names of TOS bytes and of differentiated services (extensions/tos_values.c, dscp_helper.c)."""

from __future__ import annotations

from macvsim.machine.tool import UsageError
from macvsim.tools.iptables.values import number

TOS_NAMES = {
    "Minimize-Delay": 0x10,
    "Maximize-Throughput": 0x08,
    "Maximize-Reliability": 0x04,
    "Minimize-Cost": 0x02,
    "Normal-Service": 0x00,
}
SYMBOL_MASK = 0x3F
_CLASSES = {
    **{f"CS{rank}": rank << 3 for rank in range(8)},
    "BE": 0,
    **{f"AF{rank}{drop}": rank << 3 | drop << 1 for rank in range(1, 5) for drop in range(1, 4)},
    "EF": 46,
    "VA": 44,
    "LE": 1,
}


def tos_name(value: int, mask: int) -> str | None:
    """The name of a TOS, if it was or might have been given by one."""
    return next((name for name, known in TOS_NAMES.items() if known == value), None) if mask == SYMBOL_MASK else None


def tos(text: str, owner: str, option: str) -> tuple[int, int]:
    """``VALUE[/MASK]`` or a name (xtopt_parse_tosmask)."""
    value_text, slash, mask_text = text.partition("/")
    value, mask = number(value_text, 0, 255), number(mask_text, 0, 255) if slash else 255
    if text[:1].isdecimal():
        if value is None or mask is None:
            raise UsageError(f'{owner}: bad value for option "--{option}", or out of range (0-255).\n')
        return value, mask
    near = [name for name in TOS_NAMES if name.lower().startswith(text.lower())]
    if len(near) != 1:
        raise UsageError(f'Symbolic name "{text}" is {"ambiguous" if near else "unknown"}')
    return TOS_NAMES[near[0]], SYMBOL_MASK


def dscp_class(text: str) -> int:
    """``EF``, ``AF11``, ``CS1``, ``BE``."""
    value = _CLASSES.get(text.upper())
    if value is None:
        raise UsageError(f"Invalid DSCP value `{text}'")
    return value
