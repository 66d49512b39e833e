"""One person, two directories: one new password for both, and the truth about each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from servers.event_log import events
from servers.keyback import Keyback
from servers.outfit import ENTRIES, HOME, SWIFT, pins, running_post
from servers.slapd import PASSWORD, Slapd, running_slapd
from servers.story import NEW, Post
from servers.two_directories import REALMS, Two, locked, somebody, told

OTHER = "copper lanterns hum at noon"


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """Mailboxes of their own: the people of another directory have the same addresses."""
    with running_post(tmp_path_factory.mktemp("post")) as both:
        yield both


@pytest.fixture(scope="module")
def windows() -> Iterator[Slapd]:
    """A directory that these tests may stop."""
    with running_slapd() as server:
        yield server


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second directory: Keyback's own, in a file that these tests may lock."""
    return tmp_path_factory.mktemp("small") / "people.db"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, post: Post, windows: Slapd, small: Path) -> Iterator[Keyback]:
    outfit = {**pins(post, windows, called="Windows sign-in"), **SWIFT, "store.embedded": {"database": str(small)}}
    more = {"entries": ENTRIES, "realms": REALMS}
    with Keyback(tmp_path_factory.mktemp("keyback-two"), outfit, processes=2, more=more) as running:
        yield running


@pytest.fixture
def two(server: Keyback, post: Post, windows: Slapd, small: Path) -> Two:
    return somebody(server, post, windows, small)


def test_both_get_the_new_password(two: Two) -> None:
    page = two.proven()
    assert page.form.ticks == {"account": ["1", "2"]}
    page = two.story.renew()
    assert (page.stage, told(page)) == ("done", {"openldap": "set", "embedded": "set"})
    assert "Both passwords are set" in page.text
    assert two.first_opens(NEW)
    assert two.second_opens(NEW)
    assert two.windows.writes(two.dn) == 1


def test_one_that_is_not_ticked_keeps_its_password(two: Two) -> None:
    two.proven()
    page = two.story.renew(account="2")
    assert (page.stage, told(page)) == ("done", {"embedded": "set"})
    assert two.windows.writes(two.dn) == 0
    assert two.first_opens(PASSWORD)
    assert two.second_opens(NEW)


def test_neither_is_written_when_none_is_ticked(two: Two) -> None:
    two.proven()
    page = two.story.renew(account=[])
    assert (page.status, page.stage) == (422, "renewing")
    assert "Choose at least one account" in page.text
    assert two.windows.writes(two.dn) == 0


def test_the_second_one_stops_in_the_middle_and_is_tried_again(two: Two, small: Path) -> None:
    two.proven()
    with locked(small):
        page = two.story.renew()
    assert (page.name, told(page)) == ("outcomes", {"openldap": "set", "embedded": "not-set"})
    assert "One of two passwords is set" in page.text
    assert page.links("Back to Alderwick") == [HOME]
    assert two.first_opens(NEW)
    assert two.second_opens(PASSWORD)
    (again,) = page.links("Try again for Keyback’s own directory")
    page = two.story.browser.get(again)
    assert page.marked("data-store") == ["embedded"]
    page = two.story.renew()
    assert (page.stage, told(page)) == ("done", {"openldap": "set", "embedded": "set"})
    assert two.second_opens(NEW)
    assert two.windows.writes(two.dn) == 1


def test_a_directory_that_is_gone_at_the_password_keeps_nobody_from_the_other(two: Two) -> None:
    two.proven()
    two.windows.stop()
    try:
        page = two.story.renew()
        assert told(page) == {"openldap": "not-set", "embedded": "set"}
        assert two.second_opens(NEW)
    finally:
        two.windows.start()
    (again,) = page.links("Try again for Windows sign-in")
    two.story.browser.get(again)
    assert two.story.renew().stage == "done"
    assert two.first_opens(NEW)


def test_one_that_refuses_leaves_both_as_they_were_until_another_password_is_chosen(two: Two) -> None:
    two.proven()
    page = two.story.renew(PASSWORD)
    assert told(page) == {"openldap": "refused", "embedded": "not-set"}
    assert "No password was changed" in page.text
    assert "The directory says: used before." in page.text
    (another,) = page.links("Choose another password")
    assert two.story.browser.get(another).form.ticks == {"account": ["1", "2"]}
    assert two.story.renew().stage == "done"
    assert two.first_opens(NEW)
    assert two.second_opens(NEW)


def test_a_person_without_their_second_directory_still_gets_in(two: Two) -> None:
    """It is gone from the first page to the last, and the page says so."""
    account, two.story.name = two.story.name, f"{two.story.name}@small.example"
    two.store.add_person(name=two.story.name, mails=[two.story.mail], phones=[two.story.phone])
    two.windows.stop()
    try:
        page = two.proven()
        assert "Windows sign-in didn’t answer, so its password stays as it is." in page.text
        page = two.story.renew()
        assert (page.stage, told(page)) == ("done", {"embedded": "set"})
    finally:
        two.windows.start()
    two.story.name = account
    assert two.first_opens(PASSWORD)
    assert two.second_opens(NEW)


def test_a_kill_between_the_two_is_told_truly_and_can_be_finished(two: Two, server: Keyback) -> None:
    two.proven()
    server.arm("write-answered")
    with pytest.raises(requests.RequestException):
        two.story.renew()
    page = two.story.wait_for_stage("renewing", seconds=90)
    assert told(page) == {"openldap": "set", "embedded": "not-set"}
    assert two.first_opens(NEW)
    assert two.second_opens(PASSWORD)
    (again,) = page.links("Try again for Keyback’s own directory")
    two.story.browser.get(again)
    assert two.story.renew().stage == "done"
    assert two.second_opens(NEW)
    assert two.windows.writes(two.dn) == 1
    assert events(server, two.story.recovery_id).count("password.set") == 2
