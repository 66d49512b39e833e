"""Home over HTTP: what needs somebody comes first, with a way to it for whoever may go there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers.small_console import AUDITOR, HELP_DESK, SmallConsole, small_console
from servers.small_house import small_house

from keyback.admin.home_words import PAGES, SAYINGS, line_of
from keyback.core.db import daily_sums
from keyback.core.db.session import Database
from keyback.core.recovery.limits import SYSTEM_MISSES
from keyback.core.service.gate import system_mark
from keyback.core.service.reporting.concerns import Concern, Health, What


@pytest.fixture
def console(tmp_path: Path) -> Iterator[SmallConsole]:
    database = Database(f"sqlite:///{tmp_path / 'keyback.db'}")
    database.upgrade()
    house = small_house(database)
    house.clock.time = datetime.now(UTC)
    yield small_console(house)
    database.close()


def test_home_is_calm_where_nothing_is_wrong(console: SmallConsole) -> None:
    page = console.get("/admin/").text
    assert "Nothing needs you" in page
    assert 'class="tag bad"' not in page


def test_what_is_wrong_leads_to_the_page_where_it_is_mended(console: SmallConsole) -> None:
    give_up_a_job(console)
    page = console.get("/admin/").text
    assert "Nothing needs you" not in page
    link = re.search(r'href="(/admin/records/jobs\?state=given-up)"', page)
    assert link
    assert console.get(link[1]).status_code == 200


def test_the_help_desk_sees_what_is_broken_without_a_door_that_is_shut_for_it(console: SmallConsole) -> None:
    give_up_a_job(console)
    page = console.as_(HELP_DESK).get("/admin/").text
    assert "Jobs were given up: 1" in page
    assert "/admin/records/jobs" not in page


def test_what_only_waits_is_not_said_to_whoever_can_do_nothing_about_it(console: SmallConsole) -> None:
    console.house.clock.forward(days=40)
    said = "Nobody has verified the event log for a month"
    assert said in console.as_(AUDITOR).get("/admin/").text
    assert said not in console.as_(HELP_DESK).get("/admin/").text


def test_what_is_mended_on_the_server_has_no_link_and_is_said_to_whoever_reads_records(console: SmallConsole) -> None:
    console.house.clock.forward(days=366)
    said = "Data keys are older than a year"
    assert said in console.get("/admin/").text
    assert said not in console.as_(HELP_DESK).get("/admin/").text


def test_it_says_how_this_hour_stands_and_when_that_is_much_more_than_is_usual_here(console: SmallConsole) -> None:
    house = console.house
    house.look_at_norms()
    assert "Wrong answers this hour: 0; beyond 2000 it is an alert." in console.get("/admin/").text
    for more, said in ((2001, "harder for everybody"), (6000, "offered only what nobody can guess")):
        with house.records.db.write() as tx:
            house.records.counters.bump(tx, [replace(system_mark(SYSTEM_MISSES), by=more)], house.clock())
        house.look_at_norms()
        assert said in console.get("/admin/").text
    # People call about it.
    assert "Wrong answers: 8001 this hour, and 400 are usual" in console.as_(HELP_DESK).get("/admin/").text


def test_the_chart_says_in_words_and_in_a_table_what_it_shows(console: SmallConsole) -> None:
    now = console.house.clock()
    sums = {(now.date().isoformat(), what, "reset"): count for what, count in (("asked", 9), ("proven", 6), ("set", 5))}
    sums[(now - timedelta(days=1)).date().isoformat(), "set", "reset"] = 2
    with console.house.records.db.write() as tx:
        daily_sums.add(tx, sums)
    page = console.get("/admin/").text
    assert "In fourteen days 9 asked, 6 proved who they are and 7 got back in." in page
    assert page.count('<th scope="row">20') == 14
    # Of today's nine: five, one and three. Who got in yesterday and asked before makes no piece of less than nothing.
    assert [page.count(f'<rect class="{series}" x="') for series in ("one", "two", "three")] == [2, 1, 1]
    assert not re.search(r"\s(style|on\w+)=", page)


@pytest.mark.parametrize("what", What)
def test_every_concern_has_its_words_and_says_what_to_do_next(what: What) -> None:
    heading, what_next = SAYINGS[what]
    assert str(heading)
    assert str(what_next) or what is What.POLICY


def test_a_plugins_concern_opens_its_page() -> None:
    line = line_of(Concern(Health.BROKEN, What.STORE_SILENT, {"name": "Staff", "n": 3}, ("store", "openldap")), {})
    assert (line.page, line.parts) == ("directories.one", {"key": "openldap"})
    assert str(line.heading) == "Staff doesn't answer"


def test_every_page_that_a_line_leads_to_is_there(console: SmallConsole) -> None:
    assert {page for _, page in PAGES.values()} <= console.app.view_functions.keys()


def give_up_a_job(console: SmallConsole) -> None:
    house = console.house
    with house.records.db.write() as tx:
        job = house.staff.office.put(tx, "house", "find", "", {}, leased=False)
        house.records.jobs.give_up(tx, job.id, house.clock())


def test_a_certificate_is_named_by_its_plugin_and_where_it_is(console: SmallConsole) -> None:
    with console.house.records.db.write() as tx:
        ends = {"ldaps://dc1.example": console.house.clock() + timedelta(days=3)}
        console.house.records.certificate_ends.keep(tx, "store", "fake", ends)
    page = console.get("/admin/").text
    day = f"{console.house.clock() + timedelta(days=3):%Y-%m-%d}"
    assert f"Fake directory: a certificate ends on {day}" in page
    assert "ldaps://dc1.example: put a newer one in its place" in page
    assert re.search(r'class="tag warn">[^<]*(<svg.*?</svg>)?Urgent<', page)
    assert 'href="/admin/plugins/store/fake"' in page
