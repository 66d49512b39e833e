"""Adding and removing methods: confirmed, in time, by whoever has just signed in, and told to everybody it concerns."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pyotp import TOTP
from servers.small_house import MAIL, PHONE, SmallHouse, small_house

from keyback.core.contracts.errors import MustWait, NotAllowed, OutOfTurn
from keyback.core.contracts.people import AccountKey, Person
from keyback.core.db.freezes import Freeze
from keyback.core.db.session import Database
from keyback.core.recovery import limits
from keyback.core.service.enrolling.enrol import MOST, TRIES, SignInAgain, Wrong
from keyback.core.service.enrolling.my_methods import Overview
from keyback.core.service.enrolling.signed_in import FRESH, SignedIn
from keyback.core.service.sending.deliver import Delivering
from keyback.plugins.methods.authenticator import Authenticator

APP = "authenticator"


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    """jo has a mailbox, a phone and saved codes, and may add an app."""
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    yield small_house(database, methods=[Authenticator(Authenticator.Settings())])
    database.close()


def jo(house: SmallHouse, session: str = "s1", *, ago: timedelta = timedelta(0), name: str = "jo") -> SignedIn:
    """As somebody is after signing in."""
    account = house.store.look(AccountKey("fake", f"id-of-{name}"), house.context())
    assert account is not None
    person = Person(house.records.keyring.pseudonym(account.key.store, account.key.id), (account,), account.contacts)
    return SignedIn(session, person, house.clock() - ago)


def look(house: SmallHouse, who: SignedIn) -> Overview:
    return house.staff.enrolling.mine.look(who)


def secret(house: SmallHouse, who: SignedIn) -> str:
    """What the picture says."""
    challenge = house.staff.enrolling.pending(who, APP)
    assert challenge is not None
    return challenge.secret["secret"]


def shown(house: SmallHouse, who: SignedIn) -> dict[str, str]:
    return {"code": TOTP(secret(house, who)).at(house.clock())}


def add_app(house: SmallHouse, who: SignedIn) -> None:
    house.staff.enrolling.begin(who, APP)
    house.staff.enrolling.confirm(who, APP, shown(house, who))


def kept(house: SmallHouse, who: SignedIn) -> list[str]:
    return [mine.method for mine in look(house, who).mine if mine.id]


def events(house: SmallHouse) -> list[str]:
    from sqlalchemy import select

    from keyback.core.db.tables import event

    with house.records.db.read() as tx:
        return list(tx.scalars(select(event.c.name).order_by(event.c.at)))


def test_an_app_counts_once_its_code_was_typed(house: SmallHouse) -> None:
    who = jo(house)
    house.staff.enrolling.begin(who, APP)
    assert APP not in kept(house, who)
    assert house.staff.enrolling.confirm(who, APP, shown(house, who)) == house.clock()
    assert APP in kept(house, who)
    assert APP in look(house, who).get_back.have


def test_it_proves_who_they_are_in_a_recovery_and_each_code_once(house: SmallHouse) -> None:
    who = jo(house)
    house.staff.enrolling.begin(who, APP)
    seed = secret(house, who)
    house.staff.enrolling.confirm(who, APP, shown(house, who))
    code = TOTP(seed).at(house.clock())
    for fresh, reason in ((False, "wrong"), (True, "")):
        if fresh:
            house.clock.forward(seconds=60)
            code = TOTP(seed).at(house.clock())
        visit = house.start()
        house.work()
        visit.pick(APP)
        # The code that confirmed it was spent by that.
        assert visit.answer(code).reason == reason
    again = house.start()
    house.work()
    again.pick(APP)
    assert again.answer(code).reason == "wrong"


def test_what_was_not_confirmed_is_gone_after_ten_minutes(house: SmallHouse) -> None:
    who = jo(house)
    house.staff.enrolling.begin(who, APP)
    house.clock.forward(minutes=9, seconds=59)
    answer = shown(house, who)
    house.clock.forward(seconds=1)
    assert house.staff.enrolling.pending(who, APP) is None
    with pytest.raises(NotAllowed):
        house.staff.enrolling.confirm(who, APP, answer)
    assert APP not in kept(house, who)


def test_wrong_codes_are_counted_and_then_it_begins_anew(house: SmallHouse) -> None:
    who = jo(house)
    house.staff.enrolling.begin(who, APP)
    right = shown(house, who)
    for left in reversed(range(TRIES)):
        with pytest.raises(Wrong) as wrong:
            house.staff.enrolling.confirm(who, APP, {"code": "no"})
        assert wrong.value.left == left
    with pytest.raises(NotAllowed) as over:
        house.staff.enrolling.confirm(who, APP, right)
    assert not isinstance(over.value, Wrong)


def test_it_is_confirmed_once(house: SmallHouse) -> None:
    who = jo(house)
    house.staff.enrolling.begin(who, APP)
    answer = shown(house, who)
    house.staff.enrolling.confirm(who, APP, answer)
    with pytest.raises(NotAllowed):
        house.staff.enrolling.confirm(who, APP, answer)
    assert kept(house, who).count(APP) == 1
    assert house.staff.enrolling.pending(who, APP) is None


@pytest.mark.parametrize("who_else", ["another session", "somebody else"])
def test_only_the_session_that_began_it_can_see_or_confirm_it(house: SmallHouse, who_else: str) -> None:
    house.add("eve")
    who = jo(house)
    house.staff.enrolling.begin(who, APP)
    other = jo(house, "s2") if who_else == "another session" else jo(house, name="eve")
    assert house.staff.enrolling.pending(other, APP) is None
    with pytest.raises(NotAllowed):
        house.staff.enrolling.confirm(other, APP, shown(house, who))


def test_whoever_signed_in_too_long_ago_changes_nothing(house: SmallHouse) -> None:
    add_app(house, jo(house))
    old = jo(house, ago=FRESH)
    (mine,) = [mine for mine in look(house, old).mine if mine.method == APP]
    with pytest.raises(SignInAgain):
        house.staff.enrolling.begin(old, APP)
    with pytest.raises(SignInAgain):
        house.staff.enrolling.remove(old, mine.id)
    assert house.staff.enrolling.pending(old, APP) is None
    assert APP in kept(house, old)


def test_a_sign_in_that_is_yet_to_come_is_not_fresh(house: SmallHouse) -> None:
    assert jo(house, ago=-timedelta(seconds=30)).is_fresh(house.clock())
    assert not jo(house, ago=-timedelta(hours=1)).is_fresh(house.clock())


def test_whoever_was_stopped_changes_nothing_not_even_what_they_began(house: SmallHouse) -> None:
    who = jo(house)
    add_app(house, who)
    house.staff.enrolling.begin(who, APP)
    answer = shown(house, who)
    with house.records.db.write() as tx:
        house.records.freezes.freeze(tx, Freeze(who.person.id, house.clock(), "enrolment.added", ""))
    for change in (
        lambda: house.staff.enrolling.begin(who, APP),
        lambda: house.staff.enrolling.confirm(who, APP, answer),
        lambda: house.staff.enrolling.remove(who, look(house, who).mine[0].id),
    ):
        with pytest.raises(NotAllowed):
            change()
    assert not look(house, who).get_back.yes
    assert look(house, who).get_back.refusal == "frozen"


def test_three_devices_are_the_most(house: SmallHouse) -> None:
    who = jo(house)
    for _ in range(MOST):
        add_app(house, who)
    with pytest.raises(NotAllowed):
        house.staff.enrolling.begin(who, APP)


def test_three_are_the_most_also_where_several_were_begun_before(house: SmallHouse) -> None:
    sessions = [jo(house, f"s{n}") for n in range(MOST + 1)]
    for who in sessions:
        house.staff.enrolling.begin(who, APP)
    for who in sessions[:MOST]:
        house.staff.enrolling.confirm(who, APP, shown(house, who))
    with pytest.raises(NotAllowed, match="You have"):
        house.staff.enrolling.confirm(sessions[MOST], APP, shown(house, sessions[MOST]))
    assert kept(house, sessions[0]).count(APP) == MOST


def test_beginning_again_and_again_ends(house: SmallHouse) -> None:
    who = jo(house)
    for _ in range(limits.ADDITIONS.most):
        house.staff.enrolling.begin(who, APP)
    with pytest.raises(MustWait):
        house.staff.enrolling.begin(who, APP)
    assert "limit.reached" in events(house)


def test_what_cannot_be_added_is_refused(house: SmallHouse) -> None:
    for key in ("webauthn", "nothing", ""):
        with pytest.raises(NotAllowed):
            house.staff.enrolling.begin(jo(house), key)


def test_each_change_is_an_event_and_told_to_every_address(house: SmallHouse) -> None:
    who = jo(house)
    add_app(house, who)
    house.work()
    (mail,), (text,) = house.sent("email"), house.sent("sms")
    assert (mail.to, text.to) == (MAIL, PHONE)
    assert str(mail.subject) == "Authenticator app was added to your account"
    assert "from Saturday, 1 June, 12:00 (UTC)" in str(mail.text)
    assert "/wasnt-me/" in str(mail.text)
    assert "/wasnt-me/" not in str(text.text)
    (mine,) = [mine for mine in look(house, who).mine if mine.method == APP]
    house.staff.enrolling.remove(who, mine.id)
    house.work()
    assert str(house.sent("email")[-1].subject) == "Authenticator app was removed from your account"
    assert [name for name in events(house) if name.startswith("enrolment.")] == ["enrolment.added", "enrolment.removed"]


def test_the_notices_speak_as_the_page_did(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    deliver = Delivering.deliver
    monkeypatch.setattr(
        Delivering, "deliver", lambda self, errand: heard.append(errand.language) or deliver(self, errand)
    )
    who = jo(house)
    house.staff.enrolling.begin(who, APP)
    house.staff.enrolling.confirm(who, APP, shown(house, who), language="de")
    house.work()
    assert heard == ["de", "de"]


def test_the_notices_link_stops_whoever_it_was_told(house: SmallHouse) -> None:
    who = jo(house)
    add_app(house, who)
    house.work()
    link = next(word for word in str(house.sent("email")[0].text).split() if "/wasnt-me/" in word)
    assert house.service.stopping.stop(link.rpartition("/")[2])
    assert look(house, who).get_back.refusal == "frozen"


def test_nothing_is_kept_or_told_that_was_not_committed(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    who = jo(house)
    house.staff.enrolling.begin(who, APP)
    answer = shown(house, who)
    monkeypatch.setattr(type(house.staff.enrolling.notices), "queue_change", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        house.staff.enrolling.confirm(who, APP, answer)
    house.work()
    assert APP not in kept(house, who)
    assert "enrolment.added" not in events(house)
    assert house.channel.sent == []


def test_one_can_remove_only_what_is_ones_own_and_there(house: SmallHouse) -> None:
    house.add("eve")
    eve = jo(house, name="eve")
    (paper,) = [mine.id for mine in look(house, eve).mine if mine.id]
    with pytest.raises(OutOfTurn):
        house.staff.enrolling.remove(jo(house), paper)
    house.staff.enrolling.remove(eve, paper)
    with pytest.raises(OutOfTurn):
        house.staff.enrolling.remove(eve, paper)


def test_a_form_is_good_for_its_session_alone(house: SmallHouse) -> None:
    enrolling = house.staff.enrolling
    token = enrolling.form_token(jo(house))
    assert enrolling.fits(jo(house), token)
    for other in (enrolling.form_token(jo(house, "s2")), "", "zz", token[:-2]):
        assert not enrolling.fits(jo(house), other)


# Could they get back in? ------------------------------------------------------------------------------------------


def test_what_the_list_says_is_what_the_flow_does(house: SmallHouse) -> None:
    """By mail and paper, of different kinds: yes; and the flow agrees."""
    get_back = look(house, jo(house)).get_back
    assert (get_back.yes, get_back.asked_for) == (True, 2)
    assert set(get_back.have) == {"email", "sms", "saved_codes"}
    visit = house.start()
    visit.prove_by_mail()
    assert visit.prove_by_paper().recovery.stage == "renewing"


def test_one_kind_is_not_two(house: SmallHouse) -> None:
    key = house.add("ann", contacts=())
    who = jo(house, name="ann")
    assert key.id == "id-of-ann"
    get_back = look(house, who).get_back
    assert (get_back.yes, get_back.have, get_back.help) == (False, ("saved_codes",), ("email", "sms", APP))
    add_app(house, who)
    assert look(house, who).get_back.yes


def test_removing_says_what_would_be_left(house: SmallHouse) -> None:
    house.add("ann", contacts=())
    who = jo(house, name="ann")
    add_app(house, who)
    (app,) = [mine.id for mine in look(house, who).mine if mine.method == APP]
    after = house.staff.enrolling.mine.look(who, without=app)
    assert not after.get_back.yes
    assert [mine.method for mine in after.mine] == ["saved_codes"]
    assert look(house, who).get_back.yes


def test_a_refused_account_is_told_why(house: SmallHouse) -> None:
    house.store.change("id-of-jo", privileged=True)
    get_back = look(house, jo(house)).get_back
    assert (get_back.yes, get_back.refusal) == (False, "privileged")


def test_what_the_organisation_knows_is_listed_and_cannot_be_removed(house: SmallHouse) -> None:
    given = [mine for mine in look(house, jo(house)).mine if not mine.id]
    assert {(mine.method, mine.end) for mine in given} == {
        ("email", "j••••@ma••••.example"),
        ("sms", "+XX XXXXXXX05"),
    }


def test_a_method_that_was_switched_off_is_still_listed(house: SmallHouse) -> None:
    who = jo(house)
    with house.records.db.write() as tx:
        now = house.clock()
        house.records.enrolments.add(tx, who.person.id, "gone", "", {}, proven_at=now, usable_from=now)
    (gone,) = [mine for mine in look(house, who).mine if mine.method == "gone"]
    assert gone.off


def test_a_session_of_a_changed_person_is_another(house: SmallHouse) -> None:
    who = jo(house)
    house.staff.enrolling.begin(who, APP)
    moved = replace(who, person=replace(who.person, id="p-other"))
    assert house.staff.enrolling.pending(moved, APP) is None
