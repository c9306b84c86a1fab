"""GNU findutils 4: find."""

from __future__ import annotations
