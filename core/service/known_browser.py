"""The known-browser cookie: it opens a lane of its own budgets, and nothing else. Never a proof."""

from __future__ import annotations

from ..db.sealing import KeyPurpose, Keyring

# Shared family computers: a few people each keep their lane.
MOST_PEOPLE = 5


def knows(keyring: Keyring, cookie: str, person_id: str) -> bool:
    """Whether this browser's cookie holds the person's tag."""
    browser_id, *tags = cookie.split(".")
    return any(_is_of(keyring, tag, browser_id, person_id) for tag in tags[:MOST_PEOPLE])


def claims(cookie: str) -> bool:
    """Whether it may hold somebody's tag. Before it may show whose name it is, no more can be said (P4)."""
    return "." in cookie


def remember(keyring: Keyring, cookie: str, person_id: str, fresh_id: str) -> str:
    """The cookie with this person's tag in front; a browser without an id gets the fresh one."""
    browser_id, *tags = cookie.split(".")
    browser_id = browser_id or fresh_id
    # Says nothing to whoever lacks the key.
    mine = keyring.mac(KeyPurpose.COOKIE, "known-browser", browser_id, person_id).hex()
    kept = [tag for tag in tags if tag and not _is_of(keyring, tag, browser_id, person_id)]
    return ".".join([browser_id, mine, *kept][: MOST_PEOPLE + 1])


def _is_of(keyring: Keyring, tag: str, browser_id: str, person_id: str) -> bool:
    try:
        given = bytes.fromhex(tag)
    except ValueError:
        return False
    return keyring.check_mac(KeyPurpose.COOKIE, given, "known-browser", browser_id, person_id)
