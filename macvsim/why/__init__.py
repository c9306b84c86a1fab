"""Why a ping of a lab file fails, and what would repair it: candidates are tried on lab after lab, played anew.
It may import `labfile`, `repair`, `explain` and the rooms below.
Read `ask.py` first, then `trial.py`.
"""
