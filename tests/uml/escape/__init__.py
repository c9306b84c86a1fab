"""Labs that try to break out of the sandbox of ``macvsim verify``: only for a user-mode Linux kernel, nowhere else."""
