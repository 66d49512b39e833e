"""The help desk's screens: who may do what, what is refused in words, and what never stands on a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.desk import happened
from servers.small_console import ADMINISTRATOR, AUDITOR, HELP_DESK, SmallConsole, opened
from servers.small_house import MAIL, PHONE, SmallHouse
from werkzeug.test import TestResponse

from keyback.core.contracts.errors import StoreUnavailable
from keyback.core.contracts.people import AccountState, Contact, ContactKind
from keyback.core.recovery import limits

WHY = {"why": "called from the number in the directory"}
SCRIPT = '"><script>alert(1)</script>'


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path, HELP_DESK) as console:
        yield console


@pytest.fixture
def admin(console: SmallConsole) -> SmallConsole:
    return console.as_(ADMINISTRATOR)


def find(console: SmallConsole, name: str = "jo") -> str:
    """Where the page about them is."""
    sent = console.post("/admin/people/", {"name": name})
    assert sent.status_code == 303
    assert "/jo" not in sent.location
    return sent.location


def linked(page: TestResponse, words: str) -> str:
    (address,) = re.findall(rf'href="([^"]+)"[^>]*>{words}', page.text)
    return str(address).replace("&amp;", "&")


def start_call(console: SmallConsole) -> tuple[str, str]:
    """The call's page, and the code on it."""
    sent = console.post(find(console) + "/call", {"check": "call-back"})
    assert sent.status_code == 303
    code = re.search(r'<b class="code">(\d{4}) (\d{4})</b>', console.get(sent.location).text)
    assert code
    return sent.location, code[1] + code[2]


def test_somebody_is_found_and_their_page_shows_ends_alone(console: SmallConsole) -> None:
    page = console.get(find(console)).text
    assert "<h1>Jo</h1>" in page
    assert MAIL not in page
    assert PHONE not in page
    assert PHONE[-2:] in page
    assert "Could they get back in today?" in page


def test_nobody_and_whoever_is_out_of_reach_read_alike(console: SmallConsole) -> None:
    console.house.add("boss", privileged=True)
    console.house.add("ines", display_name="Ines Roth", contacts=())
    said = []
    for name in ("nobody-at-all", "boss", "ines"):
        page = console.post("/admin/people/", {"name": name})
        assert page.status_code == 422
        said.append(re.sub(r'nonce="[^"]+"', "", page.text.replace(name, "")))
    assert "Nobody has this name, or nobody whom you may serve." in said[0]
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize("name", ["", "  ", "x" * 257])
def test_what_can_be_no_name_is_said_at_the_field(console: SmallConsole, name: str) -> None:
    page = console.post("/admin/people/", {"name": name})
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text


def test_a_directory_that_is_silent_is_said(console: SmallConsole) -> None:
    console.house.store.trouble = StoreUnavailable("down")
    page = console.post("/admin/people/", {"name": "jo"})
    assert page.status_code == 503
    assert "A directory doesn" in page.text


def test_too_many_look_ups_are_said_with_how_long(console: SmallConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DESK_LOOKS", limits.Quota("desk-looks", most=1, window=limits.HOUR))
    find(console)
    page = console.post("/admin/people/", {"name": "jo"})
    assert page.status_code == 429
    assert "Try again in 60 minutes." in page.text


def test_auditors_find_nobody(console: SmallConsole) -> None:
    auditor = console.as_(AUDITOR)
    assert auditor.get("/admin/people/").status_code == 403
    assert auditor.post("/admin/people/", {"name": "jo"}).status_code == 403
    assert auditor.get(find(console)).status_code == 403
    assert "/admin/people/" not in auditor.get("/admin/").text


def test_a_page_is_for_whoever_looked_it_up(console: SmallConsole, admin: SmallConsole) -> None:
    assert admin.get(find(console)).status_code == 403
    assert console.get("/admin/people/person/made-up").status_code == 403


@pytest.mark.parametrize("act", ["lift", "close"])
def test_an_act_asks_why_on_a_page_of_its_own(console: SmallConsole, act: str) -> None:
    person = find(console)
    assert console.get(f"{person}/{act}").status_code == 200
    refused = console.post(f"{person}/{act}", {"why": " "})
    assert refused.status_code == 422
    assert "Say why, in one line." in refused.text
    assert happened(console.house, "desk.lifted", "desk.ended") == []


def test_recoveries_are_ended(console: SmallConsole) -> None:
    visit = console.house.start()
    visit.prove_by_mail()
    page = console.post(f"{find(console)}/close", WHY)
    assert "1 recovery was ended." in page.text
    assert "Ended by the help desk" in page.text


def test_a_lock_out_is_lifted(console: SmallConsole) -> None:
    visit = console.house.start()
    console.house.work()
    visit.pick("email")
    for _ in range(5):
        visit.answer("00000000")
    person = find(console)
    assert "Locked out until" in console.get(person).text
    page = console.post(linked(console.get(person), "Lift lock-out"), WHY)
    assert "Done." in page.text
    assert "Locked out until" not in page.text
    assert console.post(f"{person}/lift", WHY).status_code == 422


def test_only_administrators_remove_a_method(console: SmallConsole, admin: SmallConsole) -> None:
    person = find(admin)
    remove = linked(admin.get(person), "Remove")
    assert "Remove<" not in console.get(find(console)).text
    mine = find(console) + "/remove/" + remove.rsplit("/", 1)[1]
    assert console.post(mine, WHY).status_code == 422
    assert happened(console.house, "desk.method-removed") == []
    assert "Done." in admin.post(remove, WHY).text
    assert happened(console.house, "desk.method-removed") == ["desk.method-removed saved_codes"]


def test_who_has_too_little_is_invited_and_gets_no_code(console: SmallConsole) -> None:
    console.house.store.change("id-of-jo", contacts=(Contact(ContactKind.MAIL, "jo@example.org"),))
    person = find(console)
    assert "Start a recovery for a caller" not in console.get(person).text
    assert console.post(f"{person}/call", {"check": "manager"}).status_code == 422
    assert "They are invited." in console.post(f"{person}/invite").text


def test_who_has_no_address_is_not_said_to_be_invited(console: SmallConsole) -> None:
    console.house.store.change("id-of-jo", contacts=())
    page = console.post(f"{find(console)}/invite")
    assert page.status_code == 422
    assert "No address of theirs is known." in page.text


def test_nothing_is_started_before_the_agent_made_sure(console: SmallConsole) -> None:
    person = find(console)
    script = console.get(f"{person}/call").text
    assert "call them back on the number in the directory" in script
    assert "password" not in script
    for check in ({}, {"check": ""}, {"check": "none"}):
        page = console.post(f"{person}/call", check)
        assert page.status_code == 422
        assert "Choose how you made sure who is calling" in page.text
    assert happened(console.house, "call.started") == []


def test_the_code_is_read_out_and_the_word_is_the_callers(console: SmallConsole) -> None:
    call, code = start_call(console)
    assert "It is shown here once they have typed the code." in console.get(call).text
    visit = console.house.start(desk_code=code)
    console.house.work()
    word = console.house.service.tickets.word(visit.recovery)
    page = console.get(call).text
    assert f"<b>{word}</b>" in page
    assert code[:4] not in page
    assert "They have the page open" in page
    visit.prove_by_mail()
    visit.prove_by_paper()
    visit.renew()
    over = console.get(call).text
    assert word not in over
    assert "They are done" in console.get("/admin/people/").text


def test_a_call_is_its_agents_alone(console: SmallConsole, admin: SmallConsole) -> None:
    call, _ = start_call(console)
    assert admin.get(call).status_code == 403
    assert call not in admin.get("/admin/people/").text


def test_there_is_no_field_for_a_password_anywhere(console: SmallConsole, admin: SmallConsole) -> None:
    for who in (console, admin):
        person = find(who)
        pages = [person, f"{person}/call", f"{person}/lift", f"{person}/close", "/admin/people/"]
        found = [who.get(page) for page in pages]
        assert {page.status_code for page in found} == {200}
        assert 'type="password"' not in "".join(page.text for page in found)


def test_whoever_rules_others_waits_for_a_second_administrator(admin: SmallConsole) -> None:
    admin.house.add("boss", privileged=True)
    person = find(admin, "boss")
    page = admin.get(person)
    assert "a second administrator decides" in page.text
    assert "Put up. Another administrator decides" in admin.post(linked(page, "Remove"), WHY).text
    assert happened(admin.house, "desk.method-removed") == []


def test_a_script_in_the_directory_or_in_a_field_stays_text(console: SmallConsole) -> None:
    house: SmallHouse = console.house
    house.add("odd", display_name=SCRIPT, state=AccountState(locked=True, must_change=True))
    person = find(console, "odd")
    pages = [console.get(person), console.post("/admin/people/", {"name": SCRIPT})]
    pages += [console.post(f"{person}/close", {"why": SCRIPT * 9}), console.post(f"{person}/call", {"why": SCRIPT})]
    for page in pages:
        assert "<script>" not in page.text
        assert "alert(1)" in page.text or page.status_code == 422


def test_nothing_is_done_without_the_forms_token_or_a_fresh_sign_in(console: SmallConsole) -> None:
    person = find(console)
    for path in (f"{person}/close", f"{person}/lift", f"{person}/call", f"{person}/invite", "/admin/people/"):
        assert console.post(path, {**WHY, "name": "jo"}, token="").status_code == 403
    console.desk.ago = limits.HOUR
    for path, typed in (("close", WHY), ("call", {**WHY, "check": "manager"})):
        assert console.post(f"{person}/{path}", typed).status_code == 403
    assert happened(console.house, "desk.ended", "call.started") == []
