"""Locked out with the right password in mind: from the front door to an open account, on a real directory."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers.event_log import events
from servers.keyback import Keyback
from servers.outfit import ENTRIES, SWIFT, a_story, opens, pins
from servers.slapd import PASSWORD, PEOPLE, Slapd
from servers.story import NEW, Post, Story, wait_until

from keyback.core.recovery.policy import Policy
from keyback.plugins.stores._ppolicy import LOCKED_BY_ADMIN

WRONG_TRIES = 5


def dn_of(story: Story) -> str:
    return f"uid={story.name},{PEOPLE}"


def lock_out(slapd: Slapd, story: Story) -> None:
    """As it happens: too many wrong passwords."""
    for _ in range(WRONG_TRIES):
        slapd.bind(dn_of(story), "wrong")
    assert not opens(slapd, story, PASSWORD)


def test_whoever_is_locked_out_gets_in_with_the_password_they_had(somebody: Story, slapd: Slapd) -> None:
    lock_out(slapd, somebody)
    assert somebody.browser.get("/").links("Unlock my account") == ["/unlock"]
    assert somebody.start("/unlock").stage == "choosing"
    page = somebody.prove()
    assert (page.stage, page.marked("data-outcome")) == ("done", ["set"])
    assert "Your password is the same as before." in page.text
    assert "Too many wrong passwords locked it" in page.text
    assert opens(slapd, somebody, PASSWORD)
    assert slapd.writes(dn_of(somebody)) == 0


def test_every_step_leaves_its_event(somebody: Story, slapd: Slapd, keyback: Keyback) -> None:
    lock_out(slapd, somebody)
    somebody.start("/unlock")
    somebody.prove()
    story = [name for name in events(keyback, somebody.recovery_id) if not name.startswith("notice.")]
    assert [name for name in story if name not in {"person.found", "message.sent"}] == [
        "recovery.started", "method.picked", "proof.given", "method.picked", "proof.given", "account.unlock-intended",
        "account.unlocked",
    ]  # fmt: skip


def test_the_owner_hears_of_it(somebody: Story, slapd: Slapd, post: Post) -> None:
    lock_out(slapd, somebody)
    somebody.start("/unlock")
    somebody.prove()
    wait_until(lambda: "Your account was unlocked" in post.mails(somebody.mail), "a notice")
    assert "Somebody started to unlock your account" in post.mails(somebody.mail)


def test_whoever_is_not_locked_out_is_told_after_the_proofs_and_sent_to_a_reset(somebody: Story) -> None:
    somebody.start("/unlock")
    page = somebody.prove()
    assert page.stage == "closed"
    assert "Your account isn’t locked. If your password doesn’t work, reset it." in page.text
    assert page.links("Reset my password") == ["/recover"]


def test_a_lock_that_an_administrator_set_meanwhile_stays(somebody: Story, slapd: Slapd) -> None:
    lock_out(slapd, somebody)
    somebody.start("/unlock")
    somebody.pick_mail()
    somebody.type_code(somebody.post.mail_code(somebody.mail))
    slapd.mark(dn_of(somebody), pwdAccountLockedTime=LOCKED_BY_ADMIN)
    somebody.pick_text()
    page = somebody.type_code(somebody.post.text_code(somebody.phone))
    assert page.stage == "closed"
    assert "Your organisation unlocks this account by hand. Call the help desk." in page.text
    assert not opens(slapd, somebody, PASSWORD)


@pytest.mark.parametrize("who", ["nobody-of-that-name", "boss", "locked by an administrator"])
def test_before_the_first_proof_nobody_learns_who_is_locked(
    keyback: Keyback, post: Post, slapd: Slapd, who: str
) -> None:
    if who == "locked by an administrator":
        hers = a_story(keyback, post, slapd)
        slapd.mark(dn_of(hers), pwdAccountLockedTime=LOCKED_BY_ADMIN)
        who = hers.name
    locked, nobody = a_story(keyback, post, slapd), Story.of(keyback, post, who, phone="+15550000000")
    lock_out(slapd, locked)
    seen = [
        (page.status, page.stage, page.name, page.text)
        for story in (locked, nobody)
        for page in (story.start("/unlock"), story.pick_mail(), story.type_code("12345678"))
    ]
    assert seen[:3] == seen[3:]


def test_a_reset_unlocks_if_the_policy_says_so_and_is_refused_where_it_may_not(
    tmp_path: Path, post: Post, slapd: Slapd
) -> None:
    """OpenLDAP opens a locked account with every new password, so one that must stay locked gets none."""
    policies = [Policy("everybody", unlock_on_reset=False)]
    outfit = {**pins(post, slapd), **SWIFT}
    with Keyback(tmp_path, outfit, processes=1, more={"entries": ENTRIES}, policies=policies) as server:
        locked, open_one = a_story(server, post, slapd), a_story(server, post, slapd)
        lock_out(slapd, locked)
        page = locked.whole()
        assert (page.stage, page.marked("data-outcome")) == ("renewing", ["refused"])
        assert "resets this account by hand" in page.text
        assert slapd.writes(dn_of(locked)) == 0
        assert open_one.whole().stage == "done"
        assert opens(slapd, open_one, NEW)
