"""`python -m benchmarks.worker`: experiment 1; reads numbers of pings, and writes the CPU seconds and the frame-hops
that all of them took so far.
"""

from __future__ import annotations

import sys
import time

from benchmarks import macvsim_labs


def main() -> None:
    """Until there is nothing more to read."""
    bench = macvsim_labs.experiment1()
    seconds = 0.0
    for line in sys.stdin:
        started = time.process_time()
        bench.run(int(line))
        seconds += time.process_time() - started
        print(seconds, bench.hops(), flush=True)


if __name__ == "__main__":
    main()
