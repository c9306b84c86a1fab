"""The real kernel: experiment 1 built of namespaces, veth, a bridge and macvlan by ``ip netns``, and its first ping."""

from __future__ import annotations

import shutil
import subprocess

from benchmarks.measure import Absent, Bench, children

SCRIPT = """
set -e
mount -t tmpfs tmpfs /run
ip link add sw1 type bridge; ip link set sw1 up
for n in 1 2; do
  ip netns add host$n; ip netns add c$n
  ip link add port$n type veth peer name enp0s8 netns host$n
  ip link set port$n master sw1; ip link set port$n up
  ip -n host$n link set enp0s8 up
  ip -n host$n link add link enp0s8 name eth0 netns c$n address 02:42:ac:10:0a:0$((n + 1)) type macvlan mode bridge
  ip -n c$n addr add 172.16.10.$((n + 1))/24 dev eth0; ip -n c$n link set eth0 up
done
ip netns exec c1 ping -c 1 -W 2 172.16.10.3 >/dev/null
"""


def experiment1() -> Bench:
    """In namespaces that end with the process; CPU seconds of all its processes, the kernel's part included."""
    for tool, package in (("ip", "iproute2"), ("ping", "iputils-ping"), ("unshare", "util-linux")):
        if shutil.which(tool) is None:
            raise Absent(f"there is no {tool} (on Debian and Ubuntu: apt install {package})")
    made = 0

    def run(times: int) -> None:
        nonlocal made
        for _ in range(times):
            done = subprocess.run(["unshare", "-Urnm", "sh", "-c", SCRIPT], capture_output=True, text=True, check=False)
            if done.returncode:
                said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
                raise Absent(f"this machine makes no namespaces with macvlan: {said[-1]}")
            made += 1

    return Bench(run, lambda: made, children)
