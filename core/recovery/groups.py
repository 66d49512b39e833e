"""Groups, however they are written: whoever is kept out by one must not get in by another spelling of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from ..contracts.people import Account

_BETWEEN_PARTS = re.compile(r" *([,=]) *")
# What stands first in a directory's own name for it, as in CN=Helpers,OU=Groups,DC=example,DC=org.
_FIRST = re.compile(r"[a-z0-9.-]+=((?:\\.|[^,\\])+)")


def is_in(account: Account, groups: Collection[str]) -> bool:
    """Whether it is in one of these. Capitals, and spaces between parts, tell no two groups apart."""
    return bool(groups) and not {_spelt(group) for group in groups}.isdisjoint(map(_spelt, account.groups))


def is_in_one_called(account: Account, groups: Collection[str]) -> bool:
    """Whether it is in one of these, or in one that is called alike: for groups as an identity provider writes them.

    `helpers`, `/staff/helpers` and `EXAMPLE\\helpers` may all be CN=Helpers,OU=Groups,DC=example,DC=org.
    """
    called = frozenset().union(*map(_called, groups))
    return any(not called.isdisjoint(_called(group)) for group in account.groups)


@lru_cache(maxsize=4096)
def _spelt(group: str) -> str:
    plain = " ".join(unicodedata.normalize("NFKC", group).casefold().split())
    return _BETWEEN_PARTS.sub(r"\1", plain)


@lru_cache(maxsize=4096)
def _called(group: str) -> frozenset[str]:
    """All that it may go by."""
    spelt = _spelt(group)
    first = _FIRST.match(spelt)
    return frozenset({spelt, first[1] if first else re.split(r"[/\\]", spelt)[-1]})
