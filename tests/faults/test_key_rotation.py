"""Every key is rotated while people are at work: nobody notices (R20)."""

from __future__ import annotations

import pytest
from servers.crowd import at_work
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.outfit import a_story
from servers.persistent import Persistent
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post

from keyback.core.db.sealing import NEVER_ROTATED, KeyPurpose

PEOPLE, ROUNDS = 3, 4
EVERY = sorted(set(KeyPurpose) - NEVER_ROTATED)


def test_nobody_notices_a_new_key_for_recoveries(serve: Serve, post: Post, slapd: Slapd) -> None:
    _rotate(serve(), post, slapd, [KeyPurpose.RECOVERY])


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_nobody_notices_new_keys_for_everything(serve: Serve, post: Post, slapd: Slapd, database: str) -> None:
    _rotate(serve(database), post, slapd, EVERY * ROUNDS)


def _rotate(keyback: Keyback, post: Post, slapd: Slapd, purposes: list[KeyPurpose]) -> None:
    with at_work(lambda: Persistent(a_story(keyback, post, slapd)), PEOPLE) as crowd:
        for purpose in purposes:
            keyback.command("keys", "rotate", purpose.value)
    assert_true(slapd, crowd)
    pages = [page for person in crowd for page in person.story.browser.history]
    assert [page.text for page in pages if page.status >= 500] == []
    assert all(len(person.recoveries) == 1 for person in crowd), [person.troubles for person in crowd]
    say(f"{len(purposes)} rotations beside {len(crowd)} people and {len(pages)} requests, none failed")
