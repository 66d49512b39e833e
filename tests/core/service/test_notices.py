"""Who is told what happened: once, on every address, and with as few jobs as that needs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from servers.small_house import MAIL, Cloud, SmallHouse, Visit

from keyback.core.contracts.channel import Message
from keyback.core.contracts.errors import StoreUnavailable
from keyback.core.contracts.people import Contact, ContactKind


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


@pytest.mark.parametrize(("contacts", "carried"), [((MAIL,), 0), ((MAIL, "second@example.org"), 2)])
def test_a_single_message_is_carried_by_the_job_that_made_it(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch, contacts: Sequence[str], carried: int
) -> None:
    mails = tuple(Contact(ContactKind.MAIL, mail, "mail", trusted=True) for mail in contacts)
    house.add("kim", contacts=mails)
    visit = house.start("kim")
    visit.prove_by_mail()
    visit.prove_by_paper()
    house.work()
    kinds: list[str] = []
    put = house.records.jobs.put
    monkeypatch.setattr(house.records.jobs, "put", lambda *row, **more: kinds.append(row[2]) or put(*row, **more))
    visit.renew()
    house.work()
    assert len(notices(house)) == 1
    assert (kinds.count("notify"), kinds.count("carry")) == (1, carried)
