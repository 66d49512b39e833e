"""A directory that says who is in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keyback.core.contracts.errors import StoreUnavailable
from keyback.core.contracts.people import Account
from keyback.core.contracts.plugin import Context

from .small_house import Directory


class Listed(Directory):
    """Two at a time; `breaks_after` so many pages it is silent."""

    breaks_after: int | None = None

    def everybody(self, *, ctx: Context) -> Iterator[Sequence[Account]]:
        everybody = list(self._accounts.values())
        for page, start in enumerate(range(0, len(everybody), 2)):
            if page == self.breaks_after:
                raise StoreUnavailable("gone")
            yield everybody[start : start + 2]
