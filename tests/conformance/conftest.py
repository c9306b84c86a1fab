"""Every case is played with the fast path and without it."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True, params=["1", "0"], ids=["fast", "plain"])
def _fastpath(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MACVSIM_FASTPATH", request.param)
