"""udp.py send IP PORT TEXT [SECONDS] | udp.py listen PORT SECONDS: one datagram, and what is answered."""

from __future__ import annotations

import socket
import sys

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if sys.argv[1] == "send":
    sock.connect((sys.argv[2], int(sys.argv[3])))
    sock.settimeout(float(sys.argv[5]) if len(sys.argv) > 5 else 1)
    sock.send(sys.argv[4].encode() + b"\n")
    try:
        print("reply", sock.recv(2000))
    except Exception as error:
        print("error", error)
else:
    sock.bind(("", int(sys.argv[2])))
    sock.settimeout(float(sys.argv[3]))
    try:
        text, peer = sock.recvfrom(2000)
        print("got", text, "from", peer[0])
        sock.sendto(b"echo " + text, peer)
    except Exception as error:
        print("error", error)
