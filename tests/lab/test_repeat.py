"""Calls done again: refusals of the lab are messages, mistakes of the program are seen."""

from __future__ import annotations

import pytest

from macvsim import Lab
from macvsim.docker.host import DockerHost
from macvsim.machine.host import Box


@pytest.mark.parametrize("mistake", [AssertionError, KeyError, ZeroDivisionError])
def test_a_programming_error_is_no_refusal(monkeypatch: pytest.MonkeyPatch, mistake: type[Exception]) -> None:
    lab = Lab(seed=0)
    lab.host("host1").addr_add("enp0s8", "10.0.0.1/24")
    assert isinstance(lab.copy().hosts["host1"], DockerHost)

    def broken(*_: object, **__: object) -> None:
        raise mistake("broken")

    broken.is_recorded = True  # type: ignore[attr-defined]
    monkeypatch.setattr(Box, "addr_add", broken)
    with pytest.raises(mistake, match="broken"):
        lab.copy()
