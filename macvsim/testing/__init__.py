"""Tools for tests of users' labs: the pytest plugin with its fixtures.
It may import every room, but imports none before a test asks for a lab: pytest loads it at every start.
Read `plugin.py` first.
"""
