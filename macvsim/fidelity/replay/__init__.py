"""Replay of recorded scenarios: a real kernel's frames and outputs against the simulator's."""
