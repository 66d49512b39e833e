"""The whole story at a browser that runs no script: the human check is a picture, and only people read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr
from servers.browser import Page
from servers.human import read
from servers.keyback import Keyback
from servers.outfit import ENTRIES, a_story, opens, pins
from servers.slapd import Slapd
from servers.story import NEW, Post, Story

from keyback.plugins.human_checks.picture_and_sound import PictureAndSound, PictureAndSoundSettings

KEY = "the tests can read pictures by this"
EYES = PictureAndSound(PictureAndSoundSettings(key=SecretStr(KEY)))
WRONG = "The characters didn’t match. Here’s a new picture."
TOO_LATE = "The check ran out of time. Press Continue again."


@pytest.fixture(scope="module")
def keyback(tmp_path_factory: pytest.TempPathFactory, post: Post, slapd: Slapd) -> Iterator[Keyback]:
    """Two processes: one shows the picture, the other may draw it, and either may judge."""
    folder: Path = tmp_path_factory.mktemp("keyback-pictures")
    outfit = {**pins(post, slapd), "human_check.picture_and_sound": {"key": KEY}}
    with Keyback(folder, outfit, processes=2, more={"entries": ENTRIES}) as server:
        yield server


@pytest.fixture
def somebody(keyback: Keyback, post: Post, slapd: Slapd) -> Story:
    return a_story(keyback, post, slapd)


def asks_for_a_picture(story: Story, path: str = "/go/alderwick") -> Page:
    """The first page, and its second button."""
    page = story.browser.get(path)
    return story.browser.submit(page, button=("check", "picture"), identifier=story.name)


def seen_on(page: Page) -> str:
    return read(EYES, page.form.fields["picture_task"])


def starts(story: Story, page: Page, text: str = "") -> Page:
    return story.browser.submit(page, picture_text=text or seen_on(page).lower())


def test_somebody_without_scripts_gets_a_new_password(somebody: Story, slapd: Slapd) -> None:
    page = asks_for_a_picture(somebody)
    assert page.form.fields["identifier"] == somebody.name
    assert page.form.fields["entry"] == "alderwick"
    assert starts(somebody, page).stage == "choosing"
    somebody.prove()
    assert somebody.renew().stage == "done"
    assert opens(slapd, somebody, NEW)


def test_picture_and_sound_are_drawn_by_whoever_is_asked(somebody: Story, keyback: Keyback) -> None:
    task = asks_for_a_picture(somebody).form.fields["picture_task"]
    headers = {"Host": somebody.browser.origin.removeprefix("https://")}
    for end, kind in (("png", "image/png"), ("wav", "audio/wav")):
        answers = [requests.get(f"{keyback.url}/human/{task}.{end}", headers=headers, timeout=30) for _ in range(6)]
        assert {(answer.status_code, answer.headers["Content-Type"]) for answer in answers} == {(200, kind)}
        if end == "wav":
            assert len({answer.content for answer in answers}) == 1


def test_every_look_at_the_page_is_another_picture(somebody: Story) -> None:
    page = asks_for_a_picture(somebody)
    another = somebody.browser.submit(page, button=("check", "picture"), picture_text="half")
    assert another.status == 200
    assert seen_on(another) != seen_on(page)


def test_a_wrong_answer_gets_a_new_picture_and_uses_the_old_one_up(somebody: Story) -> None:
    page = asks_for_a_picture(somebody)
    refused = starts(somebody, page, "AAAAAA")
    assert refused.status == 422
    assert WRONG in refused.text
    assert seen_on(refused) != seen_on(page)
    again = starts(somebody, page)
    assert again.status == 422
    assert TOO_LATE in again.text
    assert starts(somebody, again).stage == "choosing"


def test_one_picture_starts_one_recovery(somebody: Story) -> None:
    page = asks_for_a_picture(somebody)
    assert starts(somebody, page).stage == "choosing"
    assert starts(somebody, page).status == 422


@pytest.mark.parametrize("other", ["", "solved"])
def test_both_checks_at_once_are_refused(somebody: Story, other: str) -> None:
    page = asks_for_a_picture(somebody)
    refused = somebody.browser.submit(page, picture_text=seen_on(page), proof_of_work=other)
    assert refused.status == 422
    assert starts(somebody, refused).stage == "choosing"


def test_who_starts_too_often_by_picture_must_wait_whatever_the_name(somebody: Story, keyback: Keyback) -> None:
    pages = []
    for number in range(21):
        somebody.name = ("nobody.at.all", somebody.name)[number % 2]
        pages.append(starts(somebody, asks_for_a_picture(somebody)))
    assert [page.stage for page in pages[:20]] == ["choosing"] * 20
    assert pages[20].status == 429
    assert "Too many tries for now." in pages[20].text
    # The proof of work has a budget of its own.
    assert somebody.start().stage == "choosing"


def test_what_is_in_the_picture_stands_in_no_page_address_or_log(somebody: Story, keyback: Keyback) -> None:
    seen = []
    page = asks_for_a_picture(somebody)
    for _ in range(5):
        seen.append(seen_on(page))
        page = somebody.browser.submit(page, button=("check", "picture"))
    seen.append(seen_on(page))
    assert starts(somebody, page).stage == "choosing"
    told = [f"{one.url} {one.headers} {one.html}" for one in somebody.browser.history] + [keyback.log.read_text()]
    for characters in (*seen, KEY):
        assert not [text for text in told if characters.casefold() in text.casefold()]
