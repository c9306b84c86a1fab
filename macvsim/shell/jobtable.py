"""The children of a shell in the background, by job number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from macvsim.machine.job import Job

_REMEMBERED = 1024
"""Exit statuses of children that ``wait`` still knows."""


class JobTable:
    """Children until ``jobs`` or ``wait`` has said that they ended.

    known : every child by process id, for ``wait``
    """

    def __init__(self) -> None:
        self._waited: dict[int, None] = {}
        self._jobs: dict[int, Job] = {}
        self.known: dict[int, Job] = {}

    def add(self, job: Job, *, fill: bool) -> int:
        """Number of a new child: one more than the greatest that is in use, or, to `fill`, the least that is free or
        belongs to a child that was waited for.
        """
        number = max(self._jobs, default=0) + 1
        if fill:
            number = next(one for one in range(1, number + 1) if one not in self._jobs or one in self._waited)
        self._waited.pop(number, None)
        self._jobs[number] = job
        self.known[job.pid] = job
        if len(self.known) > _REMEMBERED:
            del self.known[next(iter(self.known))]
        return number

    def seen(self) -> JobTable:
        """The table as a subshell of bash lists it; the children are not its own."""
        new = JobTable()
        new._jobs = dict(self._jobs)
        return new

    def __len__(self) -> int:
        return len(self._jobs)

    def numbered(self) -> list[tuple[int, Job]]:
        """Children with their numbers, in order."""
        return sorted(self._jobs.items())

    def get(self, number: int) -> Job | None:
        return self._jobs.get(number)

    def number_of(self, job: Job) -> int | None:
        """The number of a child; None if it is in the table no more."""
        return next((number for number, one in self._jobs.items() if one is job), None)

    def current(self, back: int = 0) -> Job | None:
        """The job ``%+``, or, one `back`, ``%-``: those begun last."""
        jobs = [job for _, job in self.numbered()]
        return jobs[-1 - back] if len(jobs) > back else jobs[-1] if jobs else None

    def mark(self, number: int) -> str:
        """``+`` for the job begun last, ``-`` for the one before it."""
        numbers = sorted(self._jobs)
        return "+" if number == numbers[-1] else "-" if number in numbers[-2:-1] else " "

    def remove(self, job: Job) -> None:
        """A child that ``jobs`` shows no more."""
        number = self.number_of(job)
        if number is not None:
            del self._jobs[number]

    def waited(self, job: Job) -> None:
        """A child was waited for: its number can be used again."""
        number = self.number_of(job)
        if number is not None:
            self._waited[number] = None

    def forget_ended(self) -> None:
        """Remove the jobs that have ended."""
        self._jobs = {number: job for number, job in self._jobs.items() if job.code is None}
