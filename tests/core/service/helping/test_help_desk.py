"""What the help desk sees of a person and does for them, and what needs a second administrator."""

from __future__ import annotations

import pytest
from servers.desk import ADA, AGENT, BO, desk_of, details_of, happened
from servers.small_house import MAIL, PHONE, SmallHouse, Visit

from keyback.core.contracts.errors import MustWait, NotAllowed
from keyback.core.contracts.people import AccountState
from keyback.core.recovery import limits
from keyback.core.recovery.state import Stage
from keyback.core.service.helping.desk import Desk
from keyback.core.service.helping.desk_file import File

WHY = "called from the number in the directory"


@pytest.fixture
def desk(house: SmallHouse) -> Desk:
    return desk_of(house)


def look(desk: Desk, name: str = "jo") -> File:
    return desk.helping.look(ADA, desk.reach.find(ADA, name).handle)


def handle(desk: Desk, name: str = "jo") -> str:
    return desk.reach.find(ADA if name == "boss" else AGENT, name).handle


def locked_out(house: SmallHouse) -> Visit:
    """Somebody typed five wrong codes in jo's name."""
    visit = house.start()
    house.work()
    visit.pick("email")
    for _ in range(5):
        visit.answer("00000000")
    return visit


def waits(house: SmallHouse) -> bool:
    visit = house.start()
    house.work()
    visit.pick("email")
    try:
        visit.answer("00000000")
    except MustWait:
        return True
    return False


def test_the_file_says_what_they_have_and_shows_ends_alone(desk: Desk) -> None:
    file = look(desk)
    assert {line.method for line in file.overview.mine} == {"email", "sms", "saved_codes"}
    shown = repr([(line.end, line.label) for line in file.overview.mine])
    assert MAIL not in shown
    assert PHONE not in shown
    assert PHONE[-2:] in shown
    assert file.overview.get_back.yes


def test_the_file_says_how_the_account_stands(house: SmallHouse, desk: Desk) -> None:
    house.store.change("id-of-jo", state=AccountState(locked=True))
    ((called, account),) = look(desk).accounts
    assert (str(called), account.state.locked) == ("Fake directory", True)


def test_the_file_says_what_they_tried_and_how_it_ended(house: SmallHouse, desk: Desk) -> None:
    visit = house.start()
    visit.prove_by_mail()
    house.clock.forward(minutes=1)
    visit.prove_by_paper()
    house.clock.forward(minutes=1)
    visit.renew()
    (tried,) = look(desk).tries
    assert [str(proof) for proof in tried.proofs] == ["E-mail", "Saved code"]
    assert (tried.reference, tried.ended) == (visit.ticket.recovery_id[:8].upper(), "password.set")


def test_a_try_of_last_month_is_not_shown(house: SmallHouse, desk: Desk) -> None:
    house.start()
    house.work()
    assert len(look(desk).tries) == 1
    house.clock.forward(days=8)
    assert look(desk).tries == ()


def test_a_lock_out_is_seen_and_lifted(house: SmallHouse, desk: Desk) -> None:
    locked_out(house)
    assert [str(locked.label) for locked in look(desk).locked] == ["E-mail"]
    assert waits(house)
    assert desk.helping.lift(AGENT, handle(desk), WHY)
    assert look(desk).locked == ()
    assert not waits(house)
    assert details_of(house, "desk.lifted") == [{"who": "agnes", "subject": "idp|agnes", "why": WHY}]


def test_a_stop_is_lifted_too(house: SmallHouse, desk: Desk) -> None:
    visit = house.start()
    visit.prove_by_mail()
    house.service.stopping.decline(look(desk).served.person.id, visit.ticket.recovery_id)
    assert look(desk).stopped is not None
    desk.helping.lift(AGENT, handle(desk), WHY)
    assert look(desk).stopped is None
    assert happened(house, "self-service.resumed", "desk.lifted") == ["self-service.resumed"]


def test_wrong_answers_of_a_person_are_forgiven_three_times_a_day_whichever_agent_does_it(
    house: SmallHouse, desk: Desk
) -> None:
    """Otherwise an agent could guess on and on."""
    for _ in range(3):
        locked_out(house)
        assert desk.helping.lift(AGENT, handle(desk), WHY)
    locked_out(house)
    with pytest.raises(MustWait):
        desk.helping.lift(BO, desk.reach.find(BO, "jo").handle, WHY)
    assert waits(house)
    assert "limit.reached lifts" in happened(house, "limit.reached")


def test_a_stop_is_lifted_however_often_wrong_answers_were_forgiven(
    house: SmallHouse, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LIFTS", limits.Quota("lifts", most=0, window=limits.DAY))
    visit = house.start()
    visit.prove_by_mail()
    locked_out(house)
    house.service.stopping.decline(look(desk).served.person.id, visit.ticket.recovery_id)
    assert desk.helping.lift(AGENT, handle(desk), WHY)
    file = look(desk)
    assert (file.stopped, bool(file.locked)) == (None, True)


def test_what_is_not_locked_cannot_be_lifted(desk: Desk, house: SmallHouse) -> None:
    with pytest.raises(NotAllowed, match="nothing to lift"):
        desk.helping.lift(AGENT, handle(desk), WHY)
    assert happened(house, "desk.lifted") == []


@pytest.mark.parametrize("act", ["lift", "close"])
def test_nothing_is_done_without_a_reason(desk: Desk, act: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        getattr(desk.helping, act)(AGENT, handle(desk), "  ")
    assert "why" in refused.value.at


def test_an_administrator_removes_a_method_and_the_person_is_told_everywhere(house: SmallHouse, desk: Desk) -> None:
    served = desk.reach.find(ADA, "jo")
    (paper,) = [line for line in look(desk).overview.mine if line.id]
    assert desk.helping.remove(ADA, served.handle, paper.id, WHY)
    house.work()
    assert not [line for line in look(desk).overview.mine if line.id]
    assert {(m.medium, m.to) for m in house.channel.sent} == {("email", MAIL), ("sms", PHONE)}
    assert "was removed" in str(house.sent("sms")[0].text)
    assert happened(house, "desk.method-removed") == ["desk.method-removed saved_codes"]
    with pytest.raises(NotAllowed, match="not there"):
        desk.helping.remove(ADA, served.handle, paper.id, WHY)


def test_the_help_desk_removes_nothing(desk: Desk) -> None:
    (paper,) = [line for line in look(desk).overview.mine if line.id]
    with pytest.raises(NotAllowed, match="administrators"):
        desk.helping.remove(AGENT, handle(desk), paper.id, WHY)
    assert [line.id for line in look(desk).overview.mine if line.id] == [paper.id]


def test_nobody_removes_a_method_of_somebody_else_with_this_handle(house: SmallHouse, desk: Desk) -> None:
    house.add("max")
    (paper,) = [line for line in look(desk, "max").overview.mine if line.id]
    with pytest.raises(NotAllowed, match="not there"):
        desk.helping.remove(ADA, desk.reach.find(ADA, "jo").handle, paper.id, WHY)
    assert [line.id for line in look(desk, "max").overview.mine if line.id] == [paper.id]


def test_what_is_open_for_them_is_ended(house: SmallHouse, desk: Desk) -> None:
    proven, begun = house.start(), house.start()
    proven.prove_by_mail()
    assert desk.helping.close(AGENT, handle(desk), WHY) == 2
    assert (proven.recovery.stage, proven.recovery.closed_because) == (Stage.CLOSED, "help-desk")
    # Nothing was proven: to whoever watches it, it stays as it was, and it proves nothing any more.
    assert (begun.recovery.stage, begun.recovery.void) == (Stage.CHOOSING, True)
    assert happened(house, "desk.ended") == ["desk.ended 2"]


def test_an_invitation_says_where_to_add_a_method(house: SmallHouse, desk: Desk) -> None:
    (paper,) = [line for line in look(desk).overview.mine if line.id]
    house.store.change("id-of-jo", contacts=look(desk).accounts[0][1].contacts[1:])
    desk.helping.remove(ADA, desk.reach.find(ADA, "jo").handle, paper.id, WHY)
    house.work()
    house.channel.sent.clear()
    desk.helping.invite(AGENT, handle(desk))
    house.work()
    (mail,) = house.channel.sent
    assert (mail.to, str(mail.subject)) == (MAIL, "Two minutes now, no call later")
    assert "sign in at reset.example.org/methods" in str(mail.text)
    assert "https" not in str(mail.text)


def test_whoever_gets_in_by_themselves_is_not_invited(house: SmallHouse, desk: Desk) -> None:
    with pytest.raises(NotAllowed, match="today"):
        desk.helping.invite(AGENT, handle(desk))
    assert house.channel.sent == []


def boss(house: SmallHouse) -> None:
    house.add("boss", privileged=True)


def test_for_whoever_rules_others_a_second_administrator_decides(house: SmallHouse, desk: Desk) -> None:
    boss(house)
    (paper,) = [line for line in look(desk, "boss").overview.mine if line.id]
    assert not desk.helping.remove(ADA, handle(desk, "boss"), paper.id, WHY)
    assert [line.id for line in look(desk, "boss").overview.mine if line.id] == [paper.id]
    (waiting,) = desk.approvals.waiting()
    assert str(waiting.about) == "Remove Saved code of boss"
    with pytest.raises(NotAllowed, match="yourself"):
        desk.approvals.approve(ADA, waiting.id)
    desk.approvals.approve(BO, waiting.id)
    assert not [line for line in look(desk, "boss").overview.mine if line.id]
    house.work()
    assert house.sent("email") != []


def test_nobody_approves_what_is_about_themselves(house: SmallHouse, desk: Desk) -> None:
    house.add("bo", privileged=True)
    (paper,) = [line for line in look(desk, "bo").overview.mine if line.id]
    desk.helping.remove(ADA, desk.reach.find(ADA, "bo").handle, paper.id, WHY)
    (waiting,) = desk.approvals.waiting()
    with pytest.raises(NotAllowed, match="Nobody"):
        desk.approvals.approve(BO, waiting.id)
    assert desk.approvals.waiting() == (waiting,)


def test_a_lock_out_of_whoever_rules_others_waits_for_a_second_one(house: SmallHouse, desk: Desk) -> None:
    boss(house)
    assert not desk.helping.lift(ADA, handle(desk, "boss"), WHY)
    (waiting,) = desk.approvals.waiting()
    with pytest.raises(NotAllowed, match="nothing to lift"):
        desk.approvals.approve(BO, waiting.id)
