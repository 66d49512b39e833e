"""An account whose password another directory gives it: that one is set, whichever of the two names was typed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from servers.small_house import NEW, OLD, Cloud, SmallHouse

from keyback.core.contracts.errors import StoreUnavailable
from keyback.core.contracts.people import Account, AccountKey, AccountState
from keyback.core.contracts.plugin import Context
from keyback.core.recovery.state import Recovery, Stage

FIRST, COPY = AccountKey("fake", "id-of-jo"), AccountKey("cloud", "copy-of-jo")


@pytest.fixture
def house(linked: SmallHouse) -> SmallHouse:
    """Jo's account in the cloud is a copy of the first one; nobody has joined them."""
    with linked.records.db.write() as tx:
        person = linked.records.keyring.pseudonym(FIRST.store, FIRST.id)
        for key in linked.records.links.accounts_of(tx, person):
            linked.records.links.part(tx, person, key)
    copy(linked)
    return linked


def copy(house: SmallHouse, **changes: object) -> None:
    assert house.cloud is not None
    account = Account(COPY, "jo@cloud.example", stamp="1", synced_from=FIRST)
    house.cloud.add(replace(account, **changes), OLD)  # type: ignore[arg-type]


def reset(house: SmallHouse, name: str) -> Recovery:
    visit = house.start(name)
    visit.prove_by_mail()
    visit.prove_by_paper()
    (target,) = house.service.renewing.targets(visit.recovery)
    assert (target.name, [str(each) for each in target.mirrors]) == ("jo", ["Cloud"])
    return visit.renew()


def found(house: SmallHouse, name: str) -> Recovery:
    visit = house.start(name)
    house.work()
    return visit.recovery


def test_by_the_name_of_the_copy_the_other_one_is_set_and_never_the_copy(house: SmallHouse) -> None:
    assert reset(house, "jo@cloud.example").stage is Stage.DONE
    assert house.opens("jo", NEW)
    assert house.cloud is not None
    assert house.cloud.writes == []


def test_a_name_that_both_have_is_one_persons(house: SmallHouse) -> None:
    copy(house, name="jo")
    assert reset(house, "jo").stage is Stage.DONE
    assert house.opens("jo", NEW)


def test_a_copy_of_somebody_else_makes_the_name_ambiguous(house: SmallHouse) -> None:
    house.add("kim")
    copy(house, name="jo", synced_from=AccountKey("fake", "id-of-kim"))
    recovery = found(house, "jo")
    assert (recovery.found, recovery.subject) == (True, None)


@pytest.mark.parametrize("change", [{"privileged": True}, {"synced_from": AccountKey("fake", "nobody")},
                                    {"synced_from": AccountKey("switched-off", "id-of-jo")}])  # fmt: skip
def test_a_copy_that_may_not_be_served_is_nobody(house: SmallHouse, change: dict[str, object]) -> None:
    copy(house, **change)
    recovery = found(house, "jo@cloud.example")
    assert (recovery.found, recovery.subject) == (True, None)


def test_one_whose_other_account_is_disabled_is_nobody(house: SmallHouse) -> None:
    house.store.change("id-of-jo", state=AccountState(enabled=False))
    assert found(house, "jo@cloud.example").subject is None


def test_while_the_other_directory_is_silent_nobody_is_found_and_then_somebody(house: SmallHouse) -> None:
    house.store.trouble = StoreUnavailable("down")
    visit = house.start("jo@cloud.example")
    house.work()
    assert not visit.recovery.found
    house.store.trouble = None
    house.clock.forward(seconds=3)
    house.work()
    assert visit.recovery.subject is not None


def test_another_mark_that_the_directory_knows_does_as_well(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whichever mark the other directory goes: its id, or what Microsoft calls a SID."""

    def marks(self: Cloud, account: Account, *, ctx: Context) -> list[AccountKey]:
        return [AccountKey("fake", "S-1-5-21"), FIRST]

    monkeypatch.setattr(Cloud, "linked_to", marks, raising=False)
    copy(house, synced_from=AccountKey("fake", "a-guid"))
    assert reset(house, "jo@cloud.example").stage is Stage.DONE
