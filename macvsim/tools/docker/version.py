"""``docker version`` and ``docker --version``."""

from __future__ import annotations

from macvsim.docker.profile import Profile
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call
from macvsim.tools.docker.formats import print_template
from macvsim.tools.docker.tool import Invocation, Subcommand, flags, profile_of

RELEASE = "26.1.5+dfsg1"
_TEXTS = {
    "26.1": """\
Client:
 Version:           26.1.5+dfsg1
 API version:       1.45
 Go version:        go1.24.4
 Git commit:        a72d7cd
 Built:             Thu Aug 13 05:35:48 2026
 OS/Arch:           linux/amd64
 Context:           default

Server:
 Engine:
  Version:          26.1.5+dfsg1
  API version:      1.45 (minimum version 1.24)
  Go version:       go1.24.4
  Git commit:       411e817
  Built:            Thu Aug 13 05:35:48 2026
  OS/Arch:          linux/amd64
  Experimental:     false
 containerd:
  Version:          1.7.24~ds1
  GitCommit:        1.7.24~ds1-6+deb13u1
 runc:
  Version:          1.1.15+ds1
  GitCommit:        1.1.15+ds1-2+b4
 docker-init:
  Version:          0.19.0
  GitCommit:        \n""",
}
"""By profile; nobody recorded 19.03."""


def _text(profile: Profile) -> str:
    if profile.name not in _TEXTS:
        raise NotSimulated(f"docker version of {profile.name}", Effect.READS)
    return _TEXTS[profile.name]


def short(call: Call) -> int:
    """``docker --version``."""
    _text(profile_of(call))
    call.out(f"Docker version {RELEASE}, build a72d7cd\n")
    return 0


def _version(run: Invocation) -> int:
    text = _text(run.profile)
    run.engine  # noqa: B018  asking the daemon starts it
    form = run.parsed.last("format")
    if not form:
        run.call.out(text)
        return 0
    data = {
        "Client": {"Version": RELEASE, "APIVersion": "1.45", "Os": "linux", "Arch": "amd64"},
        "Server": {"Version": RELEASE, "APIVersion": "1.45", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64"},
    }
    return print_template(run, form, data)


VERSION = Subcommand(_version, flags("format"))
