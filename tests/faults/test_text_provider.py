"""The provider of texts errs, dawdles, or takes one and does not say so: people get their codes all the same (R14)."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest
from servers.historian import assert_true
from servers.http_sink import Answer
from servers.keyback import Keyback
from servers.outfit import a_story
from servers.persistent import Persistent, together
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post

QUICK, FULL = 6, 300
AT_ONCE = 6
REFUSING = (
    Answer(500, b"<html>Bad Gateway</html>"),
    Answer(503, b"\x00\xff" * 5000, (("Retry-After", "never"),)),
    Answer(429),
    Answer(408, b"{"),
)
# Took it; and whoever hears nothing can only send it once more.
SILENT = (Answer(hang_up=True), Answer(delay=30.0))


def test_a_provider_in_trouble_costs_nobody_a_code(serve: Serve, post: Post, slapd: Slapd) -> None:
    _trouble(serve(), post, slapd, QUICK, REFUSING)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_provider_in_any_trouble_costs_nobody_a_code(serve: Serve, post: Post, slapd: Slapd) -> None:
    _trouble(serve(), post, slapd, FULL, (*REFUSING, *SILENT))


def _trouble(keyback: Keyback, post: Post, slapd: Slapd, count: int, troubles: tuple[Answer, ...]) -> None:
    chance, doubled, everybody = random.Random(count), 0, list[Persistent]()
    while len(everybody) < count:
        crowd = [Persistent(a_story(keyback, post, slapd)) for _ in range(AT_ONCE)]
        began, given = time.time(), [chance.choice(troubles) for _ in crowd]
        post.texts.script.extend(given)
        together(crowd)
        assert not post.texts.script, "not every trouble was met"
        # What the provider did not take counts as arrived too.
        assert_true(slapd, crowd, faults=[began] * len(given))
        twice = sum(_again(post, person) for person in crowd) - sum(answer in REFUSING for answer in given)
        assert twice <= sum(answer in SILENT for answer in given)
        doubled, everybody = doubled + twice, everybody + crowd
    assert all(len(person.recoveries) == 1 for person in everybody)
    slowest = max(page.seconds for person in everybody for page in person.story.browser.history)
    say(f"{count} people beside a provider in trouble, {doubled} texts twice, no page slower than {slowest:.1f} s")


def _again(post: Post, person: Persistent) -> int:
    """How often the provider was asked for what it had been asked for already."""
    asked = Counter(post.texts_to(person.story.phone))
    return asked.total() - len(asked)
