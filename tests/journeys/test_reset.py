"""Forgot my password: from the first page to a password that opens the real directory."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from servers.event_log import events
from servers.keyback import Keyback
from servers.outfit import HOME, LISTED, a_story, opens
from servers.slapd import PASSWORD, PEOPLE, Slapd
from servers.story import NEW, Post, Story, wait_until

# Names that lead nowhere, and why; the pages never tell.
NOBODY = ("nobody-of-that-name", "boss", "deputy")


def dn_of(story: Story) -> str:
    return f"uid={story.name},{PEOPLE}"


def test_somebody_who_forgot_gets_a_new_password(somebody: Story, slapd: Slapd) -> None:
    page = somebody.whole()
    assert page.stage == "done"
    assert page.marked("data-outcome") == ["set"]
    assert opens(slapd, somebody, NEW)
    assert not opens(slapd, somebody, PASSWORD)
    assert slapd.writes(dn_of(somebody)) == 1


def test_every_step_leaves_its_event(somebody: Story, keyback: Keyback) -> None:
    somebody.whole()
    story = [name for name in events(keyback, somebody.recovery_id) if not name.startswith("notice.")]
    # What the back office does stands between the person's steps, wherever it got to.
    assert [name for name in story if name not in {"person.found", "message.sent"}] == [
        "recovery.started", "method.picked", "proof.given", "method.picked", "proof.given", "password.intended",
        "password.set",
    ]  # fmt: skip
    assert story.count("person.found") == 1
    # What became of messages is written down a moment later.
    wait_until(lambda: events(keyback, somebody.recovery_id).count("message.sent") == 2, "both to be written down")


def test_the_owner_hears_of_it(somebody: Story, post: Post) -> None:
    somebody.whole()
    wait_until(lambda: "Your new password is set" in post.mails(somebody.mail), "a notice")
    assert "Somebody started a password reset" in post.mails(somebody.mail)


def test_a_saved_code_is_a_second_proof_and_good_once(somebody: Story, keyback: Keyback, slapd: Slapd) -> None:
    paper = keyback.command("people", "codes", somebody.name).split()
    somebody.start()
    somebody.pick_mail()
    somebody.type_code(somebody.post.mail_code(somebody.mail))
    somebody.pick_paper()
    assert somebody.type_code(paper[0]).stage == "renewing"
    assert somebody.renew().stage == "done"
    assert opens(slapd, somebody, NEW)
    again = Story.of(keyback, somebody.post, somebody.name)
    again.start()
    again.pick_paper()
    page = again.type_code(paper[0])
    assert (page.status, page.stage) == (422, "answering")
    # Written the way people copy it: small, without dashes, with an O for a zero.
    assert again.type_code(paper[1].lower().replace("-", " ").replace("0", "o")).stage == "choosing"


def test_a_person_may_go_back_and_choose_another_way(somebody: Story) -> None:
    somebody.start()
    somebody.pick_mail()
    page = somebody.press("back")
    assert (page.status, page.stage, page.name) == (200, "choosing", "choosing")
    somebody.pick_text()
    assert somebody.type_code(somebody.post.text_code(somebody.phone)).stage == "choosing"


def test_from_the_number_back_to_the_list(somebody: Story) -> None:
    page = somebody.start()
    page = somebody.browser.submit(page, offer="sms")
    assert page.name == "destination"
    assert somebody.press("back").name == "choosing"


def test_another_code_asked_for_too_early_leaves_the_first_one_good(somebody: Story) -> None:
    somebody.start()
    somebody.pick_mail()
    code = somebody.post.mail_code(somebody.mail)
    page = somebody.press("again")
    assert page.status == 429
    assert "The one you have is still good." in page.text
    assert 0 < int(page.headers["Retry-After"]) <= 30
    assert somebody.type_code(code).stage == "choosing"


def test_whoever_stops_is_told_that_nothing_changed(somebody: Story, slapd: Slapd) -> None:
    somebody.start()
    page = somebody.press("cancel")
    assert (page.stage, page.headers["Clear-Site-Data"]) == ("closed", '"cache"')
    assert "Nothing was changed." in page.text
    assert opens(slapd, somebody, PASSWORD)


def test_five_wrong_codes_close_a_way_and_the_last_way_closes_the_try(somebody: Story) -> None:
    somebody.start()
    somebody.pick_mail()
    right = somebody.post.mail_code(somebody.mail)
    for left in (4, 3, 2):
        assert f"You can try {left} more times." in somebody.type_code(other_than(right)).text
    assert "You can try once more." in somebody.type_code(other_than(right)).text
    page = somebody.type_code(other_than(right))
    assert (page.status, page.stage) == (422, "choosing")
    assert page.marked("data-method") == ["sms", "saved_codes"]
    somebody.pick_text()
    right = somebody.post.text_code(somebody.phone)
    for _ in range(5):
        page = somebody.type_code(other_than(right))
    somebody.pick_paper()
    for _ in range(5):
        page = somebody.type_code("0123-4567-89AB-CDEF")
    assert page.stage == "closed"
    assert "call the help desk and give reference" in page.text


def test_a_weak_password_is_refused_and_a_good_one_then_taken(somebody: Story, slapd: Slapd) -> None:
    somebody.start()
    somebody.prove()
    for weak in ("short", "password123", "Alderwick-2026"):
        page = somebody.renew(weak)
        assert (page.status, page.stage) == (422, "renewing")
        assert weak not in page.html
    assert slapd.writes(dn_of(somebody)) == 0
    assert somebody.renew().stage == "done"
    assert opens(slapd, somebody, NEW)


def test_a_password_that_the_directory_remembers_is_refused_in_its_words(somebody: Story, slapd: Slapd) -> None:
    somebody.start()
    somebody.prove()
    page = somebody.renew(PASSWORD)
    assert page.stage == "renewing"
    assert page.marked("data-outcome") == ["refused"]
    assert "The directory says: used before." in page.text
    assert somebody.renew().stage == "done"
    assert opens(slapd, somebody, NEW)
    assert slapd.writes(dn_of(somebody)) == 1


def test_a_locked_account_is_open_again(somebody: Story, slapd: Slapd) -> None:
    for _ in range(5):
        slapd.bind(dn_of(somebody), "wrong")
    assert not opens(slapd, somebody, PASSWORD)
    assert somebody.whole().stage == "done"
    assert opens(slapd, somebody, NEW)


@pytest.mark.parametrize("policy", ["expired", "minage", "nochange"])
def test_whatever_state_the_password_was_in_the_new_one_works(
    keyback: Keyback, post: Post, slapd: Slapd, policy: str
) -> None:
    somebody = a_story(keyback, post, slapd, policy=policy)
    assert somebody.whole().stage == "done"
    assert opens(slapd, somebody, NEW)


def test_a_password_that_had_to_be_changed_need_not_be_any_more(somebody: Story, slapd: Slapd) -> None:
    slapd.mark(dn_of(somebody), pwdReset="TRUE")
    assert somebody.whole().stage == "done"
    assert not slapd.read(dn_of(somebody), "pwdReset").get("pwdReset")


@pytest.mark.parametrize(("return_to", "back"), [(LISTED, LISTED), ("https://evil.example/", HOME), ("", HOME)])
def test_by_a_door_and_back(somebody: Story, return_to: str, back: str) -> None:
    path = f"/go/alderwick?login_hint={quote(somebody.name)}&return_to={quote(return_to, safe='')}"
    page = somebody.browser.get(path)
    assert page.form.fields["identifier"] == somebody.name
    assert somebody.post.mails(somebody.mail) == []
    somebody.start(path)
    somebody.prove()
    page = somebody.renew()
    assert page.links("Back to Alderwick") == [back]


@pytest.mark.parametrize("name", NOBODY)
def test_a_name_that_leads_nowhere_gets_the_same_pages_and_no_message(keyback: Keyback, post: Post, name: str) -> None:
    nobody = Story.of(keyback, post, name, phone="+15550000000")
    assert nobody.start().stage == "choosing"
    assert nobody.pick_mail().stage == "answering"
    assert nobody.type_code("12345678").status == 422
    nobody.press("back")
    assert nobody.pick_text().stage == "answering"
    wait_until(lambda: events(keyback, nobody.recovery_id).count("message.dropped") == 2, "both to be dropped")
    assert post.mails(nobody.mail) == []
    assert not [asked for asked in post.texts.asked if b"15550000000" in asked.body]


def other_than(code: str) -> str:
    """A wrong code of the right length."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"
