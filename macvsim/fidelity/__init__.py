"""How far macvsim agrees with Linux: recordings played anew, labs beside the running kernel, and a table of rules.
It may import `labfile`, `console` and the rooms below; nothing but the command line imports it.
Read `table.py` first, then `replay/runner.py` and `verify/commands.py`.
"""
