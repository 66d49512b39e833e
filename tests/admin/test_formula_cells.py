"""No file that the console gives away holds a formula, however a spreadsheet reads it."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from servers.console_pages import endpoint_of
from servers.lived_in import lived_in, seen
from servers.small_console import SmallConsole, opened
from sqlalchemy import Update, update

from keyback.core.db.tables import daily_sum, delivery, event, job, recovery
from keyback.core.service.reporting.csv_file import line

EVIL = "=cmd|' /C calc'!A1"
SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫\u2212"
# Separators, quotes, signs in every width, and what is not seen before one.
ODD = SIGNS + "\"';,\t\r\n\v\f\x1c\x85\u2028 \u00a0\u200b\u202e\u3000\ufeff\x01ab1"
PARTS = (",", ";", "\t")


def cells(text: str) -> Iterator[str]:
    """Every cell, as it reads with each of the signs that may part them, with quotes and without."""
    for part in PARTS:
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=part, quoting=quoting):
                yield from row
    yield from text.splitlines()


def runs(cell: str) -> bool:
    """Whether a spreadsheet may take it for a formula: by its first sign that can be seen."""
    seen = cell.lstrip().lstrip("".join(sign for sign in cell if unicodedata.category(sign)[0] in "CZ"))
    return seen[:1] != "" and seen[0] in SIGNS


@given(st.lists(st.text(st.sampled_from(ODD)) | st.text(), min_size=1, max_size=4))
@example(["a;=1"])
@example(['"=1'])
@example(['x";"=1'])
@example(["a\n=1", "\u3000＝1"])
@example(["\x80=1", "\ue000=1", "\U000e0001=1"])
def test_no_row_holds_a_formula_whatever_somebody_put_into_it(row: list[str]) -> None:
    assert not [cell for cell in cells(line(row)) if runs(cell)]


@given(st.text(st.characters(exclude_characters=SIGNS + "\0\t\r\n")))
def test_what_holds_no_sign_of_a_formula_is_read_as_it_was_written(cell: str) -> None:
    assert next(csv.reader(io.StringIO(line([cell]), newline=""))) == [cell]


def poison(console: SmallConsole) -> None:
    """Into everything that a file shows and that is not read as a number or a time."""
    spoilt: tuple[Update, ...] = (
        update(event).values(data=json.dumps({"store": EVIL, "method": f"a\n{EVIL}"}), pseudonym=EVIL),
        update(recovery).values(entry=EVIL[:32]),
        update(job).values(kind=EVIL, recovery_id=f"x;{EVIL}"),
    )
    now = console.house.clock()
    with console.house.records.db.write() as tx:
        for one in spoilt:
            tx.execute(one)
        sent = dict.fromkeys(("challenge", "medium", "channel", "why", "ref", "lane"), EVIL)
        rest = {"id": "1", "region": "=1", "state": "sent", "sealed": b"", "at": now, "changed_at": now}
        tx.execute(delivery.insert().values(**sent, **rest))
        tx.execute(daily_sum.insert().values(day=now.date().isoformat(), what="set", label=EVIL, count=1))


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[SmallConsole]:
    with lived_in(migrated, tmp_path_factory.mktemp("formulas")) as console:
        yield console


def test_no_export_of_any_screen_holds_one(console: SmallConsole) -> None:
    forms = seen(console).forms.values()
    poison(console)
    exported = {}
    for form in forms:
        if endpoint_of(console, form.action, "POST").endswith((".file", ".export", ".csv")):
            since = {"since": (console.house.clock().date() - timedelta(days=1)).isoformat()}
            file = console.post(form.action, {**form.as_it_stands(), **since})
            assert file.content_type.startswith("text/csv"), form.action
            exported[form.action] = file.text.removeprefix("\ufeff")
    lists = {f"/admin/records/file/{what}" for what in ("events", "recoveries", "messages", "jobs")}
    assert set(exported) == {*lists, "/admin/reports/file"}
    for action, text in exported.items():
        assert "'=" in text, action
        assert not [cell for cell in cells(text) if runs(cell)], action


@pytest.mark.parametrize("what", ["report", "events"])
def test_no_file_that_is_mailed_holds_one(tmp_path: Path, migrated: Path, what: str) -> None:
    with opened(migrated, tmp_path, file_domains=("acme.example",)) as console:
        house = console.house
        made = console.post("/admin/files/new", {"what": what, "every": "week", "to": "it@acme.example", "why": "x"})
        assert made.status_code == 303
        day = (house.clock().date() + timedelta(days=1)).isoformat()
        with house.records.db.write() as tx:
            tx.execute(update(event).values(data=json.dumps({"store": EVIL}), pseudonym=EVIL))
            tx.execute(daily_sum.insert().values(day=day, what="set", label=EVIL, count=1))
        for _ in range(9):
            house.clock.forward(days=1)
            house.staff.file_post.look(house.clock())
            house.work()
        files = [one.attachment.content.decode("utf-8-sig") for one in house.sent("email") if one.attachment]
    assert any("'=" in text for text in files)
    assert not [cell for text in files for cell in cells(text) if runs(cell)]
