"""Files by mail: to our own domains alone, again and again until somebody or time ends it, without a formula in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers.desk import ADA, AGENT, details_of, happened
from servers.small_house import SmallHouse, small_house

from keyback.core.contracts.errors import DeliveryFailed, NotAllowed, StoreUnavailable
from keyback.core.contracts.people import AccountState
from keyback.core.db.session import Database
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.reporting.file_schedules import Every, FileSchedules

JO = Actor("idp|jo", "jo", frozenset({Role.ADMINISTRATOR}))
TO = ("it@acme.example", "ciso@acme.example")


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    file = tmp_path / "keyback.db"
    file.write_bytes(migrated.read_bytes())
    database = Database(f"sqlite:///{file}")
    # A Saturday.
    yield small_house(database, file_domains=("acme.example",))
    database.close()


@pytest.fixture
def files(house: SmallHouse) -> FileSchedules:
    return FileSchedules(post=house.staff.file_post)


def pass_days(house: SmallHouse, days: int) -> None:
    for _ in range(days):
        house.clock.forward(days=1)
        house.staff.file_post.look(house.clock())
        house.work()


def mailed(house: SmallHouse) -> list[str]:
    return [message.to for message in house.sent("email") if message.attachment]


@pytest.mark.parametrize(
    ("every", "now", "at", "days"),
    [
        (Every.WEEK, "2030-06-01T12:00", "2030-06-03T12:00", ("2030-05-27", "2030-06-02")),
        (Every.WEEK, "2030-06-03T12:00", "2030-06-10T12:00", ("2030-06-03", "2030-06-09")),
        (Every.WEEK, "2030-06-03T11:59", "2030-06-03T12:00", ("2030-05-27", "2030-06-02")),
        (Every.MONTH, "2030-01-31T23:59", "2030-02-01T12:00", ("2030-01-01", "2030-01-31")),
        (Every.MONTH, "2030-02-01T12:00", "2030-03-01T12:00", ("2030-02-01", "2030-02-28")),
    ],
)
def test_when_it_is_mailed_and_which_days_it_is_about(every: Every, now: str, at: str, days: tuple[str, str]) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert every.first_after(datetime.fromisoformat(now).replace(tzinfo=UTC)) == moment
    assert tuple(day.isoformat() for day in every.days_before(moment)) == days


def test_a_report_goes_to_each_address_every_week(house: SmallHouse, files: FileSchedules) -> None:
    house.start()
    house.work()
    house.staff.office.tick()
    files.make(JO, "report", Every.WEEK, TO, "the steering group reads it")
    pass_days(house, 9)
    assert sorted(mailed(house)) == sorted(TO * 2)
    message = house.sent("email")[-1]
    assert message.attachment is not None
    assert message.attachment.name == "keyback-report-2030-06-09.csv"
    assert message.attachment.content.decode("utf-8-sig").startswith('"day","what","label","count"\r\n')
    assert "jo asked for it: the steering group reads it" in str(message.text)
    assert happened(house, "records.file-mailed") == ["records.file-mailed report"] * 4
    assert details_of(house, "records.file-mailed")[0]["who"] == "jo"


def test_events_are_mailed_without_personal_details_or_formulas(house: SmallHouse, files: FileSchedules) -> None:
    house.start("=cmd|' /C calc'!A1")
    house.work()
    files.make(JO, "events", Every.MONTH, TO[:1], "audit")
    pass_days(house, 31)
    (message,) = [one for one in house.sent("email") if one.attachment]
    assert message.attachment is not None
    content = message.attachment.content.decode("utf-8-sig")
    assert '"recovery.started"' in content
    assert "cmd" not in content
    assert '"=' not in content


def test_only_domains_of_the_file_and_only_administrators(house: SmallHouse, files: FileSchedules) -> None:
    elsewhere = ("it@evil.example", "it@acme.example.evil.example", "acme.example", " it@acme.example")
    for to in ((), TO * 6, *((address,) for address in elsewhere)):
        with pytest.raises(NotAllowed) as refused:
            files.make(JO, "report", Every.WEEK, to, "why")
        assert "to" in refused.value.at
    with pytest.raises(NotAllowed):
        files.make(AGENT, "report", Every.WEEK, TO, "why")
    with pytest.raises(NotAllowed):
        files.make(JO, "report", Every.WEEK, TO, " ")
    assert files.all() == ()
    assert files.make(JO, "report", Every.WEEK, ("it@ACME.example",), "why").to == ("it@ACME.example",)


def test_nothing_is_mailed_where_the_file_names_no_domain(house: SmallHouse, files: FileSchedules) -> None:
    files.make(JO, "report", Every.WEEK, TO, "why")
    nowhere = replace(files.post, around=replace(house.around, file_domains=()))
    with pytest.raises(NotAllowed, match="file_domains"):
        FileSchedules(post=nowhere).make(JO, "report", Every.WEEK, TO, "why")
    house.staff.office.teach("file-mail", nowhere.mail)
    pass_days(house, 3)
    assert mailed(house) == []


def test_a_channel_that_carries_no_files_carries_no_words_about_one(house: SmallHouse, files: FileSchedules) -> None:
    files.make(JO, "report", Every.WEEK, TO, "why")
    house.channel.attaches = False  # type: ignore[misc]
    with pytest.raises(NotAllowed, match="carries files"):
        files.make(JO, "report", Every.WEEK, TO, "why")
    pass_days(house, 3)
    assert house.sent("email") == []
    assert happened(house, "records.file-not-mailed") == ["records.file-not-mailed report"] * 2


def test_it_ends_when_whoever_set_it_up_is_gone(house: SmallHouse, files: FileSchedules) -> None:
    files.make(JO, "report", Every.WEEK, TO, "why")
    house.store.change("id-of-jo", state=AccountState(enabled=False))
    pass_days(house, 3)
    assert mailed(house) == []
    assert files.all() == ()
    assert happened(house, "records.file-schedule-ended") == ["records.file-schedule-ended owner report"]


def test_a_silent_directory_ends_nothing(house: SmallHouse, files: FileSchedules) -> None:
    files.make(JO, "report", Every.WEEK, TO, "why")
    house.store.trouble = StoreUnavailable("silent")
    pass_days(house, 2)
    assert mailed(house) == []
    house.store.trouble = None
    house.clock.forward(hours=2)
    house.work()
    assert sorted(mailed(house)) == sorted(TO)


@pytest.mark.parametrize(("actor", "days"), [(JO, 365), (ADA, 90)])
def test_it_ends_by_itself(house: SmallHouse, files: FileSchedules, actor: Actor, days: int) -> None:
    made = files.make(actor, "report", Every.MONTH, TO[:1], "why")
    assert made.ends_at == house.clock() + timedelta(days=days)
    house.clock.forward(days=days)
    pass_days(house, 32)
    assert files.all() == ()
    assert happened(house, "records.file-schedule-ended") == ["records.file-schedule-ended time report"]


def test_a_mail_server_that_is_down_is_asked_again(house: SmallHouse, files: FileSchedules) -> None:
    files.make(JO, "report", Every.WEEK, TO[:1], "why")
    house.channel.trouble = DeliveryFailed("down", retry=True)
    pass_days(house, 2)
    assert mailed(house) == []
    house.channel.trouble = None
    house.clock.forward(hours=1)
    house.work()
    assert mailed(house) == ["it@acme.example"]


def test_somebody_ends_it_and_nothing_is_mailed_any_more(house: SmallHouse, files: FileSchedules) -> None:
    made = files.make(JO, "report", Every.WEEK, TO, "why")
    with pytest.raises(NotAllowed):
        files.end(AGENT, made.id)
    files.end(ADA, made.id)
    with pytest.raises(NotAllowed):
        files.end(ADA, made.id)
    pass_days(house, 9)
    assert mailed(house) == []
