"""Scenarios on a kernel that runs now: a user-mode Linux guest."""
