"""Labs as documents: a topology in YAML, commands and what they print in Markdown; played, checked and rewritten.
It may import `view`, `macvsim.lab` and the rooms below.
Read `file.py` first, then `build.py`, which makes the lab, and `play.py`, which plays the commands.
"""
