"""A report says of some days what their sums say, and reads nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import pytest
from servers.desk import happened
from servers.small_house import SmallHouse

from keyback.core.db import daily_sums
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.reporting.report import Carried, Funnel, MethodUse, ReportRoom
from keyback.core.service.reporting.ticket_costs import TicketCost
from keyback.core.service.ruling.kept_rules import Change

UDO = Actor("idp|udo", "udo", frozenset({Role.AUDITOR}))


@pytest.fixture
def room(house: SmallHouse) -> ReportRoom:
    return ReportRoom(records=house.records, around=house.around)


def put(house: SmallHouse, sums: Mapping[tuple[str, str], int], *, ago: int = 0) -> None:
    day = (house.clock().date() - timedelta(days=ago)).isoformat()
    with house.records.db.write() as tx:
        daily_sums.add(tx, {(day, what, label): count for (what, label), count in sums.items()})


def test_how_far_people_came_and_where_they_stopped(house: SmallHouse, room: ReportRoom) -> None:
    put(house, {("asked", "reset"): 9, ("asked", "unlock"): 1, ("proven", "reset"): 7, ("set", "reset"): 6})
    put(house, {("signed-in", ""): 4, ("closed", "expired"): 1, ("closed", "cancelled"): 2, ("nobody", "unknown"): 5})
    put(house, {("asked", "reset"): 1000}, ago=3)
    today = house.clock().date()
    report = room.report(today - timedelta(days=2), today)
    assert report.funnel == Funnel(10, 7, 6, 4)
    assert list(report.why_not.items()) == [("cancelled", 2), ("expired", 1)]
    assert report.nobody == {"unknown": 5}
    assert [(day.finished, day.not_finished) for day in report.days] == [(0, 0), (0, 0), (6, 3)]


def test_methods_are_sorted_by_use(house: SmallHouse, room: ReportRoom) -> None:
    put(house, {("proof", "sms"): 2, ("missed", "sms"): 1, ("proof", "email"): 3, ("added", "webauthn"): 4})
    today = house.clock().date()
    methods = room.report(today, today).methods
    assert methods == (MethodUse("email", 3, 0, 0, 0), MethodUse("sms", 2, 1, 0, 0), MethodUse("webauthn", 0, 0, 4, 0))


def test_messages_arrived_of_those_whose_end_is_known(house: SmallHouse, room: ReportRoom) -> None:
    put(house, {("message", "sms:DE:delivered"): 9, ("message", "sms:DE:failed"): 1, ("message", "sms:DE:sent"): 30})
    put(house, {("message", "email::accepted"): 3})
    today = house.clock().date()
    texts, mails = room.report(today, today).messages
    assert (texts, texts.per_cent) == (Carried("sms", "DE", 40, 9, 1), 90)
    assert (mails.sent, mails.per_cent) == (3, None)


def test_a_file_has_every_sum_and_leaves_an_event(house: SmallHouse, room: ReportRoom) -> None:
    put(house, {("proof", "=sms"): 2, ("set", "reset"): 1})
    today = house.clock().date()
    text = "".join(room.file(UDO, today, today))
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert rows[1:] == [[today.isoformat(), "proof", "'=sms", "2"], [today.isoformat(), "set", "reset", "1"]]
    assert happened(house, "records.exported") == ["records.exported report"]


def rows_of(room: ReportRoom, since: date, until: date) -> list[list[str]]:
    text = "".join(room.lines(since, until)).removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text, newline="")))[1:]


def test_a_file_says_what_each_day_saved_once_a_ticket_has_a_price(house: SmallHouse, room: ReportRoom) -> None:
    put(house, {("set", "reset"): 2, ("set", "unlock"): 1, ("proof", "sms"): 9})
    put(house, {("set", "reset"): 4}, ago=1)
    put(house, {("proof", "sms"): 1}, ago=2)
    today = house.clock().date()
    days = [(today - timedelta(days=ago)).isoformat() for ago in (2, 1, 0)]
    assert {row[1] for row in rows_of(room, today - timedelta(days=2), today)} == {"set", "proof"}
    room.costs.save(TicketCost(Decimal("22.50"), "EUR"), Change(UDO, "as our accounts say", 0))
    worth = [row for row in rows_of(room, today - timedelta(days=2), today) if row[1] in {"saved", "ticket"}]
    assert worth == [
        [days[1], "saved", "EUR", "90.00"],
        [days[2], "saved", "EUR", "67.50"],
        [days[2], "ticket", "EUR", "22.50"],
    ]
