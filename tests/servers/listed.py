"""A directory that says who is in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keyback.core.contracts.errors import PasswordRefused, StoreUnavailable
from keyback.core.contracts.people import Account
from keyback.core.contracts.plugin import Context
from keyback.core.contracts.text import Text

from .small_house import Directory


class Listed(Directory):
    """Two at a time; `breaks_after` so many pages it is silent. Of those it is `refusing` it demands nothing."""

    breaks_after: int | None = None

    def __init__(self) -> None:
        super().__init__()
        self.refusing: set[str] = set()

    def everybody(self, *, ctx: Context) -> Iterator[Sequence[Account]]:
        self._answer()
        everybody = list(self._accounts.values())
        for page, start in enumerate(range(0, len(everybody), 2)):
            if page == self.breaks_after:
                raise StoreUnavailable("gone")
            yield everybody[start : start + 2]

    def demand_change(self, account: Account, *, ctx: Context) -> None:
        if account.name in self.refusing:
            raise PasswordRefused([Text("Not from this one.")])
        super().demand_change(account, ctx=ctx)
