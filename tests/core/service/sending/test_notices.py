"""Who is told what happened: once, on every address, and with as few jobs as that needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from servers.small_house import MAIL, Cloud, SmallHouse, Visit
from sqlalchemy import select

from keyback.core.contracts.channel import Message, Receipt
from keyback.core.contracts.errors import DeliveryFailed, StoreUnavailable
from keyback.core.contracts.people import Contact, ContactKind
from keyback.core.contracts.plugin import Context
from keyback.core.db.jobs import Job
from keyback.core.db.session import Transaction
from keyback.core.db.tables import event


@pytest.fixture
def visit(linked: SmallHouse) -> Visit:
    """Jo, who has two accounts and has proven it."""
    visit = linked.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    return visit


@pytest.fixture
def cloud(linked: SmallHouse) -> Cloud:
    assert linked.cloud is not None
    return linked.cloud


def notices(house: SmallHouse) -> Sequence[Message]:
    return [m for m in house.sent("email") if m.to == MAIL and "new password is set" in str(m.subject)]


def test_each_notice_names_the_account_that_was_set(linked: SmallHouse, visit: Visit, cloud: Cloud) -> None:
    cloud.trouble = StoreUnavailable("down")
    visit.renew()
    linked.work()
    (notice,) = notices(linked)
    assert "for jo on" in str(notice.text)
    cloud.trouble = None
    visit.renew()
    linked.work()
    first, second = (str(notice.text) for notice in notices(linked))
    assert ("for jo on" in first, "for jo.cloud on" in first) == (True, False)
    assert ("for jo on" in second, "for jo.cloud on" in second) == (False, True)


def test_several_accounts_that_one_write_sets_are_told_in_one_notice(linked: SmallHouse, visit: Visit) -> None:
    visit.renew()
    linked.work()
    (notice,) = notices(linked)
    assert "for jo, jo.cloud on" in str(notice.text)


SECOND = "second@example.org"


@pytest.fixture
def kim(house: SmallHouse) -> Visit:
    """Somebody with two mailboxes, who has proven it."""
    mails = tuple(Contact(ContactKind.MAIL, mail, "mail", trusted=True) for mail in (MAIL, SECOND))
    house.add("kim", contacts=mails)
    visit = house.start("kim")
    visit.prove_by_mail()
    visit.prove_by_paper()
    house.work()
    house.channel.sent.clear()
    return visit


def written(house: SmallHouse) -> Counter[str]:
    """How many jobs of each kind stand in the table from now on."""
    kinds, put = Counter[str](), house.records.jobs.put

    def counted(tx: Transaction, lane: str, kind: str, *row: Any, **more: Any) -> Job:
        kinds[kind] += 1
        return put(tx, lane, kind, *row, **more)

    house.records.jobs.put = counted  # type: ignore[method-assign]
    return kinds


def told(house: SmallHouse) -> list[str]:
    return [message.to for message in house.sent("email")]


def noticed(house: SmallHouse) -> int:
    """How many notices the event log knows of this password."""
    with house.records.db.read() as tx:
        found = tx.scalars(select(event.c.data).where(event.c.name == "notice.sent"))
        return sum("password.set" in data for data in found)


def fail_for(house: SmallHouse, address: str, *, retry: bool) -> None:
    """From now on the channel carries nothing to this address."""
    send = house.channel.send

    def fails(message: Message, ctx: Context) -> Receipt:
        if message.to == address:
            raise DeliveryFailed("not taken", retry=retry)
        return send(message, ctx)

    house.channel.send = fails  # type: ignore[method-assign]


def test_all_messages_of_a_notice_are_carried_by_the_job_that_made_them(house: SmallHouse, kim: Visit) -> None:
    kinds = written(house)
    kim.renew()
    house.work()
    assert told(house) == [MAIL, SECOND]
    assert (kinds["notify"], kinds["carry"]) == (1, 0)
    assert noticed(house) == 2


def test_what_was_sent_is_not_sent_again_with_what_was_not(house: SmallHouse, kim: Visit) -> None:
    send = house.channel.send
    fail_for(house, SECOND, retry=True)
    kim.renew()
    house.work()
    assert (told(house), noticed(house)) == ([MAIL], 1)
    house.channel.send = send  # type: ignore[method-assign]
    house.clock.forward(minutes=11)
    house.work()
    assert (told(house), noticed(house)) == ([MAIL, SECOND], 2)


def test_an_address_that_no_channel_takes_keeps_no_other_from_its_notice(house: SmallHouse, kim: Visit) -> None:
    fail_for(house, MAIL, retry=False)
    kim.renew()
    house.work()
    assert (told(house), noticed(house)) == ([SECOND], 1)


def test_messages_for_which_there_is_no_room_get_a_job_each(house: SmallHouse, kim: Visit) -> None:
    kinds = written(house)
    house.staff.office.hand_over = lambda job, rest=None: False  # type: ignore[method-assign]
    kim.renew()
    house.work()
    assert told(house) == [MAIL, SECOND]
    assert (kinds["notify"], kinds["carry"]) == (1, 2)
    assert noticed(house) == 2
