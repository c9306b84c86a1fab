"""Package iperf3: throughput between two machines."""
