"""The dialects of regular expressions, as the bits of GNU's ``re_set_syntax`` tell them apart, and their errors."""

from __future__ import annotations

from dataclasses import dataclass


class RegexError(Exception):
    """No regular expression; the text is that of ``regerror``, `code` the name in <regex.h> without ``REG_``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return _TEXTS[self.code]


_TEXTS = {
    "BADPAT": "Invalid regular expression",
    "ECOLLATE": "Invalid collation character",
    "ECTYPE": "Invalid character class name",
    "EESCAPE": "Trailing backslash",
    "ESUBREG": "Invalid back reference",
    "EBRACK": "Unmatched [, [^, [:, [., or [=",
    "EPAREN": "Unmatched ( or \\(",
    "EBRACE": "Unmatched \\{",
    "BADBR": "Invalid content of \\{\\}",
    "ERANGE": "Invalid range end",
    "BADRPT": "Invalid preceding regular expression",
    "CLASS": "character class syntax is [[:space:]], not [:space:]",
    "ESIZE": "Regular expression too big",
    "ERPAREN": "Unmatched ) or \\)",
}


@dataclass(frozen=True)
class Syntax:
    """A dialect.

    basic : operators are written with a backslash
    orphan : a repetition with nothing before it is an ``error``, ``literal`` or ``nothing`` (it is skipped)
    interval : a brace that begins no interval is literal
    bounds : so is one behind which no bounds stand
    closing : a parenthesis that closes nothing is literal
    twice : an asterisk or interval may follow a repetition
    empty : an alternative may be empty
    gnu : ``\\w \\W \\s \\S \\b \\B \\< \\> \\` \\'`` and back-references
    checked : GNU's dfa.c reads the expression too, and refuses a class without its second brackets
    """

    basic: bool = False
    orphan: str = "error"
    interval: bool = False
    bounds: bool = False
    closing: bool = False
    twice: bool = True
    empty: bool = True
    gnu: bool = True
    checked: bool = False


SED = Syntax(basic=True, orphan="literal", twice=False, checked=True)
SED_EXTENDED = Syntax(checked=True)
GREP = Syntax(basic=True, orphan="literal", interval=True, checked=True)
EGREP = Syntax(orphan="nothing", interval=True, bounds=True, closing=True, checked=True)
EXTENDED = Syntax()
"""Of ``regcomp`` with REG_EXTENDED, which bash calls."""
BASIC = Syntax(basic=True, orphan="literal", interval=True)
"""Of expr."""
AWK = Syntax(interval=True, bounds=True, closing=True, empty=False, gnu=False)
"""Of mawk."""
