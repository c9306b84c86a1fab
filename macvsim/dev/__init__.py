"""Devices, the stations of a frame inside one host: a file for each kind, and the cable between two of them.
It may import `wire` and `engine`.
Read `base.py` first, which is the receive loop of the kernel, then `cable.py` and `macvlan.py`.
All that other rooms need to know of a kind stands in its `Kind` (`registry.py`; docs/pages/adding-a-device.md).
"""
