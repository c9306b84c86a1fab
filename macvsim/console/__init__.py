"""``macvsim shell`` and ``macvsim demo``: a person at the terminals of a lab, and the guided tour.
It may import `labfile` and the rooms below.
Read `console.py` first, which is all but keyboard and screen, then `terminal.py`; `tour.py` is the tour.
"""
