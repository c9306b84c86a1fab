"""The grammar of the shells (POSIX.1-2017, Shell Command Language 2.3 and 2.10).

Lexer, parser, and the nodes that a command line becomes.  Read `nodes.py` first.
"""

from __future__ import annotations
