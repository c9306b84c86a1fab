"""Tells pytest of the plugin `macvsim.testing.plugin`.

pytest rewrites the assertions of every module of a distribution with a plugin ("Assertion Rewriting" in "Writing
plugins" of its manual).  This distribution has one module, so that pytest compiles no other module of macvsim.
"""

from __future__ import annotations

pytest_plugins = ["macvsim.testing.plugin"]
