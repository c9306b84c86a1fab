"""Finding and reading compose files."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.files import FileError
from macvsim.machine.tool import ToolError
from macvsim.tools.compose import schema
from macvsim.tools.compose.interpolate import fill
from macvsim.tools.compose.project import Project, build, project_name
from macvsim.tools.compose.yamltext import read

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
NO_FILE = 14
BAD_FILE = 15


def load(call: Call, files: Sequence[str], name: str, folder: str, profiles: Sequence[str]) -> Project:
    """The project of the files, or of the file that is found by its name.  Raises `ToolError`.

    name, folder : as given by ``--project-name`` and ``--project-directory``, or empty
    """
    path = _find(call, files)
    document = _document(call, path)
    where = _absolute(call, folder) if folder else posixpath.dirname(path)
    environment = {**_env_file(call, where), **call.env}
    chosen = name or environment.get("COMPOSE_PROJECT_NAME", "") or str(document.get("name") or "")
    chosen = project_name(chosen or posixpath.basename(where))
    environment.setdefault("COMPOSE_PROJECT_NAME", chosen)
    try:
        filled = fill(document, environment, lambda unset: _warn(call, _unset(unset)))
        _check(document, filled, path)
        project = build(filled, chosen, [path], where, profiles)
    except ToolError as error:
        raise ToolError(str(error), BAD_FILE) from None
    for warning in project.warnings:
        _warn(call, warning)
    return project


def _check(document: Mapping[str, Any], filled: Any, path: str) -> None:
    """Ask the schema, which names the file."""
    try:
        schema.check(filled)
    except ToolError as error:
        plain = str(error).count(".") == 1 and _is_plain_service(document, str(error))
        raise ToolError(f"{'' if plain else f'validating {path}: '}{error}") from None


def _is_plain_service(document: Mapping[str, Any], text: str) -> bool:
    """A service that is a scalar is refused before the schema is asked, which does not name the file."""
    services = document.get("services")
    name = text.partition(" ")[0].removeprefix("services.")
    return isinstance(services, dict) and services.get(name) is not None and text.endswith("must be a mapping")


def _find(call: Call, files: Sequence[str]) -> str:
    """The file, as an absolute path."""
    if len(files) > 1:
        raise NotSimulated("several compose files", Effect.CHANGES)
    if files:
        return _absolute(call, files[0])
    folder = call.cwd
    while True:
        for name in NAMES:
            path = posixpath.join(folder, name)
            if call.files.exists(path):
                return path
        if folder == "/":
            raise ToolError("no configuration file provided: not found", NO_FILE)
        folder = posixpath.dirname(folder)


def _absolute(call: Call, path: str) -> str:
    return posixpath.normpath(posixpath.join(call.cwd, path))


def _document(call: Call, path: str) -> dict[str, Any]:
    """What is in a file."""
    try:
        text = call.files.read(path)
    except FileError as error:
        raise ToolError(f"open {path}: {error.strerror.lower()}", NO_FILE) from None
    try:
        document = read(text)
    except ToolError as error:
        raise ToolError(str(error), BAD_FILE) from None
    if document is None:
        raise ToolError("empty compose file", BAD_FILE)
    if not isinstance(document, dict):
        kind = "!!seq" if isinstance(document, list) else "!!str"
        shown = "" if isinstance(document, list) else f" `{document}`"
        raise ToolError(f"yaml: unmarshal errors:\n  line 1: cannot unmarshal {kind}{shown} into cli.named", BAD_FILE)
    return document


def _env_file(call: Call, folder: str) -> dict[str, str]:
    """Variables of the file ``.env`` beside the project."""
    path = posixpath.join(folder, ".env")
    if not call.files.exists(path):
        return {}
    lines = (line.strip().removeprefix("export ") for line in call.files.read(path).splitlines())
    split = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("'\"") for key, sign, value in split if sign}


def _unset(name: str) -> str:
    return f'The \\"{name}\\" variable is not set. Defaulting to a blank string.'


def _warn(call: Call, text: str) -> None:
    """A line of compose's log."""
    from datetime import UTC, datetime

    from macvsim.machine.kernel import BOOT_TIME

    now = datetime.fromtimestamp((BOOT_TIME + int(call.box.sim.now)) // 10**9, UTC)
    call.err(f'time="{now:%Y-%m-%dT%H:%M:%SZ}" level=warning msg="{text}"\n')


__all__ = ["load"]
