"""Output that ``--format`` rules: documents of the inspect commands, and rows of the lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from macvsim.docker.inspection import Document, compact, render, timestamp
from macvsim.docker.profile import Profile
from macvsim.docker.tables import render_table
from macvsim.errors import DockerError, NotSimulated
from macvsim.shell.docker.template import Template, TemplateError
from macvsim.shell.docker.tool import Invocation


def inspect_all(run: Invocation, document: Callable[[str], Document]) -> int:
    """Print the document of every argument, whole or through a template, and then what could not be found."""
    found: list[Document] = []
    errors: list[DockerError] = []
    for name in run.args:
        try:
            found.append(document(name))
        except DockerError as error:
            errors.append(error)
    form = run.parsed.last("format")
    if form == "json":
        run.out(compact(found))
    elif form:
        try:
            template = Template(form)
            text = "".join(template.execute(one) + "\n" for one in found)
        except TemplateError as error:
            run.call.err(f"template parsing error: {error}\n")
            return 1
        run.call.out(text or "\n")
    else:
        run.call.out(render(found))
    for problem in errors:
        run.complain(problem)
    return 1 if errors else 0


def go_time(nanoseconds: int) -> str:
    """A time since 1970 as lists show it (Go's time.String)."""
    return timestamp(nanoseconds).replace("T", " ").replace("Z", " +0000 UTC")


def rows_text(profile: Profile, form: str, headers: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> str:
    """The rows of a list as ``--format`` wants them: ``json``, a template for each, or ``table`` and a template.

    headers : title of each field a row has
    """
    if form == "json":
        return "".join(f"{compact(dict(sorted(row.items())))}\n" for row in rows)
    text = form.strip(" ").replace("\\t", "\t").replace("\\n", "\n")
    with_head = text == "table" or text.startswith("table ")
    text = text.removeprefix("table").strip(" ") if with_head else text
    try:
        template = Template(text)
        lines = [template.execute(dict(row)) for row in ([headers, *rows] if with_head else rows)]
    except TemplateError as error:
        raise NotSimulated(f"--format {form}: {error}") from None
    if not with_head:
        return "".join(f"{line}\n" for line in lines)
    head, *body = [line.split("\t") for line in lines]
    return render_table(profile, head, body)
