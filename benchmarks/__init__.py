"""Benchmarks: macvsim beside bare SimPy and beside the simulator most people would write first."""
