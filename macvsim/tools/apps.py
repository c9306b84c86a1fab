"""Running a program of `macvsim.apps` as a command."""

from __future__ import annotations

import simpy

from macvsim.apps.base import App
from macvsim.machine.call import Waiting

SIGINT = 2


def run_program(app: App) -> Waiting:
    """Run until it ends; SIGINT is the program's to answer, other signals end it."""
    done = app.start()
    try:
        while app.code is None:
            try:
                yield done
            except simpy.Interrupt as signal:
                if signal.cause != SIGINT:
                    raise
                app.interrupt()
        return app.code
    finally:
        app.exit(128 + SIGINT)
