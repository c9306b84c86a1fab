"""GNU findutils 4: find and xargs."""

from __future__ import annotations
