"""The socket a program has: bind, listen, accept, connect, send, recv, shutdown, close (net/ipv4/tcp.c).

No call waits: what a program waits for it is told of once (`TcpSocket.waiters`), as poll() would.  Errors are raised as
`SocketError` with the errno.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.engine.sim import SECOND
from macvsim.errors import SocketError
from macvsim.net.socket import Socket
from macvsim.net.tcp import closing
from macvsim.net.tcp.congestion import CONTROLS
from macvsim.net.tcp.connection import Address, Connection
from macvsim.net.tcp.info import TcpInfo, tcp_info
from macvsim.net.tcp.listener import Listener
from macvsim.net.tcp.skb import Nagle
from macvsim.net.tcp.state import MAX_TCP_WINDOW, MIN_MSS, MIN_RCVBUF, MIN_SNDBUF, RMEM_MAX, WMEM_MAX, State

if TYPE_CHECKING:
    from macvsim.net.namespace import Namespace

SOMAXCONN = 4096
_SENDING = (State.ESTABLISHED, State.CLOSE_WAIT)
_OPENING = (State.SYN_SENT, State.SYN_RECV)


class TcpSocket(Socket):
    """socket(AF_INET, SOCK_STREAM).

    dual : a socket for IPv6 that takes IPv4 too, as servers make them; only what tools show differs
    """

    def __init__(self, ns: Namespace, *, dual: bool = False) -> None:
        super().__init__(ns)
        self.port = 0
        self.dual = dual
        self.reuse_address = False
        self.keepalive = False
        self.connection: Connection | None = None
        self.listener: Listener | None = None
        self.user_mss = 0
        """TCP_MAXSEG; 0: as the way has it."""
        self.no_delay = False
        self.congestion = ""
        """TCP_CONGESTION; empty: as the namespace has it."""
        self.sized = False
        """The program has chosen the sizes of the buffers (SOCK_SNDBUF_LOCK, SOCK_RCVBUF_LOCK)."""
        self.buffers = (ns.ipv4_conf.tcp_wmem[1], ns.ipv4_conf.tcp_rmem[1])
        """SO_SNDBUF and SO_RCVBUF."""
        self.inode = ns.next_inode()
        self.waiters: list[Callable[[], None]] = []
        """Called once each, in process context, when something has changed."""

    def notify(self) -> None:
        """Something changed: wake who waits."""
        waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            self.wake(waiter)

    # -- opening -------------------------------------------------------------------------------------------------------

    def bind(self, ip: int, port: int) -> None:
        """bind(); port 0 takes a free one.  EADDRINUSE, EADDRNOTAVAIL."""
        self.bind_address(ip)
        self.ns.tcp.ports.bind(self, port)

    def listen(self, backlog: int) -> None:
        """listen()."""
        if not self.port:
            self.ns.tcp.ports.bind(self, 0)
        self.listener = Listener(self.ns.tcp, self, min(backlog, SOMAXCONN))
        self.ns.tcp.add_listener(self.listener)

    def accept(self) -> TcpSocket | None:
        """accept(): the next connection, None when there is none."""
        if self.listener is None:
            raise SocketError("EINVAL")
        if not self.listener.accepted:
            return None
        c = self.listener.accepted.pop(0)
        sock = TcpSocket(self.ns, dual=self.dual)
        sock.source, sock.port = c.local
        sock.connection = c
        sock.keepalive = self.keepalive
        c.socket = sock
        c.inode = sock.inode
        return sock

    def connect(self, ip: int, port: int) -> None:
        """connect() starts here; it is over when `connecting` is false, then `take_error` tells how."""
        if self.connection is not None:
            raise SocketError("EISCONN" if not self.connecting else "EALREADY")
        way = self.route(ip)
        if way.multicast or way.broadcast:
            raise SocketError("ENETUNREACH")
        source = self.source or way.src
        layer = self.ns.tcp
        remote: Address = (ip or source, port)
        iss: int | None = None
        if not self.port:
            self.port, iss = layer.ports.pick(source, remote)
        local = (source, self.port)
        if (local, remote) in layer.pairs:
            raise SocketError("EADDRNOTAVAIL")
        self.source = source
        c = Connection(layer, local, remote, layer.initial_sequence(local, remote) if iss is None else iss)
        c.socket, c.inode, c.dual = self, self.inode, self.dual
        c.take_options(self)
        self.connection = c
        layer.add(c)
        with c.call():
            c.connect()

    @property
    def connecting(self) -> bool:
        """True while the handshake lasts."""
        return self.connection is not None and self.connection.state in _OPENING

    def take_error(self) -> str:
        """The errno of what went wrong, which is then forgotten (SO_ERROR); empty if nothing did."""
        c = self.connection
        if c is None:
            return ""
        error, c.error = c.error, ""
        return error

    def peer(self) -> Address:
        """getpeername()."""
        if self.connection is None:
            raise SocketError("ENOTCONN")
        return self.connection.remote

    # -- data ----------------------------------------------------------------------------------------------------------

    @property
    def readable(self) -> bool:
        """True if accept() or recv() would not wait."""
        if self.listener is not None:
            return bool(self.listener.accepted)
        c = self.connection
        return c is None or bool(c.rx.waiting) or c.rcv_shutdown or bool(c.error) or c.is_over

    @property
    def writable(self) -> bool:
        """True if send() would not wait."""
        c = self.connection
        if c is None or c.error or c.send_shutdown:
            return True
        return c.state in _SENDING and not c.tx.no_space

    def send(self, data: bytes, *, shared: bool = False, more: bool = False) -> int:
        """send(): bytes taken, fewer than given when the buffer is full.  EPIPE, ECONNRESET, …

        shared : they are a file's (MSG_SPLICE_PAGES); more : there is more to come (MSG_MORE)
        """
        c = self._connected()
        if c.state in _OPENING:
            raise SocketError("EAGAIN")
        if error := self.take_error():
            raise SocketError(error)
        if c.send_shutdown or c.state not in _SENDING:
            raise SocketError("EPIPE")
        with c.call():
            c.tx.no_space = False
            return c.tx.write(data, shared=shared, more=more)

    def flush(self) -> None:
        """There is no more to come: what `send` has kept back goes out (tcp_splice_eof)."""
        c = self._connected()
        if c.tx.queue:
            with c.call():
                c.tx.flush(c.tx.nagle)

    def recv(self, most: int) -> bytes | None:
        """recv(): up to `most` bytes; empty at the end of the stream, None when there is nothing yet."""
        c = self._connected()
        with c.call():
            data = c.rx.take(most)
            if not c.is_over:
                c.acks.read(len(data))
            if data:
                return data
        if error := self.take_error():
            raise SocketError(error)
        if c.rcv_shutdown or c.is_over:
            return b""
        return None

    def _connected(self) -> Connection:
        if self.connection is None:
            raise SocketError("ENOTCONN")
        return self.connection

    def set_keepalive(self) -> None:
        """SO_KEEPALIVE."""
        c = self.connection
        if not self.keepalive and c is not None and not c.is_over:
            c.keepalive.start(c.conf.tcp_keepalive_time * SECOND)
        self.keepalive = True

    def set_nodelay(self) -> None:
        """TCP_NODELAY: small segments do not wait."""
        self._connected().tx.nagle = Nagle.OFF

    def set_mss(self, size: int) -> None:
        """TCP_MAXSEG, before the socket connects or listens; EINVAL for a size that no segment may have."""
        if not MIN_MSS <= size <= MAX_TCP_WINDOW:
            raise SocketError("EINVAL")
        self.user_mss = size

    def set_congestion(self, name: str) -> None:
        """TCP_CONGESTION; ENOENT for a name that the kernel does not know."""
        if name not in CONTROLS:
            raise SocketError("ENOENT")
        self.congestion = name
        if self.connection is not None:
            self.connection.cc = CONTROLS[name](self.connection)

    def set_buffers(self, size: int) -> None:
        """SO_SNDBUF and SO_RCVBUF, before the socket connects or listens: twice as much, for what belongs to it."""
        self.sized = True
        self.buffers = (max(2 * min(size, WMEM_MAX), MIN_SNDBUF), max(2 * min(size, RMEM_MAX), MIN_RCVBUF))

    def info(self) -> TcpInfo:
        """TCP_INFO."""
        return tcp_info(self._connected())

    # -- closing -------------------------------------------------------------------------------------------------------

    def shutdown(self) -> None:
        """shutdown(SHUT_WR): no more data from us.  ENOTCONN."""
        c = self._connected()
        if c.is_over:
            raise SocketError("ENOTCONN")
        with c.call():
            closing.shutdown(c)

    def close(self) -> None:
        """close(); the connection ends by itself."""
        self.waiters.clear()
        if self.listener is not None:
            self.ns.tcp.remove_listener(self.listener)
            self.listener = None
        c, self.connection = self.connection, None
        if c is not None:
            with c.call():
                closing.close(c)
        self.ns.tcp.ports.unbind(self)
