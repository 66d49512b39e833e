"""What a ticket costs is said by an administrator, kept with who and why, and reckoned with in reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from servers.console_forms import words
from servers.desk import happened
from servers.small_console import AUDITOR, HELP_DESK, SmallConsole, opened

from keyback.admin.home_screen import HomeScreen
from keyback.admin.report_screens import ReportScreen
from keyback.core.db import daily_sums

REPORTS, TICKET = "/admin/reports/", "/admin/reports/ticket"
COSTS = {"amount": "22.50", "currency": "EUR", "why": "as our accounts say", "after": "0"}
SAVED = "12 × 22.50 EUR. An estimate: not everybody would have called."


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path, screens=(HomeScreen, ReportScreen)) as console:
        day = console.house.clock().date().isoformat()
        with console.house.records.db.write() as tx:
            daily_sums.add(tx, {(day, "set", "reset"): 12})
        yield console


def version(console: SmallConsole) -> str:
    return str(console.services.reports.costs.now().version)


def test_nothing_is_reckoned_until_somebody_says_what_a_ticket_costs(console: SmallConsole) -> None:
    assert "Money saved" not in console.get(REPORTS).text
    assert console.post(TICKET, COSTS).status_code == 303
    page = words(console.get(REPORTS))
    assert f"Money saved 270 EUR {SAVED}" in page
    assert SAVED in words(console.as_(AUDITOR).get(REPORTS))


def test_empty_is_nothing_again(console: SmallConsole) -> None:
    console.post(TICKET, COSTS)
    gone = {**COSTS, "amount": "", "currency": "", "why": "nobody knows", "after": version(console)}
    assert console.post(TICKET, gone).status_code == 303
    assert "Money saved" not in console.get(REPORTS).text
    page = words(console.get(TICKET))
    assert "22.50 EUR" in page
    assert "nobody knows" in page


def test_who_said_it_and_why_is_kept_and_an_event(console: SmallConsole) -> None:
    page = words(console.get(console.post(TICKET, COSTS).location))
    assert "Reports reckon with it from now on." in page
    assert "Ines Roth as our accounts say" in page
    (event,) = happened(console.house, "rules.saved")
    assert "amount: 0 > 22.50" in event
    assert "currency:  > EUR" in event


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount": "-1"}, "Between 0 and 100000."),
        ({"amount": "100001"}, "Between 0 and 100000."),
        ({"amount": "much"}, "Type a number, with digits alone."),
        ({"amount": "NaN"}, "Type a number, with digits alone."),
        ({"amount": "Infinity"}, "Type a number, with digits alone."),
        ({"currency": ""}, "Type three capital letters, such as EUR."),
        ({"currency": "eur"}, "Type three capital letters, such as EUR."),
        ({"currency": "EURO"}, "At most 3 characters"),
        ({"currency": "<b>"}, "Type three capital letters, such as EUR."),
        ({"amount": "", "currency": "€"}, "Type three capital letters, such as EUR."),
        ({"why": ""}, "Say why, in one line."),
    ],
)
def test_what_cannot_be_reckoned_with_is_said_at_its_field(
    console: SmallConsole, wrong: Mapping[str, str], said: str
) -> None:
    page = console.post(TICKET, {**COSTS, **wrong})
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    assert said in words(page)
    assert version(console) == "0"


def test_what_somebody_else_saved_meanwhile_is_not_written_over(console: SmallConsole) -> None:
    console.post(TICKET, COSTS)
    page = console.post(TICKET, {**COSTS, "amount": "9"})
    assert page.status_code == 422
    assert "22.50 EUR" in words(page)
    assert "Money saved 270 EUR" in words(console.get(REPORTS))


def test_only_an_administrator_changes_it_and_an_auditor_sees_it(console: SmallConsole) -> None:
    console.post(TICKET, COSTS)
    auditor = console.as_(AUDITOR)
    assert "22.50 EUR" in words(auditor.get(TICKET))
    assert 'name="amount"' not in auditor.get(TICKET).text
    assert auditor.post(TICKET, COSTS).status_code == 403
    for other in (console.as_(HELP_DESK), console.as_()):
        assert other.get(TICKET).status_code == 403
        assert other.post(TICKET, COSTS).status_code == 403


def test_in_german_a_comma_stands_before_the_fraction_and_may_be_typed(console: SmallConsole) -> None:
    assert console.post(TICKET, {**COSTS, "amount": "22,50"}).status_code == 303
    german = {**console._headers(), "Accept-Language": "de"}
    form, report = (console.client.get(path, headers=german) for path in (TICKET, REPORTS))
    assert 'value="22,50"' in form.text
    assert "22,50 EUR" in words(form)
    assert "12 × 22,50 EUR" in words(report)


def test_a_comma_that_others_write_among_thousands_is_not_guessed_at(console: SmallConsole) -> None:
    page = console.post(TICKET, {**COSTS, "amount": "1,000"})
    assert page.status_code == 422
    assert "Type a number, with digits alone." in words(page)
