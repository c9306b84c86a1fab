"""Repairs of a lab in which a ping fails: candidates from the state of its machines, tried one after another.
It may import `record` and the rooms below; every trial runs on a lab of its own.
Read `search.py` first, then `candidates.py`, and `labtrial.py` for how one candidate is tried.
"""
