"""Who acts in the console."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody whom the company's identity provider vouched for, with the roles that their groups give."""

    subject: str = field(repr=False)
    name: str = field(repr=False)
    roles: frozenset[str] = frozenset()
