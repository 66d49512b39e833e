"""Somebody with an account in each of two directories: OpenLDAP, and Keyback's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from keyback.core.contracts.people import AccountKey
from keyback.core.contracts.text import Secret
from keyback.core.testing import a_context
from keyback.plugins.stores.embedded import Embedded

from .browser import Page
from .event_log import half_done
from .keyback import Keyback
from .linked import key_of, link
from .outfit import a_story, opens
from .slapd import PASSWORD, PEOPLE, Slapd
from .story import Post, Story, wait_until

# Whose name it is, its realm says: each is asked of one directory alone.
REALMS = {"openldap": ["windows.example"], "embedded": ["small.example"]}


@dataclass
class Two:
    """Somebody with an account in each, at a browser."""

    story: Story
    windows: Slapd
    store: Embedded
    key: AccountKey

    @property
    def dn(self) -> str:
        return f"uid={self.story.name},{PEOPLE}"

    def proven(self, door: str = "/go/alderwick", *, both: bool = False) -> Page:
        """`both`: only once both directories answered; one that does so after the first proof is left out."""
        self.story.start(door)
        asked = {f"{kind} {self.story.recovery_id}" for kind in ("find", "join")}
        if both:
            wait_until(lambda: not asked & set(half_done(self.story.keyback)), "both directories to answer")
        return self.story.prove()

    def first_opens(self, password: str) -> bool:
        return opens(self.windows, self.story, password)

    def second_opens(self, password: str) -> bool:
        account = self.store.look(self.key, a_context())
        assert account is not None
        return bool(self.store.accepts(account, Secret(password), ctx=a_context()))


def somebody(keyback: Keyback, post: Post, windows: Slapd, small: Path) -> Two:
    """A new person, who is known in both with the same old password."""
    story = a_story(keyback, post, windows)
    store = Embedded(Embedded.Settings(database=str(small)))
    key = store.add_person(name=f"{story.name}@small.example", password=Secret(PASSWORD))
    link(keyback, key_of(windows, f"uid={story.name},{PEOPLE}"), key)
    return Two(story, windows, store, key)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Nobody can write there meanwhile."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


def told(page: Page) -> dict[str, str]:
    """What the page says became of each account."""
    marks = [mark for mark in page.marks if "data-outcome" in mark]
    return {mark["data-store"]: mark["data-outcome"] for mark in marks}
