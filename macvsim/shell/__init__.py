"""The shell language: how a command line is read, expanded and run, with the builtins of bash, dash and busybox' ash.

Programs are not part of it: a word that names one is looked up in `macvsim.machine.execute` and runs with the file
descriptors the shell gives it.  The room may import `docker` and the rooms below.  Read `interp.py` first, then
`interpreter.py`.
"""

from __future__ import annotations
