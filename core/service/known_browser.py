"""The known-browser cookie: it opens a lane of its own budgets, and nothing else. Never a proof."""

from __future__ import annotations

from ..contracts.one_time_code import same
from ..db.sealing import KeyPurpose, Keyring

# Shared family computers: a few people each keep their lane.
MOST_PEOPLE = 5


def tag(keyring: Keyring, browser_id: str, person_id: str) -> str:
    """What shows that this person finished here before. Says nothing to whoever lacks the key."""
    return keyring.mac(KeyPurpose.COOKIE, "known-browser", browser_id, person_id)[:16].hex()


def knows(keyring: Keyring, cookie: str, person_id: str) -> bool:
    """Whether this browser's cookie holds the person's tag."""
    browser_id, _, tags = cookie.partition(".")
    mine = tag(keyring, browser_id, person_id)
    return any(same(mine, other) for other in tags.split(".")[:MOST_PEOPLE])


def remember(keyring: Keyring, cookie: str, person_id: str, fresh_id: str) -> str:
    """The cookie with this person's tag in front; a browser without an id gets the fresh one."""
    browser_id, _, tags = cookie.partition(".")
    browser_id = browser_id or fresh_id
    mine = tag(keyring, browser_id, person_id)
    kept = [other for other in tags.split(".") if other and other != mine]
    return ".".join([browser_id, mine, *kept][: MOST_PEOPLE + 1])
