"""What happens when the daemon looks for an image in the registry: it asks the host's name servers where that is.

The questions are real datagrams from the host, asked as Go's resolver does (net/dnsclient_unix.go).  Nobody here plays
the registry: where a server answers, and on hosts that know of no server, the simulation of it ends.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from macvsim.engine.sim import SECOND
from macvsim.errors import ERRNO_TEXT, DockerError, Effect, NotSimulated, SocketError
from macvsim.net.socket import UdpSocket
from macvsim.wire import dns
from macvsim.wire.addr import ip_int, ip_text

if TYPE_CHECKING:
    from macvsim.docker.engine import Engine

HOST = "registry-1.docker.io"
_URL = f"https://{HOST}/v2/"
_ATTEMPTS = 2
_TIMEOUT = 5 * SECOND
Steps = Generator[Any, Any, str]


def pull(engine: Engine, reference: str) -> Generator[Any, Any, DockerError]:
    """Try to reach the registry; the error that this ends with.  Raises `NotSimulated` where there is none."""
    error = yield from _look_up(engine, reference)
    return engine.profile.error("image.pull", url=_URL, error=f"dial tcp: {error}")


def check_registry(engine: Engine, reference: str) -> None:
    """`NotSimulated` on a host where no name server can be asked for the registry."""
    if not _servers(engine):
        raise _no_registry(engine, reference)


def _servers(engine: Engine) -> list[str]:
    """The name servers of the host, as far as they are written as IPv4 addresses."""
    found = []
    for server in engine.resolv_conf.servers:
        with suppress(ValueError):
            found.append(str(IPv4Address(server)))
    return found


def _no_registry(engine: Engine, reference: str) -> NotSimulated:
    known = ", ".join(f"{repository}:{tag}" for _, repository, tag in engine.images.rows()) or "none"
    return NotSimulated(f"the image {reference}, which Docker would pull: the images here are {known}", Effect.CHANGES)


def _look_up(engine: Engine, reference: str) -> Steps:
    """What Go says about the last server it asked."""
    error = ""
    for _ in range(_ATTEMPTS):
        for server in _servers(engine):
            problem = yield from _ask(engine, server)
            error = f"lookup {HOST} on {server}:{dns.PORT}: {problem}"
            if problem == "no such host":
                return error
            if not problem:
                raise _no_registry(engine, reference)
    return error


def _ask(engine: Engine, server: str) -> Steps:
    """Ask one server once; what went wrong, empty if it knows."""
    sim, ns = engine.sim, engine.host.ns
    woken = sim.event()
    answers: list[bytes] = []

    def hear(payload: bytes, *_: object) -> None:
        answers.append(payload)
        if not woken.triggered:
            woken.succeed()

    def fail(_: object) -> None:
        if not woken.triggered:
            woken.succeed()

    sock = UdpSocket(ns, hear, fail)
    try:
        sock.connect(ip_int(server), dns.PORT)
        sock.send(dns.query(engine.dns_rng.getrandbits(16), HOST, dns.TYPES["A"]))
        yield woken | sim.timeout(_TIMEOUT)
    except SocketError as error:
        return f"dial udp {server}:{dns.PORT}: connect: {str(error).lower()}"
    finally:
        sock.close()
    if answers:
        code = dns.parse(answers[0]).code
        return {dns.NOERROR: "", dns.NXDOMAIN: "no such host"}.get(code, "server misbehaving")
    read = f"read udp {ip_text(sock.source)}:{sock.port}->{server}:{dns.PORT}:"
    errno = sock.take_error()
    return f"{read} read: {ERRNO_TEXT[errno].lower()}" if errno else f"{read} i/o timeout"


__all__ = ["HOST", "pull"]
