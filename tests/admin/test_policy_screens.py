"""Policies are changed by pages that deny, check, ask why and lose nothing."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.console_forms import sent, words
from servers.small_console import ADMINISTRATOR, AUDITOR, HELP_DESK, SmallConsole, opened
from werkzeug.test import TestResponse

from keyback.core.recovery.policy import Audience, Policy, PublicRules
from keyback.core.recovery.policy_order import arranged
from keyback.core.service.administrators.actor import Actor
from keyback.core.service.ruling.approvals import Approvals
from keyback.core.service.ruling.control_room import ControlRoom
from keyback.core.service.ruling.kept_rules import Change
from keyback.plugins.methods.questions import Questions

SCRIPT = "<script>alert(1)</script>"
NURSES = Policy("nurses", audience=Audience(groups=frozenset({"nurses"})))
BOTH = arranged((NURSES, Policy("everybody")))
NOOR = Actor("noor", "Noor Ahmadi")


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path) as console:
        records = console.house.records
        with records.db.write() as tx:
            records.settings.save_public_rules(tx, PublicRules(), who="the tests", why="tests")
            records.settings.save_policies(tx, BOTH, who="Somebody", why="tests")
        yield console


def room(console: SmallConsole) -> ControlRoom:
    house = console.house
    approvals = Approvals(records=house.records, around=house.around)
    return ControlRoom.open(house.records, house.snapshots, house.around, approvals)


def kept(console: SmallConsole) -> tuple[Policy, ...]:
    return room(console).policies.now().rules


def edit(console: SmallConsole, of: str = "everybody", press: str = "look", **typed: Any) -> TestResponse:
    page = console.get(f"/admin/policies/policy?name={of}")
    return console.post("/admin/policies/policy", sent(page, "/admin/policies/policy", press=press, **typed))


def save(console: SmallConsole, reviewed: TestResponse, why: str = "because") -> TestResponse:
    return console.post("/admin/policies/save", sent(reviewed, "/admin/policies/save", why=why))


# Who may ---------------------------------------------------------------------------------------------------------

PAGES = ("/", "/policy", "/policy?name=everybody", "/history", "/version?number=3", "/save")
POSTS = ("/policy", "/review", "/save")


@pytest.mark.parametrize("path", PAGES)
def test_administrators_and_auditors_look_and_nobody_else(console: SmallConsole, path: str) -> None:
    seen = {
        who: console.as_(who).get(f"/admin/policies{path}").status_code for who in (ADMINISTRATOR, AUDITOR, HELP_DESK)
    }
    assert seen[ADMINISTRATOR] in {200, 303}
    assert seen[AUDITOR] == seen[ADMINISTRATOR]
    assert seen[HELP_DESK] == 403


def test_only_administrators_save_and_only_by_our_own_form(console: SmallConsole) -> None:
    form = sent(edit(console, press="review", proof__at_least="3"), "/admin/policies/save", why="because")
    for who in (AUDITOR, HELP_DESK):
        assert console.as_(who).post("/admin/policies/save", form).status_code == 403
    assert console.post("/admin/policies/save", form, token="another").status_code == 403
    assert kept(console) == tuple(room(console).policies.ledger.past()[0].rules)
    assert room(console).policies.now().version == 3
    assert console.post("/admin/policies/save", form).status_code == 303


@pytest.mark.parametrize("path", POSTS)
def test_nothing_is_posted_without_the_token(console: SmallConsole, path: str) -> None:
    assert console.post(f"/admin/policies{path}", {"do": "up", "policy": "everybody"}, token="").status_code == 403


def test_an_auditor_sees_no_button_that_changes(console: SmallConsole) -> None:
    pages = [console.as_(AUDITOR).get(f"/admin/policies{path}").text for path in ("/", "/policy?name=nurses")]
    assert not [page for page in pages if "Review and save" in page or "Delete" in page or "Add a policy" in page]


def test_a_save_needs_a_fresh_sign_in_and_what_was_typed_waits(console: SmallConsole) -> None:
    reviewed = edit(console, press="review", proof__at_least="3")
    console.desk.ago = timedelta(minutes=6)
    assert save(console, reviewed, "three").status_code == 403
    console.desk.ago = timedelta(0)
    page = console.get("/admin/policies/save")
    assert "Proofs at least: 2 → becomes 3" in words(page)
    assert 'value="three"' in page.text
    assert save(console, page, "three").status_code == 303
    assert kept(console)[1].proof.at_least == 3


# A change --------------------------------------------------------------------------------------------------------


def test_a_change_is_shown_reviewed_and_saved_with_a_reason(console: SmallConsole) -> None:
    seen = edit(console, method__sms="off", proof__at_least="3", method__email="required")
    assert seen.status_code == 422, "two methods are left"
    seen = edit(console, method__sms="off")
    assert "Text message: Optional → becomes Off" in words(seen)
    assert "Guessing risk" in words(seen)
    assert len(room(console).policies.ledger.past()) == 1, "looking saves nothing"
    reviewed = edit(console, press="review", method__sms="off")
    assert "Save this change?" in words(reviewed)
    done = save(console, reviewed, "texts are stolen")
    assert (done.status_code, done.location) == (303, "/admin/policies/?saved=4")
    assert "Saved as version 4." in words(console.get(done.location))
    assert "sms" not in kept(console)[1].proof.named
    assert kept(console)[0].proof == NURSES.proof
    last = room(console).policies.now()
    assert (last.who, last.why) == ("Ines Roth", "texts are stolen")


def test_a_save_without_a_reason_asks_for_one_and_keeps_the_rest(console: SmallConsole) -> None:
    asked = save(console, edit(console, press="review", proof__at_least="3"), " ")
    assert asked.status_code == 422
    assert "Say why, in one line." in words(asked)
    assert save(console, asked, "three").status_code == 303
    assert kept(console)[1].proof.at_least == 3


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"proof__at_least": "4"}, "More proofs are needed (4) than there are different things"),
        ({"proof__at_least": "0"}, "Type a whole number from 1 to 4"),
        ({"proof__at_least": "9" * 5000}, "Type a whole number from 1 to 4"),
        ({"password__min_length": "14", "proof__at_least": "1"}, "Passwords under 15 characters need two proofs."),
        ({"name": "nurses"}, "Another policy has this name."),
        ({"name": " "}, "Type a name."),
        ({"notices__media": []}, "People must be told"),
        ({"password__banned_words": "abc"}, "A word has 4 to 16 characters"),
        ({"method__sms": "maybe"}, "Choose one of these."),
        ({"purposes": ["reset", "everything"]}, "Choose from the list"),
    ],
)
@pytest.mark.parametrize("press", ["look", "review"])
def test_what_cannot_be_is_said_and_nothing_is_saved(
    console: SmallConsole, typed: dict[str, Any], said: str, press: str
) -> None:
    page = edit(console, press=press, **typed)
    assert page.status_code == 422
    assert "There is a problem" in words(page)
    assert said in words(page)
    assert len(room(console).policies.ledger.past()) == 1
    stays = next(iter(typed.values()))
    assert stays in ([], "maybe") or not isinstance(stays, str) or html.escape(stays) in page.text


def test_the_same_validator_stands_behind_a_form_that_nobody_drew(console: SmallConsole) -> None:
    form = sent(edit(console, press="review", proof__at_least="3"), "/admin/policies/save", why="because")
    for typed in ({"proof__at_least": "0"}, {"proof__at_least": "4"}, {"password__min_length": "3"}, {"name": ""}):
        assert console.post("/admin/policies/save", form | typed).status_code == 422
    assert console.post("/admin/policies/save", {"do": "everything", "why": "because"}).status_code == 400
    assert console.post("/admin/policies/save", {"why": "because"}).status_code == 400
    assert console.post("/admin/policies/save", {"do": "version", "number": "77", "why": "x"}).status_code == 404
    assert len(room(console).policies.ledger.past()) == 1


def test_one_administrator_alone_does_not_turn_on_a_single_proof(console: SmallConsole) -> None:
    reviewed = edit(console, press="review", proof__at_least="1")
    assert "Second administrator needed" in words(reviewed)
    assert "everybody: one thing alone would be enough to get in." in words(reviewed)
    done = save(console, reviewed, "a drill")
    assert (done.status_code, done.location) == (303, "/admin/policies/?asked=1")
    assert "A second administrator is asked." in words(console.get(done.location))
    (asked,) = room(console).policies.approvals.waiting()
    assert str(asked.about) == "everybody: one thing alone would be enough to get in."
    assert (asked.asker, asked.why, kept(console)[1].proof.at_least) == ("Ines Roth", "a drill", 2)


def test_a_policy_that_counts_questions_anew_wants_the_organisations_name(tmp_path: Path, migrated: Path) -> None:
    asking = Questions(Questions.Settings(pepper="q" * 32, accepted_by="Ines"))
    with opened(migrated, tmp_path, methods=[asking]) as console:
        change_and_answer(console)


def change_and_answer(console: SmallConsole) -> None:
    reviewed = edit(console, of="default", press="review", method__questions="optional")
    assert "Neither NIST nor OWASP accepts security questions as a proof." in words(reviewed)
    assert "default: Security questions would open more than before." in words(reviewed)
    refused = save(console, reviewed)
    assert refused.status_code == 422
    assert "That isn't your organisation's name" in words(refused)
    assert room(console).policies.now().version == 0
    named = sent(refused, "/admin/policies/save", why="they asked for it", organisation="Acme")
    assert console.post("/admin/policies/save", named).status_code == 303
    assert "questions" in kept(console)[0].proof.optional
    # From here on it is so, and nobody answers for it again.
    again = edit(console, of="default", press="review", cool_down="1")
    assert "organisation" not in again.text


@pytest.mark.parametrize("hidden", ["position", "notices__on_done", "who", "version", "policies", "roles"])
def test_hidden_fields_are_refused_and_change_nothing(console: SmallConsole, hidden: str) -> None:
    assert edit(console, press="review", proof__at_least="3", **{hidden: "1"}).status_code == 400
    page = edit(console, press="review", proof__at_least="3")
    refused = console.post("/admin/policies/save", sent(page, "/admin/policies/save", why="because", **{hidden: "1"}))
    assert refused.status_code == 400
    assert kept(console) == BOTH


def test_too_much_at_once_is_refused(console: SmallConsole) -> None:
    assert console.post("/admin/policies/policy", {"do": "policy", "name": "x" * 300_000}).status_code == 413
    many = {f"field{number}": "x" for number in range(3000)}
    assert console.post("/admin/policies/save", {"do": "policy", **many}).status_code == 400


# Two administrators ------------------------------------------------------------------------------------------------


def test_the_second_of_two_administrators_is_told_and_loses_nothing(console: SmallConsole) -> None:
    reviewed = edit(console, press="review", proof__at_least="3")
    now = room(console).policies.now()
    room(console).policies.save((Policy("everybody", cool_down=timedelta(hours=1)),), Change(NOOR, "why", now.version))
    told = save(console, reviewed, "three")
    assert told.status_code == 409
    assert "Noor Ahmadi saved version 4 while you were at it." in words(told)
    assert "Proofs at least: 2 → becomes 3" in words(told)
    assert 'value="three"' in told.text
    assert "nurses" not in words(told)
    assert save(console, told, "three").status_code == 303
    assert [policy.name for policy in kept(console)] == ["everybody"]


# The list ----------------------------------------------------------------------------------------------------------


def press(console: SmallConsole, do: str, name: str) -> TestResponse:
    """A button of the list."""
    return console.post(
        "/admin/policies/review", {"do": do, "policy": name, "after": room(console).policies.now().version}
    )


def test_policies_are_added_moved_and_deleted(console: SmallConsole) -> None:
    page = console.get("/admin/policies/policy")
    form = sent(page, "/admin/policies/policy", press="review", name="interns", audience__groups="interns\nstudents")
    reviewed = console.post("/admin/policies/policy", form)
    assert "interns: New policy" in words(reviewed)
    assert save(console, reviewed).status_code == 303
    assert [policy.name for policy in kept(console)] == ["interns", "nurses", "everybody"]
    assert kept(console)[0].audience.groups == {"interns", "students"}

    reviewed = press(console, "down", "interns")
    assert "Order: interns, nurses, everybody → becomes nurses, interns, everybody" in words(reviewed)
    assert save(console, reviewed).status_code == 303
    assert [policy.name for policy in kept(console)] == ["nurses", "interns", "everybody"]

    reviewed = press(console, "delete", "nurses")
    assert "nurses: Deleted" in words(reviewed)
    assert save(console, reviewed).status_code == 303
    assert [policy.name for policy in kept(console)] == ["interns", "everybody"]


@pytest.mark.parametrize(("do", "name"), [("delete", "everybody"), ("up", "everybody"), ("down", "nurses")])
def test_the_last_policy_stays_the_last(console: SmallConsole, do: str, name: str) -> None:
    reviewed = press(console, do, name)
    assert "This can't be saved" in words(reviewed)
    assert "/admin/policies/save" not in reviewed.text
    form = {"do": do, "policy": name, "after": "3", "why": "because"}
    assert console.post("/admin/policies/save", form).status_code == 422
    assert len(kept(console)) == 2


def test_looking_changes_nothing(console: SmallConsole) -> None:
    press(console, "delete", "nurses")
    for path in PAGES:
        console.get(f"/admin/policies{path}")
    assert (len(kept(console)), room(console).policies.now().version) == (2, 3)


# History -----------------------------------------------------------------------------------------------------------


def test_a_version_can_be_compared_and_gone_back_to(console: SmallConsole) -> None:
    save(console, edit(console, press="review", proof__at_least="3"), "three")
    history = words(console.get("/admin/policies/history"))
    assert "Version 4 Holds now" in history
    assert "Ines Roth three" in history
    assert "Proofs at least: 2 → becomes 3" in words(console.get("/admin/policies/version?number=4"))
    old = console.get("/admin/policies/version?number=3")
    assert "Proofs at least: 3 → becomes 2" in words(old)
    form = sent(old, "/admin/policies/review")
    assert save(console, console.post("/admin/policies/review", form), "two was right").status_code == 303
    assert kept(console) == room(console).policies.ledger.version(3).rules  # type: ignore[union-attr]


@pytest.mark.parametrize("number", ["", "0", "-1", "99", "2", "x", "9" * 5000])
def test_a_version_that_never_was_is_not_found(console: SmallConsole, number: str) -> None:
    assert console.get(f"/admin/policies/version?number={number}").status_code == 404


# What was typed is never run ---------------------------------------------------------------------------------------


def test_stored_script_stays_words_on_every_page(console: SmallConsole) -> None:
    typed = {
        "name": f"n {SCRIPT}", "audience__groups": f"g {SCRIPT}", "scope__forbidden_groups": f'f "{SCRIPT}',
        "password__banned_words": "<b>banned</b>",
    }  # fmt: skip
    reviewed = edit(console, "nurses", press="review", **typed)
    assert save(console, reviewed, f"w {SCRIPT}").status_code == 303
    assert kept(console)[0].name == f"n {SCRIPT}"
    named = html.escape(f"n {SCRIPT}")
    pages = [
        reviewed,
        *(
            console.get(f"/admin/policies{path}")
            for path in ("/", "/history", "/version?number=4", "/version?number=3")
        ),
        console.get(f"/admin/policies/policy?name=n {SCRIPT}"),
        console.get(f"/admin/policies/policy?name={SCRIPT}"),
    ]
    assert [page.text.count("<script") for page in pages] == [0] * len(pages)
    assert named in pages[1].text
    assert not [page for page in pages if "<b>banned" in page.text]


def test_an_address_that_names_nobody_says_so(console: SmallConsole) -> None:
    page = console.get("/admin/policies/policy?name=gone")
    assert page.status_code == 404
    assert "This policy is gone." in words(page)
