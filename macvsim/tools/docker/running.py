"""``docker run``, ``create`` and ``exec``."""

from __future__ import annotations

from macvsim.docker.container import Container
from macvsim.docker.container_config import SHELLS
from macvsim.docker.images import split_reference
from macvsim.errors import DockerError, Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileSystem
from macvsim.machine.job import Job
from macvsim.machine.streams import NULL, Descriptors
from macvsim.shell.interp import run_in
from macvsim.tools.docker.programs import check_program, check_user, has_program, not_there
from macvsim.tools.docker.runflags import HIDDEN, INERT, SIMULATED, check_left_out, read, read_environment
from macvsim.tools.docker.tool import Invocation, Subcommand, flags

RUN_FAILED = 125
NOT_EXECUTABLE = 126
NOT_FOUND = 127


def _create_container(run: Invocation) -> Container:
    """What ``run`` and ``create`` do first; nothing is left when it raises."""
    check_left_out(run.profile, run.parsed)
    config, networks = read(run.profile, run.parsed, run.call)
    id_file = run.parsed.last("cidfile")
    if id_file and run.call.files.exists(id_file):
        raise run.profile.error("cli.id_file", path=id_file)
    container = run.engine.create(run.parsed.last("name") or None, config, networks)
    if id_file:
        run.call.files.open_for_writing(id_file, truncate=True)
        run.call.files.write(id_file, container.id)
    return container


def _is_missing(run: Invocation, error: DockerError) -> bool:
    """The image is not there, and may be looked for in the registry."""
    reference = ":".join(split_reference(run.args[0]))
    if str(error) != run.profile.text("image.not_found", reference=reference) or run.parsed.last("pull") == "never":
        return False
    from macvsim.docker.registry import check_registry

    check_registry(run.engine, run.args[0])
    run.call.err(run.profile.text("image.missing", reference=reference) + "\n")
    return True


def _create(run: Invocation) -> int | Waiting:
    try:
        container = _create_container(run)
    except DockerError as error:
        if _is_missing(run, error):
            return _pull(run)
        run.complain(error)
        return 1
    run.out(container.id)
    return 0


def _pull(run: Invocation) -> Waiting:
    """What ``create`` says then."""
    from macvsim.docker.registry import pull

    run.complain((yield from pull(run.engine, run.args[0])))
    return 1


def _pull_to_run(run: Invocation) -> Waiting:
    """What ``run`` says then."""
    from macvsim.docker.registry import pull

    return _failed(run, (yield from pull(run.engine, run.args[0])), at_start=False)


def _run(run: Invocation) -> int | Waiting:
    given = run.parsed
    shell = len(given.args) == 1 or (len(given.args) == 2 and given.args[1] in SHELLS)
    if shell and not given.on("detach") and (given.on("interactive") or given.on("tty")):
        return run.call.not_simulated(
            "a shell at the terminal: docker run -itd …, then docker exec NAME COMMAND", Effect.CHANGES
        )
    try:
        container = _create_container(run)
    except DockerError as error:
        return _pull_to_run(run) if _is_missing(run, error) else _failed(run, error, at_start=False)
    if container.config.network == "host" and container.config.ports:
        run.call.err("WARNING: Published ports are discarded when using host network mode\n")
    try:
        if given.on("detach"):
            run.engine.lifecycle.start(container, check=check_program)
        else:
            run.engine.lifecycle.start(container, check=check_program, stdout=run.call.out, stderr=run.call.err)
    except NotSimulated:
        run.engine.containers.pop(container.name, None)
        raise
    except DockerError as error:
        if given.on("detach"):
            run.out(container.id)
        return _failed(run, error, at_start=True)
    if given.on("detach"):
        run.out(container.id)
        return 0
    from macvsim.tools.docker.attaching import attached

    return attached(container)


def _failed(run: Invocation, error: DockerError, *, at_start: bool) -> int:
    """Print an error of ``docker run``, and the code it ends with."""
    run.call.err(run.profile.run_error(error, at_start=at_start) + "\n")
    text = str(error)
    if "executable file not found" in text or "no such file or directory" in text:
        return NOT_FOUND
    return NOT_EXECUTABLE if "permission denied" in text else RUN_FAILED


def _exec(run: Invocation) -> int | Waiting:
    given = run.parsed
    container = run.engine.find(given.args[0])
    container.check_running()
    if container.paused:
        raise run.profile.error("container.exec_paused", name=given.args[0])
    argv = given.args[1:]
    try:
        check_user(run.profile, given.last("user"))
    except DockerError as error:
        run.out(str(error))
        return NOT_EXECUTABLE
    if argv[0] in SHELLS and len(argv) == 1 and given.on("interactive") and run.call.fds.stdin.is_terminal:
        return run.call.not_simulated(f"a shell at the terminal: docker exec {container.name} COMMAND", Effect.NONE)
    try:
        missing = missing_program(container, argv[0])
    except NotSimulated as error:
        return run.call.derived(argv, box=container).not_simulated(error.feature, error.effect)
    if missing:
        run.out(missing)
        return NOT_EXECUTABLE
    folder = given.last("workdir") or container.config.workdir or "/"
    if not FileSystem(container).is_directory(folder):
        run.out(run.profile.text("exec.no_folder", path=folder))
        return NOT_EXECUTABLE
    return exec_in(
        run.call,
        container,
        argv,
        env=container.environment(read_environment(run.profile, given, run.call), tty=given.on("tty")),
        cwd=folder,
        interactive=given.on("interactive"),
        detached=given.on("detach"),
        privileged=given.on("privileged"),
    )


def missing_program(container: Container, word: str) -> str:
    """What is said if a program cannot be started in a container; empty if it can."""
    if has_program(container, word):
        return ""
    return container.engine.profile.text("exec.no_program", reason=not_there(container, word))


def exec_in(
    call: Call,
    container: Container,
    argv: list[str],
    *,
    env: dict[str, str],
    cwd: str,
    interactive: bool,
    detached: bool,
    privileged: bool = False,
) -> Waiting:
    """Run a program in a container; it ends with the container at the latest."""
    box = container
    if privileged:
        from macvsim.docker.privileged import Privileged

        box = Privileged(container)

    def body(job: Job) -> Waiting:
        inside = Call(call.box, call.argv, job.fds, env, cwd)
        return (yield from run_in(inside, box, argv))

    fds = Descriptors({}) if detached else call.fds if interactive else call.fds.having(stdin=NULL)
    job = Job(container, body, fds, " ".join(argv))
    container.execs.append(job)
    if detached:
        return 0
    code = yield from job.wait()
    if job in container.execs:
        container.execs.remove(job)
    return int(code)  # the shell of who typed it has nothing to say about signals there


RUN = Subcommand(_run, SIMULATED, 1, None, HIDDEN, INERT, interspersed=False)
CREATE = Subcommand(_create, SIMULATED - {"detach"}, 1, None, HIDDEN, INERT, interspersed=False)
EXEC = Subcommand(
    _exec, flags("detach detach-keys env env-file interactive privileged tty user workdir"), 2, None, interspersed=False
)
