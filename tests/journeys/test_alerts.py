"""Somebody guesses at everybody: strangers are offered only what nobody can guess, whoever they are; owners go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from servers.browser import Page
from servers.event_log import events
from servers.keyback import Keyback
from servers.outfit import SWIFT, a_story, pins
from servers.slapd import Slapd
from servers.story import Post, Story, wait_until

from keyback.core.db.counters import Counters
from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database
from keyback.core.recovery.limits import SYSTEM_MISSES
from keyback.core.recovery.ordinary import pausing
from keyback.core.service.gate import system_mark

SENTENCE = "Many wrong answers are coming in, so for safety some ways are paused here"


@pytest.fixture(scope="module")
def keyback(tmp_path_factory: pytest.TempPathFactory, post: Post, slapd: Slapd) -> Iterator[Keyback]:
    """A house of its own: what is counted for everybody would be felt by every other test."""
    with Keyback(tmp_path_factory.mktemp("alerts"), {**pins(post, slapd), **SWIFT}) as server:
        yield server


@pytest.fixture(scope="module")
def owner(keyback: Keyback, post: Post, slapd: Slapd) -> Story:
    """Somebody who has got back in here before."""
    story = a_story(keyback, post, slapd)
    assert story.whole().stage == "done"
    return story


@pytest.fixture(scope="module", autouse=True)
def _guessed_at(keyback: Keyback, owner: Story) -> None:
    """More than twenty times what is ordinary, from somewhere else, and every process has seen it."""
    database = Database(keyback.database_url)
    mark = replace(system_mark(SYSTEM_MISSES), by=pausing(SYSTEM_MISSES).most + 1)
    with database.write() as tx:
        Counters(Keyring.load(database, keyback.key)).bump(tx, [mark], datetime.now(UTC))
    database.close()
    wait_until(lambda: 'keyback_alert{norm="system-misses"} 20' in keyback.metrics(), "the alert")


def offered(page: Page) -> list[str]:
    return [offer.partition(".")[0] for offer in page.form.radios.get("offer", [])]


def test_strangers_see_the_same_few_ways_and_a_sentence_whatever_name_they_type(
    keyback: Keyback, post: Post, slapd: Slapd
) -> None:
    names = (a_story(keyback, post, slapd).name, "nobody.was.ever.called.this")
    shown = [Story.of(keyback, post, name).start() for name in names]
    assert [offered(page) for page in shown] == [["saved_codes"]] * 2
    assert all(SENTENCE in page.text for page in shown)


def test_the_owner_goes_on_in_the_browser_that_is_known(owner: Story, post: Post) -> None:
    before = post.mail_code(owner.mail)
    page = owner.start()
    assert "email" in offered(page)
    assert SENTENCE not in page.text
    owner.pick_mail()
    assert "sms" in offered(owner.type_code(post.mail_code(owner.mail, after=before)))


def test_the_same_name_in_another_browser_is_a_strangers(keyback: Keyback, owner: Story) -> None:
    assert offered(Story.of(keyback, owner.post, owner.name).start()) == ["saved_codes"]


def test_a_stranger_gets_in_by_what_nobody_can_guess_and_then_by_any_way(
    keyback: Keyback, post: Post, slapd: Slapd
) -> None:
    story = a_story(keyback, post, slapd)
    paper = keyback.command("people", "codes", story.name).split()
    story.start()
    story.pick_paper()
    story.type_code(paper[0])
    story.pick_mail()
    story.type_code(post.mail_code(story.mail))
    assert story.renew().stage == "done"


def test_the_check_against_robots_is_harder_and_both_alerts_are_told_once(keyback: Keyback) -> None:
    wait_until(lambda: events(keyback).count("norm.exceeded") == 2, "both alerts")
    assert 'keyback_alarms_total{event="norm.exceeded"} 2' in keyback.metrics()
