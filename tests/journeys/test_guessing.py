"""Guessing, racing and stealing codes: what a person proved, nobody else and nothing else can prove."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from servers.browser import Browser, Page
from servers.event_log import counted
from servers.keyback import Keyback
from servers.outfit import SWIFT, a_story, opens, pins
from servers.slapd import PASSWORD, PEOPLE, Slapd
from servers.story import NEW, Post, Story
from servers.together import at_once

# A race needs two: two processes behind one address, and, with the twin below, two nodes.
pytestmark = pytest.mark.parametrize(
    "keyback", [("sqlite", 2), ("postgresql", 2)], indirect=True, ids=["sqlite-2", "postgresql-2"]
)

CROWD = 40
MOST = 5


def asked_by_mail(story: Story, *, after: str = "") -> str:
    """A code is asked for and has arrived, so that whoever guesses is judged."""
    story.start()
    story.pick_mail()
    return story.post.mail_code(story.mail, after=after)


def wrong(code: str, n: int = 0) -> str:
    return f"{(int(code) + 1 + n) % 10 ** len(code):0{len(code)}}"


def insist(browser: Browser, path: str, code: str) -> Page:
    """Send this guess with whatever token is good now, again and again until it is judged or nothing is asked."""
    while True:
        page = browser.get(path)
        if page.stage != "answering":
            return page
        answer = browser.submit(page, code=code)
        if answer.status != 409:
            return answer


def test_forty_guesses_at_once_are_five(somebody: Story, keyback: Keyback) -> None:
    code = asked_by_mail(somebody)
    path, windows = f"/recover/{somebody.recovery_id}", [somebody.browser.copy() for _ in range(CROWD)]
    at_once(CROWD, lambda n: insist(windows[n], path, wrong(code, n)))
    assert counted(keyback, somebody.recovery_id)["proof.missed"] == MOST
    assert somebody.reload().marked("data-method") == ["sms", "saved_codes"]


def test_forty_guesses_with_one_form_are_one(somebody: Story, keyback: Keyback) -> None:
    code = asked_by_mail(somebody)
    windows = [somebody.browser.copy() for _ in range(CROWD)]
    answers = at_once(CROWD, lambda n: windows[n].submit(somebody.here(), code=wrong(code, n)))
    assert sorted(answer.status for answer in answers) == [409] * (CROWD - 1) + [422]
    assert counted(keyback, somebody.recovery_id)["proof.missed"] == 1


def test_the_right_guess_among_forty_counts_only_among_the_first_five(somebody: Story, keyback: Keyback) -> None:
    code = asked_by_mail(somebody)
    path, windows = f"/recover/{somebody.recovery_id}", [somebody.browser.copy() for _ in range(CROWD)]
    at_once(CROWD, lambda n: insist(windows[n], path, code if n == CROWD // 2 else wrong(code, n)))
    log = counted(keyback, somebody.recovery_id)
    assert log["proof.given"] <= 1
    assert log["proof.missed"] <= MOST - log["proof.given"]


def test_forty_guesses_over_eight_recoveries_are_five(keyback: Keyback, post: Post, slapd: Slapd) -> None:
    victim = a_story(keyback, post, slapd)
    stories = [Story.of(keyback, post, victim.name) for _ in range(8)]
    for story in stories:
        story.start()
        # Each draws a code of its own, though the mailbox gets only the first few.
        story.pick_mail()
    at_once(CROWD, lambda n: guess_one(stories[n % 8], n))
    log = counted(keyback, *(story.recovery_id for story in stories))
    assert 0 < log["proof.missed"] <= MOST
    assert log["proof.given"] == 0


def guess_one(story: Story, n: int) -> Page:
    return insist(story.browser.copy(), f"/recover/{story.recovery_id}", f"{n:08}")


def test_another_spelling_is_no_fresh_budget(somebody: Story, keyback: Keyback) -> None:
    code = asked_by_mail(somebody)
    for n in range(MOST):
        somebody.type_code(wrong(code, n))
    for spelling in (somebody.name.upper(), f" {somebody.name}. ", somebody.mail, somebody.mail.title()):
        other = Story.of(keyback, somebody.post, spelling)
        other.start()
        other.pick_mail()
        page = other.type_code(wrong(code))
        assert (page.status, page.stage) == (429, "answering"), spelling
        assert "Your account itself isn’t locked by this." in page.text


def test_a_stranger_who_used_up_every_guess_keeps_nobody_out_who_was_here_before(
    somebody: Story, keyback: Keyback, slapd: Slapd
) -> None:
    somebody.whole()
    stranger = Story.of(keyback, somebody.post, somebody.name)
    code = asked_by_mail(stranger, after=somebody.post.mail_code(somebody.mail))
    for n in range(MOST):
        stranger.type_code(wrong(code, n))
    # The owner comes back with the browser of last time, and types wrongly once.
    assert any(name.endswith("kb_d") for name in somebody.browser.cookies)
    somebody.start()
    somebody.pick_mail()
    assert somebody.type_code(wrong(code)).status == 422
    assert slapd.bind(f"uid={somebody.name},{PEOPLE}", NEW)[0] == 0


def test_a_code_proves_nothing_in_another_recovery(somebody: Story, keyback: Keyback) -> None:
    code = asked_by_mail(somebody)
    other = Story.of(keyback, somebody.post, somebody.name)
    fresh = asked_by_mail(other, after=code)
    assert other.type_code(code).status == 422
    # Nor does the newer one where the older was asked for.
    assert somebody.type_code(fresh).status == 422
    assert somebody.type_code(code).stage == "choosing"


def test_a_code_proves_nothing_for_somebody_else(keyback: Keyback, post: Post, slapd: Slapd) -> None:
    one, other = a_story(keyback, post, slapd), a_story(keyback, post, slapd)
    code = asked_by_mail(one)
    asked_by_mail(other)
    assert other.type_code(code).status == 422


def test_a_code_proves_nothing_in_another_browser(somebody: Story, keyback: Keyback) -> None:
    code = asked_by_mail(somebody)
    page, path = somebody.here(), f"/recover/{somebody.recovery_id}"
    thief = keyback.browser()
    assert thief.post(path, {**page.form.fields, "move": "continue", "code": code}).status == 403
    # Even one who holds a recovery of their own, and takes the form of this one.
    own = Story.of(keyback, somebody.post, "nobody-at-all")
    own.start()
    assert own.browser.post(path, {**page.form.fields, "move": "continue", "code": code}).status == 403
    own_path = f"/recover/{own.recovery_id}"
    assert own.browser.post(own_path, {**page.form.fields, "move": "continue", "code": code}).status == 409
    assert counted(keyback, somebody.recovery_id)["proof.given"] == 0


def test_a_code_proves_nothing_a_second_time(somebody: Story, keyback: Keyback) -> None:
    code = asked_by_mail(somebody)
    form = somebody.here()
    stolen = somebody.browser.copy()
    assert somebody.type_code(code).stage == "choosing"
    assert somebody.browser.submit(form, code=code).status == 409
    # With the proof came another cookie: whoever copied the first one holds nothing any more.
    assert stolen.submit(form, code=code).status == 403
    assert stolen.get(f"/recover/{somebody.recovery_id}").status == 403
    assert counted(keyback, somebody.recovery_id)["proof.given"] == 1


@pytest.mark.parametrize("passwords", ["equal", "different"])
def test_thirty_new_passwords_at_once_are_one_write(
    somebody: Story, keyback: Keyback, slapd: Slapd, passwords: str
) -> None:
    somebody.start()
    somebody.prove()
    page, windows = somebody.here(), [somebody.browser.copy() for _ in range(30)]
    wished = [NEW if passwords == "equal" else f"{NEW} number {n}" for n in range(30)]
    answers = at_once(30, lambda n: windows[n].submit(page, new_password=wished[n], new_password_again=wished[n]))
    assert slapd.writes(f"uid={somebody.name},{PEOPLE}") == 1
    assert counted(keyback, somebody.recovery_id)["password.set"] == 1
    done = [n for n, answer in enumerate(answers) if answer.stage == "done"]
    assert len(done) == 1
    # Whoever is told "set" is told so of the password that was set.
    assert opens(slapd, somebody, wished[done[0]])
    assert not opens(slapd, somebody, PASSWORD)


@pytest.fixture(scope="session")
def twin(keyback: Keyback, post: Post, slapd: Slapd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyback]:
    """Another server over the same database, with the same key, as a second node would be."""
    folder = tmp_path_factory.mktemp("twin")
    shutil.copy(keyback.folder / "keyback.key", folder)
    with Keyback(folder, {**pins(post, slapd), **SWIFT}, database_url=keyback.database_url) as server:
        yield server


def test_the_right_code_sent_to_two_servers_at_once_is_one_proof(
    keyback: Keyback, twin: Keyback, post: Post, slapd: Slapd
) -> None:
    for _ in range(5):
        story = a_story(keyback, post, slapd)
        code, page = asked_by_mail(story), story.here()
        windows = [story.browser.copy(), story.browser.copy()]
        windows[1].base = twin.url
        at_once(2, lambda n, page=page, code=code, windows=windows: windows[n].submit(page, code=code))  # type: ignore[misc]
        log = counted(keyback, story.recovery_id)
        assert (log["proof.given"], log["proof.missed"]) == (1, 0)


def test_a_new_password_sent_to_two_servers_at_once_is_one_write(
    keyback: Keyback, twin: Keyback, post: Post, slapd: Slapd
) -> None:
    story = a_story(keyback, post, slapd)
    story.start()
    story.prove()
    page, windows = story.here(), [story.browser.copy() for _ in range(12)]
    for window in windows[::2]:
        window.base = twin.url
    at_once(12, lambda n: windows[n].submit(page, new_password=NEW, new_password_again=NEW))
    assert slapd.writes(f"uid={story.name},{PEOPLE}") == 1
    assert opens(slapd, story, NEW)
