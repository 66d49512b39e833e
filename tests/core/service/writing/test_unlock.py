"""Unlocking without a new password: only what is locked, only with enough proofs, and only what is true is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from servers.small_house import MAIL, NEW, OLD, Cloud, SmallHouse, Visit, told
from sqlalchemy import select

from keyback.core.contracts.errors import NotAllowed, OutcomeUnknown, OutOfTurn, PasswordRefused, StoreUnavailable
from keyback.core.contracts.people import AccountState
from keyback.core.contracts.text import Secret
from keyback.core.db.tables import event
from keyback.core.recovery.policy import Audience, Policy, ProofRules, Purpose
from keyback.core.recovery.state import Stage
from keyback.core.service import snapshot
from keyback.core.service.writing import claim, locks
from keyback.core.service.writing.accounts import BY_HAND, OTHER_PROOFS
from keyback.core.service.writing.locks import Locks
from keyback.core.service.writing.unlock import BY_RESET
from keyback.core.service.writing.write import STILL_LOCKED

LOCKED = AccountState(locked=True)
LOST = OutcomeUnknown("the answer was lost")


class Never:
    """What no directory is."""


def lock(house: SmallHouse, name: str = "jo") -> None:
    house.store.change(f"id-of-{name}", state=LOCKED)


def is_locked(house: SmallHouse) -> bool:
    return house.store._accounts["id-of-jo"].state.locked


def proven(house: SmallHouse, paper: int = 0) -> Visit:
    """Jo, who came to unlock and has proven it."""
    visit = house.start(purpose=Purpose.UNLOCK)
    visit.prove_by_mail()
    visit.prove_by_paper(paper)
    return visit


def policies(house: SmallHouse, *rules: Policy) -> None:
    """As an administrator saves them, and as they come into force."""
    with house.records.db.write() as tx:
        house.records.settings.save_policies(tx, rules, who="the tests", why="tests")
        version = house.records.settings.version(tx)
    house.snapshots.at_least(version)


def event_names(house: SmallHouse) -> list[str]:
    with house.records.db.read() as tx:
        return list(tx.scalars(select(event.c.name)))


def test_a_locked_account_is_open_and_its_password_is_the_same(house: SmallHouse) -> None:
    lock(house)
    recovery = proven(house).unlock()
    assert (recovery.stage, told(recovery)) == (Stage.DONE, {"fake": "set"})
    assert not is_locked(house)
    assert house.opens("jo", OLD)
    assert house.store.writes == []


def test_every_step_leaves_its_event(house: SmallHouse) -> None:
    lock(house)
    proven(house).unlock()
    names = event_names(house)
    assert {"account.unlock-intended", "account.unlocked"} <= set(names)
    assert not [name for name in names if name.startswith("password.")]


def test_the_owner_hears_of_the_first_proof_and_of_the_unlock(house: SmallHouse) -> None:
    lock(house)
    proven(house).unlock()
    house.work()
    subjects = [str(mail.subject) for mail in house.sent("email") if mail.to == MAIL]
    assert {"Somebody started to unlock your account", "Your account was unlocked"} <= set(subjects)
    assert not [subject for subject in subjects if "password" in subject]


def test_an_account_that_is_not_locked_is_left_alone_and_it_is_said(house: SmallHouse) -> None:
    visit = proven(house)
    recovery = visit.unlock()
    assert (recovery.stage, recovery.closed_because) == (Stage.CLOSED, "not-locked")
    assert house.store.unlocks == []


@pytest.mark.parametrize("changes", [{"state": AccountState(locked=True, locked_by_admin=True)}, {"privileged": True}])
def test_what_an_administrator_decided_since_is_for_the_help_desk(house: SmallHouse, changes: dict[str, Any]) -> None:
    lock(house)
    visit = proven(house)
    house.store.change("id-of-jo", **changes)
    recovery = visit.unlock()
    assert (recovery.stage, recovery.closed_because) == (Stage.CLOSED, "by-hand")
    assert house.store.unlocks == []


def test_a_directory_that_refuses_to_unlock_sends_to_the_help_desk(house: SmallHouse) -> None:
    lock(house)
    visit = proven(house)
    house.store.trouble_when_writing = PasswordRefused([BY_HAND])
    recovery = visit.unlock()
    assert (recovery.stage, recovery.closed_because, told(recovery)) == (Stage.CLOSED, "by-hand", {"fake": "refused"})


def test_the_key_of_the_browser_is_renewed_with_the_outcome_and_not_before(house: SmallHouse) -> None:
    """The order follows the last proof in one request: if it dies meanwhile, the browser still holds its recovery."""
    lock(house)
    visit = house.start(purpose=Purpose.UNLOCK)
    visit.prove_by_mail()
    before = visit.ticket
    assert visit.prove_by_paper().ticket == before
    visit.unlock()
    assert visit.ticket != before
    with pytest.raises(NotAllowed):
        house.service.tickets.look(before)


def test_one_proof_of_two_unlocks_nothing(house: SmallHouse) -> None:
    lock(house)
    visit = house.start(purpose=Purpose.UNLOCK)
    visit.prove_by_mail()
    with pytest.raises(OutOfTurn):
        visit.unlock()
    assert is_locked(house)


def test_nobody_who_came_to_unlock_gets_a_new_password_and_the_other_way_round(house: SmallHouse) -> None:
    lock(house)
    with pytest.raises(OutOfTurn):
        proven(house).renew()
    house.clock.forward(seconds=31)
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper(1)
    with pytest.raises(OutOfTurn):
        visit.unlock()
    assert (house.store.writes, house.store.unlocks) == ([], [])


def test_a_policy_that_does_not_allow_it_makes_everybody_nobody(house: SmallHouse) -> None:
    policies(house, Policy("resets only", purposes=frozenset({Purpose.RESET})))
    visit = house.start(purpose=Purpose.UNLOCK)
    house.work()
    assert visit.kept().subject is None
    assert not house.service.unlocking.offered


def test_a_policy_that_stops_allowing_it_holds_at_once(house: SmallHouse) -> None:
    lock(house)
    visit = proven(house)
    policies(house, Policy("resets only", purposes=frozenset({Purpose.RESET})))
    assert visit.unlock().closed_because == "by-hand"
    assert is_locked(house)


def test_it_is_not_offered_where_no_directory_can(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody_may = Policy("everybody", purposes=frozenset(Purpose))
    policies(house, everybody_may)
    assert house.service.unlocking.offered
    monkeypatch.setattr(snapshot, "CanUnlock", Never)
    policies(house, everybody_may)
    assert not house.service.unlocking.offered


def test_an_account_whose_directory_cannot_is_sent_to_a_reset(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock(house)
    visit = proven(house)
    monkeypatch.setattr(locks, "CanUnlock", Never)
    assert visit.unlock().closed_because == "reset-instead"


def test_sessions_and_other_recoveries_go_on(house: SmallHouse) -> None:
    """What was proven elsewhere is as good as before: the password is the same."""
    lock(house)
    other = house.start()
    other.prove_by_mail()
    house.clock.forward(seconds=31)
    assert proven(house).unlock().stage is Stage.DONE
    assert other.prove_by_paper(1).recovery.stage is Stage.RENEWING


def test_a_silent_directory_changes_nothing_and_the_proofs_stay(house: SmallHouse) -> None:
    lock(house)
    visit = proven(house)
    house.store.trouble = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        visit.unlock()
    house.store.trouble = None
    assert visit.unlock().stage is Stage.DONE


def test_a_form_of_an_earlier_turn_orders_nothing(house: SmallHouse) -> None:
    lock(house)
    visit = proven(house)
    ticket, token = visit.ticket, visit.token
    visit.unlock()
    with pytest.raises(OutOfTurn):
        house.service.unlocking.unlock(replace(ticket, key=visit.ticket.key), token)
    assert len(house.store.unlocks) == 1


# Lost answers -------------------------------------------------------------------------------------------------


def test_a_lost_answer_is_looked_up_at_once(house: SmallHouse) -> None:
    lock(house)
    visit = proven(house)
    house.store.loses_answers = True
    assert visit.unlock().stage is Stage.DONE


def test_an_order_that_may_still_arrive_is_unknown_and_then_told_not_done(house: SmallHouse) -> None:
    lock(house)
    visit = proven(house)
    house.store.trouble_when_writing = LOST
    assert visit.unlock().stage is Stage.UNSETTLED
    house.store.trouble_when_writing = None
    house.wait(13)
    assert visit.recovery.stage is Stage.UNSETTLED
    house.wait(5)
    assert (visit.recovery.stage, told(visit.recovery)) == (Stage.RENEWING, {"fake": "not-set"})
    assert visit.unlock().stage is Stage.DONE
    assert len(house.store.unlocks) == 1


def test_an_order_that_arrives_late_is_told_as_done(house: SmallHouse) -> None:
    """By the lock itself: no mark moves when an account is unlocked."""
    lock(house)
    visit = proven(house)
    house.store.trouble_when_writing = LOST
    assert visit.unlock().stage is Stage.UNSETTLED
    house.store.trouble_when_writing = None
    house.store.unlock(visit.recovery.intents[0], ctx=house.context())
    house.wait(13)
    assert (visit.recovery.stage, told(visit.recovery)) == (Stage.DONE, {"fake": "set"})


def test_one_that_was_opened_meanwhile_is_done_when_it_is_tried_again(house: SmallHouse) -> None:
    """Somebody else unlocked it: what is said last is how it stands."""
    lock(house)
    visit = proven(house)
    house.store.trouble_when_writing = StoreUnavailable("down")
    assert visit.unlock().stage is Stage.RENEWING
    house.store.trouble_when_writing = None
    house.store.change("id-of-jo", state=AccountState())
    assert (visit.unlock().stage, told(visit.recovery)) == (Stage.DONE, {"fake": "set"})


def die(point: str) -> Callable[[str], None]:
    def at(name: str) -> None:
        if name == point:
            raise KeyboardInterrupt

    return at


@pytest.mark.parametrize(("point", "stage", "times"), [
    ("intent-stored", Stage.RENEWING, 0),
    ("outcome-stored", Stage.DONE, 1),
])  # fmt: skip
def test_a_process_that_died_is_found_out_and_nothing_is_done_twice(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch, point: str, stage: Stage, times: int
) -> None:
    lock(house)
    visit = proven(house)
    with monkeypatch.context() as patched:
        patched.setattr(claim, "faultpoint", die(point))
        with pytest.raises(KeyboardInterrupt):
            visit.unlock()
    house.wait(13)
    house.wait(5)
    assert visit.kept().stage is stage
    assert len(house.store.unlocks) == times


def test_a_reset_that_overtakes_a_dead_unlock_leaves_its_truth_to_the_lock(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock(house)
    dead = proven(house)
    with monkeypatch.context() as patched:
        patched.setattr(claim, "faultpoint", die("intent-stored"))
        with pytest.raises(KeyboardInterrupt):
            dead.unlock()
    house.clock.forward(seconds=31)
    other = house.start()
    other.prove_by_mail()
    other.prove_by_paper(1)
    assert other.renew().stage is Stage.DONE
    house.wait(13)
    recovery = dead.kept()
    assert (recovery.closed_because, told(recovery)) == ("superseded", {"fake": "set"})


# Several accounts ---------------------------------------------------------------------------------------------


@pytest.fixture
def cloud(linked: SmallHouse) -> Cloud:
    assert linked.cloud is not None
    return linked.cloud


def test_only_the_locked_one_of_two_is_unlocked(linked: SmallHouse, cloud: Cloud) -> None:
    cloud.change("cloud-id-of-jo", state=LOCKED)
    assert told(proven(linked).unlock()) == {"cloud": "set"}
    assert (len(linked.store.unlocks), len(cloud.unlocks)) == (0, 1)


def test_both_are_unlocked_and_a_silent_one_is_tried_again_alone(linked: SmallHouse, cloud: Cloud) -> None:
    lock(linked)
    cloud.change("cloud-id-of-jo", state=LOCKED)
    visit = proven(linked)
    cloud.trouble_when_writing = StoreUnavailable("down")
    recovery = visit.unlock()
    assert (recovery.stage, told(recovery)) == (Stage.RENEWING, {"fake": "set", "cloud": "not-set"})
    cloud.trouble_when_writing = None
    assert (visit.unlock().stage, told(visit.recovery)) == (Stage.DONE, {"fake": "set", "cloud": "set"})
    assert (len(linked.store.unlocks), len(cloud.unlocks)) == (1, 1)


def test_one_that_asks_for_other_proofs_stays_locked_beside_one_that_is_open(linked: SmallHouse, cloud: Cloud) -> None:
    lock(linked)
    cloud.change("cloud-id-of-jo", state=LOCKED)
    visit = proven(linked)
    easy = Policy("easy", position=1, audience=Audience(stores=frozenset({"fake"})))
    policies(linked, easy, Policy("strict", proof=ProofRules(at_least=3)))
    recovery = visit.unlock()
    assert (recovery.stage, told(recovery)) == (Stage.DONE, {"fake": "set", "cloud": "refused"})
    assert {outcome.reasons for outcome in recovery.outcomes} == {(), (OTHER_PROOFS,)}


def test_one_that_needs_a_reset_stays_locked_beside_one_that_is_open(
    linked: SmallHouse, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock(linked)
    cloud.change("cloud-id-of-jo", state=LOCKED)
    visit = proven(linked)
    monkeypatch.setattr(Locks, "can_lift_in", lambda _, store: store != "cloud")
    recovery = visit.unlock()
    assert told(recovery) == {"fake": "set", "cloud": "refused"}
    assert (BY_RESET,) in {outcome.reasons for outcome in recovery.outcomes}


# A reset unlocks too, if the policy says so -------------------------------------------------------------------


@pytest.mark.parametrize("unlocks", [True, False])
def test_a_reset_unlocks_if_the_policy_says_so(house: SmallHouse, unlocks: bool) -> None:
    policies(house, Policy("everybody", unlock_on_reset=unlocks))
    lock(house)
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    (outcome,) = visit.renew().outcomes
    assert is_locked(house) is not unlocks
    assert outcome.reasons == (() if unlocks else (STILL_LOCKED,))
    account = house.store.look(visit.recovery.subject.person.accounts[0].key, house.context())  # type: ignore[union-attr]
    assert account is not None
    assert house.store.accepts(account, Secret(NEW), ctx=house.context())
