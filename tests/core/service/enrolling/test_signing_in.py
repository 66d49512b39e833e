"""From the identity provider to a session: who may come in, by which way back, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from servers.entrance import IDLE, ISSUER, LONGEST, Entrance, PretendIdp
from servers.small_house import SmallHouse
from sqlalchemy import select, update

from keyback.core.contracts.errors import MustWait
from keyback.core.contracts.people import AccountState
from keyback.core.db import tables
from keyback.core.db.freezes import Freeze
from keyback.core.recovery import limits
from keyback.core.service.enrolling.door import open_door
from keyback.core.service.enrolling.signed_in import FRESH
from keyback.core.service.enrolling.signing_in import AWAY, SessionRules
from keyback.core.service.enrolling.vouching import SignInRefused, SignInUnavailable
from keyback.core.testing import a_context


@pytest.fixture
def entrance(house: SmallHouse) -> Entrance:
    idp = PretendIdp()
    return Entrance(house, idp, open_door(house.staff, idp, SessionRules("fake", IDLE, LONGEST)))


def refused(entrance: Entrance, answer: dict[str, str]) -> str:
    with pytest.raises(SignInRefused) as caught:
        entrance.come_back(answer)
    return caught.value.why


def test_somebody_who_is_vouched_for_is_signed_in_with_their_account_as_its_store_has_it(entrance: Entrance) -> None:
    arrived = entrance.come_back(entrance.set_out("/methods"))
    who = entrance.who
    assert arrived.to == "/methods"
    assert who is not None
    assert who.person.accounts == (entrance.house.store.find("jo", a_context()),)
    assert who.person.contacts == who.person.accounts[0].contacts
    assert who.person.id == entrance.house.records.keyring.pseudonym("fake", "id-of-jo")
    assert who.at == entrance.house.clock() - timedelta(minutes=1)


def test_it_is_fresh_for_five_minutes_after_they_proved_it_and_not_after_they_came(entrance: Entrance) -> None:
    entrance.sign_in()
    who = entrance.who
    assert who is not None
    assert who.is_fresh(who.at + FRESH - timedelta(seconds=1))
    assert not who.is_fresh(who.at + FRESH)


# The way back --------------------------------------------------------------------------------------------------


def test_a_way_back_is_good_once(entrance: Entrance) -> None:
    answer = entrance.set_out()
    entrance.come_back(answer)
    assert refused(entrance, answer) == "no-such-way-back"


def test_a_way_back_is_good_in_the_browser_that_set_out(entrance: Entrance) -> None:
    answer = entrance.set_out()
    mine, entrance.browser = entrance.browser, "of-somebody-else"
    assert refused(entrance, answer) == "no-such-way-back"
    entrance.browser = ""
    assert refused(entrance, answer) == "no-such-way-back"
    entrance.browser = mine
    assert entrance.come_back(answer)


@pytest.mark.parametrize("answer", [{}, {"state": ""}, {"state": "made-up"}, {"code": "c"}])
def test_nobody_comes_back_who_never_set_out(entrance: Entrance, answer: dict[str, str]) -> None:
    entrance.set_out()
    assert refused(entrance, answer) == "no-such-way-back"


def test_whoever_takes_longer_than_ten_minutes_sets_out_again(entrance: Entrance) -> None:
    answer = entrance.set_out()
    entrance.house.clock.time += AWAY
    assert refused(entrance, answer) == "too-late"


def test_two_tabs_both_arrive_in_either_order(entrance: Entrance) -> None:
    first, second = entrance.set_out("/methods"), entrance.set_out("/accounts")
    assert entrance.come_back(second).to == "/accounts"
    assert entrance.come_back(first).to == "/methods"
    assert entrance.who


def test_every_secret_is_another_each_time(entrance: Entrance) -> None:
    entrance.set_out()
    entrance.set_out()
    secrets = [(d.state, d.nonce, d.verifier) for d in entrance.idp.departures]
    assert len({secret for three in secrets for secret in three}) == 6


def test_both_cookies_are_new_after_a_sign_in(entrance: Entrance) -> None:
    entrance.sign_in()
    before = entrance.browser, entrance.key
    entrance.sign_in()
    assert not {*before} & {entrance.browser, entrance.key}


def test_the_session_before_does_not_survive_another_sign_in(entrance: Entrance) -> None:
    entrance.sign_in()
    old = entrance.key
    entrance.sign_in()
    assert entrance.door.sessions.whoever(old) is None
    assert entrance.who


def test_a_row_that_was_changed_lets_nobody_back(entrance: Entrance) -> None:
    answer = entrance.set_out()
    with entrance.house.records.db.write() as tx:
        tx.execute(update(tables.sign_in).values(expires_at=entrance.house.clock() + timedelta(days=9)))
    assert refused(entrance, answer) == "tampered"


def test_setting_out_is_limited_by_source(entrance: Entrance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SOURCE_SIGN_INS", replace(limits.SOURCE_SIGN_INS, most=2))
    entrance.set_out()
    entrance.set_out()
    with pytest.raises(MustWait):
        entrance.set_out()


def test_without_an_identity_provider_nobody_sets_out_and_nothing_is_kept(entrance: Entrance) -> None:
    entrance.idp.refuses = SignInUnavailable("down")
    with pytest.raises(SignInUnavailable):
        entrance.set_out()
    with entrance.house.records.db.read() as tx:
        assert tx.execute(select(tables.sign_in)).first() is None


# Who may come in -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nobody", "", "j", "x" * 300, "jo\x00", "*"])
def test_a_claim_that_is_nobodys_name_in_the_store_lets_nobody_in(entrance: Entrance, name: str) -> None:
    entrance.idp.name = name
    assert refused(entrance, entrance.set_out()) in {"unknown", "ambiguous"}
    assert entrance.who is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"state": AccountState(enabled=False)}, "disabled"),
        ({"state": AccountState(expired=True)}, "expired"),
        ({"privileged": True}, "privileged"),
    ],
)
def test_whom_self_service_does_not_serve_is_not_signed_in(
    entrance: Entrance, change: dict[str, object], why: str
) -> None:
    entrance.house.store.change("id-of-jo", **change)
    assert refused(entrance, entrance.set_out()) == why
    assert entrance.who is None


def stop_jo(entrance: Entrance) -> None:
    records, now = entrance.house.records, entrance.house.clock()
    with records.db.write() as tx:
        records.freezes.freeze(tx, Freeze(records.keyring.pseudonym("fake", "id-of-jo"), now, "password.set", "r"))


def test_who_said_this_wasnt_me_is_not_signed_in_before_the_help_desk_says_so(entrance: Entrance) -> None:
    stop_jo(entrance)
    assert refused(entrance, entrance.set_out()) == "frozen"


def test_what_was_refused_is_an_event_with_its_reason(entrance: Entrance) -> None:
    answer = entrance.set_out()
    entrance.idp.refuses = SignInRefused("nonce")
    assert refused(entrance, answer) == "nonce"
    assert entrance.happened() == ['{"reason": "nonce"}']


# How it ends ---------------------------------------------------------------------------------------------------


def test_an_idle_session_is_over_and_a_used_one_is_not(entrance: Entrance) -> None:
    entrance.sign_in()
    for _ in range(4):
        entrance.house.clock.forward(minutes=10)
        assert entrance.who
    entrance.house.clock.forward(minutes=15)
    assert entrance.who is None
    assert entrance.happened() == ['{"store": "fake"}', '{"how": "idle"}']


def test_however_much_it_is_used_a_session_ends(entrance: Entrance) -> None:
    entrance.sign_in()
    for _ in range(47):
        entrance.house.clock.forward(minutes=10)
        assert entrance.who
    entrance.house.clock.forward(minutes=10)
    assert entrance.who is None


def test_signing_out_ends_the_session_here_and_says_where_it_ends_there(entrance: Entrance) -> None:
    entrance.sign_in()
    assert entrance.door.sessions.leave(entrance.key) == f"{ISSUER}/logout?hint=an.id.token"
    assert entrance.who is None
    assert entrance.door.sessions.leave(entrance.key) == ""


def test_signing_out_works_while_the_identity_provider_is_away(entrance: Entrance) -> None:
    entrance.sign_in()
    entrance.idp.refuses = SignInUnavailable("down")
    assert entrance.door.sessions.leave(entrance.key) == ""
    assert entrance.who is None


@pytest.mark.parametrize("said", ["sid=sid-1&jti=1", "sub=sub-jo&jti=1", "sub=sub-jo&sid=sid-1&jti=1"])
def test_the_identity_provider_ends_a_session(entrance: Entrance, said: str) -> None:
    entrance.sign_in()
    entrance.door.sessions.told(said)
    assert entrance.who is None
    assert '{"how": "idp"}' in entrance.happened()


def test_what_the_identity_provider_says_of_others_ends_nothing(entrance: Entrance) -> None:
    entrance.sign_in()
    entrance.door.sessions.told("sub=sub-ada&jti=1")
    entrance.door.sessions.told("sid=sid-2&jti=2")
    assert entrance.who


def test_the_same_logout_token_a_second_time_is_refused(entrance: Entrance) -> None:
    entrance.door.sessions.told("sub=sub-jo&jti=1")
    entrance.sign_in()
    with pytest.raises(SignInRefused):
        entrance.door.sessions.told("sub=sub-jo&jti=1")
    assert entrance.who


def test_this_wasnt_me_ends_who_is_signed_in(entrance: Entrance) -> None:
    entrance.sign_in()
    stop_jo(entrance)
    assert entrance.who is None


def test_a_new_password_ends_who_was_signed_in_with_the_old_one(entrance: Entrance) -> None:
    entrance.sign_in()
    house = entrance.house
    visit = house.start()
    house.work()
    visit.pick("email")
    house.work()
    visit.answer(visit.code())
    visit.prove_by_paper()
    assert entrance.who
    visit.renew()
    assert entrance.who is None


def test_a_session_row_that_was_changed_is_nobody_and_said_loudly(entrance: Entrance) -> None:
    entrance.sign_in()
    with entrance.house.records.db.write() as tx:
        tx.execute(update(tables.session).values(ends_at=entrance.house.clock() + timedelta(days=9)))
    assert entrance.who is None
    with entrance.house.records.db.read() as tx:
        assert tx.execute(select(tables.event).where(tables.event.c.name == "seal.broken")).first()


def test_no_key_and_a_wrong_key_are_nobody(entrance: Entrance) -> None:
    entrance.sign_in()
    assert entrance.door.sessions.whoever("") is None
    assert entrance.door.sessions.whoever("f" * 64) is None


def test_what_they_typed_before_they_signed_in_again_is_there_afterwards(entrance: Entrance) -> None:
    entrance.sign_in()
    drafts, before = entrance.house.staff.enrolling.drafts, entrance.who
    assert before is not None
    drafts.keep(before, "/methods/add", {"method": "sms"})
    entrance.sign_in()
    assert entrance.who is not None
    assert drafts.take(entrance.who, "/methods/add") == {"method": "sms"}
