"""The lists of records over HTTP: who may see them, what they show, and what leaves a trace."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from servers.desk import happened
from servers.small_console import AUDITOR, HELP_DESK, SmallConsole, opened
from servers.small_house import SmallHouse

from keyback.admin.home_screen import HomeScreen
from keyback.admin.record_screens import RecordScreen
from keyback.core.contracts import events
from keyback.core.db.deliveries import Attempt, State
from keyback.core.db.record_lists import PAGE

LISTS = ("", "tries", "messages", "jobs")
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path, screens=(HomeScreen, RecordScreen)) as console:
        yield console


def tell(house: SmallHouse, count: int = 1, store: str = "fake", **details: str) -> None:
    for _ in range(count):
        with house.records.db.write() as tx:
            told = [events.PasswordSet(store)]
            house.records.audit.append(
                tx, told, at=house.clock(), recovery_id="r1", person_id="p1", details=details or None
            )
        house.clock.forward(seconds=1)


def first_event(console: SmallConsole) -> str:
    found = re.search(r'/admin/records/events/([0-9a-f]+)"', console.get("/admin/records/?name=password.set").text)
    assert found
    return found[1]


@pytest.mark.parametrize("path", LISTS)
def test_every_list_is_for_administrators_and_auditors_alone(console: SmallConsole, path: str) -> None:
    console.house.start()
    address = f"/admin/records/{path}"
    assert console.get(address).status_code == 200
    assert console.as_(AUDITOR).get(address).status_code == 200
    assert console.as_(HELP_DESK).get(address).status_code == 403
    assert console.as_(HELP_DESK).post(f"/admin/records/file/{path or 'events'}").status_code == 403
    assert console.as_().get(address).status_code == 403


def test_older_events_are_behind_a_link_and_the_filter_stays(console: SmallConsole) -> None:
    tell(console.house, PAGE + 2)
    page = console.get("/admin/records/?name=password.set").text
    assert page.count('<tr><th scope="row"') == PAGE
    link = re.search(r'href="(/admin/records/\?[^"]*before=[^"]*)"', page)
    assert link
    assert "name=password.set" in link[1]
    assert console.get(link[1].replace("&amp;", "&")).text.count('<tr><th scope="row"') == 2


def test_a_list_begins_a_week_ago_and_offers_a_month_where_nothing_is(console: SmallConsole) -> None:
    tell(console.house)
    console.house.clock.forward(days=20)
    page = console.get("/admin/records/").text
    assert "password.set" not in re.sub(r"<option.*?</option>", "", page)
    month = re.search(r'href="(/admin/records/\?since=[^"]*)"', page)
    assert month
    assert "password.set</code>" in console.get(month[1]).text


def test_a_list_shows_the_beginning_of_what_is_long_and_the_events_own_page_all_of_it(console: SmallConsole) -> None:
    said = f"fake {'of many branches ' * 20}end"
    tell(console.house, store=said)
    listed = console.get("/admin/records/?name=password.set").text
    assert "store: fake of many" in listed
    assert said not in listed
    assert said in console.get(f"/admin/records/events/{first_event(console)}").text


@pytest.mark.parametrize(
    "wrong", ["since=yesterday", "until=2026-13-01", "until=9999-12-31", "name=no.such", "since=%3Cscript%3E"]
)
def test_a_filter_that_cannot_be_read_is_said_at_its_field(console: SmallConsole, wrong: str) -> None:
    sent = console.get(f"/admin/records/?{wrong}")
    assert sent.status_code == 422
    assert 'aria-invalid="true"' in sent.text
    assert "<script" not in sent.text


def test_a_name_never_stands_in_an_address(console: SmallConsole) -> None:
    console.house.start().prove_by_mail()
    sent = console.post("/admin/records/find", {"name": "jo"})
    assert sent.status_code == 303
    assert "jo" not in re.sub(r"person=.*", "", sent.headers["Location"])
    theirs = console.get(sent.headers["Location"]).text
    assert "proof.given</code>" in theirs
    assert console.post("/admin/records/find", {"name": "nobody at all"}).status_code == 422
    assert console.post("/admin/records/find", {"name": " "}).status_code == 422
    assert "desk.looked-up True" in happened(console.house, "desk.looked-up")


def test_details_are_read_by_a_button_and_that_is_on_the_record(console: SmallConsole) -> None:
    tell(console.house, name="jo@fake.example")
    event_id = first_event(console)
    closed = console.get(f"/admin/records/events/{event_id}")
    assert "jo@fake.example" not in closed.text
    assert happened(console.house, "records.details-opened") == []
    opened = console.post(f"/admin/records/events/{event_id}")
    assert "jo@fake.example" in opened.text
    assert happened(console.house, "records.details-opened") == [f"records.details-opened {event_id}"]
    console.desk.ago = timedelta(minutes=6)
    again = console.post(f"/admin/records/events/{event_id}")
    assert again.status_code == 403
    assert "jo@fake.example" not in again.text
    assert console.post(f"/admin/records/events/{event_id}", token="").status_code == 403


@pytest.mark.parametrize("path", ["events/0000", "tries/no-such-try", "events/..%2f", "file/events"])
def test_what_is_not_there_is_not_found(console: SmallConsole, path: str) -> None:
    assert console.get(f"/admin/records/{path}").status_code in {404, 405}


def test_a_try_shows_what_happened_in_it(console: SmallConsole) -> None:
    visit = console.house.start()
    visit.prove_by_mail()
    page = console.get(f"/admin/records/tries/{visit.recovery.id}").text
    assert "proof.given</code>" in page
    assert "<code>choosing</code>" in page


def test_a_file_holds_the_list_that_was_shown_and_nothing_runs_in_it(console: SmallConsole) -> None:
    tell(console.house, 2, store="=cmd|' /C calc'!A0", name="jo@fake.example")
    tell(console.house, 1, store="fake")
    sent = console.post("/admin/records/file/events", {"name": "password.set"})
    assert sent.headers["Content-Disposition"] == 'attachment; filename="keyback-events.csv"'
    rows = list(csv.reader(io.StringIO(sent.text.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 4
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert "jo@fake.example" not in sent.text
    assert happened(console.house, "records.exported") == ["records.exported events"]
    assert console.post("/admin/records/file/people").status_code == 404
    assert console.post("/admin/records/file/events", {"since": "never"}).status_code == 400
    assert console.post("/admin/records/file/events", token="").status_code == 403


def test_a_stored_script_is_text_wherever_it_stands(console: SmallConsole) -> None:
    tell(console.house, store=SCRIPT, name=SCRIPT)
    with console.house.records.db.write() as tx:
        attempt = Attempt("m", "", "sms", SCRIPT, "DE", State.FAILED, SCRIPT)
        console.house.records.deliveries.put(tx, attempt, console.house.clock())
        console.house.staff.office.put(tx, SCRIPT, SCRIPT, "", {})
    event_id = first_event(console)
    pages = [console.get(f"/admin/records/{path}") for path in (*LISTS, f"events/{event_id}", "tries/r1")]
    pages += [console.post(f"/admin/records/events/{event_id}"), console.get(f"/admin/records/?person={SCRIPT}")]
    assert not [page.text for page in pages if "<script" in page.text]
    assert all("&lt;script&gt;" in page.text for page in pages[2:5])


def test_the_log_is_verified_by_the_back_office_and_says_how_far_it_is(console: SmallConsole) -> None:
    tell(console.house, 3)
    house = console.house
    house.records.audit.chain(house.records.db, house.clock())
    assert "never verified" in console.get("/admin/records/log").text
    assert console.post("/admin/records/log").status_code == 303
    assert "0 of 100" in console.get("/admin/records/log").text
    house.work()
    page = console.get("/admin/records/log").text
    assert "The log is whole" in page
    assert "3 events were verified" in page
    assert console.as_(HELP_DESK).post("/admin/records/log").status_code == 403
