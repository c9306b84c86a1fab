"""The IPv4 stack of one network namespace, one file per protocol, in path order."""
