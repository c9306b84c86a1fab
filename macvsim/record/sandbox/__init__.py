"""A sandbox for strangers' programs on the running kernel: namespaces, a root of its own, limits, a watch outside.
It imports `errors`, and of `machine` the names of programs.
Read `launch.py` first: it lists the steps; then `root.py`, which says what is inside.
"""
