"""Word expansion (POSIX.1-2017, Shell Command Language 2.6).

Parameters, arithmetic, braces, patterns and regular expressions.  Read `expand.py` first.
"""

from __future__ import annotations
