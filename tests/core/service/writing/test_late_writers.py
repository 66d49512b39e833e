"""Writers that come too late, or whose other recovery was faster: nobody is told what is no longer true."""

from __future__ import annotations

import pytest
from servers.small_house import NEW, OLD, SmallHouse, Visit

from keyback.core.contracts.errors import OutcomeUnknown, OutOfTurn, StoreUnavailable
from keyback.core.contracts.store import OutcomeKind
from keyback.core.contracts.text import Secret
from keyback.core.recovery.state import Stage
from keyback.core.service.writing import claim
from keyback.core.service.writing.claim import Claiming
from keyback.core.service.writing.write import Writer

OTHER = "copper meadow whistle tangent"


def proven(house: SmallHouse, paper: int = 0) -> Visit:
    """Jo with two proofs, about to choose a password."""
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper(paper)
    return visit


def killed(house: SmallHouse, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies when its intent is stored."""

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Writer, "write", die)
        with pytest.raises(KeyboardInterrupt):
            visit.renew()


def test_a_writer_that_was_stopped_after_its_claim_writes_no_more(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = proven(house)
    monkeypatch.setattr(claim, "faultpoint", lambda name: house.clock.forward(seconds=4))
    recovery = visit.renew()
    assert recovery.stage is Stage.RENEWING
    assert [outcome.kind for outcome in recovery.outcomes] == [OutcomeKind.NOT_SET]
    assert house.store.writes == []
    assert house.opens("jo", OLD)


def test_what_the_directory_did_is_unknown_when_our_database_is_gone(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not "nothing was changed": the directory has the new password."""
    visit = proven(house)

    def silent(*_: object) -> None:
        raise StoreUnavailable("our database did not answer")

    with monkeypatch.context() as patched:
        patched.setattr(Claiming, "_conclude", silent)
        with pytest.raises(OutcomeUnknown):
            visit.renew()
    house.clock.forward(seconds=13)
    house.work()
    assert visit.recovery.stage is Stage.DONE
    assert house.opens("jo", NEW)


def test_a_store_that_was_switched_off_after_the_claim_was_not_written(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = proven(house)
    monkeypatch.setattr(claim, "faultpoint", lambda name: monkeypatch.setattr(Writer, "_store", switched_off))
    recovery = visit.renew()
    assert (recovery.stage, recovery.outcomes[0].kind) == (Stage.RENEWING, OutcomeKind.NOT_SET)


def switched_off(*_: object) -> None:
    raise StoreUnavailable("this store is switched off")


def test_a_dead_writer_is_never_credited_with_the_password_that_came_after_it(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = proven(house), proven(house, paper=1)
    killed(house, first, monkeypatch)
    house.clock.forward(seconds=11)
    assert second.renew(OTHER).stage is Stage.DONE
    for _ in range(3):
        recovery = first.kept()
        assert (recovery.stage, recovery.closed_because) == (Stage.CLOSED, "superseded")
        assert [outcome.kind for outcome in recovery.outcomes] == [OutcomeKind.NOT_SET]
        house.clock.forward(seconds=13)
        house.work()
    assert len(house.store.writes) == 1
    assert house.opens("jo", OTHER)


def test_a_lost_answer_is_told_as_set_but_not_as_good_any_more_once_another_came_after_it(house: SmallHouse) -> None:
    first, second = proven(house), proven(house, paper=1)
    house.store.trouble_when_writing = OutcomeUnknown("the answer was lost")
    first.renew()
    house.store.trouble_when_writing = None
    house.store.set_password(first.kept().intents[0], Secret(NEW), unlock=True, ctx=house.context())
    house.clock.forward(seconds=11)
    assert second.renew(OTHER).stage is Stage.DONE
    house.clock.forward(seconds=13)
    house.work()
    recovery = first.kept()
    assert (recovery.stage, recovery.closed_because) == (Stage.CLOSED, "superseded")
    assert [outcome.kind for outcome in recovery.outcomes] == [OutcomeKind.SET]
    assert house.opens("jo", OTHER)


def test_what_was_proven_for_a_write_that_failed_is_worth_nothing_once_another_is_done(house: SmallHouse) -> None:
    first, second = proven(house), proven(house, paper=1)
    house.store.trouble_when_writing = OutcomeUnknown("the answer was lost")
    first.renew()
    house.store.trouble_when_writing = None
    house.clock.forward(seconds=11)
    assert second.renew(OTHER).stage is Stage.DONE
    for _ in range(3):
        house.clock.forward(seconds=13)
        house.work()
    with pytest.raises(OutOfTurn):
        first.renew("sandal orbit lantern parade")
    assert house.opens("jo", OTHER)
