"""The five doors through which Keyback grows. Called once, at start; each returns classes."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from .contracts.channel import Channel
from .contracts.human_check import HumanCheck
from .contracts.method import Method
from .contracts.notifier import Notifier
from .contracts.store import Store

GROUP = "keyback"

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def keyback_methods() -> Iterable[type[Method]]:  # type: ignore[empty-body]
    """Ways to prove who you are."""


@hookspec
def keyback_stores() -> Iterable[type[Store]]:  # type: ignore[empty-body]
    """Directories in which a password can be set."""


@hookspec
def keyback_channels() -> Iterable[type[Channel]]:  # type: ignore[empty-body]
    """Carriers of messages: one class may serve several media."""


@hookspec
def keyback_notifiers() -> Iterable[type[Notifier]]:  # type: ignore[empty-body]
    """Listeners to what happens."""


@hookspec
def keyback_human_checks() -> Iterable[type[HumanCheck]]:  # type: ignore[empty-body]
    """Tests which robots fail. One is chosen, and one for browsers without scripts."""
