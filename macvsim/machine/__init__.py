"""A running Linux: its kernel with the namespaces, hosts and other boxes where commands run, files, and processes.

`kernelfs/` has the files of /proc and /sys.  What a program is given, how a word names one and how it runs stand here
too, below the shell, which is a program itself.  The room may import `apps` and the rooms below.  Read `host.py`
first: a box is what commands see; `kernel.py` is what its boxes share.
"""
