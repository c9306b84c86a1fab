"""Why packets end: the kernel's `enum skb_drop_reason` names where it has one, ours where it has none.

One table: (kernel's name or "", meaning, hint).  A hint is what to type or to look at; ``{dev}`` is the device where
the packet died.  Reasons carry no severity: whether one matters is derived (see `macvsim.explain.explanation`).
Source: include/net/dropreason-core.h of Linux 6.12.
"""

from __future__ import annotations

import enum


class DropReason(enum.Enum):
    """Why a packet, or one copy of it, went no further."""

    __hash__ = object.__hash__  # that of Enum is a Python function

    kernel: str
    meaning: str
    hint: str

    def __init__(self, kernel: str, meaning: str, hint: str) -> None:
        self.kernel = kernel
        self.meaning = meaning
        self.hint = hint

    def __str__(self) -> str:
        """What captures and traces say of a packet that ended."""
        return f"DROP {self.name}: {self.meaning}"

    # -- cables, NICs and switches: outside the kernel's view ----------------------------------------------------------
    CABLE_UNPLUGGED = ("", "no cable, or the other end is down", "ip link set {dev} up; plug the cable in")
    CABLE_LOSS = ("", "lost on the cable (configured loss)", "lower the cable's loss")
    TX_QUEUE_FULL = (
        "QDISC_DROP",
        "the transmit queue of the rate-limited cable is full",
        "send slower, or raise rate or queue",
    )
    NIC_FILTER = ("", "the NIC does not listen for this destination MAC", "ip link set {dev} promisc on")
    NIC_VLAN_FILTER = ("", "the NIC's VLAN filter has no such VID", "add the VLAN sub-interface, or promisc on")
    NIC_MTU = ("PKT_TOO_BIG", "the frame is longer than the receiver takes", "ip link set {dev} mtu …")
    PORT_VLAN = ("", "the switch port does not carry this VLAN", "allow the VLAN on the trunk at {dev}")
    PORT_PVID = ("", "untagged frame, and the port has no native VLAN", "give {dev} a native VLAN, or tag the frame")
    PORT_TAGGED = ("", "tagged frame on an access port", "make {dev} a trunk")
    PORT_SAME = ("", "the destination was learnt on the port the frame came from", "switch hairpin on (VEPA) at {dev}")
    PORT_NO_MATCH = (
        "",
        "the virtual switch delivers only frames for MACs it was told of",
        "set the adapter's promiscuous policy to allow, and ip link set … promisc on in the guest",
    )
    PORT_FORGED_SOURCE = (
        "",
        "the port rejects frames whose source is not the adapter's MAC",
        "accept forged transmits at {dev}",
    )
    PORT_SECURITY = (
        "",
        "port security: too many or unknown source MACs",
        "raise the MAC limit of {dev}, or use ipvlan",
    )
    PORT_ASSIGNED_MAC = (
        "",
        "behind this port only the one MAC it was assigned exists (cloud, Wi-Fi, changed adapter MAC)",
        "use ipvlan, whose containers share the adapter's MAC",
    )
    PORT_LOCKED = (
        "",
        "the port is locked, and the source MAC is not in its forwarding table",
        "bridge fdb add … dev {dev} master static",
    )
    PORT_ISOLATED = ("", "both ports are isolated", "bridge link set dev {dev} isolated off")
    PORT_NO_FLOOD = ("", "flooding of this kind is off on the port", "bridge link set dev {dev} flood on")
    PORT_STATE = ("", "the port is not forwarding", "ip link set {dev} up")
    RESERVED_MULTICAST = ("", "a link-local group address (01:80:c2:00:00:0x) is not forwarded by bridges", "")
    NO_OTHER_PORT = ("", "no other port to send the frame to", "")

    # -- devices -------------------------------------------------------------------------------------------------------
    DEV_DOWN = ("DEV_READY", "the device is down", "ip link set {dev} up")
    XMIT_DROP = ("", "the device's driver gave the packet up, and says so to the sender (NET_XMIT_DROP)", "")
    DEV_NO_CARRIER = (
        "QDISC_DROP",
        "the device has no carrier (its lower device or cable is down)",
        "ip link set … up on the lower device",
    )
    TOO_BIG_FOR_DEV = ("NOT_SPECIFIED", "the frame is longer than the device's MTU allows", "ip link set {dev} mtu …")
    VLAN_HOOK = ("VLAN_HOOK", "the VLAN sub-interface is down", "ip link set {dev} up")
    VLAN_UNKNOWN = (
        "OTHERHOST",
        "tagged for a VLAN that no sub-interface here has",
        "ip link add link {dev} … type vlan id …",
    )
    FRAME_TOO_SHORT = ("NOT_SPECIFIED", "the frame is too short for its headers", "")
    RUNT = ("", "shorter than an Ethernet header: no card takes or sends that", "")
    LLC = ("NOT_SPECIFIED", "an 802.3 frame with an LLC header that nobody here speaks", "")
    MACVLAN_BROADCAST_BACKLOG = ("", "the macvlan broadcast queue is full", "raise bcqueuelen")
    MACVLAN_NO_SOURCE = (
        "",
        "no source-mode child allows this source MAC",
        "ip link set link dev … type macvlan macaddr add …",
    )
    IPVLAN_PRIVATE = (
        "",
        "ipvlan flag private: children of one parent do not talk to each other",
        "ip link set {dev} type ipvlan mode … bridge",
    )
    IPVLAN_NO_GROUPS = (
        "",
        "ipvlan in mode l3 or l3s carries no broadcasts and no multicasts",
        "use mode l2 where containers need them, or send to one address",
    )
    IPVLAN_NO_L2 = (
        "",
        "ipvlan in mode l3 or l3s carries IP packets only",
        "use mode l2 where containers need ARP or other protocols",
    )
    IPVLAN_BACKLOG = ("", "the ipvlan broadcast queue is full", "send fewer broadcasts")
    BRIDGE_SOURCE = ("", "the source MAC is a group or zero address", "")
    UNHANDLED_PROTO = ("UNHANDLED_PROTO", "no protocol handler for this EtherType", "")
    DUMMY = ("", "a dummy device swallows what it is given", "use a real parent: -o parent=…")

    # -- ARP and the neighbour cache -----------------------------------------------------------------------------------
    ARP_MALFORMED = ("NOT_SPECIFIED", "not a valid ARP packet", "")
    ARP_OTHERHOST = ("", "an ARP packet addressed to another MAC", "")
    ARP_PROXY_QUEUE = (
        "",
        "too many ARP requests wait for a proxy's answer",
        "raise net.ipv4.neigh.{dev}.proxy_qlen, or set proxy_delay to 0",
    )
    ARP_NOARP = (
        "",
        "the device does no ARP (NOARP), so nobody learns its MAC",
        "ipvlan l3 is behind its parent: ip route add SUBNET via PARENT_ADDRESS on the host that asks",
    )
    ARP_NOT_FOR_US = ("", "ARP for an address that is not ours", "")
    ARP_IGNORED = (
        "",
        "ARP answered by nobody here: arp_ignore, arp_filter or source validation",
        "sysctl -w net.ipv4.conf.{dev}.arp_ignore=0",
    )
    NEIGH6_FAILED = (
        "NEIGH_FAILED",
        "nobody answered the neighbour solicitation",
        "is the address up, and on this segment and VLAN?",
    )
    NEIGH_FAILED = (
        "NEIGH_FAILED",
        "nobody answered the ARP request",
        "is the address up, and on this segment and VLAN?",
    )
    NEIGH_QUEUEFULL = ("NEIGH_QUEUEFULL", "too many packets wait for address resolution", "")
    NEIGH_TABLE_FULL = ("NEIGH_CREATEFAIL", "the neighbour table is full", "raise net.ipv4.neigh.default.gc_thresh3")

    # -- IPv4 ----------------------------------------------------------------------------------------------------------
    OTHERHOST = ("OTHERHOST", "addressed to another MAC", "")
    IP_INHDR = ("IP_INHDR", "malformed IPv4 header", "")
    IP_CSUM = ("IP_CSUM", "wrong IPv4 header checksum", "")
    IP_NO_CONFIG = ("", "the device has no IPv4 configuration", "ip addr add … dev {dev}")
    IP_MARTIAN_SOURCE = ("IP_INVALID_SOURCE", "martian source address", "")
    IP_MARTIAN_DEST = ("IP_INVALID_DEST", "martian destination address", "")
    IP_LOCAL_SOURCE = (
        "IP_LOCAL_SOURCE",
        "the source is one of this host's own addresses",
        "two machines use the same address: change one",
    )
    IP_RPFILTER = (
        "IP_RPFILTER",
        "reverse path filter: the source would not be reached through this device",
        "sysctl -w net.ipv4.conf.{dev}.rp_filter=2",
    )
    IP_NOT_JOINED = ("NOT_SPECIFIED", "multicast group not joined", "")
    FORWARDING_OFF = ("IP_INADDRERRORS", "not for this host, and forwarding is off", "sysctl -w net.ipv4.ip_forward=1")
    IP_INNOROUTES = ("IP_INNOROUTES", "no route to the destination", "ip route add …")
    IP_OUTNOROUTES = ("IP_OUTNOROUTES", "no route to the destination", "ip route add default via …")
    IP_UNREACHABLE_ROUTE = ("", "an unreachable or prohibit route matches", "ip route del …")
    IP_BLACKHOLE = ("", "a blackhole route matches", "ip route del blackhole …")
    IP_LOCALNET = (
        "IP_LOCALNET",
        "an address of 127.0.0.0/8 on a device that is not lo",
        "sysctl -w net.ipv4.conf.{dev}.route_localnet=1",
    )
    IP_L2_GROUP = ("NOT_SPECIFIED", "an IP packet in a link-layer broadcast is not forwarded", "")
    IP_UNICAST_IN_L2_GROUP = (
        "UNICAST_IN_L2_MULTICAST",
        "an IP packet to one address in a link-layer broadcast, which this host does not take",
        "sysctl -w net.ipv4.conf.{dev}.drop_unicast_in_l2_multicast=0",
    )
    IP_TTL = ("IP_INHDR", "TTL expired in transit", "a routing loop, or send with a larger TTL")
    PKT_TOO_BIG = (
        "PKT_TOO_BIG",
        "larger than the next link's MTU, and DF is set",
        "lower the sender's MTU, or raise {dev}'s",
    )
    FRAG_MALFORMED = ("NOT_SPECIFIED", "a fragment that is empty, or contradicts those before it", "")
    FRAG_OVERLAP = ("NOT_SPECIFIED", "a fragment that overlaps others: all of them are given up", "")
    FRAG_TOO_FAR = ("", "fragments given up: too many others came in between", "raise net.ipv4.ipfrag_max_dist")
    FRAG_REASM_TIMEOUT = ("FRAG_REASM_TIMEOUT", "not all fragments came within 30 s", "")
    DUP_FRAG = ("DUP_FRAG", "a fragment of what was received before", "")
    NETFILTER_DROP = ("NETFILTER_DROP", "dropped by an iptables rule or policy", "iptables -L -v")
    CONNTRACK_FULL = (
        "NETFILTER_DROP",
        "the table of connections is full",
        "sysctl -w net.netfilter.nf_conntrack_max=…",
    )
    CONNTRACK_CLASH = ("NETFILTER_DROP", "another packet has begun the same connection meanwhile", "")
    NAT_FAILED = ("NETFILTER_DROP", "the address or port cannot be rewritten", "")
    IP_NOPROTO = ("IP_NOPROTO", "nobody handles this IP protocol", "")
    IGMP_NO_ANSWER = ("", "a query about groups, which is not answered here", "")
    IGMP_NOT_FOR_HOSTS = ("NOT_SPECIFIED", "what others report about groups is for routers and bridges", "")
    IP_OPTION = ("IP_INHDR", "malformed IP options", "")
    IP_SOURCE_ROUTE = (
        "NOT_SPECIFIED",
        "source routes are not followed here, or lead nowhere",
        "sysctl -w net.ipv4.conf.all.accept_source_route=1",
    )

    # -- IPv6 ----------------------------------------------------------------------------------------------------------
    IPV6_DISABLED = ("IPV6DISABLED", "IPv6 is off on the device", "sysctl -w net.ipv6.conf.{dev}.disable_ipv6=0")
    PKT_TOO_SMALL = ("PKT_TOO_SMALL", "the packet is shorter than its headers say", "")
    FORWARDING_OFF6 = (
        "IP_INADDRERRORS",
        "not for this host, and forwarding of IPv6 is off",
        "sysctl -w net.ipv6.conf.all.forwarding=1",
    )
    IPV6_NDISC_FRAG = ("IPV6_NDISC_FRAG", "neighbour discovery in fragments", "")
    IPV6_NDISC_HOP_LIMIT = ("IPV6_NDISC_HOP_LIMIT", "neighbour discovery that was forwarded: hop limit below 255", "")
    IPV6_NDISC_BAD_CODE = ("IPV6_NDISC_BAD_CODE", "neighbour discovery with a code other than 0", "")
    IPV6_NDISC_BAD_OPTIONS = ("IPV6_NDISC_BAD_OPTIONS", "malformed neighbour discovery message", "")
    IPV6_NDISC_NS_OTHERHOST = ("IPV6_NDISC_NS_OTHERHOST", "neighbour discovery about an address of somebody else", "")
    IPV6_VERSION = ("UNHANDLED_PROTO", "the version in the IPv6 header is another one", "")
    IPV6_BAD_EXTHDR = ("IPV6_BAD_EXTHDR", "the headers of the quoted packet do not end", "")
    IPV6_EXTENSION = ("NOT_SPECIFIED", "a malformed or unwanted extension header", "")
    IPV6_OPTION = ("IP_INHDR", "a malformed option in an extension header", "")
    IPV6_UNKNOWN_OPTION = ("UNHANDLED_PROTO", "an option in an extension header that nobody here knows", "")
    IPV6_ADDRESS = ("IP_INADDRERRORS", "a packet with such an address is not forwarded", "")
    IPV6_NO_NEXT = ("NOT_SPECIFIED", "no next header: nothing in it", "")
    ND_REFUSED = ("NOT_SPECIFIED", "a neighbour discovery message that makes no sense", "")
    IPV6_RA_IGNORED = ("", "router advertisements are not accepted here", "sysctl -w net.ipv6.conf.{dev}.accept_ra=2")

    # -- above IPv4 ----------------------------------------------------------------------------------------------------
    ICMP_CSUM = ("ICMP_CSUM", "wrong ICMP checksum", "")
    ICMP_MALFORMED = ("PKT_TOO_SMALL", "ICMP message too short", "")
    ICMP_BAD_QUOTE = ("NOT_SPECIFIED", "an ICMP error that does not quote a packet", "")
    ICMP_SHORT_QUOTE = ("", "an ICMP error that quotes too little of a packet", "")
    ICMP_UNKNOWN = ("UNHANDLED_PROTO", "an ICMP type that nobody knows", "")
    ICMP_IN_GROUP = ("INVALID_PROTO", "an ICMP message of this type in a broadcast or multicast", "")
    ICMP6_UNKNOWN = ("NOT_SPECIFIED", "an ICMPv6 message that asks nothing of this host", "")
    PING_NO_SOCKET = ("NO_SOCKET", "an echo reply nobody waits for", "")
    ICMP_ECHO_IGNORED = ("", "echo requests are ignored here", "sysctl -w net.ipv4.icmp_echo_ignore_all=0")
    ICMP_BROADCAST_ECHO = (
        "INVALID_PROTO",
        "echo to a broadcast address is ignored",
        "sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0",
    )
    ICMP_NO_LISTENER = ("", "no program waits for this ICMP message", "")
    ICMP_RATELIMIT = ("", "an ICMP error was due, but rate limits forbid it", "sysctl -w net.ipv4.icmp_ratelimit=0")
    ICMP_PMTU_IGNORED = (
        "",
        "a router's word about the path MTU is not believed here",
        "sysctl -w net.ipv4.ip_no_pmtu_disc=0",
    )
    ICMP_REDIRECT_IGNORED = ("", "the ICMP redirect is not accepted", "")
    UDP_CSUM = ("UDP_CSUM", "wrong UDP checksum", "")
    UDP_SHORT = ("NOT_SPECIFIED", "no room for a UDP header", "")
    UDP_LENGTH = ("PKT_TOO_SMALL", "the UDP length does not fit the packet", "")
    UDP_NO_GROUP_SOCKET = (
        "NOT_SPECIFIED",
        "no socket listens on the port to a group or broadcast",
        "start a program that listens",
    )
    TCP_CSUM = ("TCP_CSUM", "wrong TCP checksum", "")
    TCP_NOT_FOR_ONE = ("NOT_SPECIFIED", "a segment in a link-layer broadcast", "")
    TCP_SHORT = ("NOT_SPECIFIED", "the segment is shorter than its header", "")
    TCP_FLAGS = ("TCP_FLAGS", "flags that make no sense in this state", "")
    TCP_ZEROWINDOW = ("TCP_ZEROWINDOW", "data for a window that is shut", "the program does not read: let it")
    TCP_OLD_DATA = ("TCP_OLD_DATA", "data that was received before", "")
    TCP_OVERWINDOW = ("TCP_OVERWINDOW", "data beyond the window", "")
    TCP_OFOMERGE = ("TCP_OFOMERGE", "out of order, and received before", "")
    TCP_RFC7323_PAWS = ("TCP_RFC7323_PAWS", "the timestamp is older than the last", "")
    TCP_OLD_SEQUENCE = ("TCP_OLD_SEQUENCE", "an old sequence number", "")
    TCP_INVALID_SEQUENCE = ("TCP_INVALID_SEQUENCE", "a sequence number outside the window", "")
    TCP_INVALID_ACK_SEQUENCE = ("TCP_INVALID_ACK_SEQUENCE", "acknowledges what was never sent", "")
    TCP_ACK_UNSENT_DATA = ("TCP_ACK_UNSENT_DATA", "acknowledges data that was never sent", "")
    TCP_TOO_OLD_ACK = ("TCP_TOO_OLD_ACK", "an acknowledgement that is far too old", "")
    TCP_RESET = ("TCP_RESET", "the connection was reset", "")
    TCP_INVALID_SYN = ("TCP_INVALID_SYN", "SYN for a connection that is open", "")
    TCP_CLOSE = ("TCP_CLOSE", "the connection is over", "")
    TCP_ABORT_ON_DATA = ("TCP_ABORT_ON_DATA", "data for a program that has closed", "")
    TCP_LISTEN_OVERFLOW = ("TCP_LISTEN_OVERFLOW", "the program does not accept fast enough", "")
    NO_SOCKET = ("NO_SOCKET", "no socket listens on the port", "start a program that listens")
    SOCKET_RCVBUFF = ("SOCKET_RCVBUFF", "the socket's receive buffer is full", "")
