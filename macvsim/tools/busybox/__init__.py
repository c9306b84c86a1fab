"""busybox 1.37's own versions of commands, those that share nothing with the programs of other packages."""

from __future__ import annotations
