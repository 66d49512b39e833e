"""This wasn't me: who can stop self-service, for whom, what it ends, and who lifts it."""

from __future__ import annotations

import shutil
from base64 import b32encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from servers.small_house import MAIL, NEW, OLD, PHONE, SmallHouse, Visit, small_house
from sqlalchemy import select

from keyback.core.contracts.channel import Message
from keyback.core.contracts.errors import NotAllowed, OutcomeUnknown, OutOfTurn
from keyback.core.contracts.people import AccountKey, Contact, ContactKind, Person
from keyback.core.contracts.text import Secret
from keyback.core.db.freezes import Freeze
from keyback.core.db.sealing import KeyPurpose
from keyback.core.db.session import Database
from keyback.core.db.tables import event
from keyback.core.recovery.state import Recovery, Stage
from keyback.core.service.helping.lift_desk import LiftDesk
from keyback.core.service.sending.notice_links import GOOD_FOR, NoticeLinks, Told

WASNT_ME = "https://reset.example.org/wasnt-me/"
HELP_DESK = "help@acme.example"


def token_in(message: Message) -> str:
    """The link's, as the person's mail program would find it."""
    words = str(message.text).split()
    (link,) = [word for word in words if word.startswith(WASNT_ME)]
    return link.removeprefix(WASNT_ME)


def links_sent(house: SmallHouse) -> list[str]:
    return [message.to for message in house.channel.sent if "wasnt-me" in str(message.text)]


def token(house: SmallHouse) -> str:
    """Of the newest notice that has one."""
    return token_in([message for message in house.sent("email") if WASNT_ME in str(message.text)][-1])


def proven_once(house: SmallHouse) -> Visit:
    visit = house.start()
    visit.prove_by_mail()
    house.work()
    return visit


def proven(house: SmallHouse, paper: int = 0) -> Visit:
    visit = proven_once(house)
    visit.prove_by_paper(paper)
    return visit


def stop(house: SmallHouse, with_token: str) -> bool:
    stopped = house.service.stopping.stop(with_token)
    house.work()
    return stopped


def lift(house: SmallHouse, name: str = "jo") -> None:
    LiftDesk(house.records, house.snapshots, house.staff.service.stopping.around).lift(name)


def events(house: SmallHouse) -> list[tuple[str, str]]:
    with house.records.db.read() as tx:
        return [(name, data) for name, data in tx.execute(select(event.c.name, event.c.data).order_by(event.c.id))]


def subjects(house: SmallHouse, to: str = MAIL) -> list[str]:
    return [str(message.subject) for message in house.sent("email") if message.to == to]


def stopped(house: SmallHouse) -> bool:
    person = Person(house.records.keyring.pseudonym("fake", "id-of-jo"), ())
    with house.records.db.read() as tx:
        return house.records.freezes.stopped(tx, person)


def test_a_proof_sends_the_link_to_the_proven_mailbox_and_to_no_phone(house: SmallHouse) -> None:
    proven_once(house)
    assert links_sent(house) == [MAIL]
    assert house.sent("sms") != []


def test_the_notice_of_a_new_password_has_one_too(house: SmallHouse) -> None:
    proven(house).renew()
    house.work()
    (mail,) = [m for m in house.sent("email") if str(m.subject) == "Your new password is set"]
    assert stop(house, token_in(mail))
    assert stopped(house)
    assert house.opens("jo", NEW)


def test_an_address_that_its_owner_can_write_or_that_is_new_gets_none(house: SmallHouse) -> None:
    house.start()
    house.work()
    own = Contact(ContactKind.MAIL, "mine@mail.example", "other", trusted=False)
    new = Contact(ContactKind.MAIL, "new@mail.example", "mail", trusted=True)
    old = Contact(ContactKind.MAIL, MAIL, "mail", trusted=True)
    account = house.store.look(AccountKey("fake", "id-of-jo"), house.context())
    assert account is not None
    house.store.add(replace(account, contacts=(old, own, new)), OLD)
    proven_once(house)
    told = {message.to for message in house.sent("email") if "started" in str(message.subject)}
    assert told == {MAIL, "mine@mail.example", "new@mail.example"}
    assert links_sent(house) == [MAIL]


def test_a_stranger_without_a_proof_causes_no_link_and_no_stop(house: SmallHouse) -> None:
    visit = house.start()
    house.work()
    for choice, destination in (("email", ""), ("sms", PHONE)):
        visit.pick(choice, destination)
        house.work()
        assert visit.answer("00000000").reason == "wrong"
        house.work()
    recovery = visit.recovery
    keyring = house.records.keyring
    person = keyring.pseudonym("fake", "id-of-jo")
    everything_they_have = (recovery.id, visit.token, visit.ticket.key, "", "a" * 183)
    other_seals = [
        b32encode(keyring.seal(KeyPurpose.FORM, person.encode(), table=table, column="link", row="")).decode()
        for table in ("wasnt_me", "recovery")
    ]
    assert not any(stop(house, guess) for guess in (*everything_they_have, *other_seals))
    assert links_sent(house) == []
    assert not stopped(house)
    assert "self-service.stopped" not in dict(events(house))


def test_opening_the_link_changes_nothing(house: SmallHouse) -> None:
    proven_once(house)
    before = events(house)
    for _ in range(5):
        assert house.service.stopping.may_stop(token(house))
    assert events(house) == before
    assert not stopped(house)


def test_the_link_names_nobody(house: SmallHouse) -> None:
    visit = proven_once(house)
    for part in (house.records.keyring.pseudonym("fake", "id-of-jo"), visit.recovery.id):
        assert part.lower() not in token(house)
    assert token(house).isalnum()


def test_a_stop_makes_the_person_nobody_until_it_is_lifted(house: SmallHouse) -> None:
    proven_once(house)
    assert stop(house, token(house))
    visit = house.start()
    house.work()
    assert (visit.recovery.found, visit.recovery.subject) == (True, None)
    assert ("person.nobody", '{"reason": "frozen", "stores": []}') in events(house)
    sends = len(house.channel.sent)
    visit.pick("email")
    house.work()
    assert len(house.channel.sent) == sends
    house.clock.forward(minutes=1)
    lift(house)
    assert proven(house).renew().stage is Stage.DONE


def test_a_stop_ends_what_was_proven_and_hides_where_nothing_was(house: SmallHouse) -> None:
    one, unproven = proven_once(house), house.start()
    house.work()
    assert stop(house, token(house))
    assert (one.recovery.stage, one.recovery.closed_because) == (Stage.CLOSED, "frozen")
    assert (unproven.recovery.stage, unproven.recovery.void) == (Stage.CHOOSING, True)


def test_whoever_was_looked_up_after_the_stop_is_nobody_too(house: SmallHouse) -> None:
    proven_once(house)
    late = house.start()
    assert stop(house, token(house))
    assert late.recovery.subject is None


def test_a_stop_between_the_proofs_and_the_write_wins(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = proven(house)
    look = house.store.look

    def stopped_meanwhile(key: AccountKey, ctx: object) -> object:
        monkeypatch.setattr(house.store, "look", look)
        assert stop(house, token(house))
        return look(key, ctx)  # type: ignore[arg-type]

    monkeypatch.setattr(house.store, "look", stopped_meanwhile)
    with pytest.raises((OutOfTurn, NotAllowed)):
        visit.renew()
    assert house.store.writes == []
    assert house.opens("jo", OLD)


def test_no_proofs_write_a_password_while_the_person_is_stopped(house: SmallHouse) -> None:
    # The recovery itself may still be open: one that was writing is not closed, and the directory may refuse.
    visit = proven(house)
    person = house.records.keyring.pseudonym("fake", "id-of-jo")
    with house.records.db.write() as tx:
        house.records.freezes.freeze(tx, Freeze(person, house.clock(), "proof.given", visit.recovery.id))
    with pytest.raises(NotAllowed):
        visit.renew()
    assert house.store.writes == []
    assert visit.recovery.stage is Stage.RENEWING


def test_a_write_under_way_tells_its_truth(house: SmallHouse) -> None:
    visit = proven(house)
    with_token = token(house)
    house.store.trouble_when_writing = OutcomeUnknown("the answer was lost")
    visit.renew()
    house.store.trouble_when_writing = None
    house.store.set_password(visit.recovery.intents[0], Secret(NEW), unlock=True, ctx=house.context())
    assert stop(house, with_token)
    assert visit.recovery.stage is Stage.UNSETTLED
    house.clock.forward(seconds=13)
    house.work()
    assert visit.recovery.stage is Stage.DONE


def test_a_stop_changes_no_password(house: SmallHouse) -> None:
    proven_once(house)
    assert stop(house, token(house))
    assert house.store.writes == []
    assert house.opens("jo", OLD)


def test_the_owner_and_the_help_desk_are_told_once(desk_house: SmallHouse) -> None:
    proven_once(desk_house)
    with_token = token(desk_house)
    for _ in range(3):
        assert stop(desk_house, with_token)
    assert subjects(desk_house).count("Self-service is stopped for your account") == 1
    (mail,) = [message for message in desk_house.sent("email") if message.to == HELP_DESK]
    assert "for jo:" in str(mail.text)
    assert "keyback people unfreeze NAME" in str(mail.text)
    names = [name for name, _ in events(desk_house)]
    assert names.count("self-service.stopped") == 1
    assert ("notice.sent", '{"about": "self-service.stopped", "notifier": "house"}') in events(desk_house)


def test_without_a_mailbox_of_the_help_desk_nobody_else_is_written_to(house: SmallHouse) -> None:
    proven_once(house)
    assert stop(house, token(house))
    assert {message.to for message in house.channel.sent} == {MAIL, PHONE}


def test_a_link_outlives_its_recovery(desk_house: SmallHouse) -> None:
    proven_once(desk_house)
    with_token = token(desk_house)
    desk_house.clock.forward(days=6)
    with desk_house.records.db.write() as tx:
        for recovery_id in desk_house.records.recoveries.overdue(tx, desk_house.clock()):
            recovery = desk_house.records.recoveries.load(tx, recovery_id)
            assert recovery is not None
            desk_house.records.recoveries.save(tx, replace(recovery, stage=Stage.CLOSED))
        assert desk_house.records.recoveries.purge(tx, desk_house.clock()) == 1
    assert stop(desk_house, with_token)
    assert stopped(desk_house)
    assert subjects(desk_house, HELP_DESK) == ["Self-service is stopped for one account"]


def test_a_link_is_good_for_seven_days(house: SmallHouse) -> None:
    proven_once(house)
    with_token = token(house)
    house.clock.forward(days=7)
    assert not house.service.stopping.may_stop(with_token)
    assert not stop(house, with_token)
    assert not stopped(house)


def test_an_old_link_does_not_undo_what_the_help_desk_decided(house: SmallHouse) -> None:
    proven_once(house)
    with_token = token(house)
    assert stop(house, with_token)
    house.clock.forward(minutes=5)
    lift(house)
    assert not stop(house, with_token)
    assert not stopped(house)
    house.clock.forward(minutes=5)
    proven_once(house)
    assert stop(house, token(house))
    assert stopped(house)


def test_there_is_nothing_to_lift_for_whoever_is_not_stopped(house: SmallHouse) -> None:
    for name in ("jo", "nobody"):
        with pytest.raises(NotAllowed):
            lift(house, name)
    assert "self-service.resumed" not in dict(events(house))


def test_a_move_in_the_same_moment_does_not_save_a_recovery(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    visit, with_token = proven_once(house), token(house)
    load, stale = house.records.recoveries.load, [visit.recovery]

    def load_stale(tx: object, recovery_id: str) -> Recovery | None:
        # What another process read just before the person moved.
        return replace(stale.pop(), version=1) if stale else load(tx, recovery_id)  # type: ignore[arg-type]

    monkeypatch.setattr(type(house.records.recoveries), "load", lambda _self, tx, of: load_stale(tx, of))
    assert house.service.stopping.stop(with_token)
    assert visit.recovery.closed_because == "frozen"


@pytest.fixture
def links(house: SmallHouse) -> NoticeLinks:
    return house.service.stopping.links


def test_a_link_carries_what_it_stands_for(house: SmallHouse, links: NoticeLinks) -> None:
    told = Told("a person", "a recovery", "password.set", house.clock())
    assert links.read(links.link(told).removeprefix(WASNT_ME)) == told
    house.clock.forward(seconds=GOOD_FOR / timedelta(seconds=1) - 1)
    assert links.read(links.link(told).removeprefix(WASNT_ME)) == told


def spoilt(good: str) -> dict[str, str]:
    other = "b" if good[40] == "a" else "a"
    return {
        "one letter changed": good[:40] + other + good[41:],
        "cut": good[:-8],
        "longer": good + "a" * 8,
        "twice": good * 2,
        "endless": good + "a" * 100_000,
        "empty": "",
        "not of its letters": "0189" + good[4:],
        "not ASCII": "ä" + good[1:],
        "a version that nobody has": "777" + good[3:],
    }


@pytest.mark.parametrize("how", spoilt("x" * 50))
def test_a_spoilt_link_is_none(house: SmallHouse, links: NoticeLinks, how: str) -> None:
    good = links.link(Told("a person", "a recovery", "password.set", house.clock())).removeprefix(WASNT_ME)
    assert links.read(spoilt(good)[how]) is None


def test_a_link_in_capitals_is_the_same(house: SmallHouse, links: NoticeLinks) -> None:
    told = Told("a person", "a recovery", "password.set", house.clock())
    assert links.read(links.link(told).removeprefix(WASNT_ME).upper()) == told


@pytest.fixture
def desk_house(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    """The same house, where the help desk reads mail."""
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'desk.db')}")
    yield small_house(database, help_desk_mail=HELP_DESK)
    database.close()
