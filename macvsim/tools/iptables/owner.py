"""``-m owner``, as iptables reads its options and prints it (extensions/libxt_owner.c)."""

from __future__ import annotations

from macvsim.machine.tool import UsageError
from macvsim.net.netfilter import owner as model
from macvsim.net.netfilter.owner import ROOT, Range
from macvsim.net.netfilter.rule import Match
from macvsim.tools.iptables.details import match_words
from macvsim.tools.iptables.extension import MatchReader, Option, Rest
from macvsim.tools.iptables.values import number

_MOST_ID = 0xFFFFFFFE


class Owner(MatchReader):
    name = "owner"
    options = (
        Option("uid-owner", invertible=True),
        Option("gid-owner", invertible=True),
        Option("socket-exists", flag=True, invertible=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self.ids: dict[str, Range] = {}
        self.socket: bool | None = None

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name == "socket-exists":
            self.socket = not negated
        elif value == "root":
            self.ids[name] = Range(ROOT, ROOT, negated)
        else:
            first, dash, last = value.partition("-")
            low, high = number(first, 0, _MOST_ID), number(last if dash else first, 0, _MOST_ID)
            if low is None or high is None:
                raise UsageError(f'owner: Bad value for "--{name}" option: "{value}"')
            self.ids[name] = Range(low, high, negated)

    def finish(self) -> None:
        if not self.given:
            raise UsageError("owner: At least one of --uid-owner, --gid-owner or --socket-exists is required")

    def build(self) -> Match:
        return model.Owner(self.ids.get("uid-owner"), self.ids.get("gid-owner"), self.socket)


@match_words.register
def _(match: model.Owner, numeric: bool) -> str:
    found = []
    for what, span in (("UID", match.user), ("GID", match.group)):
        if span is not None:
            ids = span.words("")[-1]
            shown = "root" if ids == "0" and not numeric else ids
            found.append(f"{'! ' if span.negated else ''}owner {what} match {shown}")
    if match.socket is not None:
        found.append(f"{'' if match.socket else '! '}owner socket exists")
    return " ".join(found)
