"""Lost answers: what is told at once, and what is told once it is known."""

from __future__ import annotations

import pytest
from servers.small_house import NEW, OLD, SmallHouse, Visit

from keyback.core.contracts.errors import OutcomeUnknown, OutOfTurn, PluginError
from keyback.core.contracts.store import OutcomeKind
from keyback.core.contracts.text import Secret
from keyback.core.recovery.state import Stage
from keyback.core.service.writing.write import Writer


@pytest.fixture
def visit(house: SmallHouse) -> Visit:
    """Somebody with two proofs, about to choose a password."""
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    return visit


def test_an_order_that_may_still_arrive_is_said_to_be_unknown(house: SmallHouse, visit: Visit) -> None:
    house.store.trouble_when_writing = OutcomeUnknown("the answer was lost")
    recovery = visit.renew()
    assert recovery.stage is Stage.UNSETTLED
    assert [outcome.kind for outcome in recovery.outcomes] == [OutcomeKind.UNKNOWN]


def test_it_is_called_not_set_only_after_two_unmoved_looks(house: SmallHouse, visit: Visit) -> None:
    house.store.trouble_when_writing = OutcomeUnknown("the answer was lost")
    visit.renew()
    house.store.trouble_when_writing = None
    house.clock.forward(seconds=13)
    house.work()
    assert visit.recovery.stage is Stage.UNSETTLED
    house.clock.forward(seconds=5)
    house.work()
    assert visit.recovery.stage is Stage.RENEWING
    assert house.opens("jo", OLD)
    assert visit.renew().stage is Stage.DONE


def test_a_write_that_arrives_late_is_told_as_set(house: SmallHouse, visit: Visit) -> None:
    house.store.trouble_when_writing = OutcomeUnknown("the answer was lost")
    visit.renew()
    house.store.trouble_when_writing = None
    account = visit.recovery.intents[0]
    house.store.set_password(account, Secret(NEW), unlock=True, ctx=house.context())
    house.clock.forward(seconds=13)
    house.work()
    assert visit.recovery.stage is Stage.DONE


def test_a_dead_writer_is_found_out_by_the_back_office(
    house: SmallHouse, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between its intent and the directory: nothing was written, and the person may go on."""

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    ticket, token = visit.ticket, visit.token
    with monkeypatch.context() as patched:
        patched.setattr(Writer, "write", die)
        with pytest.raises(KeyboardInterrupt):
            house.service.renewing.renew(ticket, token, Secret(NEW), ["1"])
    for _ in range(3):
        house.clock.forward(seconds=13)
        house.work()
    with house.records.db.read() as tx:
        recovery = house.records.recoveries.load(tx, ticket.recovery_id)
    assert recovery is not None
    assert recovery.stage is Stage.RENEWING
    assert house.store.writes == []


@pytest.mark.parametrize("broken", [RuntimeError("bug"), PluginError("bug"), SystemExit(1)])
def test_a_plugin_that_breaks_while_writing_is_never_believed(
    house: SmallHouse, visit: Visit, broken: Exception
) -> None:
    house.store.trouble_when_writing = broken
    assert visit.renew().stage is Stage.UNSETTLED


def test_nothing_else_can_be_done_while_it_is_being_settled(house: SmallHouse, visit: Visit) -> None:
    house.store.trouble_when_writing = OutcomeUnknown("the answer was lost")
    visit.renew()
    with pytest.raises(OutOfTurn):
        visit.renew()
    assert house.store.writes == []
