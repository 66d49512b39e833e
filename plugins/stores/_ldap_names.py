"""Names in a directory: how to ask for one, when two are the same, and which groups lead to which."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence

from ...core import StoreUnavailable
from ._ldap import Wire
from ._spelling import fold

# How long what was learned about groups is believed.
BELIEVED = 60.0


def equals(attribute: str, value: str | bytes) -> str:
    """A filter for exactly this value. Every byte is escaped: there is no list of dangerous ones to keep up."""
    raw = value.encode() if isinstance(value, str) else value
    return f"({attribute}={''.join(f'{chr(92)}{byte:02x}' for byte in raw)})"


def any_of(conditions: Sequence[str]) -> str:
    """One of them holds."""
    return conditions[0] if len(conditions) == 1 else f"(|{''.join(conditions)})"


def normal_dn(dn: str) -> tuple[str, ...]:
    """The parts of a place in the tree, in the one spelling in which two can be compared."""
    parts = re.findall(r"(?:\\.|[^,\\])+", dn, re.DOTALL)
    pairs = (part.partition("=") for part in parts)
    return tuple(f"{name.strip().lower()}={fold(_unescaped(value))}" for name, _, value in pairs)


def is_under(dn: str, tree: str) -> bool:
    """Whether it lies in this subtree, or is its top."""
    top = normal_dn(tree)
    return normal_dn(dn)[-len(top) :] == top


class Groups:
    """Climbs from groups to the groups they are in: a nested administrator is an administrator."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._above: dict[str, tuple[float, tuple[str, ...]]] = {}

    def all_of(self, wire: Wire, person: str, told: Iterable[str]) -> frozenset[str]:
        """The groups of somebody at this place, those that the directory tells by itself and all above them.

        They are asked for also where it tells some: it may tell of one kind of group alone, or of none.
        """
        found: dict[tuple[str, ...], str] = {}
        to_climb = [*told, *self._holding(wire, person)]
        while to_climb:
            group = to_climb.pop()
            if normal_dn(group) not in found:
                found[normal_dn(group)] = group
                to_climb.extend(self._parents(wire, group))
        return frozenset(found.values())

    def _parents(self, wire: Wire, group: str) -> tuple[str, ...]:
        until, known = self._above.get(group, (0.0, ()))
        if until > time.monotonic():
            return known
        parents = self._holding(wire, group)
        if len(self._above) > 10_000:
            self._above.clear()
        self._above[group] = (time.monotonic() + BELIEVED, parents)
        return parents

    def _holding(self, wire: Wire, member: str) -> tuple[str, ...]:
        """Of people it is asked anew each time: whoever became an administrator a moment ago is one."""
        holds = any_of([equals("member", member), equals("uniqueMember", member)])
        found = wire.search(self._base, holds, ["1.1"])
        if found.more:
            raise StoreUnavailable(f"{wire.server} did not tell all the groups that somebody is in")
        return tuple(parent.dn for parent in found.objects)


def _unescaped(value: str) -> str:
    """`\\2C` and `\\,` are the same comma."""
    raw = re.sub(rb"\\([0-9a-fA-F]{2}|.)", _plain, value.strip().encode("utf-8", "replace"), flags=re.DOTALL)
    return raw.decode("utf-8", "replace")


def _plain(escape: re.Match[bytes]) -> bytes:
    inner = escape[1]
    return bytes.fromhex(inner.decode()) if len(inner) == 2 else inner
