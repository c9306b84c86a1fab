"""Control characters of a lab's output as text, so that a stranger's lab cannot drive the user's terminal.

As ``cat -v`` (coreutils) shows them, ESC as ``^[``; ends of lines and tabs stay.  Direction marks of Unicode, which
make a text read as another one, are shown by their number.
"""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]|\r(?!\n)")


def visible(text: str) -> str:
    """The text with nothing in it that a terminal obeys."""
    return _CONTROLS.sub(lambda found: _shown(found[0]), text)


def _shown(char: str) -> str:
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return f"^{chr(code ^ 0x40)}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
