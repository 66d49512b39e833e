"""This wasn't me: the link in a notice, from the mail scanner that opens it to the help desk that lifts the stop."""

from __future__ import annotations

from servers.event_log import events
from servers.keyback import Keyback
from servers.outfit import opens
from servers.slapd import PASSWORD, Slapd
from servers.story import NEW, Post, Story, wait_until

STOP = {"move": "stop"}


def again(story: Story) -> Story:
    """The same person at another browser."""
    return Story.of(story.keyback, story.post, story.name, mail=story.mail, phone=story.phone)


def again_started(story: Story) -> Story:
    story = again(story)
    story.start()
    return story


def looked_up(story: Story) -> str:
    """What the back office found out about the name."""
    return wait_until(
        lambda: next((name for name in events(story.keyback, story.recovery_id) if name.startswith("person.")), ""),
        "the look-up",
    )


def test_from_the_notice_to_the_stop_and_back(somebody: Story, keyback: Keyback, post: Post, slapd: Slapd) -> None:
    somebody.start()
    somebody.pick_mail()
    somebody.type_code(post.mail_code(somebody.mail))
    link = post.wasnt_me(somebody.mail)
    scanner, owner = keyback.browser(), keyback.browser()
    for _ in range(5):
        asked = scanner.get(link)
        assert (asked.status, asked.name, scanner.cookies) == (200, "wasnt-me", {})
        assert somebody.name not in asked.html
    assert somebody.browser.get(somebody.here().url).stage == "choosing"

    told = owner.submit(owner.get(link))
    assert (told.status, told.forms) == (200, [])
    assert "Self-service is stopped for your account and the help desk knows." in told.text
    assert owner.submit(owner.get(link)).text == told.text
    ended = somebody.browser.get(somebody.here().url)
    assert (ended.stage, "Self-service is stopped for your account" in ended.text) == ("closed", True)
    wait_until(lambda: "Self-service is stopped for your account" in post.mails(somebody.mail), "the notice")
    assert opens(slapd, somebody, PASSWORD)

    later = again_started(somebody)
    assert later.here().stage == "choosing"
    later.pick_mail()
    assert looked_up(later) == "person.nobody"

    keyback.command("people", "unfreeze", somebody.name)
    served, old_code = again(somebody), post.mail_code(somebody.mail)
    served.start()
    served.pick_mail()
    served.type_code(post.mail_code(somebody.mail, after=old_code))
    served.pick_text()
    served.type_code(post.text_code(somebody.phone))
    assert served.renew().stage == "done"
    assert opens(slapd, somebody, NEW)
    # What the help desk has decided, the old link does not undo.
    assert owner.post(link, STOP).status == 404


def test_without_a_proof_nothing_that_somebody_has_stops_anybody(somebody: Story, keyback: Keyback, post: Post) -> None:
    somebody.start()
    somebody.pick_mail()
    wrong = "00000000" if post.mail_code(somebody.mail) != "00000000" else "00000001"
    somebody.type_code(wrong)
    token = somebody.browser.get(somebody.here().url).form.fields["token"]
    stranger = keyback.browser()
    for guess in (somebody.recovery_id, token, "a" * 183, somebody.name):
        assert stranger.get(f"/wasnt-me/{guess}").status == 404
        assert stranger.post(f"/wasnt-me/{guess}", STOP).status == 404
    assert not [mail for mail in post.mail.messages if somebody.mail in mail.recipients and "wasnt-me" in mail.text]
    assert "self-service.stopped" not in events(keyback, somebody.recovery_id)
    assert looked_up(again_started(somebody)) == "person.found"
