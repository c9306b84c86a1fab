"""Programs that send and receive packets through sockets, written without a terminal.
It may import `explain`, `net` and the rooms below.
Read `base.py` first, then `ping.py`.
"""
