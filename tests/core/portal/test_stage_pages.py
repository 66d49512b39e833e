"""What the last pages say, as the company set it."""

from __future__ import annotations

from typing import Any

from pretend_portal import PROOF, SUBJECT, Portal, a_recovery, open_portal

from keyback.core.contracts.people import AccountKey
from keyback.core.contracts.store import Outcome, OutcomeKind
from keyback.core.recovery.state import Stage

SET = (Outcome(AccountKey("embedded", "7"), OutcomeKind.SET),)
DONE = a_recovery(stage=Stage.DONE, found=True, subject=SUBJECT, proofs=(PROOF,), outcomes=SET)


def done(**settings: Any) -> str:
    """The last page as a company with these settings shows it."""
    return str(open_portal(**settings).holding(DONE).get().text)


def test_done_says_what_to_do_on_a_company_computer_as_the_company_wants_it() -> None:
    assert "<li>On your phone: mail asks for the new password once.</li></ol>" in done()
    assert '<ol class="numbered"><li>Restart it.</li></ol>' in done(advice=("Restart it.",))
    assert "On a company computer?" in done(advice=("Restart it.",))
    assert "On a company computer?" not in done(advice=())


def test_done_warns_of_the_old_password_only_where_the_directory_keeps_it() -> None:
    warning = "Your old password may still open some computers for up to an hour."
    assert warning in done(keeps_old_password=frozenset({"embedded"}))
    assert warning not in done(keeps_old_password=frozenset({"other"}))


def test_whoever_is_stopped_is_told_who_can_help_and_not_to_start_again(portal: Portal) -> None:
    page = portal.holding(a_recovery(stage=Stage.CLOSED, closed_because="frozen")).get().text
    assert "It works again once the help desk has talked to you." in page
    assert "Help desk 01632 960 123, reference" in page
    assert "Nothing helps?" not in page
    assert "Start again" not in page
