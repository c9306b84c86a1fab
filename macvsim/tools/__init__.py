"""The programs people type, one folder for each Debian package: thin skins over the model.

A module of the room has programs (`macvsim.machine.tool.Tool`) as global names, and a line in `TABLE`, by which it is
found when a command line first names one of them.  The room may import `shell` (``bash`` is a program) and the rooms
below.  Read `iputils/ping.py` first, then `toolkit.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TABLE: Mapping[str, str] = MappingProxyType(
    {
        "bridge_utils.brctl": "brctl",
        "busybox.arp": "busybox: arp",
        "busybox.arping": "busybox: arping",
        "busybox.brctl": "busybox: brctl",
        "busybox.httpd": "busybox: httpd",
        "busybox.ifconfig": "busybox: ifconfig",
        "busybox.ip": "busybox: ip",
        "busybox.nc": "busybox: nc",
        "busybox.netstat": "busybox: netstat",
        "busybox.nslookup": "busybox: nslookup",
        "busybox.ping": "busybox: ping ping6",
        "busybox.route": "busybox: route",
        "busybox.sysctl": "busybox: sysctl",
        "busybox.traceroute": "busybox: traceroute traceroute6",
        "busybox.udhcpc": "*: udhcpc",
        "busybox.udhcpd": "*: udhcpd",
        "busybox.vconfig": "busybox: vconfig",
        "busybox.wget": "busybox: wget",
        "compose.main": "docker-compose",
        "conntrack.conntrack": "conntrack",
        "coreutils.basics": "*: busybox; * busybox: true false echo printf test [ seq uname id whoami pwd",
        "coreutils.blocks": "* busybox: yes truncate; dd",
        "coreutils.checksums": "* busybox: md5sum sha1sum sha256sum sha512sum",
        "coreutils.columns": "* busybox: paste nl; *: comm",
        "coreutils.date": "* busybox: date",
        "coreutils.env": "* busybox: env",
        "coreutils.expr": "* busybox: expr",
        "coreutils.files": "* busybox: ls mkdir rmdir rm cp mv touch tee basename dirname",
        "coreutils.filters": "* busybox: cat head tail tac rev wc sort uniq cut tr",
        "coreutils.nohup": "* busybox: nohup; nice stdbuf",
        "coreutils.timeout": "* busybox: sleep timeout",
        "curl.curl": "curl",
        "debianutils.which": "* busybox: which",
        "dnsmasq.dnsmasq": "dnsmasq",
        "docker.main": "docker",
        "ethtool.ethtool": "ethtool",
        "findutils.find": "* busybox: find",
        "findutils.xargs": "* busybox: xargs",
        "grep.grep": "* busybox: grep egrep fgrep",
        "hostname.hostname": "* busybox: hostname",
        "iperf3.iperf3": "*: iperf3",
        "iproute2.bridge.main": "bridge",
        "iproute2.main": "ip",
        "iproute2.ss": "ss",
        "iptables.main": "iptables iptables-save iptables-restore; iptables-nft iptables-nft-save "
        "iptables-nft-restore iptables-legacy iptables-legacy-save iptables-legacy-restore",
        "iputils.arping": "arping",
        "iputils.ping": "ping ping4 ping6",
        "iputils.tracepath": "tracepath",
        "isc_dhcp_client.dhclient": "dhclient",
        "kmod.modprobe": "modprobe",
        "mawk.main": "* busybox: awk mawk",
        "net_tools.arp": "arp",
        "net_tools.ifconfig": "ifconfig",
        "net_tools.netstat": "netstat",
        "net_tools.route": "route",
        "netcat_openbsd.nc": "nc netcat nc.openbsd",
        "netsniff_ng.mausezahn": "mausezahn",
        "procps.sysctl": "sysctl",
        "python3.python3": "python3",
        "sed.sed": "* busybox: sed",
        "shells.shells": "sh dash bash; busybox: sh ash; centos: sh bash",
        "sudo.sudo": "sudo",
        "tcpdump.main": "tcpdump",
        "traceroute.traceroute": "traceroute traceroute6",
        "util_linux.dmesg": "debian busybox: dmesg",
        "util_linux.nsenter": "nsenter",
        "util_linux.setsid": "debian busybox: setsid",
        "vlan.vconfig": "debian centos: vconfig",
    }
)
"""The modules of the programs: names behind the boxes that have them, ``debian`` unless said; ``*`` is every box."""
