"""What administrators decide holds in every process, soon, and for whoever is on the way too."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from servers.small_house import Cloud, SmallHouse, small_house

from keyback.core.contracts.errors import OutOfTurn
from keyback.core.db.session import Database
from keyback.core.recovery.policy import Policy, ProofRules, PublicRules
from keyback.core.recovery.state import Stage
from keyback.core.service.chores import Chores
from keyback.core.service.norms import Norms
from keyback.core.service.sending.budgets import Budgets


def save(house: SmallHouse, policy: Policy) -> None:
    """What the console will do, at another process."""
    with house.records.db.write() as tx:
        house.records.settings.save_policies(tx, [policy], who="admin", why="test")


def test_a_page_sees_what_was_saved_at_another_process(house: SmallHouse) -> None:
    visit = house.start()
    with house.records.db.write() as tx:
        house.records.settings.save_public_rules(tx, PublicRules(methods=("email",)), who="admin", why="test")
    assert visit.recovery.is_open
    assert house.snapshots.current.public.methods == ("email",)


def test_a_process_that_serves_nobody_sees_it_too(house: SmallHouse) -> None:
    save(house, Policy("stricter"))
    chores = Chores(
        records=house.records, snapshots=house.snapshots, mover=house.service.tickets.mover,
        budgets=Budgets(records=house.records, around=house.around, norms=Norms(house.records, house.around)),
    )  # fmt: skip
    chores.see_new_settings(house.clock())
    assert [policy.name for policy in house.snapshots.current.policies] == ["stricter"]


def test_a_policy_that_became_stricter_holds_for_a_recovery_on_the_way(house: SmallHouse) -> None:
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    save(house, Policy("stricter", proof=ProofRules(required=frozenset({"sms"}))))
    with pytest.raises(OutOfTurn):
        visit.renew()
    assert house.store.writes == []


def test_a_policy_that_became_laxer_changes_nothing_for_a_recovery_on_the_way(house: SmallHouse) -> None:
    visit = house.start()
    house.work()
    save(house, Policy("laxer", proof=ProofRules(at_least=1)))
    visit.pick("email")
    house.work()
    assert visit.answer(visit.code()).recovery.stage is Stage.CHOOSING


def test_a_name_is_asked_of_the_store_that_claims_its_realm_alone(house: SmallHouse) -> None:
    snapshot = house.snapshots.current
    two = replace(snapshot, plugins=replace(snapshot.plugins, stores={"one": house.store, "two": house.store}))
    realms = {"one": ("one.example",)}
    assert two.stores_for("jo@one.example", realms) == ("one",)
    assert two.stores_for("jo@elsewhere.example", realms) == ("one", "two")
    assert two.stores_for("jo", realms) == ("one", "two")


@pytest.mark.parametrize("name", ["jo@One.Example", "ACME\\jo", "acme\\jo"])
def test_a_realm_is_the_same_in_any_case_and_before_a_backslash(house: SmallHouse, name: str) -> None:
    snapshot = house.snapshots.current
    two = replace(snapshot, plugins=replace(snapshot.plugins, stores={"one": house.store, "two": house.store}))
    assert two.stores_for(name, {"one": ("ONE.example", "Acme")}) == ("one",)


def test_a_netbios_name_chooses_the_store_though_it_is_no_part_of_the_name(tmp_path: Path, migrated: Path) -> None:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    house = small_house(database, cloud=Cloud(), realms={"fake": ("ACME",)}, netbios=("ACME",))
    visit = house.start("acme\\jo")
    assert (visit.recovery.name, visit.recovery.asked) == ("jo", ("fake",))
    house.work()
    assert visit.recovery.subject is not None
    assert house.start("jo").recovery.asked == ("fake", "cloud")
    database.close()
