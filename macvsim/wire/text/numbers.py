"""Names of numbers: EtherTypes and IP protocols as tcpdump calls them."""

from __future__ import annotations

IP, ARP, REVERSE_ARP, IPV6 = 0x0800, 0x0806, 0x8035, 0x86DD
VLANS = (0x8100, 0x88A8, 0x9100, 0x9200)
TRAIL = 0x1000
MAX_LENGTH = 1500
"""The largest value of the field behind the addresses that is a length and no EtherType."""

ETHERTYPES = {
    0x0200: "PUP", 0x0500: "Sprite", 0x0600: "NS", 0x0707: "GeoNet (old)", IP: "IPv4", ARP: "ARP", TRAIL: "Trail",
    0x1111: "CALM FAST", 0x6001: "MOP DL", 0x6002: "MOP RC", 0x6003: "DN", 0x6004: "LAT", 0x6007: "SCA",
    0x6558: "TEB", REVERSE_ARP: "Reverse ARP", 0x8038: "Lanbridge", 0x803C: "DEC DNS", 0x803E: "DEC DTS",
    0x805B: "VEXP", 0x805C: "VPROD", 0x809B: "Appletalk", 0x80F3: "Appletalk ARP", 0x8100: "802.1Q",
    0x8137: "IPX", IPV6: "IPv6", 0x8808: "MPCP", 0x8809: "Slow Protocols", 0x880B: "PPP",
    0x8847: "MPLS unicast", 0x8848: "MPLS multicast", 0x8863: "PPPoE D", 0x8864: "PPPoE S",
    0x886F: "MS NLB heartbeat", 0x8870: "Jumbo", 0x888E: "EAPOL", 0x8899: "Realtek protocols", 0x88A2: "AoE",
    0x88A8: "802.1Q-QinQ", 0x88CA: "TIPC", 0x88CC: "LLDP", 0x88E5: "802.1AE MACsec", 0x88F7: "PTP",
    0x8902: "CFM", 0x893A: "IEEE1905.1", 0x8947: "GeoNet", 0x894F: "NSH", 0x9000: "Loopback",
    0x9100: "802.1Q-9100", 0x9200: "802.1Q-9200", 0xABCD: "CFM (old)", 0xD28B: "Arista Vendor Protocol",
    0xFEFE: "OSI",
}  # fmt: skip

ICMP, IGMP, IPIP, TCP, UDP, DCCP, IP6, GRE, ICMP6, SCTP = 1, 2, 4, 6, 17, 33, 41, 47, 58, 132
HOP_BY_HOP, ROUTING, FRAGMENT, NO_NEXT, DESTINATION = 0, 43, 44, 59, 60

IP_PROTOCOLS = {
    HOP_BY_HOP: "Options", ICMP: "ICMP", IGMP: "IGMP", IPIP: "IPIP", TCP: "TCP", 8: "EGP", 9: "IGRP", UDP: "UDP",
    DCCP: "DCCP", IP6: "IPv6", ROUTING: "Routing", FRAGMENT: "Fragment", 46: "RSVP", GRE: "GRE", 50: "ESP", 51: "AH",
    55: "Mobile IP", ICMP6: "ICMPv6", 62: "Mobile IP (old)", 88: "EIGRP", 89: "OSPF", 103: "PIM",
    108: "Compressed IP", 112: "VRRP", 113: "PGM", SCTP: "SCTP", 135: "Mobility", 143: "Ethernet",
}  # fmt: skip
