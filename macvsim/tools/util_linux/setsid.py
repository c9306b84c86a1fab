"""``setsid`` (util-linux): run a program in a session of its own, without a controlling terminal."""

from __future__ import annotations

from dataclasses import replace

from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import run_program
from macvsim.machine.job import Job
from macvsim.machine.tool import BUSYBOX, GNU_SHORT, Texts, UsageError, tool


@tool("setsid", flavour="debian", usage=Texts(__package__), effect=Effect.CHANGES,
      manner=replace(GNU_SHORT, permute=False))  # fmt: skip
def setsid(call: Call) -> int | Waiting:
    """``setsid [-cfw] PROGRAM ARG…``."""
    words = call.given.operands
    if not words:
        raise UsageError("no command specified")
    failed = f"{call.name}: failed to execute {words[0]}"
    return _run(call, words, failed, forks="-f" in call.given, waits="-w" in call.given)


@tool("setsid", flavour="busybox", usage=Texts("macvsim.tools.busybox"), effect=Effect.CHANGES,
      manner=replace(BUSYBOX, permute=False))  # fmt: skip
def busybox_setsid(call: Call) -> int | Waiting:
    """``setsid [-c] PROGRAM ARG…`` of busybox."""
    words = call.given.operands
    if not words:
        raise UsageError("")
    return _run(call, words, f"{call.name}: can't execute '{words[0]}'", forks=False, waits=False)


def _run(call: Call, words: list[str], failed: str, *, forks: bool, waits: bool) -> int | Waiting:
    """The leader of a process group, as every command typed at a prompt is, has to fork and ends at once."""
    if not (forks or call.fds.stdin.has_job_control):
        return run_program(call.derived(words), failed=failed)

    def body(job: Job) -> Waiting:
        return (yield from run_program(call.derived(words, fds=job.fds), failed=failed))

    job = Job(call.box, body, call.fds, " ".join(words))
    return job.wait() if waits else 0
