"""Somebody at the moment of the new password: what the page tells them then, how soon, and the truth in the end."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass

import requests

from .browser import Page
from .keyback import Keyback
from .outfit import a_story
from .persistent import Persistent, together
from .slapd import Slapd
from .story import Post

# Eight seconds are promised; the rest is for a machine that has other things to do.
TOLD, TRUE = 8.0 + 4.0, 60.0


@dataclass
class Told:
    """What somebody was told, and when."""

    person: Persistent
    asked_at: float = 0.0
    page: Page | None = None
    seconds: float = 0.0

    def ask(self) -> None:
        """Type a new password, on a page that was just loaded: a connection that was idle may be closed meanwhile."""
        with contextlib.suppress(requests.ConnectionError):
            self.person.story.reload()
        self.person.story.reload()
        self.asked_at = time.monotonic()
        self.page = self.person.renew(self.person.story.here())
        self.seconds = time.monotonic() - self.asked_at

    def asking(self) -> threading.Thread:
        """The same, while the test does something else."""
        thread = threading.Thread(target=self.ask)
        thread.start()
        return thread

    def hear(self, *stages: str) -> float:
        """Wait for the truth; how long it took in all."""
        self.page = self.person.story.wait_for_stage(*stages, seconds=TRUE)
        return time.monotonic() - self.asked_at


def proven(keyback: Keyback, post: Post, slapd: Slapd, count: int) -> list[Told]:
    """So many who have proven who they are."""
    people = [Persistent(a_story(keyback, post, slapd), stops_at="renewing") for _ in range(count)]
    together(people)
    return [Told(person) for person in people]
