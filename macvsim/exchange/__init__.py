"""From what a real machine's own tools print to a lab document: the output of a collector is read, wired, and tried.
It may import `labfile` and the rooms below.
Read `command.py` first, then `sections.py` and `restore.py`.
"""
