"""A running Linux: its kernel with the namespaces, hosts and other boxes where commands run, and captures on devices.
It may import `apps` and the rooms below.
Read `host.py` first: a box is what commands see; `kernel.py` is what its boxes share.
"""
