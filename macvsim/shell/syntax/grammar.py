"""How much more than POSIX a shell understands, and the one table of what macvsim leaves out of the languages."""

from __future__ import annotations

from enum import IntEnum


class Grammar(IntEnum):
    """Each has what those before it have.

    ``POSIX``, dash; ``ASH``, busybox: ``[[ … ]]``, ``$'…'``, ``${x:1:2}``, ``${x/a/b}``, ``<( )``, ``&>``,
    ``function``, ``source``, ``let``, ``x++``; ``BASH``: arrays, ``<<<``, ``((…))``, ``for ((…;…;…))``, ``{a,b}``,
    ``{1..3}``, ``|&``, ``;&``, ``${x^^}``, ``${!x}``, ``{fd}>``, ``time``
    """

    POSIX = 0
    ASH = 1
    BASH = 2


SHOPTS = {
    "autocd": False, "assoc_expand_once": False, "cdable_vars": False, "cdspell": False, "checkhash": False,
    "checkjobs": False, "checkwinsize": True, "cmdhist": True, "compat31": False, "compat32": False, "compat40": False,
    "compat41": False, "compat42": False, "compat43": False, "compat44": False, "complete_fullquote": True,
    "direxpand": False, "dirspell": False, "dotglob": False, "execfail": False, "expand_aliases": False,
    "extdebug": False, "extglob": False, "extquote": True, "failglob": False, "force_fignore": True,
    "globasciiranges": True, "globskipdots": True, "globstar": False, "gnu_errfmt": False, "histappend": False,
    "histreedit": False, "histverify": False, "hostcomplete": True, "huponexit": False, "inherit_errexit": False,
    "interactive_comments": True, "lastpipe": False, "lithist": False, "localvar_inherit": False,
    "localvar_unset": False, "login_shell": False, "mailwarn": False, "no_empty_cmd_completion": False,
    "nocaseglob": False, "nocasematch": False, "noexpand_translation": False, "nullglob": False,
    "patsub_replacement": True, "progcomp": True, "progcomp_alias": False, "promptvars": True,
    "restricted_shell": False, "shift_verbose": False, "sourcepath": True, "varredir_close": False, "xpg_echo": False,
}  # fmt: skip
"""The options of ``shopt`` in bash 5.2, and what a script begins with."""

SIMULATED_SHOPTS = frozenset((
    "dotglob", "expand_aliases", "extglob", "failglob", "globstar", "inherit_errexit", "lastpipe", "nocaseglob",
    "nocasematch", "nullglob", "patsub_replacement", "xpg_echo",
))  # fmt: skip
"""The options of ``shopt`` that can be switched; the others keep the value they begin with."""

LEFT_OUT = {
    "select": "select: nothing shows a menu",
    "coproc": "coproc: a command with pipes on both sides",
    **{f"shopt {name}": f"shopt {name}" for name in SHOPTS if name not in SIMULATED_SHOPTS},
    **{
        f"set -{letter}": f"set -{letter}"
        for letter in ("k", "p", "t", "b", "P", "H", "m", "posix", "physical", "keyword", "privileged", "onecmd")
    },
    "bind": "bind: key bindings", "complete": "complete", "compgen": "compgen", "compopt": "compopt",
    "fc": "fc: there is no history of commands", "history": "history: there is no history of commands",
    "help": "help", "logout": "logout in a script", "suspend": "suspend", "times": "times: processor time",
}  # fmt: skip
"""Words of the languages that end with ``not simulated: …`` and status 95, and how the message names them."""
