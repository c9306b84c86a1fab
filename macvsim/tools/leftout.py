"""Real programs that macvsim does not have, and that concern the network (their manual pages, and Debian's packages).

A program of these tables answers ``not simulated: NAME``; its use says whether the lab still is as the real network.
Programs that concern no network are in `macvsim.machine.applets`; a name that no table has is ``command not found``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from macvsim.errors import Effect

_SHOW = "show list ls lst get help"

CHANGING: Mapping[str, str] = MappingProxyType(
    {
        # links, addresses, routes, queues
        "tc": _SHOW,
        "ifup": "",
        "ifdown": "",
        "ifenslave": "",
        "ipaddr": _SHOW,
        "iplink": _SHOW,
        "ipneigh": _SHOW,
        "iproute": _SHOW,
        "iprule": _SHOW,
        "iptunnel": _SHOW,
        "ipmaddr": _SHOW,
        "nameif": "",
        "slattach": "",
        "plipconfig": "",
        "tunctl": "",
        "rarp": "",
        "mii-tool": "",
        "devlink": _SHOW,
        "dcb": _SHOW,
        "rdma": _SHOW,
        "tipc": _SHOW,
        "vdpa": _SHOW,
        "teamd": "",
        "teamdctl": "state dump view",
        "mstpctl": "showbridge showport showportdetail showtree showtreeport",
        "mstpd": "",
        "ovs-vsctl": "- show get list find list-br list-ports list-ifaces br-exists iface-to-br port-to-br",
        "ovs-ofctl": "show dump-flows dump-ports dump-tables dump-groups dump-ports-desc snoop",
        "ovs-appctl": "fdb/show bond/show dpif/show dpctl/show ofproto/trace version list-commands",
        "ovs-dpctl": "show dump-flows dump-dps",
        "ovs-docker": "",
        "pipework": "",
        "iw": "info list dev scan link help",
        "iwconfig": "-",
        "wpa_supplicant": "",
        "wpa_cli": "status scan_results list_networks",
        "hostapd": "",
        "rfkill": "- list",
        # tunnels
        "wg": "- show showconf genkey pubkey genpsk",
        "wg-quick": "",
        "ipsec": "status statusall listall",
        "openvpn": "--version --help",
        "pppd": "",
        "pppoe": "",
        "xl2tpd": "",
        "socat": "-V -h",
        "ncat": "--version --help",
        # filters
        "nft": "list describe -c --check -v --version",
        "ip6tables": "-L -S --list --list-rules",
        "ip6tables-restore": "-t --test",
        "ip6tables-nft": "-L -S --list --list-rules",
        "ip6tables-legacy": "-L -S --list --list-rules",
        "arptables": "-L --list",
        "ebtables": "-L --list",
        "xtables-monitor": "",
        "ipset": "list save test version -L -S -T",
        "ipvsadm": "- -L -l --list -S --save",
        "conntrackd": "-s -i -e",
        "firewall-cmd": "--state --list-all --list-all-zones --get-zones --get-active-zones --list-services "
        "--list-ports",
        "firewalld": "",
        "ufw": "status show",
        "fail2ban-client": "status ping",
        # daemons and managers of networks
        "systemctl": "- status show is-active is-enabled is-failed list-units list-unit-files list-timers cat help",
        "service": "status --status-all",
        "rc-service": "status",
        "networkctl": "- list status lldp",
        "nmcli": "- show status list monitor",
        "nmtui": "",
        "NetworkManager": "",
        "netplan": "get info status ip",
        "resolvectl": "- status query statistics service",
        "systemd-resolve": "--status --statistics",
        "systemd-networkd": "",
        "dhcpcd": "-U --dumplease",
        "dhcrelay": "",
        "dhcprelay": "",
        "dhcpd": "-t",
        "udhcpc6": "",
        "zcip": "",
        "ifplugd": "",
        "dnsd": "",
        "named": "",
        "unbound": "",
        "radvd": "-c",
        "vtysh": "",
        "zebra": "",
        "bgpd": "",
        "ospfd": "",
        "bird": "-p",
        "birdc": "show",
        "keepalived": "-t --config-test",
        "lldpd": "",
        "lldpcli": "show watch",
        "inetd": "",
        "tcpsvd": "",
        "udpsvd": "",
        "ftpd": "",
        "telnetd": "",
        "tftpd": "",
        "sshd": "-t",
        "nginx": "-t -v -V",
        "haproxy": "-c -v",
        "apache2": "-t -v",
        "squid": "parse check -v",
        # containers
        "dockerd": "--validate --version",
        "containerd": "config",
        "ctr": "list ls info",
        "runc": "list state ps events",
        "podman": "ps images inspect info logs port top version stats",
        "nerdctl": "ps images inspect info logs port top version stats",
        "kubectl": "get describe logs explain version top",
        "lxc": "list info",
        "lxc-attach": "",
        "lxc-start": "",
        "lxc-stop": "",
        "containerlab": "inspect graph version",
        # frames, and load
        "arpspoof": "",
        "ettercap": "",
        "macchanger": "-s --show -l --list",
        "hping3": "",
        "nping": "",
        "mz": "",
        "trafgen": "",
        "tcpreplay": "",
        "scapy": "",
        "ether-wake": "",
        "wakeonlan": "",
        "stress": "",
        # other commands, which are not run
        "chroot": "",
        "su": "",
        "runuser": "",
        "unshare": "",
        "setpriv": "",
        "capsh": "--print",
        "strace": "",
        "ltrace": "",
        "watch": f"{_SHOW} -s -L ping cat",
        "gdb": "",
        "taskset": "",
        "prlimit": "",
        "ionice": "",
        "chrt": "",
        "setarch": "",
        "linux32": "",
        "linux64": "",
        "flock": "",
        "script": "",
        "screen": "-ls",
        "tmux": "ls list-sessions",
        "start-stop-daemon": "",
        "time": "",
        "ssh": "-V",
        "perl": "-v -V",
        "python": "-V --version",
        # the machine, its processes and modules
        "killall": "-l",
        "killall5": "",
        "pkill": "",
        "reboot": "",
        "halt": "",
        "poweroff": "",
        "shutdown": "",
        "telinit": "",
        "insmod": "",
        "rmmod": "",
        "depmod": "",
        "bpftool": "show list dump",
        "xdp-loader": "status features",
    }
)
"""Programs that change a network, each with the words with which it only reads; ``-``: it reads without any word."""

_READING = """bmon bwm-ng dig drill dumpcap dumpleases ftp ftpget ftpput getent host ifquery ifstat iftop ipcalc iperf
    iptraf iptraf-ng lnstat lsof mtr ndisc6 nethogs netperf netsniff-ng ngrep nload nmap nmeter nslookup
    nstat ntpdate openssl rdisc6 rsync rtacct rtmon rtstat scp sftp ssl_client tcptraceroute telnet tftp tshark
    ulogd vnstat whois wireshark"""
READING = frozenset(_READING.split())
"""Programs that look at a network, or send through it, and change no configuration."""


_CHANGES = """add append apply attach ban block change clear connect cp create del delete deny destroy disable
    disconnect down edit enable exec flush insert install join kill leave load mask mod modify move new rate reload
    remove rename replace reset restart restore rm run set start stop switch unload unset up update"""
_VERBS = frozenset(_CHANGES.split())
"""Words that say that something changes, in any of these programs, also as ``--add-port`` and ``add-br``."""


def effect_of(name: str, words: Sequence[str]) -> Effect | None:
    """The effect of a program with these words on a real machine; None for a name that no table has.

    It reads where one of its reading words says so and no word says that something changes.
    """
    if name in READING:
        return Effect.READS
    if name not in CHANGING:
        return None
    reading = CHANGING[name].split()
    letters = {word[1] for word in reading if re.fullmatch("-[A-Za-z]", word)}
    reads = before = False
    for word in " ".join(words).split() or ["-"]:
        here = word in reading or (re.fullmatch("-[A-Za-z]+", word) is not None and not letters.isdisjoint(word))
        named = before and word[0] != "-"  # the word behind a reading one is a name: ``nft list set``
        if not here and not named and _changes(word, filters="L" in letters):
            return Effect.CHANGES
        before = here and word[0] != "-"
        reads = reads or here
    return Effect.READS if reads else Effect.CHANGES


def _changes(word: str, *, filters: bool) -> bool:
    """True for a verb that changes something, and with `filters` for an option letter of iptables that does."""
    if word.startswith(("--", "add-", "del-", "mod-")):
        word = word.lstrip("-").partition("-")[0]
    return word in _VERBS or (filters and re.fullmatch("-[ADEFINPRX]", word) is not None)


__all__ = ["CHANGING", "READING", "effect_of"]
