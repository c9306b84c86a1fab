"""Mutation testing: single-line changes of macvsim's rooms, each run against the tests that execute its line.

``python -m tests.mutants`` chooses mutants by a seed (mutation.py), runs the fastest tests that execute them
(measure.py) in a copy of the tree (tree.py, trial.py), and lists the mutants that no test noticed.  equivalent.json
names survivors that change nothing observable, each with its reason.
"""
