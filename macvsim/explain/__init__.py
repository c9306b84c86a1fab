"""Why a packet was not answered: the journal is read, and said in a sentence, with the steps and what to type.
It may import `net` and the rooms below; nothing that carries packets imports it.
Read `explanation.py` first, then `fate.py`, which finds where a packet ended.
"""
