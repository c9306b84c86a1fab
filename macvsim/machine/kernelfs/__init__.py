"""The files that the kernel shows under /proc and /sys (proc(5), sysfs(5)).

`procfs` and `sysfs` find the node of a path; `macvsim.machine.files` asks them.
"""

from __future__ import annotations
