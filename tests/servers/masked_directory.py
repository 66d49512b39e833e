"""A running Keyback that shows masked ends, with a canary and sixty people's shapes frozen by its own command."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from keyback.core.recovery.policy import Disclosure, PublicRules

from .keyback import Keyback
from .outfit import SWIFT, pins
from .slapd import Slapd
from .story import Post

PEOPLE = 60


def masked_keyback(
    folder: Path, post: Post, slapd: Slapd, *, release: timedelta, processes: int = 1, **ldap: Any
) -> Keyback:
    """Not started yet."""
    canary = slapd.person()
    slapd.mark(canary.dn, pwdAccountLockedTime="000001010000Z")
    rules = PublicRules(disclosure=Disclosure.MASKED, methods=("email", "sms"), release=release)
    keyback = Keyback(
        folder, {**pins(post, slapd, **ldap), **SWIFT}, processes=processes, rules=rules,
        more={"canaries": {"openldap": canary.uid}},
    )  # fmt: skip
    names = [slapd.person().uid for _ in range(PEOPLE)]
    (folder / "names.txt").write_text("\n".join(names), encoding="utf-8")
    keyback.command("decoys", "freeze", "names.txt")
    return keyback
