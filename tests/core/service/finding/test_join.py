"""Linked accounts: they take part once their own store has answered, and nobody waits for it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from servers.small_house import Cloud, SmallHouse, Visit
from sqlalchemy import select

from keyback.core.contracts.errors import StoreUnavailable
from keyback.core.contracts.people import AccountState, Contact, ContactKind
from keyback.core.contracts.store import DirectoryRules
from keyback.core.db.freezes import Freeze
from keyback.core.db.tables import event
from keyback.core.recovery.policy import Audience, Policy
from keyback.core.recovery.state import Recovery, Stage

CLOUD_MAIL = "jo@cloud.example"


def names(recovery: Recovery) -> list[str]:
    assert recovery.subject is not None
    return [account.name for account in recovery.subject.person.accounts]


def cloud(house: SmallHouse) -> Cloud:
    assert house.cloud is not None
    return house.cloud


def started_while_the_second_is_silent(linked: SmallHouse) -> Visit:
    """Only the first directory knows this name, and the second one does not answer."""
    linked.store.change("id-of-jo", name="jo@fake.example")
    cloud(linked).trouble = StoreUnavailable("down")
    return linked.start("jo@fake.example")


def told(house: SmallHouse, visit: Visit) -> list[str]:
    """The events of this recovery about linked accounts."""
    about = select(event.c.name, event.c.data).where(event.c.recovery_id == visit.ticket.recovery_id)
    with house.records.db.read() as tx:
        rows = tx.execute(about.order_by(event.c.at, event.c.id)).all()
    told = [f"{name} {json.loads(data).get('reason', '')}".strip() for name, data in rows]
    return [each for each in told if each.startswith("account.")]


def test_a_linked_account_takes_part(linked: SmallHouse) -> None:
    visit = linked.start()
    linked.work()
    assert names(visit.recovery) == ["jo", "jo.cloud"]
    assert visit.recovery.subject is not None
    assert visit.recovery.subject.unseen == ()


def test_it_does_so_by_whichever_name_the_person_came(linked: SmallHouse) -> None:
    visit = linked.start("jo.cloud")
    linked.work()
    assert names(visit.recovery) == ["jo.cloud", "jo"]


def test_its_contacts_and_the_enrolments_of_the_person_count(linked: SmallHouse) -> None:
    visit = linked.start()
    linked.work()
    assert visit.recovery.subject is not None
    assert CLOUD_MAIL in visit.recovery.subject.person.mails
    assert {offer.method for offer in visit.recovery.subject.offers} == {"email", "sms", "saved_codes"}


def test_a_silent_second_directory_neither_delays_nor_fails_the_recovery(linked: SmallHouse) -> None:
    visit = started_while_the_second_is_silent(linked)
    visit.prove_by_mail()
    assert visit.prove_by_paper().recovery.stage is Stage.RENEWING
    assert names(visit.recovery) == ["jo@fake.example"]


def test_one_that_answers_late_takes_part_as_long_as_nothing_is_proven(linked: SmallHouse) -> None:
    visit = started_while_the_second_is_silent(linked)
    linked.work()
    cloud(linked).trouble = None
    linked.clock.forward(seconds=3)
    linked.work()
    assert names(visit.recovery) == ["jo@fake.example", "jo.cloud"]


def test_after_the_first_proof_it_is_too_late(linked: SmallHouse) -> None:
    visit = started_while_the_second_is_silent(linked)
    visit.prove_by_mail()
    cloud(linked).trouble = None
    linked.clock.forward(seconds=3)
    linked.work()
    assert names(visit.recovery) == ["jo@fake.example"]
    with linked.records.db.read() as tx:
        assert not linked.records.jobs.any_due(tx, linked.clock() + timedelta(hours=1))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"privileged": True}, "privileged"),
        ({"state": AccountState(enabled=False)}, "disabled"),
        ({"state": AccountState(expired=True)}, "expired"),
    ],
)
def test_one_out_of_scope_is_left_out_and_the_others_are_served(
    linked: SmallHouse, changes: dict[str, object], reason: str
) -> None:
    visit = linked.start()
    cloud(linked).change("cloud-id-of-jo", **changes)
    linked.work()
    assert names(visit.recovery) == ["jo"]
    assert visit.recovery.subject is not None
    assert CLOUD_MAIL not in visit.recovery.subject.person.mails
    assert told(linked, visit) == [f"account.left-out {reason}"]


def test_a_gone_one_is_left_out(linked: SmallHouse) -> None:
    cloud(linked).remove("cloud-id-of-jo")
    visit = linked.start()
    linked.work()
    assert told(linked, visit) == ["account.left-out gone"]


def test_one_that_was_stopped_before_it_was_linked_is_left_out(linked: SmallHouse) -> None:
    pseudonym = linked.records.keyring.pseudonym("cloud", "cloud-id-of-jo")
    with linked.records.db.write() as tx:
        linked.records.freezes.freeze(tx, Freeze(pseudonym, linked.clock(), "password.set", "another"))
    visit = linked.start()
    linked.work()
    assert told(linked, visit) == ["account.left-out frozen"]


def test_one_with_which_another_policy_would_hold_is_left_out(linked: SmallHouse) -> None:
    """Otherwise linking would choose the policy: an easier one for an account that asks for more, or the reverse."""
    special = Policy("special", position=1, audience=Audience(groups=frozenset({"treasury"})))
    with linked.records.db.write() as tx:
        linked.records.settings.save_policies(tx, [special, Policy("everybody")], who="the tests", why="tests")
    visit = linked.start()
    # Looking at the page brings the new policies into force here.
    assert visit.recovery.subject is None
    cloud(linked).change("cloud-id-of-jo", groups=frozenset({"treasury"}))
    linked.work()
    assert told(linked, visit) == ["account.left-out other-policy"]


def test_its_mailbox_is_no_changed_mailbox_of_the_first_account(linked: SmallHouse) -> None:
    """Both directories call theirs `mail`; only a change within one account starts the cool-down."""
    linked.start()
    linked.work()
    changed = Contact(ContactKind.MAIL, "new@cloud.example", "mail", trusted=True)
    cloud(linked).change("cloud-id-of-jo", contacts=(changed,))
    visit = linked.start()
    linked.work()
    assert visit.recovery.subject is not None
    assert "new@cloud.example" not in visit.recovery.subject.person.mails


def test_a_code_waits_for_the_directory_that_knows_its_number(linked: SmallHouse) -> None:
    number = Contact(ContactKind.PHONE, "+436649998877", "mobile", trusted=True)
    cloud(linked).change("cloud-id-of-jo", contacts=(number,))
    visit = started_while_the_second_is_silent(linked)
    linked.work()
    visit.pick("sms", number.value)
    linked.work()
    assert linked.sent("sms") == []
    cloud(linked).trouble = None
    linked.clock.forward(seconds=3)
    linked.work()
    assert [message.to for message in linked.sent("sms")] == [number.value]


def test_what_both_directories_insist_on_holds(linked: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud(linked), "rules", lambda account, ctx: DirectoryRules(min_length=20, history=5))
    visit = linked.start()
    linked.work()
    assert visit.recovery.subject is not None
    assert visit.recovery.subject.directory == DirectoryRules(min_length=20, history=5)


def test_the_same_name_in_two_directories_is_one_person_when_both_are_linked(linked: SmallHouse) -> None:
    cloud(linked).change("cloud-id-of-jo", name="jo")
    visit = linked.start()
    linked.work()
    assert visit.recovery.subject is not None
    keys = [account.key.store for account in visit.recovery.subject.person.accounts]
    assert keys == ["fake", "cloud"]
