"""A lab as data: names for what is in it, its calls as values, the file they are saved in, and making all calls anew;
and in `sandbox` the place where `macvsim verify` plays a lab on the running kernel.
It may import `docker`, `shell` and the rooms below; what is saved names no module of macvsim.
Read `savefile.py` first, then `references.py` and `repeat.py`.
"""
