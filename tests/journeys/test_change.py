"""Change my password: by a name and the old one, over HTTP, down to the real directory."""

from __future__ import annotations

import re
from itertools import count

import pytest
from servers.browser import Page
from servers.changing_story import change, press_change, start_change
from servers.keyback import Keyback
from servers.outfit import a_story, opens
from servers.slapd import PASSWORD, PEOPLE, Slapd
from servers.story import NEW, Post, Story, wait_until

WRONG = "not the password of anybody"
_nobody = count()


def skeleton(page: Page, name: str) -> str:
    """A page without what no two pages have alike: who was typed, and what is drawn anew."""
    return re.sub(r"[0-9a-f]{32,}|nonce=\"[^\"]*\"", "#", page.html.replace(name, "NAME"))


def test_the_welcome_page_offers_it(somebody: Story) -> None:
    page = somebody.browser.get("/")
    assert page.links("Change my password") == ["/change"]


def test_a_known_password_is_changed_by_the_name_and_the_old_one(somebody: Story, slapd: Slapd, post: Post) -> None:
    page = change(somebody, PASSWORD)
    assert (page.stage, page.marked("data-outcome")) == ("changed", ["set"])
    assert "Your password is changed" in page.text
    assert opens(slapd, somebody, NEW)
    assert not opens(slapd, somebody, PASSWORD)
    assert slapd.writes(f"uid={somebody.name},{PEOPLE}") == 1
    wait_until(lambda: "Your password is changed" in post.mails(somebody.mail), "a notice")


@pytest.mark.parametrize("marks", [{"pwdReset": "TRUE"}, {}], ids=["must change", "run out"])
def test_who_cannot_sign_in_any_more_changes_it_here(
    keyback: Keyback, post: Post, slapd: Slapd, marks: dict[str, str]
) -> None:
    person = slapd.person(policy="" if marks else "expired", **marks)
    somebody = Story.of(keyback, post, person.uid)
    assert change(somebody, PASSWORD).stage == "changed"
    assert slapd.bind(person.dn, NEW)[0] == 0


def test_wrong_ones_lock_nobody_in_the_directory(somebody: Story, slapd: Slapd) -> None:
    page = start_change(somebody.browser, somebody.name)
    for left in (4, 3, 2):
        page = press_change(somebody.browser, page, WRONG)
        assert f"You can try {left} more times." in page.text
    assert "You can try once more." in press_change(somebody.browser, page, WRONG).text

    def closed() -> Page | None:
        # Whoever types as fast as we do is asked to wait for a second before the last one counts.
        last = press_change(somebody.browser, somebody.browser.get(page.url), WRONG)
        return last if last.stage == "closed" else None

    page = wait_until(closed, "the last try to be taken")
    assert "Too many tries for now." in page.text
    assert "Your account itself isn’t locked by this." in page.text
    marks = slapd.read(f"uid={somebody.name},{PEOPLE}", "pwdFailureTime", "pwdAccountLockedTime")
    assert not any(marks.values())
    assert opens(slapd, somebody, PASSWORD)


def test_nobody_and_whoever_may_not_see_the_same_bytes_and_cookies_as_a_wrong_password(
    keyback: Keyback, post: Post, slapd: Slapd
) -> None:
    """Whichever password they bring: the right one of a privileged or locked account is no better."""
    locked = slapd.person()
    slapd.lock(locked)
    names = [
        (slapd.person().uid, WRONG),
        (locked.uid, PASSWORD),
        ("boss", PASSWORD),
        (f"nobody-{next(_nobody)}", WRONG),
    ]
    seen = set()
    for name, password in names:
        browser = keyback.browser()
        first = start_change(browser, name)
        page = press_change(browser, first, password)
        cookies = tuple(sorted(page.headers.keys()))
        seen.add((first.status, skeleton(first, name), page.status, skeleton(page, name), cookies))
    assert len(seen) == 1
    assert "This name and password don’t fit together" in next(iter(seen))[3]


def test_a_refusal_of_the_directory_is_a_sentence_for_who_had_the_right_one(somebody: Story, slapd: Slapd) -> None:
    page = change(somebody, PASSWORD, NEW)
    page = change(somebody, NEW, PASSWORD + " and more")
    assert page.stage == "changed"
    page = change(somebody, PASSWORD + " and more", NEW)
    assert "The directory says: used before." in page.text
    page = press_change(somebody.browser, page, WRONG, NEW)
    assert "used before" not in page.text
    assert opens(slapd, somebody, PASSWORD + " and more")


def test_mistakes_are_said_before_anything_is_counted(somebody: Story) -> None:
    page = start_change(somebody.browser, somebody.name)
    for typed, said in (
        (("", NEW, NEW), "Enter your current password"),
        ((PASSWORD, NEW, NEW + "x"), "The two passwords differ."),
        ((PASSWORD, "short", "short"), "characters or more"),
        ((PASSWORD, PASSWORD, PASSWORD), "your current password. Choose another one."),
    ):
        page = press_change(somebody.browser, page, *typed)
        assert (page.status, said in page.text.replace("&#39;", "'").replace("’", "'")) == (422, True), said
    assert press_change(somebody.browser, page, PASSWORD).stage == "changed"


def test_a_second_tab_is_told_that_this_was_done(somebody: Story, slapd: Slapd) -> None:
    first = start_change(somebody.browser, somebody.name)
    assert press_change(somebody.browser, first, PASSWORD).stage == "changed"
    late = somebody.browser.submit(
        first, move="continue", current_password=NEW, new_password=WRONG, new_password_again=WRONG
    )
    assert late.status == 409
    assert opens(slapd, somebody, NEW)


def test_whoever_stops_has_changed_nothing_and_a_stranger_sees_nothing(
    somebody: Story, keyback: Keyback, slapd: Slapd
) -> None:
    page = start_change(somebody.browser, somebody.name)
    assert keyback.browser().get(page.url).status == 403
    assert somebody.browser.submit(page, move="cancel").stage == "closed"
    assert opens(slapd, somebody, PASSWORD)


def test_no_password_is_in_the_log_or_the_database(keyback: Keyback, post: Post, slapd: Slapd) -> None:
    somebody = a_story(keyback, post, slapd)
    canary = "canary anchors drift homeward"
    change(somebody, PASSWORD, canary)
    change(somebody, "wrong " + canary, canary + " again")
    assert canary not in keyback.log.read_text(errors="replace")
    for file in (keyback.folder / "data").rglob("*"):
        assert not file.is_file() or canary.encode() not in file.read_bytes()
