"""Output that ``--format`` rules: documents of the inspect commands, and rows of the lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from macvsim.docker.inspection import Document, compact, render, timestamp
from macvsim.docker.profile import DockerClientError, Profile
from macvsim.docker.tables import render_table
from macvsim.errors import DockerError
from macvsim.machine.tool import ToolError
from macvsim.tools.docker.template import Template
from macvsim.tools.docker.tool import Invocation

BAD_TEMPLATE = 64


def inspect_all(run: Invocation, document: Callable[[str], Document]) -> int:
    """Print the document of every argument, whole or through a template, and then what failed."""
    form = run.parsed.last("format")
    try:
        template = Template(form) if form and form != "json" else None
    except ToolError as error:
        run.call.err(f"template parsing error: {error}\n")
        return BAD_TEMPLATE
    found: list[Document] = []
    texts: list[str] = []
    errors: list[str] = []
    for name in run.args:
        try:
            found.append(document(name))
            texts.append(template.execute(found[-1]) + "\n" if template else "")
        except DockerError as error:
            errors.append(run.profile.stderr_line(error))
        except ToolError as error:
            errors.append(f"template parsing error: {error}")
    if template:
        run.call.out("".join(texts) or "\n")
    elif form:
        run.out(compact(found))
    else:
        run.call.out(render(found))
    run.call.err("".join(f"{line}\n" for line in errors))
    return 1 if errors else 0


def print_template(run: Invocation, form: str, data: Mapping[str, object]) -> int:
    """Print one document through a template, as ``docker info`` and ``version`` do."""
    if form == "json":
        run.out(compact(data))
        return 0
    try:
        run.out(Template(form).execute(data))
    except ToolError as error:
        run.call.err(f"template parsing error: {error}\n")
        return BAD_TEMPLATE
    return 0


def go_time(nanoseconds: int) -> str:
    """A time since 1970 as lists show it (Go's time.String)."""
    return timestamp(nanoseconds).replace("T", " ").replace("Z", " +0000 UTC")


def _for_html(text: str) -> str:
    """JSON that may stand in HTML, as Go's json.Marshal makes it."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def rows_text(
    profile: Profile, form: str, headers: Mapping[str, str], rows: Sequence[Mapping[str, str]], kind: str
) -> str:
    """The rows of a list as ``--format`` wants them: ``json``, a template for each, or ``table`` and a template.

    headers : title of each field a row has; kind : what Go calls a row
    """
    if form == "json":
        return "".join(f"{_for_html(compact(dict(sorted(row.items()))))}\n" for row in rows)
    text = form.strip(" ").replace("\\t", "\t").replace("\\n", "\n")
    with_head = text == "table" or text.startswith("table ")
    text = text.removeprefix("table").strip(" ") if with_head else text
    try:
        template = Template(text)
        lines = [template.execute(dict(row)) for row in ([headers, *rows] if with_head else rows)]
    except ToolError as error:
        reason = re.sub(r'map has no entry for key "(\w+)"', rf"can't evaluate field \1 in type {kind}", str(error))
        raise DockerClientError(f"template parsing error: {reason}") from None
    if not with_head:
        return "".join(f"{line}\n" for line in lines)
    head, *body = [line.split("\t") for line in lines]
    return render_table(profile, head, body)
