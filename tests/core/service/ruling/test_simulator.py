"""What administrators are told about one person, and what nobody else learns by it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from servers.small_house import SmallHouse
from sqlalchemy import func, select

from keyback.core.contracts.errors import MustWait, StoreUnavailable
from keyback.core.contracts.people import Contact, ContactKind
from keyback.core.db import tables
from keyback.core.recovery.limits import SIMULATIONS
from keyback.core.recovery.policy import Audience, Disclosure, Policy, ProofRules, PublicRules, Purpose
from keyback.core.service.administrators.actor import Actor
from keyback.core.service.ruling.simulated import Why
from keyback.core.service.ruling.simulator import Draft

INES = Actor("ines", "Ines Roth", frozenset({"administrator"}))
BOARD = Policy("Board", 1, Audience(groups=frozenset({"board"}), stores=frozenset({"fake"})))


def rows(house: SmallHouse) -> dict[str, int]:
    """How many rows each table has, but for those that say who looked at whom."""
    with house.records.db.read() as tx:
        every = {each.name: tx.scalar(select(func.count()).select_from(each)) for each in tables.metadata.sorted_tables}
    return {name: count for name, count in every.items() if name not in {"event", "counter", "person_key"}}  # type: ignore[misc]


def test_it_says_what_they_would_see_and_which_combinations_are_enough(house: SmallHouse) -> None:
    told = house.staff.simulator.look(INES, "jo")
    assert told.yes
    assert told.name == "Jo"
    assert [sight.method for sight in told.first] == ["email", "sms", "saved_codes"]
    assert {sight.end for sight in told.first} == {""}
    assert {sight.end for sight in told.offers} == {"j••••@ma••••.example", "+XX XXXXXXX05", ""}
    assert set(told.ways) == {("email", "sms"), ("email", "saved_codes"), ("sms", "saved_codes")}


def test_the_policy_that_holds_is_named_and_why_the_earlier_ones_did_not_fit(house: SmallHouse) -> None:
    draft = Draft((BOARD, Policy("Everybody", 9)), PublicRules())
    told = house.staff.simulator.look(INES, "jo", draft=draft)
    assert [(each.name, each.unfit) for each in told.considered] == [("Board", ("groups",)), ("Everybody", ())]
    house.store.change("id-of-jo", groups=frozenset({"board"}))
    assert [each.name for each in house.staff.simulator.look(INES, "jo", draft=draft).considered] == ["Board"]


def test_it_says_what_is_missing_and_what_would_help(house: SmallHouse) -> None:
    needs_two = Policy("Everybody", proof=ProofRules(optional=frozenset({"email", "saved_codes"})))
    house.store.change("id-of-jo", contacts=())
    told = house.staff.simulator.look(INES, "jo", draft=Draft((needs_two,), PublicRules()))
    assert not told.yes
    assert not told.refusal
    assert dict(told.help) == {"email": ("email", "saved_codes")}
    assert {each.method: each.why for each in told.not_offered} == {"email": Why.NOT_SET_UP, "sms": Why.OFF}


def test_what_was_added_lately_is_said_to_wait(house: SmallHouse) -> None:
    person, now = house.records.keyring.pseudonym("fake", "id-of-jo"), house.clock()
    later = now + timedelta(hours=72)
    house.store.change("id-of-jo", contacts=())
    with house.records.db.write() as tx:
        data = {"to": "+436641234599"}
        house.records.enrolments.add(tx, person, "sms", "", data, proven_at=now, usable_from=later)
    (sms,) = (each for each in house.staff.simulator.look(INES, "jo").not_offered if each.method == "sms")
    assert (sms.why, sms.until) == (Why.WAITS, later)


@pytest.mark.parametrize(("change", "why"), [({"privileged": True}, "privileged"), ({"name": "nobody"}, "unknown")])
def test_whoever_would_be_nobody_is_said_to_be_and_why(house: SmallHouse, change: dict[str, object], why: str) -> None:
    house.store.change("id-of-jo", **change)
    told = house.staff.simulator.look(INES, "jo")
    assert (told.yes, told.refusal) == (False, why)


def test_a_purpose_that_the_policy_does_not_serve_is_out_of_scope(house: SmallHouse) -> None:
    resets = Policy("Everybody", purposes=frozenset({Purpose.RESET}))
    told = house.staff.simulator.look(INES, "jo", Purpose.UNLOCK, Draft((resets,), PublicRules()))
    assert told.refusal == "out-of-scope"


def test_linked_accounts_take_part_and_it_is_said_why_one_does_not(linked: SmallHouse) -> None:
    told = linked.staff.simulator.look(INES, "jo")
    assert told.stores == ("fake", "cloud")
    assert "j••••@cl••••.example" in {sight.end for sight in told.offers}
    assert linked.cloud is not None
    linked.cloud.change("cloud-id-of-jo", privileged=True)
    assert linked.staff.simulator.look(INES, "jo").left_out == (("cloud", "privileged"),)


def test_with_masked_ends_it_shows_those_before_the_first_proof(house: SmallHouse) -> None:
    masked = PublicRules(disclosure=Disclosure.MASKED)
    told = house.staff.simulator.look(INES, "jo", draft=Draft((Policy("Everybody"),), masked))
    assert [sight.end for sight in told.first] == ["j••••@ma••••.example", "+XX XXXXXXX05", ""]
    nothing_shown = PublicRules(disclosure=Disclosure.MASKED, methods=("authenticator",))
    told = house.staff.simulator.look(INES, "jo", draft=Draft((Policy("Everybody"),), nothing_shown))
    assert (told.masked, told.first, told.yes) == (True, (), False)


def test_a_try_that_may_send_one_message_is_said_not_to_be_enough_for_two(house: SmallHouse) -> None:
    told = house.staff.simulator.look(
        INES, "jo", draft=Draft((Policy("Everybody"),), PublicRules(sends_per_recovery=1))
    )
    assert set(told.ways) == {("email", "saved_codes"), ("sms", "saved_codes")}


def test_nothing_is_sent_kept_or_counted_against_the_person(linked: SmallHouse) -> None:
    before = rows(linked)
    linked.store.change("id-of-jo", contacts=(Contact(ContactKind.MAIL, "new@mail.example", "mail", trusted=True),))
    linked.staff.simulator.look(INES, "jo")
    linked.work()
    assert rows(linked) == before
    assert linked.channel.sent == []


def test_who_looked_at_whom_is_an_event_and_names_stand_in_it_sealed_only(house: SmallHouse) -> None:
    house.staff.simulator.look(INES, "jo")
    with house.records.db.read() as tx:
        row = tx.execute(select(tables.event).where(tables.event.c.name == "person.simulated")).mappings().one()
    assert row["pseudonym"] == house.records.keyring.pseudonym("fake", "id-of-jo")
    assert json.loads(row["data"])["by"] == house.records.keyring.pseudonym("console", "ines")
    assert b"Ines" not in row["details"]


def test_nobody_looks_through_the_whole_directory_with_it(house: SmallHouse) -> None:
    for _ in range(SIMULATIONS.most):
        house.staff.simulator.look(INES, "jo")
    with pytest.raises(MustWait):
        house.staff.simulator.look(INES, "jo")


def test_a_silent_directory_is_said_to_be_silent(house: SmallHouse) -> None:
    house.store.trouble = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        house.staff.simulator.look(INES, "jo")
