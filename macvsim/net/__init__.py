"""The network stack of one namespace, one file per protocol; `ipv6`, `tcp` and `netfilter` are folders of their own.
It may import `switch`, `dev`, `wire` and `engine`.
Read `ipv4.py` first, which routes, sends and delivers, then `neigh.py` and `namespace.py`.
"""
