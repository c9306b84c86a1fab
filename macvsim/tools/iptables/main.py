"""The programs iptables, iptables-save and iptables-restore, in both kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial, wraps

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import Run, Tool, UsageError, tool
from macvsim.net.netfilter.ruleset import Backend
from macvsim.tools.iptables import restore, save
from macvsim.tools.iptables.change import Session
from macvsim.tools.iptables.complaint import USAGE, Program
from macvsim.tools.iptables.known import OTHER_MATCHES, OTHER_TARGETS
from macvsim.tools.iptables.words import OPTIONS, Reader

CENTOS_VERSION = "1.4.21"
_SHOWING = frozenset(("-C", "-L", "-S", "-V", "-h", "--check", "--help", "--list", "--list-rules", "--version"))


def program(call: Call, name: str, backend: Backend | None = None) -> Program:
    """The program as the machine has it: CentOS one from before the two kinds, Debian both, one of which is the plain
    name's (`Kernel.iptables`).
    """
    if call.box.flavour.name == "centos":
        return Program(name, CENTOS_VERSION, "legacy")
    return Program(name, backend=backend or call.box.kernel.iptables)


def session(call: Call, which: Program) -> Session:
    """A run of a program in the namespace of its caller."""
    rules = call.box.ns.netfilter.ruleset(which.backend)
    return Session(which, rules, call.box.hosts, call.out)


def iptables(call: Call, backend: Backend | None = None) -> int:
    """``iptables [-t TABLE] COMMAND …``."""
    which = program(call, "iptables", backend)
    reader = Reader(call.args, which, extensions=call.box.ns.netfilter.modules.extensions)
    try:
        request = reader.read()
        if request.version:
            call.out(which.banner + "\n")
            return 0
        if request.help:
            if request.matches or request.target or request.proto:
                raise NotSimulated("iptables the help of iptables' extensions", Effect.READS)
            call.out(which.banner + "\n" + USAGE.blocks["iptables"])
            return 0
        for warning in request.warnings:
            call.err(warning)
        if request.command in ("L", "S"):
            warn_of_legacy(call, which, "iptables-legacy")
        session(call, which).run(request)
    except UsageError as error:
        raise which.misuse(str(error)) from error
    except NotSimulated as error:
        raise NotSimulated(error.feature, _effect_of(call.args)) from error
    return 0


def _effect_of(words: Sequence[str]) -> Effect:
    """The effect of a command that is left out, on a real machine."""
    return Effect.CHANGES if _SHOWING.isdisjoint(words) else Effect.READS


def warn_of_legacy(call: Call, which: Program, other: str) -> None:
    """iptables-nft sees only its own rules, and says so if there are others."""
    if which.backend == "nf_tables" and call.box.ns.netfilter.ruleset("legacy").tables:
        call.err(f"# Warning: iptables-legacy tables present, use {other} to see them\n")


def iptables_save(call: Call, backend: Backend | None = None) -> int:
    """``iptables-save [-c] [-t TABLE] [-f FILE]``."""
    which = program(call, "iptables-save", backend)
    warn_of_legacy(call, which, "iptables-legacy-save")
    return save.run(call, which, session(call, which))


def iptables_restore(call: Call, backend: Backend | None = None) -> int | Waiting:
    """``iptables-restore [-c] [-n] [-t] [-T TABLE] [FILE]``."""
    which = program(call, "iptables-restore", backend)
    return restore.run(call, which, session(call, replace(which)))


LEFT_OUT = {
    "-6": "tables of IPv6",
    **{f"-m {name}": "a match" for name in sorted(OTHER_MATCHES)},
    **{f"-j {name}": "a target" for name in sorted(OTHER_TARGETS)},
}


def _variants(
    suffix: str, run: Callable[..., int | Waiting], options: str, left_out: Mapping[str, str]
) -> Iterator[Tool]:
    """The program of the backend that is chosen, and those of each backend."""
    make = partial(tool, flavour="debian", more=options, left_out=left_out, effect=Effect.CHANGES)
    yield make(f"iptables{suffix}")(run)
    for kind, backend in (("nft", "nf_tables"), ("legacy", "legacy")):
        yield make(f"iptables-{kind}{suffix}")(_of_backend(run, backend))


def _of_backend(run: Callable[..., int | Waiting], backend: str) -> Run:
    @wraps(run)
    def program_of_backend(call: Call) -> int | Waiting:
        return run(call, backend=backend)

    return program_of_backend


TOOLS = (
    *_variants("", iptables, OPTIONS, LEFT_OUT),
    *_variants("-save", iptables_save, save.OPTIONS, {"-6": "tables of IPv6"}),
    *_variants("-restore", iptables_restore, restore.OPTIONS, {}),
)
