#!/bin/sh
# What macvsim import reads: the network of this machine, as its own tools print it. Changes nothing. Run it as root:
#     sh collector.sh > host1.txt
# Needs iproute2 of 2018 or later (ip -j); bridge, iptables-save, docker and nsenter where they are. Each section begins with a
# line "===== PLACE: WHAT"; PLACE is machine, host (its own network namespace), netns NAME, or container NAME.
export LC_ALL=C

section() { printf '===== %s: %s\n' "$1" "$2"; }

# namespace PLACE COMMAND: what is in a network namespace, which COMMAND enters
namespace() {
  place=$1 enter=$2
  section "$place" 'ip -j -d link'; $enter ip -j -d link show 2>/dev/null
  section "$place" 'ip -j addr'; $enter ip -j addr show 2>/dev/null
  section "$place" 'ip -j route'; $enter ip -j -4 route show table all 2>/dev/null
  section "$place" 'ip -j -6 route'; $enter ip -j -6 route show table all 2>/dev/null
  section "$place" 'ip -j neigh'; $enter ip -j neigh show 2>/dev/null
  section "$place" 'ip -j rule'; $enter ip -j rule show 2>/dev/null
  section "$place" 'ip netns list-id'; $enter ip netns list-id 2>/dev/null
  section "$place" 'bridge -j vlan'; $enter bridge -j vlan show 2>/dev/null
  section "$place" 'bridge -j fdb'; $enter bridge -j fdb show 2>/dev/null
  section "$place" 'iptables-save'; $enter iptables-save 2>/dev/null
  section "$place" 'ip6tables-save'; $enter ip6tables-save 2>/dev/null
  section "$place" 'sysctl'; $enter sh -c 'cd /proc/sys && grep -H . \
    net/ipv4/ip_forward net/ipv4/icmp_echo_ignore_all net/ipv4/ip_default_ttl net/ipv4/ip_nonlocal_bind \
    net/ipv4/conf/*/forwarding net/ipv4/conf/*/rp_filter net/ipv4/conf/*/arp_ignore net/ipv4/conf/*/arp_announce \
    net/ipv4/conf/*/arp_filter net/ipv4/conf/*/arp_accept net/ipv4/conf/*/proxy_arp net/ipv4/conf/*/proxy_arp_pvlan \
    net/ipv4/conf/*/accept_local net/ipv4/conf/*/route_localnet net/ipv4/conf/*/send_redirects \
    net/ipv4/conf/*/accept_redirects net/ipv4/conf/*/drop_gratuitous_arp net/ipv6/conf/*/disable_ipv6 \
    net/ipv6/conf/*/forwarding net/bridge/bridge-nf-call-iptables' 2>/dev/null
}

printf '===== macvsim collector 1\n'
section machine hostname; hostname 2>/dev/null || cat /proc/sys/kernel/hostname
section machine user; id -u
section machine os-release; cat /etc/os-release 2>/dev/null
section machine virtualization; systemd-detect-virt 2>/dev/null
namespace host ''
ip netns list 2>/dev/null | while read -r name _; do
  ip netns exec "$name" true 2>/dev/null && namespace "netns $name" "ip netns exec $name"
done
if command -v docker >/dev/null 2>&1 && docker info >/dev/null 2>&1; then
  # shellcheck disable=SC2046
  section machine 'docker network inspect'; docker network inspect $(docker network ls -q) 2>/dev/null
  containers=$(docker ps -aq)
  section machine 'docker inspect'
  # shellcheck disable=SC2086
  if [ -n "$containers" ]; then docker inspect $containers 2>/dev/null; else echo '[]'; fi
  for id in $(docker ps -q); do
    pid=$(docker inspect -f '{{.State.Pid}}' "$id" 2>/dev/null)
    name=$(docker inspect -f '{{.Name}}' "$id" 2>/dev/null)
    nsenter -t "$pid" -n true 2>/dev/null && namespace "container ${name#/}" "nsenter -t $pid -n"
  done
fi
printf '===== end\n'
