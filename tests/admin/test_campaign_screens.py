"""The campaigns' screen: nothing begins without the number of people, a reason and a second administrator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.console_forms import sent, words
from servers.desk import BO, desk_of
from servers.listed import Listed
from servers.small_console import ADMINISTRATOR, AUDITOR, HELP_DESK, SmallConsole, opened
from servers.small_house import SmallHouse
from werkzeug.test import TestResponse

NEW = "/admin/campaigns/new"
STORED = "<script>alert(1)</script>"
WHY = {"why": "a list of our passwords was sold"}


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path, directory=Listed()) as console:
        for name in ("kim", "lee"):
            console.house.add(name, display_name=f"{name} {STORED}")
        console.house.staff.counting.work()
        yield console


@pytest.fixture
def house(console: SmallConsole) -> SmallHouse:
    return console.house


def filled(console: SmallConsole, **typed: Any) -> dict[str, Any]:
    """The form as it comes, from now on, with these fields filled in."""
    now = console.house.clock()
    times = {"opens_at": f"{now:%Y-%m-%d %H:%M}", "closes_at": f"{now + timedelta(days=1):%Y-%m-%d %H:%M}"}
    usual = {"what": "reset", "stores": "fake", "per_hour": "3600", **times}
    return sent(console.get(NEW), NEW, **{**usual, **typed})


def put_up(console: SmallConsole, **typed: Any) -> TestResponse:
    return console.post(NEW, filled(console, **{"press": "put", "people": "3", **WHY, **typed}))


def approve(console: SmallConsole) -> None:
    """By somebody else."""
    campaigns = desk_of(console.house).campaigns
    for approval in campaigns.approvals.waiting():
        campaigns.approvals.approve(BO, approval.id)


def test_it_says_whom_it_is_for_before_anything_else(console: SmallConsole) -> None:
    first = console.get(NEW)
    assert "Put up" not in first.text
    counted = console.post(NEW, filled(console, press="count"))
    assert counted.status_code == 200
    assert "3 people" in words(counted)
    assert "Type how many people it is for" in words(counted)
    assert console.get("/admin/campaigns/").text.count("<tr>") == 0


def test_what_comes_with_it_is_said_before_it_is_put_up_and_to_whoever_approves(console: SmallConsole) -> None:
    begins = console.house.clock() + timedelta(days=2)
    typed = {"opens_at": f"{begins:%Y-%m-%d %H:%M}", "closes_at": f"{begins + timedelta(days=1):%Y-%m-%d %H:%M}"}
    typed |= {"per_hour": "2", "money": "75", "notice_hours": "24"}
    counted = console.post(NEW, filled(console, press="count", **typed))
    page = put_up(console, **typed).location
    (approval,) = desk_of(console.house).campaigns.approvals.waiting()
    for shown in (counted, console.get(page), console.get(f"/admin/approvals/{approval.id}")):
        said = words(shown)
        assert "They are told 24 hours before, by e-mail." in said
        assert "for an hour by 2 starts, 4 codes and 2 wrong answers, and in all by what 3 people come to." in said
        assert "Texts and calls may cost 75 of your currency more than the caps for a day allow, in all." in said


def test_without_notice_and_money_it_says_so_too(console: SmallConsole) -> None:
    said = words(console.post(NEW, filled(console, press="count", texts="y")))
    assert "Nobody is told before." in said
    assert "The caps on what texts and calls cost are not raised." in said


def test_invitations_are_no_notice(console: SmallConsole) -> None:
    said = words(console.post(NEW, filled(console, press="count", what="invite", notice_hours="24")))
    assert "told 24 hours before" not in said


def test_who_was_told_and_who_was_not_is_counted(house: SmallHouse, console: SmallConsole) -> None:
    house.store.change("id-of-kim", contacts=())
    begins = house.clock() + timedelta(hours=2)
    page = put_up(console, notice_hours="1", opens_at=f"{begins:%Y-%m-%d %H:%M}").location
    approve(console)
    house.clock.forward(hours=1)
    house.work()
    told = words(console.get(page))
    assert "Told before 2 Not told before 1" in told
    assert "No address of theirs is known" in told


def test_one_that_begins_too_soon_to_tell_anybody_is_refused_at_its_beginning(console: SmallConsole) -> None:
    refused = put_up(console, notice_hours="24")
    assert refused.status_code == 422
    assert 'href="#opens_at"' in refused.text
    assert "it must begin later" in words(refused)


def test_one_is_put_up_approved_watched_and_ended(house: SmallHouse, console: SmallConsole) -> None:
    page = put_up(console).location
    assert "Waits for a second administrator" in console.get(page).text
    house.work()
    assert house.store.demands == []
    approve(console)
    assert "Running" in console.get("/admin/campaigns/").text
    house.work()
    done = words(console.get(page))
    assert "3 of 3" in done
    assert "a list of our passwords was sold" in done
    house.clock.forward(minutes=1)
    house.work()
    assert "Everybody's turn has come." in words(console.get(page))
    assert len(house.store.demands) == 3


def test_it_is_paused_set_going_and_ended_with_a_reason(house: SmallHouse, console: SmallConsole) -> None:
    page = put_up(console, per_hour="1").location
    approve(console)
    for act, tells in (("pause", "Paused"), ("resume", "Running"), ("end", "An administrator stopped it.")):
        assert console.get(f"{page}/{act}").status_code == 200
        assert console.post(f"{page}/{act}", {"why": ""}).status_code == 422
        assert console.post(f"{page}/{act}", WHY).status_code == 303
        assert tells in words(console.get(page))
    assert console.post(f"{page}/resume", WHY).status_code == 422
    assert house.store.demands == []


def test_another_number_or_no_reason_puts_nothing_up(console: SmallConsole) -> None:
    for typed, said in (
        ({"people": "2"}, "It is for 3 people now. Type this number."),
        ({"people": ""}, "Type this number."),
        ({"people": "three"}, "Type a whole number"),
        ({"why": ""}, "Say why"),
        ({"why": "x" * 201}, "200"),
    ):
        refused = put_up(console, **typed)
        assert refused.status_code == 422
        assert said in words(refused)
    assert "No campaign yet" in console.get("/admin/campaigns/").text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("what", "delete"), ("what", ""), ("stores", "nowhere"), ("stores", ""), ("opens_at", "soon"), ("opens_at", ""),
        ("closes_at", "2020-01-01 10:00"), ("closes_at", "9999-12-31 23:59"), ("from_hour", "24"), ("until_hour", "0"),
        ("per_hour", "0"), ("per_hour", "9" * 30), ("messages", "-1"), ("most_failures", "101"), ("money", "-1"),
        ("money", "1000001"), ("notice_hours", "721"), ("notice_hours", "soon"), ("groups", "a\x07b"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field(console: SmallConsole, field: str, value: str) -> None:
    refused = put_up(console, **{field: value})
    assert refused.status_code == 422
    assert 'class="notice bad summary"' in refused.text
    assert re.search(rf'href="#{field}"', refused.text)


def test_an_unknown_group_is_counted_first(console: SmallConsole) -> None:
    refused = console.post(NEW, filled(console, press="count", groups=STORED))
    assert refused.status_code == 422
    assert "We count everybody now" in words(refused)
    assert STORED not in refused.text


def test_whom_it_failed_for_is_named_with_the_reason(house: SmallHouse, console: SmallConsole) -> None:
    assert isinstance(house.store, Listed)
    house.store.refusing = {"kim"}
    page = put_up(console).location
    approve(console)
    house.work()
    told = console.get(page)
    assert "The directory refused it" in words(told)
    assert "kim &lt;script&gt;" in told.text
    assert STORED not in told.text


def test_it_says_of_how_many_people_an_account_was_left_out(house: SmallHouse, console: SmallConsole) -> None:
    page = put_up(console).location
    with house.records.db.write() as tx:
        campaign = house.records.campaigns.load(tx, page.rpartition("/")[2])
        assert campaign is not None
        assert house.records.campaigns.save(tx, campaign.with_turn("done").with_turn("done", "closed"))
    said = words(console.get(page))
    assert "Done 2" in said
    assert "Done, but not at another account of theirs 1 Disabled, locked by an administrator, or expired" in said


def test_what_is_typed_stays_text(console: SmallConsole) -> None:
    page = put_up(console, why=STORED).location
    assert "&lt;script&gt;" in console.get(page).text
    for path in (page, "/admin/campaigns/"):
        assert STORED not in console.get(path).text


def test_auditors_look_and_plan_nothing_and_nobody_else_looks(console: SmallConsole) -> None:
    page = put_up(console).location
    approve(console)
    auditor = console.as_(AUDITOR)
    assert "Pause…" not in auditor.get(page).text
    assert "New campaign" not in auditor.get("/admin/campaigns/").text
    for path in (NEW, f"{page}/pause", f"{page}/end"):
        assert auditor.get(path).status_code == 403
        assert auditor.post(path, WHY).status_code == 403
    for other in (console.as_(HELP_DESK), console.as_()):
        assert other.get(page).status_code == 403
    assert console.post(NEW, filled(console, press="put", people="3", **WHY), token="another").status_code == 403
    console.desk.ago = timedelta(minutes=6)
    assert console.as_(ADMINISTRATOR).post(f"{page}/end", WHY).status_code == 403
    assert "Running" in console.get(page).text


def test_stranded_people_are_invited_by_a_campaign(console: SmallConsole) -> None:
    assert "/admin/campaigns/new?kind=invite" in console.get("/admin/stranded/").text
    page = console.get(f"{NEW}?kind=invite").text
    assert re.search(r'value="invite" checked', page)
    assert "checked" not in console.get(f"{NEW}?kind=<x>").text.split("Directories")[0]
    assert console.get("/admin/campaigns/?before=x").status_code == 400
    assert console.get("/admin/campaigns/none-such").status_code == 403
