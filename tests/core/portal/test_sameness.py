"""Before the first proof nothing on a page depends on the person, or on whether there is one (P4)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from pretend_portal import ID, LANGUAGES, PERSON, SUBJECT, Portal, a_pick, a_recovery, answering

from keyback.core.contracts.errors import MustWait
from keyback.core.contracts.people import Account
from keyback.core.recovery.policy import Policy, ProofRules
from keyback.core.recovery.state import Recovery, Stage
from keyback.core.service.tickets import Answered, Ticket

STRANGERS_POLICY = Policy("vips", proof=ProofRules(at_least=3))
ONE_PROOF = Policy("interns", proof=ProofRules(at_least=1))


@pytest.fixture(autouse=True, params=LANGUAGES.names)
def language(portal: Portal, request: pytest.FixtureRequest) -> None:
    """All of it holds in every language."""
    portal.browser.set_cookie("__Host-kb_language", request.param, domain="reset.alderwick.example", secure=True)


def as_everybody(recovery: Recovery) -> dict[str, Recovery]:
    """The same recovery for somebody, for nobody, and while it is not known yet."""
    someone = replace(recovery, found=True, subject=SUBJECT)
    return {
        "not known yet": recovery,
        "nobody": replace(recovery, found=True),
        "somebody": someone,
        "somebody strict": replace(someone, subject=replace(SUBJECT, policy=STRANGERS_POLICY)),
        "somebody with one proof": replace(someone, subject=replace(SUBJECT, policy=ONE_PROOF)),
        "half asked": replace(recovery, answers=(("openldap", PERSON.accounts[0]),)),
        "saved more often": replace(someone, version=9),
    }


def masked(response: Any) -> tuple[int, str, str]:
    """Status, headers and bytes without this response's nonce."""
    text = re.sub(r'nonce="[\w-]{22}"', "", response.text)
    headers = re.sub(r"nonce-[\w-]{22}'", "", str(response.headers))
    return response.status_code, headers, text


def pages(portal: Portal, recovery: Recovery, path: str) -> set[tuple[int, str, str]]:
    return {masked(portal.holding(each).get(path)) for each in as_everybody(recovery).values()}


@pytest.mark.parametrize("path", [f"/recover/{ID}", f"/recover/{ID}?method=sms", f"/recover/{ID}/stage"])
@pytest.mark.parametrize(
    "recovery",
    [
        a_recovery(),
        a_recovery(used_up=("sms",)),
        answering(),
        replace(answering(), pick=a_pick(tries=4)),
        a_recovery(stage=Stage.CLOSED, closed_because="no-way-left"),
        a_recovery(stage=Stage.CLOSED, closed_because="expired"),
    ],
    ids=["choosing", "one way closed", "answering", "last try", "no way left", "expired"],
)
def test_every_page_is_the_same_for_somebody_and_nobody(portal: Portal, recovery: Recovery, path: str) -> None:
    assert len(pages(portal, recovery, path)) == 1


@pytest.mark.parametrize("reason", ["wrong", "expired", "not-yet"])
def test_every_answer_is_answered_alike(portal: Portal, reason: str) -> None:
    seen = set()
    for each in as_everybody(replace(answering(), pick=a_pick(tries=1))).values():
        portal.service.answers["answer"] = Answered(each, Ticket(ID, "first-key"), reason)
        seen.add(masked(portal.holding(each).post(code="48210937")))
    assert len(seen) == 1


@pytest.mark.parametrize("move", ["again", "continue"])
def test_every_limit_looks_alike(portal: Portal, move: str) -> None:
    seen = set()
    for each in as_everybody(answering()).values():
        portal.service.answers["again"] = portal.service.answers["answer"] = MustWait(each.started_at)
        seen.add(masked(portal.holding(each).post(move=move, code="48210937")))
    assert len(seen) == 1


def test_no_page_before_the_first_proof_says_whose_it_is(portal: Portal) -> None:
    marked = Account(PERSON.accounts[0].key, "CANARY-NAME", "CANARY-DISPLAY")
    person = replace(PERSON, accounts=(marked,))
    for recovery in (a_recovery(name="canary"), answering(name="canary")):
        known = replace(recovery, found=True, subject=replace(SUBJECT, person=person))
        assert "canary" not in portal.holding(known).get().text.lower()


def test_after_the_first_proof_the_page_is_theirs(portal: Portal, known: Recovery) -> None:
    assert "m••••@ho••••.example" in portal.holding(known).get().text
