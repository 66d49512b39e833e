"""The console's people, records and doors in Chromium: whoever runs it does each of them by the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from servers.by_keyboard import Typist
from servers.colleague import Colleague
from servers.demo import Visitor
from servers.story import NEW, wait_until
from servers.ways import Paper

from keyback.config.demo.people import BERGS, HANAS, KITS, ROTHS

PASSWORDS = {"roth": ROTHS, "berg": BERGS, "hana": HANAS}


@pytest.fixture(scope="module")
def desks(chromium: Any, demo: str) -> Iterator[dict[str, Typist]]:
    """Two administrators and somebody of the help desk, each at a browser of their own; each signs in once."""
    everybody = {name: Typist(chromium, demo) for name in PASSWORDS}
    for name, typist in everybody.items():
        typist.enter(name, PASSWORDS[name])
    yield everybody
    for typist in everybody.values():
        typist.visitor.context.close()


@pytest.fixture
def at_home(desks: dict[str, Typist]) -> Iterator[dict[str, Typist]]:
    """All of them where they begin; nothing complains of what they do."""
    for typist in desks.values():
        typist.page.goto(f"{typist.base}/admin/")
    yield desks
    assert {name: typist.visitor.complaints for name, typist in desks.items()} == {name: [] for name in desks}


@pytest.fixture
def roth(at_home: dict[str, Typist]) -> Typist:
    """An administrator."""
    return at_home["roth"]


@pytest.fixture
def berg(at_home: dict[str, Typist]) -> Typist:
    """Another one."""
    return at_home["berg"]


@pytest.fixture
def hana(at_home: dict[str, Typist]) -> Typist:
    """Somebody of the help desk."""
    return at_home["hana"]


def test_a_method_of_somebody_is_removed(roth: Typist, visitor: Visitor) -> None:
    kit = Colleague(visitor, "kit", KITS)
    kit.sign_in()
    kit.add(Paper())
    _finds(roth, "kit")
    roth.open("Remove Saved code")
    roth.says_why("the paper was lost", "Remove", "Done.")
    roth.reads("They have set up nothing")


def test_a_stop_by_this_wasnt_me_is_lifted(hana: Typist, visitor: Visitor) -> None:
    visitor.forgot("ida")
    visitor.choose("E-mail")
    visitor.sees("answering")
    visitor.type_code(visitor.code("email", "ida@home.example"))
    visitor.sees("choosing")
    _says_that_it_wasnt_them(visitor, "ida@home.example")
    _finds(hana, "ida")
    hana.reads("Self-service is stopped")
    hana.open("Lift lock-out")
    hana.says_why("I called her back", "Lift lock-out", "Done.")
    assert hana.page.get_by_text("Self-service is stopped").count() == 0


def test_a_caller_proves_who_they_are_at_their_own_browser(hana: Typist, visitor: Visitor) -> None:
    _finds(hana, "maya")
    hana.open("Start a recovery for a caller")
    hana.choose("Their manager, whom I called, confirmed it", "How did you make sure who is calling?")
    hana.press("Show the code")
    code = hana.page.locator("b.code").inner_text()
    visitor.page.goto(f"{visitor.base}/call")
    visitor.page.get_by_label("Work e-mail or user name").fill("maya")
    visitor.page.get_by_label("Code from the help desk").fill(code)
    visitor.press("Continue")
    visitor.sees("choosing")
    hana.looks_again_until("Tell them the word, before they go on:")
    visitor.page.get_by_text(hana.page.locator(".number b").inner_text()).first.wait_for()
    visitor.prove("maya@home.example", "+447700900142")
    visitor.renew(NEW)
    visitor.sees("done")
    hana.looks_again_until("They are done")


def test_what_leaves_one_proof_waits_for_a_second_administrator(roth: Typist, berg: Typist) -> None:
    roth.open("Policies", "demo")
    roth.fill("Proofs at least", "1")
    roth.choose("Off", "Security questions")
    roth.press("Review and save…")
    roth.says_why("people call that two are too many", "Ask a second administrator", "A second administrator is asked.")
    berg.open("Approvals")
    berg.page.locator("main table a").first.wait_for()
    berg.open(berg.page.locator("main table a").first.inner_text())
    berg.fill("Why not?", "one proof is a phone on a desk")
    berg.press("Refuse")
    berg.reads("Nothing is to be decided")
    roth.open("Approvals")
    roth.reads("Refused")


def test_a_campaign_is_proposed_by_one_approved_by_another_and_goes_on_by_itself(roth: Typist, berg: Typist) -> None:
    now = datetime.now(UTC)
    roth.open("Stranded people")
    roth.looks_again_until("could get back in today")
    roth.open("Invite them…")
    roth.tick("Alderwick sign-in")
    roth.fill("From (UTC)", f"{now - timedelta(minutes=1):%Y-%m-%d %H:%M}")
    roth.fill("Until (UTC)", f"{now + timedelta(hours=2):%Y-%m-%d %H:%M}")
    roth.press("Count them")
    people = roth.page.locator(".number b").inner_text()
    roth.fill("Type how many people it is for", people)
    roth.says_why("nobody should have to call us", "Put up for approval", "Waits for a second administrator")
    berg.open("Approvals")
    berg.open(berg.page.locator("main table a").first.inner_text())
    berg.press("Approve")
    berg.open("Campaigns", "Invite whoever could not get back in")
    berg.looks_again_until("Everybody's turn has come.")
    berg.reads(f"of {people}")


def test_records_are_narrowed_taken_away_and_found_whole(roth: Typist) -> None:
    roth.open("Records")
    roth.select("What happened", "console.entered")
    roth.press("Show")
    assert set(roth.page.locator("tbody td:nth-child(2)").all_inner_texts()) == {"console.entered"}
    assert roth.saves("Save as CSV").startswith("keyback-events")
    roth.open("Is the log whole?")
    roth.press("Verify now")
    roth.looks_again_until("The log is whole")
    roth.open("Reports")
    roth.reads("How far people came")
    assert roth.saves("Save as CSV").startswith("keyback-")


def test_a_report_is_mailed_every_week_until_somebody_ends_it(roth: Typist) -> None:
    roth.open("Files by mail", "Mail a file")
    roth.choose("Report", "What?")
    roth.choose("Every Monday", "How often?")
    roth.fill("To", "help.desk@alderwick.example")
    roth.says_why("the board asks for it", "Mail it from now on", "help.desk@alderwick.example")
    roth.page.get_by_role("link", name="End…").wait_for()
    roth.open(roth.page.get_by_role("link", name="End…").inner_text())
    roth.press("End it")
    roth.reads("Nothing is mailed")


def test_a_door_is_made_tested_and_retired(roth: Typist) -> None:
    roth.open("Entries", "Make a link")
    roth.fill("Key", "intranet")
    roth.fill("Name", "Intranet")
    roth.fill("Where people go back to", f"{roth.base}/demo")
    roth.says_why("it has a sign-in page of its own", "Make this entry")
    roth.open("What to write at the identity provider")
    roth.reads(f"{roth.base}/go/intranet")
    roth.open("Intranet")
    roth.press("Test its addresses")
    roth.reads("It leads to this machine or into a private network")
    roth.open("Back", "Retire…")
    roth.says_why("it is gone", "Retire it")
    assert roth.page.get_by_text("Intranet").count() == 0


def test_a_receiver_of_signals_is_added_and_removed(roth: Typist) -> None:
    roth.open("Shared signals", "Add a receiver")
    roth.fill("Name", "Our SIEM")
    roth.fill("Key", "siem")
    roth.fill("Its name in events (aud)", "https://siem.example.org")
    roth.says_why("it ends sessions", "Add", "It is shown this once.")
    roth.open("I have copied it", "Remove")
    roth.says_why("we have another one", "Remove", "Nobody hears of new passwords")


def _finds(typist: Typist, name: str) -> None:
    typist.page.goto(f"{typist.base}/admin/people/")
    typist.fill("User name or e-mail", name)
    typist.press("Find")
    typist.reads("Help them")


def _says_that_it_wasnt_them(visitor: Visitor, mailbox: str) -> None:
    link = visitor.outbox.locator(f"article[data-to='{mailbox}'] a").first

    def has_come() -> bool:
        visitor.outbox.goto(f"{visitor.base}/demo/outbox?person={mailbox.partition('@')[0]}")
        return bool(link.count())

    wait_until(has_come, "the notice with its link")
    link.click()
    visitor.outbox.get_by_role("button", name="Stop self-service for my account").click()
    visitor.outbox.get_by_role("heading", name="Thank you for telling us.").wait_for()
