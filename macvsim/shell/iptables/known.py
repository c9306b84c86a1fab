"""Which matches and targets there are, and which are left out."""

from __future__ import annotations

from macvsim.shell.iptables import matches, statematches, targets
from macvsim.shell.iptables.extension import MatchReader, TargetReader

PROTO_MATCHES = {6: "tcp", 17: "udp", 1: "icmp"}

MATCHES: dict[str, type[MatchReader]] = {
    reader.name: reader
    for reader in (
        matches.Tcp, matches.Udp, matches.Icmp, matches.Multiport, matches.Comment, matches.Mark, matches.PacketType,
        matches.Ttl, matches.Length, matches.IpRange, statematches.State, statematches.Conntrack,
        statematches.AddrType, statematches.Limit, statematches.SourceMac, statematches.PhysDev,
    )
}  # fmt: skip
TARGETS: dict[str, type[TargetReader]] = {
    reader.name: reader
    for reader in (
        targets.Reject, targets.Log, targets.Mark, targets.Ttl, targets.Ct, targets.NoTrack, targets.Snat,
        targets.Dnat, targets.Masquerade, targets.Redirect,
    )
}  # fmt: skip
STANDARD = ("ACCEPT", "DROP", "RETURN")
OTHER_MATCHES = frozenset(
    ("ah", "bpf", "cgroup", "cluster", "connbytes", "connlabel", "connlimit", "connmark", "cpu", "dccp", "devgroup",
     "dscp", "ecn", "esp", "hashlimit", "helper", "ipvs", "nfacct", "osf", "owner", "policy", "quota",
     "rateest", "realm", "recent", "rpfilter", "sctp", "set", "socket", "statistic", "string", "tcpmss", "time", "tos",
     "u32")
)  # fmt: skip
OTHER_TARGETS = frozenset(
    ("AUDIT", "CHECKSUM", "CLASSIFY", "CLUSTERIP", "CONNMARK", "CONNSECMARK", "DSCP", "ECN", "HMARK", "IDLETIMER",
     "LED", "NETMAP", "NFLOG", "NFQUEUE", "QUEUE", "RATEEST", "SECMARK", "SET", "SYNPROXY", "TCPMSS", "TCPOPTSTRIP",
     "TEE", "TOS", "TPROXY", "TRACE", "ULOG")
)  # fmt: skip
