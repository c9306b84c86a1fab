"""Packets: immutable bytes and views of them, their text, captures and filters; no time, no devices.
It may import `errors` only; scapy is used where frames are composed and captures written.
Read `frame.py` first, then `arp.py` and `ipv4.py`, and `text` for what tcpdump prints.
"""
