"""Snippets run by the real program in an empty directory, and by macvsim in a machine of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from macvsim.engine.sim import Sim
from macvsim.errors import MacvsimError
from macvsim.machine.host import BUSYBOX, DEBIAN, Host
from macvsim.machine.kernel import Kernel
from macvsim.shell.interp import Shell
from tests.spec.snippets import SECTIONS, Answer, Spec

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = {"HOME": "/root", "LANG": "C.UTF-8", "PATH": PATH}
DIRECTORY = "/spec"
"""The working directory in macvsim's machine."""


def why_not_live(section: str) -> str:
    """Why the real program of a section cannot run here, empty if it can: only Debian's version answers for it."""
    package, version = SECTIONS[section]
    query = shutil.which("dpkg-query")
    if query is None:
        return "this is no Debian"
    found = subprocess.run([query, "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False)
    return "" if found.stdout.startswith(version) else f"{package} is {found.stdout or 'absent'}, not {version}"


def play_live(spec: Spec, name: str) -> Answer:
    """The answer of the real program.  Processes that a snippet leaves running are killed."""
    with TemporaryDirectory() as made:
        directory, applets = Path(made, "work"), Path(made, "applets")
        directory.mkdir()
        for file, text in {**spec.files, "t": spec.snippets[name]}.items():
            Path(directory, file).write_text(text, "utf-8")
        environment = dict(ENVIRONMENT)
        if spec.section == "busybox":  # a container has no other programs
            applets.mkdir()
            subprocess.run(["busybox", "--install", "-s", applets], check=True)
            environment["PATH"] = f"{applets}:{PATH}"
        process = subprocess.Popen(
            ["/usr/bin/env", "--default-signal", *spec.command.split()],  # a caller may ignore some, as nohup does
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=20)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    status = process.returncode
    texts = (output.decode("utf-8", "surrogateescape") for output in (out, err))
    return _answer(128 - status if status < 0 else status, *texts)


def play_simulated(spec: Spec, name: str) -> Answer:
    """The answer of macvsim: busybox's programs in a container's flavour, the others in Debian's."""
    flavour = BUSYBOX if spec.section == "busybox" else DEBIAN
    box = Host(Kernel(Sim(hz=100), "vm", wakeup_delay=0), "vm", flavour)
    box.interpreter = Shell()
    for file, text in {**spec.files, "t": spec.snippets[name]}.items():
        box.files[f"{DIRECTORY}/{file}"] = text
    variables = {name: value for name, value in ENVIRONMENT.items() if name == "LANG"}
    try:
        result = box.sh(f"cd {DIRECTORY}; {spec.command}", variables=variables)
    except (MacvsimError, RecursionError) as error:  # a defect, which must not hide the other snippets
        return Answer(-1, "", f"{type(error).__name__}: {error}")
    return _answer(result.code, result.stdout, result.stderr)


def _answer(status: int, stdout: str, stderr: str) -> Answer:
    """An answer without the process id that bash prints of a child killed by a signal."""
    return Answer(status, stdout, re.sub(r"^(t: line \d+:) +\d+ (?=[A-Z][a-z]+ )", r"\1 PID ", stderr, flags=re.M))


def verdict(real: Answer | None, simulated: Answer) -> str:
    """``agrees``, ``left out`` or ``differs``."""
    if simulated == real:
        return "agrees"
    return "left out" if "not simulated: " in simulated.stderr else "differs"
