"""One new password for several accounts: chosen, written in order, told one by one, and tried again where it failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from servers.small_house import NEW, OLD, Cloud, SmallHouse, Visit, told

from keyback.core.contracts.errors import NotAllowed, OutcomeUnknown, OutOfTurn, PasswordRefused, StoreUnavailable
from keyback.core.contracts.people import AccountKey, AccountState
from keyback.core.contracts.store import OutcomeKind
from keyback.core.contracts.text import Secret, Text
from keyback.core.recovery.policy import Audience, PasswordRules, Policy, ProofRules
from keyback.core.recovery.state import Stage
from keyback.core.service.writing import claim
from keyback.core.service.writing.accounts import BY_HAND, OTHER_PROOFS
from keyback.core.service.writing.write import NO_ANSWER, NOT_ASKED, Writer

FIRST, SECOND = AccountKey("fake", "id-of-jo"), AccountKey("cloud", "cloud-id-of-jo")
OTHER = "copper lanterns hum at noon"
LOST = OutcomeUnknown("the answer was lost")


@pytest.fixture
def visit(linked: SmallHouse) -> Visit:
    """Jo, who has two accounts and has proven it."""
    visit = linked.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    return visit


def proven_again(linked: SmallHouse) -> Visit:
    """The same person in a second try, half a minute later: then mails go out again."""
    other = linked.start()
    linked.clock.forward(seconds=31)
    other.prove_by_mail()
    other.prove_by_paper(1)
    return other


@pytest.fixture
def cloud(linked: SmallHouse) -> Cloud:
    assert linked.cloud is not None
    return linked.cloud


def opens(store: Any, key: AccountKey, password: str) -> bool:
    context = SmallHouse.context()
    return bool(store.accepts(store.look(key, context), Secret(password), ctx=context))


def test_both_are_set(linked: SmallHouse, visit: Visit, cloud: Cloud) -> None:
    recovery = visit.renew()
    assert (recovery.stage, told(recovery)) == (Stage.DONE, {"fake": "set", "cloud": "set"})
    assert opens(linked.store, FIRST, NEW)
    assert opens(cloud, SECOND, NEW)


def test_one_that_is_not_chosen_is_not_written(linked: SmallHouse, visit: Visit, cloud: Cloud) -> None:
    recovery = visit.renew(NEW, "jo")
    assert (recovery.stage, told(recovery)) == (Stage.DONE, {"fake": "set"})
    assert cloud.writes == []
    assert opens(cloud, SECOND, OLD)


@pytest.mark.parametrize("chosen", [(), ("3",), ("1", "9"), ("cloud-id-of-jo",), ("",)])
def test_only_what_stands_on_the_page_can_be_chosen(
    linked: SmallHouse, visit: Visit, cloud: Cloud, chosen: tuple[str, ...]
) -> None:
    with pytest.raises(OutOfTurn):
        linked.service.renewing.renew(visit.ticket, visit.token, Secret(NEW), chosen)
    assert linked.store.writes == cloud.writes == []


def test_no_value_of_a_form_is_an_id_of_a_directory(linked: SmallHouse, visit: Visit) -> None:
    targets = linked.service.renewing.targets(visit.recovery)
    assert [target.value for target in targets] == ["1", "2"]


def test_before_the_first_proof_there_is_nothing_to_choose(linked: SmallHouse) -> None:
    visit = linked.start()
    linked.work()
    assert linked.service.renewing.targets(visit.recovery) == linked.service.renewing.silent(visit.recovery) == ()


def test_the_strictest_directory_is_written_first(
    linked: SmallHouse, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = linked.start("jo.cloud")
    visit.prove_by_mail()
    visit.prove_by_paper()
    order: list[str] = []
    write = Writer.write

    def note(writer: Writer, account: Any, *more: Any, **named: Any) -> Any:
        order.append(account.key.store)
        return write(writer, account, *more, **named)

    monkeypatch.setattr(Writer, "write", note)
    assert visit.renew().stage is Stage.DONE
    assert order == ["fake", "cloud"]


def test_what_the_strictest_refuses_is_asked_of_no_other(linked: SmallHouse, visit: Visit, cloud: Cloud) -> None:
    """Otherwise the person would have two passwords, and could not make them one again."""
    linked.store.trouble_when_writing = PasswordRefused([Text("used before")])
    recovery = visit.renew()
    assert (recovery.stage, told(recovery)) == (Stage.RENEWING, {"fake": "refused", "cloud": "not-set"})
    assert recovery.outcomes[1].reasons == (NOT_ASKED,)
    assert cloud.writes == []
    linked.store.trouble_when_writing = None
    assert visit.renew(OTHER).stage is Stage.DONE
    assert opens(linked.store, FIRST, OTHER)
    assert opens(cloud, SECOND, OTHER)


def test_one_that_refuses_last_leaves_the_other_set(linked: SmallHouse, visit: Visit, cloud: Cloud) -> None:
    cloud.trouble_when_writing = PasswordRefused([Text("used before")])
    recovery = visit.renew()
    assert (recovery.stage, told(recovery)) == (Stage.RENEWING, {"fake": "set", "cloud": "refused"})


@pytest.mark.parametrize("when", ["trouble", "trouble_when_writing"])
def test_a_directory_that_is_silent_now_keeps_nobody_from_the_other(
    linked: SmallHouse, visit: Visit, cloud: Cloud, when: str
) -> None:
    setattr(cloud, when, StoreUnavailable("down"))
    recovery = visit.renew()
    assert (recovery.stage, told(recovery)) == (Stage.RENEWING, {"fake": "set", "cloud": "not-set"})
    assert next(o for o in recovery.outcomes if o.kind is OutcomeKind.NOT_SET).reasons == (NO_ANSWER,)
    setattr(cloud, when, None)
    recovery = visit.renew()
    assert (recovery.stage, told(recovery)) == (Stage.DONE, {"fake": "set", "cloud": "set"})
    assert len(linked.store.writes) == len(cloud.writes) == 1


def test_what_is_set_is_not_written_again(linked: SmallHouse, visit: Visit, cloud: Cloud) -> None:
    cloud.trouble = StoreUnavailable("down")
    visit.renew()
    with pytest.raises(OutOfTurn):
        linked.service.renewing.renew(visit.ticket, visit.token, Secret(OTHER), ["1"])
    assert opens(linked.store, FIRST, NEW)


def test_when_nobody_answers_nothing_is_claimed(linked: SmallHouse, visit: Visit, cloud: Cloud) -> None:
    linked.store.trouble = cloud.trouble = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        visit.renew()
    assert (visit.recovery.stage, visit.recovery.outcomes) == (Stage.RENEWING, ())


def test_one_that_is_disabled_meanwhile_is_not_written_and_the_other_is(
    linked: SmallHouse, visit: Visit, cloud: Cloud
) -> None:
    cloud.change(SECOND.id, state=AccountState(enabled=False))
    recovery = visit.renew()
    assert told(recovery) == {"fake": "set", "cloud": "refused"}
    assert {o.reasons for o in recovery.outcomes} == {(), (BY_HAND,)}
    assert cloud.writes == []


def test_two_that_may_not_be_written_are_told_as_one_is(linked: SmallHouse, visit: Visit, cloud: Cloud) -> None:
    for store, key in ((linked.store, FIRST), (cloud, SECOND)):
        store.change(key.id, privileged=True)
    with pytest.raises(NotAllowed):
        visit.renew()
    assert linked.store.writes == cloud.writes == []


def policies(house: SmallHouse, visit: Visit, *rules: Policy) -> None:
    with house.records.db.write() as tx:
        house.records.settings.save_policies(tx, rules, who="the tests", why="tests")
    # Looking brings them into force.
    assert visit.recovery.stage is Stage.RENEWING


def test_an_account_that_asks_for_more_by_itself_is_not_opened_by_one_that_asks_for_less(
    linked: SmallHouse, visit: Visit, cloud: Cloud
) -> None:
    easy = Policy("easy", position=1, audience=Audience(stores=frozenset({"fake"})))
    policies(linked, visit, easy, Policy("strict", proof=ProofRules(at_least=3)))
    recovery = visit.renew()
    assert told(recovery) == {"fake": "set", "cloud": "refused"}
    assert {o.reasons for o in recovery.outcomes} == {(), (OTHER_PROOFS,)}
    assert cloud.writes == []


def test_the_password_must_be_good_enough_for_every_account_that_is_chosen(
    linked: SmallHouse, visit: Visit, cloud: Cloud
) -> None:
    easy = Policy("easy", position=1, audience=Audience(stores=frozenset({"fake"})))
    policies(linked, visit, easy, Policy("strict", password=PasswordRules(min_length=40)))
    with pytest.raises(PasswordRefused):
        visit.renew()
    assert linked.store.writes == cloud.writes == []
    assert told(visit.renew(NEW, "jo")) == {"fake": "set"}


def test_one_account_that_is_set_ends_the_persons_other_recoveries(linked: SmallHouse, cloud: Cloud) -> None:
    second = linked.start()
    second.prove_by_mail()
    first = proven_again(linked)
    cloud.trouble = StoreUnavailable("down")
    assert first.renew().stage is Stage.RENEWING
    assert second.recovery.closed_because == "superseded"


# Lost answers -------------------------------------------------------------------------------------------------


def test_unsettled_for_one_of_two_says_what_is_known_of_the_other(
    linked: SmallHouse, visit: Visit, cloud: Cloud
) -> None:
    cloud.trouble_when_writing = LOST
    recovery = visit.renew()
    assert (recovery.stage, told(recovery)) == (Stage.UNSETTLED, {"fake": "set", "cloud": "unknown"})
    cloud.trouble_when_writing = None
    linked.wait(23)
    assert visit.kept().stage is Stage.UNSETTLED
    linked.wait(5)
    assert (visit.recovery.stage, told(visit.recovery)) == (Stage.RENEWING, {"fake": "set", "cloud": "not-set"})
    assert visit.renew().stage is Stage.DONE
    assert opens(cloud, SECOND, NEW)


def test_a_lost_first_answer_does_not_keep_the_second_account_from_being_written(
    linked: SmallHouse, visit: Visit, cloud: Cloud
) -> None:
    linked.store.trouble_when_writing = LOST
    recovery = visit.renew()
    assert told(recovery) == {"fake": "unknown", "cloud": "set"}


def die(point: str) -> Callable[[str], None]:
    def at(name: str) -> None:
        if name == point:
            raise KeyboardInterrupt

    return at


def test_a_dead_writer_of_two_is_found_out_for_each(
    linked: SmallHouse, visit: Visit, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies after the first directory has the password and before the second one hears of it."""
    write = Writer.write

    def once(writer: Writer, account: Any, *more: Any, **named: Any) -> Any:
        if account.key == SECOND:
            raise KeyboardInterrupt
        return write(writer, account, *more, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Writer, "write", once)
        with pytest.raises(KeyboardInterrupt):
            visit.renew()
    linked.wait(13)
    assert visit.kept().stage is Stage.WRITING, "its second turn may not be over yet"
    linked.wait(10)
    assert told(visit.kept()) == {"fake": "set", "cloud": "unknown"}
    linked.wait(5)
    recovery = visit.kept()
    assert (recovery.stage, told(recovery)) == (Stage.RENEWING, {"fake": "set", "cloud": "not-set"})
    assert cloud.writes == []


def test_the_truth_about_one_does_not_wait_for_the_directory_of_the_other(
    linked: SmallHouse, visit: Visit, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(claim, "faultpoint", die("intent-stored"))
        with pytest.raises(KeyboardInterrupt):
            visit.renew()
    cloud.trouble = StoreUnavailable("down")
    linked.wait(23)
    linked.wait(5)
    assert told(visit.kept()) == {"fake": "not-set", "cloud": "unknown"}
    cloud.trouble = None
    linked.wait(3)
    linked.wait(5)
    assert told(visit.kept()) == {"fake": "not-set", "cloud": "not-set"}


def test_a_turn_that_comes_too_late_is_not_taken(
    linked: SmallHouse, visit: Visit, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between its two writes, a process wakes up when its leases are over."""
    write = Writer.write

    def slow(writer: Writer, account: Any, *more: Any, **named: Any) -> Any:
        outcome = write(writer, account, *more, **named)
        linked.clock.forward(seconds=14)
        return outcome

    monkeypatch.setattr(Writer, "write", slow)
    assert told(visit.renew()) == {"fake": "set", "cloud": "not-set"}
    assert cloud.writes == []


def test_a_dead_writers_other_account_stays_unknown_when_one_is_overtaken(
    linked: SmallHouse, visit: Visit, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = proven_again(linked)
    with monkeypatch.context() as patched:
        patched.setattr(claim, "faultpoint", die("intent-stored"))
        with pytest.raises(KeyboardInterrupt):
            visit.renew()
    linked.clock.forward(seconds=21)
    assert other.renew(OTHER, "jo").stage is Stage.DONE
    assert told(visit.kept()) == {"fake": "not-set", "cloud": "unknown"}
    linked.wait(3)
    linked.wait(5)
    recovery = visit.kept()
    assert (recovery.stage, recovery.closed_because) == (Stage.CLOSED, "superseded")
    assert told(recovery) == {"fake": "not-set", "cloud": "not-set"}


def test_one_who_writes_another_account_meanwhile_tells_the_truth_by_itself(
    linked: SmallHouse, visit: Visit, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = proven_again(linked)
    write = Writer.write

    def meanwhile(writer: Writer, account: Any, *more: Any, **named: Any) -> Any:
        monkeypatch.setattr(Writer, "write", write)
        assert other.renew(OTHER, "jo").stage is Stage.DONE
        return write(writer, account, *more, **named)

    monkeypatch.setattr(Writer, "write", meanwhile)
    recovery = visit.renew(NEW, "jo.cloud")
    assert (recovery.stage, recovery.closed_because) == (Stage.CLOSED, "superseded")
    assert told(recovery) == {"cloud": "set"}


def test_a_writer_whose_turn_has_passed_cannot_tell_for_another_one(
    linked: SmallHouse, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was noted meanwhile leaves the claim its own; a new claim of the same recovery is for other passwords."""
    with monkeypatch.context() as patched:
        patched.setattr(claim, "faultpoint", die("intent-stored"))
        with pytest.raises(KeyboardInterrupt):
            visit.renew()
    writing = visit.kept()
    assert linked.service.renewing.claiming._same_claim(replace(writing, version=writing.version - 1)) == writing
    with pytest.raises(OutOfTurn):
        linked.service.renewing.claiming._same_claim(replace(writing, turn=writing.turn - 1))


def test_each_directory_is_asked_for_the_truth_in_its_own_lane(
    linked: SmallHouse, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked.work()
    with monkeypatch.context() as patched:
        patched.setattr(claim, "faultpoint", die("intent-stored"))
        with pytest.raises(KeyboardInterrupt):
            visit.renew()
    for _ in range(2):
        linked.clock.forward(seconds=23)
        now = linked.clock()
        with linked.records.db.write() as tx:
            jobs = {job.lane: job for job in linked.records.jobs.claim(tx, "test", now=now, until=now)}
        assert set(jobs) == {"store:fake", "store:cloud"}
        linked.staff.office._workers["settle"](jobs["store:cloud"])
    assert told(visit.kept()) == {"fake": "unknown", "cloud": "not-set"}
