"""The clock and its queue, timers, random streams, the journal, drop reasons, and the history of calls.
It may import `wire` and `errors`, and every room above may import it.
Read `sim.py` first: `Sim` is the clock, and `Sim.drop` the one place where packets end.
"""
