"""iperf3 3.18: throughput between two machines, measured by the bytes that pass through their simulated sockets."""
