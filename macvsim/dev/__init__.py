"""What a frame passes through inside one host, bottom up; read `base.py` first."""
