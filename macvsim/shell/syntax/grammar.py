"""How much more than POSIX a shell understands."""

from __future__ import annotations

from enum import IntEnum


class Grammar(IntEnum):
    """Each has what those before it have.

    ``POSIX``, dash; ``ASH``, busybox: ``[[ … ]]``, ``$'…'``, ``${x:1:2}``, ``${x/a/b}``, ``&>``, ``function``,
    ``source``, ``let``, ``x++``; ``BASH``: ``<<<``, ``((…))``, ``for ((…;…;…))``, ``{a,b}``, ``{1..3}``, ``|&``,
    ``${x^^}``
    """

    POSIX = 0
    ASH = 1
    BASH = 2
