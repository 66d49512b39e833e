"""How screens say who gets back in, who doesn't, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from ..core.contracts.text import Text
from ..core.recovery.policy import Purpose
from ..core.service.administrators.console import Console
from ..core.service.ruling.simulated import Considered, NotOffered, Why
from .language import said

PURPOSES: Mapping[Purpose, Text] = {
    Purpose.RESET: Text("Reset the password"),
    Purpose.UNLOCK: Text("Unlock the account"),
}
# Why nobody can be served, whatever they have.
REFUSALS: Mapping[str, Text] = {
    "unknown": Text("Nobody has this name."),
    "ambiguous": Text("This name means several people, so it means nobody. Type a whole sign-in name."),
    "frozen": Text("Self-service is stopped for this person: they said “this wasn't me”."),
    "privileged": Text("This account rules others, and the policy serves nobody who does."),
    "disabled": Text("The account is disabled, or locked by an administrator."),
    "expired": Text("The account has expired."),
    "out-of-scope": Text("The policy doesn't serve this account, or not for this."),
    "no-methods": Text("This person has no method that counts."),
}
# Why a joined account would not take part.
LEFT_OUT: Mapping[str, Text] = {
    "other-policy": Text("another policy holds for it"),
    "frozen": Text("self-service is stopped for it"),
    "gone": Text("it is no longer there"),
    "switched-off": Text("its directory is switched off"),
    "privileged": Text("it rules others"),
    "disabled": Text("it is disabled"),
    "expired": Text("it has expired"),
}
LEFT_OUT_ELSE = Text("it is not served here")
TOGETHER = Text("no single account belongs to all of its audience")


def unfit(one: Considered) -> Text:
    """Why a policy does not fit somebody."""
    parts = {"stores": Text("not in {names}", names=_listed(one.audience.stores))}
    parts["groups"] = Text("not in group {names}", names=_listed(one.audience.groups))
    return next((parts[part] for part in one.unfit if part in parts), TOGETHER)


def not_offered(one: NotOffered) -> Text:
    """Why a method is not offered."""
    words: Mapping[Why, Text] = {
        Why.OFF: Text("off in this policy"),
        Why.NOT_SET_UP: Text("not set up"),
        Why.NOT_USABLE: Text("set up, but can't be used: used up, or opened by this very password"),
        Why.WAITS: Text("set up lately, counts from {at}", at=moment(one.until)),
    }
    return words[one.why]


def moment(at: datetime | None) -> str:
    """A time as all screens write it."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "–"


def called(console: Console, keys: Iterable[str]) -> list[str]:
    """What these methods are called on this page; one that is switched off goes by its key."""
    methods = console.snapshots.current.plugins.methods
    return [said(methods[key].label) if key in methods else key for key in keys]


def _listed(names: Iterable[str]) -> str:
    return " / ".join(said(Text("“{name}”", name=name)) for name in sorted(names))
