"""Exceptions for users' mistakes.  The end of a packet is never an exception: see `macvsim.engine.drop`.

Every room may import this module; it imports none.

::

    MacvsimError
    ├── TopologyError          a lab put together wrongly (name taken, port occupied, no such switch, …)
    ├── NetlinkError           the kernel refuses a configuration: carries the errno name and the extack text
    │   ├── NoSuchDevice       ENODEV
    │   ├── DeviceBusy         EBUSY
    │   └── AddressInUse       EADDRINUSE
    ├── SocketError            a system call on a socket fails (ENETUNREACH, EINVAL, …)
    ├── DockerError            the Docker daemon refuses; the text is Docker's own
    ├── ScenarioError          a scenario or recording that cannot be read
    ├── BudgetExceeded         a run used more than its budget: carries a report of what loops
    └── NotSimulated           a real feature that macvsim deliberately leaves out

Every exception can be rebuilt from its ``args`` (simpy re-creates failed processes' exceptions that way).
"""

from __future__ import annotations

from enum import Enum

ERRNO_TEXT = {
    "EACCES": "Permission denied",
    "EADDRINUSE": "Address already in use",
    "EADDRNOTAVAIL": "Cannot assign requested address",
    "EAGAIN": "Resource temporarily unavailable",
    "EALREADY": "Operation already in progress",
    "EBUSY": "Device or resource busy",
    "ECONNABORTED": "Software caused connection abort",
    "ECONNREFUSED": "Connection refused",
    "ECONNRESET": "Connection reset by peer",
    "EEXIST": "File exists",
    "EHOSTDOWN": "Host is down",
    "EHOSTUNREACH": "No route to host",
    "EINVAL": "Invalid argument",
    "EISCONN": "Transport endpoint is already connected",
    "ELOOP": "Too many levels of symbolic links",
    "EMLINK": "Too many links",
    "EMSGSIZE": "Message too long",
    "ENETDOWN": "Network is down",
    "ENETUNREACH": "Network is unreachable",
    "ENOBUFS": "No buffer space available",
    "ENODEV": "No such device",
    "ENOENT": "No such file or directory",
    "ENONET": "Machine is not on the network",
    "ENOPROTOOPT": "Protocol not available",
    "ENOTCONN": "Transport endpoint is not connected",
    "ENOTEMPTY": "Directory not empty",
    "ENXIO": "No such device or address",
    "EOPNOTSUPP": "Operation not supported",
    "EPERM": "Operation not permitted",
    "EPIPE": "Broken pipe",
    "EPROTO": "Protocol error",
    "EPROTONOSUPPORT": "Protocol not supported",
    "ERANGE": "Numerical result out of range",
    "ESRCH": "No such process",
    "ETIMEDOUT": "Connection timed out",
    "EXDEV": "Invalid cross-device link",
    "EXFULL": "Exchange full",
}


class MacvsimError(Exception):
    """A mistake of the user's, with what, where and what to do instead in its text."""


class TopologyError(MacvsimError):
    """The lab cannot be put together like this."""


class NetlinkError(MacvsimError):
    """The simulated kernel refuses a configuration change.

    Parameters
    ----------
    errno : symbolic name, for example ``"EINVAL"``
    message : what was attempted, where, and what to do instead
    extack : the kernel's extended acknowledgement text, where it sends one (iproute2 prints it after ``Error: ``)
    """

    def __init__(self, errno: str, message: str, extack: str = "") -> None:
        super().__init__(errno, message, extack)
        self.errno = errno
        self.message = message
        self.extack = extack

    def __str__(self) -> str:
        return f"{self.message} ({self.errno}: {ERRNO_TEXT.get(self.errno, self.errno)})"

    @property
    def strerror(self) -> str:
        """The C library's text for the errno."""
        return ERRNO_TEXT.get(self.errno, self.errno)


class NoSuchDevice(NetlinkError):
    """There is no network device of that name (ENODEV)."""


class DeviceBusy(NetlinkError):
    """The device already has another rx_handler (EBUSY)."""


class AddressInUse(NetlinkError):
    """The address belongs to another device of the same port (EADDRINUSE)."""


class SocketError(MacvsimError):
    """A socket call fails; ``errno`` is the symbolic name."""

    def __init__(self, errno: str, message: str = "") -> None:
        super().__init__(errno, message)
        self.errno = errno

    def __str__(self) -> str:
        return ERRNO_TEXT.get(self.errno, self.errno)


class NetfilterError(MacvsimError):
    """A change of rules that cannot be made; ``errno`` is what the kernel answers, ``part`` what it is about:
    ``chain``, ``rule``, ``index``, ``target``, ``policy``."""

    def __init__(self, errno: str, part: str, message: str = "") -> None:
        super().__init__(errno, part, message)
        self.errno = errno
        self.part = part
        self.message = message

    def __str__(self) -> str:
        return f"{self.message}: {ERRNO_TEXT.get(self.errno, self.errno)}"


class DockerError(MacvsimError):
    """The Docker daemon refuses; the text is the daemon's own."""


class ScenarioError(MacvsimError):
    """A scenario, lab document or recording that cannot be read."""


class BudgetExceeded(MacvsimError):
    """A run was stopped, because it used more than its budget (`macvsim.engine.budget.Budget`).

    The lab stays as it was at that moment: its journal, captures and tables can be read, and commands run.

    limit : name of the limit; report : what used it up, and the cure
    """

    def __init__(self, limit: str, report: str) -> None:
        super().__init__(limit, report)
        self.limit = limit
        self.report = report

    def __str__(self) -> str:
        return self.report


class Effect(Enum):
    """The use of a feature: whether a lab differs from the real network when it is left out."""

    CHANGES = "changes the network"
    READS = "reads only"
    NONE = "does not concern the network"


class NotSimulated(MacvsimError):
    """A real feature that macvsim leaves out on purpose; commands answer ``not simulated: …`` and exit with 95.

    feature : the text behind ``not simulated:``; effect : its use on a real machine
    """

    def __init__(self, feature: str, effect: Effect) -> None:
        super().__init__(feature, effect)
        self.feature = feature
        self.effect = effect

    def __str__(self) -> str:
        return self.feature


def one_line(said: BaseException | str) -> str:
    """A text in one line; of an exception without a text the name of its class."""
    return " ".join(str(said).split()) or (type(said).__name__ if isinstance(said, BaseException) else "")


def message(error: BaseException) -> str:
    """One line for people: what the exception says, and its notes."""
    text = str(error)
    if isinstance(error, OSError):
        text = f"{error.strerror}: {error.filename or 'standard output'}"
    between = "\n" if "\n" in text else "; "
    return between.join([text, *getattr(error, "__notes__", ())])
