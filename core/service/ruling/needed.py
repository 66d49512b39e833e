"""What would no longer work if a plugin were switched off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ...contracts.method import Method
from ...contracts.text import Text
from ...recovery.flaws import flaws
from ..snapshot import Snapshot


class Lost(StrEnum):
    """What kind of thing is lost."""

    # Nobody could be served, and no server would start any more.
    LAST_STORE = "last-store"
    # A policy that could be met cannot be met any more.
    POLICY = "policy"
    # A method has nobody left who carries its messages.
    METHOD = "method"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that is lost: a policy by its name, a method by its label."""

    lost: Lost
    what: Text | str = ""

    @property
    def forbids(self) -> bool:
        """Whether it cannot be switched off at all."""
        return self.lost is Lost.LAST_STORE


def needs_of(snapshot: Snapshot, kind: str, key: str) -> tuple[Need, ...]:
    """Everything that is lost with this plugin, as the plugins and policies stand now."""
    plugins = snapshot.plugins
    if kind == "store" and set(plugins.stores) == {key}:
        return (Need(Lost.LAST_STORE),)
    if kind == "method" and key in plugins.methods:
        return tuple(_policies(snapshot, key))
    if kind == "channel" and key in plugins.channels:
        return tuple(_methods(snapshot, key))
    return ()


def _policies(snapshot: Snapshot, key: str) -> Iterator[Need]:
    now = {name: type(method) for name, method in snapshot.plugins.methods.items()}
    then = {name: method for name, method in now.items() if name != key}
    for policy in snapshot.policies or (snapshot.usual_policy,):
        if set(flaws(policy, snapshot.public, then)) - set(flaws(policy, snapshot.public, now)):
            yield Need(Lost.POLICY, policy.name)


def _methods(snapshot: Snapshot, key: str) -> Iterator[Need]:
    for method in snapshot.plugins.methods.values():
        if _only_by(snapshot, method, key):
            yield Need(Lost.METHOD, method.label)


def _only_by(snapshot: Snapshot, method: Method, key: str) -> bool:
    return method.medium is not None and set(snapshot.plugins.channels_for(method.medium)) == {key}
