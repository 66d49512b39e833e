"""What a reset, a change and an unlocking do in a real Active Directory, by the numbers of our hard cases."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import ldap3
import pytest
from servers.samba import SambaAd, in_quotes
from servers.samba_contents import ELSEWHERE, FENCE, FENCED, PASSWORD, SERVICE, SERVICE_PASSWORD, THRESHOLD
from servers.slapd import Someone
from servers.together import all_at_once

from keyback.core import Account, Context, Lockout, NotAllowed, PasswordRefused, Secret, WrongPassword
from keyback.plugins.stores.active_directory import ActiveDirectory

Seen = Callable[[Someone], Account]
Now = Callable[..., Context]
MakeStore = Callable[..., ActiveDirectory]

NEW = "Four words, 1 by 1, apart"
OTHER = "Another 4 words in a row"
DAY = -864_000_000_000
POOR = "The directory says: doesn't meet its rules, and it doesn't say which. Try a longer one with digits and signs."
SHORT = "The directory says: too short for it, at least 8 characters."
SOMEBODY_ELSE = "Somebody else just changed this password. Start again."
BY_HAND = "Your organisation resets this account by hand. Call the help desk."


@pytest.fixture
def reset(ad_store: ActiveDirectory, now: Now) -> Callable[..., None]:
    """Set a password on an account."""

    def write(account: Account, password: str = NEW, *, unlock: bool = True) -> None:
        ad_store.set_password(account, Secret(password), unlock=unlock, ctx=now())

    return write


@pytest.fixture
def change(ad_store: ActiveDirectory, now: Now) -> Callable[..., None]:
    """Change a known password of an account."""

    def write(account: Account, old: str = PASSWORD, new: str = NEW) -> None:
        ad_store.change_password(account, Secret(old), Secret(new), ctx=now())

    return write


Write = Callable[..., None]


def refused(write: Write, *what: object, **more: object) -> str:
    with pytest.raises(PasswordRefused) as refusal:
        write(*what, **more)
    return str(refusal.value.reasons[0])


def not_here(write: Write, *what: object) -> str:
    """Said whichever password was typed, so to its owner alone."""
    with pytest.raises(NotAllowed) as refusal:
        write(*what)
    return str(refusal.value.reason)


# Resets -----------------------------------------------------------------------------------------------------------


def test_case_1_a_reset_signs_in_at_once_and_is_one_write(ad: SambaAd, seen: Seen, reset: Write) -> None:
    person = ad.person()
    reset(seen(person))
    assert ad.bind(person.dn, NEW) == ""
    assert ad.opens(person, NEW)
    assert not ad.opens(person, PASSWORD)
    assert ad.writes(person) == 1


def test_the_former_password_still_signs_in_by_ldap_for_a_while(ad: SambaAd, seen: Seen, reset: Write) -> None:
    """Why Kerberos is asked everywhere here, and why the manual says so."""
    person = ad.person()
    reset(seen(person))
    assert ad.bind(person.dn, PASSWORD) == ""


def test_case_2_a_reset_leaves_the_lock_unless_it_is_told_to_lift_it(ad: SambaAd, seen: Seen, reset: Write) -> None:
    person = ad.person()
    ad.lock(person)
    account = seen(person)
    assert account.state.locked
    assert account.state.locked_since is not None
    assert abs(account.state.locked_since - datetime.now(UTC)) < timedelta(minutes=2)
    reset(account, unlock=False)
    assert ad.bind(person.dn, NEW) == "775"
    reset(seen(person), OTHER)
    assert ad.bind(person.dn, OTHER) == ""
    assert not seen(person).state.locked


def test_case_3_a_refused_password_leaves_the_lock_as_it_was(ad: SambaAd, seen: Seen, reset: Write) -> None:
    person = ad.person()
    ad.lock(person)
    before = ad.read(person.dn, "lockoutTime")
    assert refused(reset, seen(person), "short") == SHORT
    assert ad.read(person.dn, "lockoutTime") == before
    assert ad.writes(person) == 0


def test_case_4_too_short_and_too_simple_are_refusals_with_a_reason(
    ad: SambaAd, seen: Seen, reset: Write, change: Write
) -> None:
    person = ad.person()
    for write, typed in ((reset, ()), (change, (PASSWORD,))):
        assert refused(write, seen(person), *typed, "Sho-rt1") == SHORT
        assert refused(write, seen(person), *typed, "onlysmallletters") == POOR
    assert ad.writes(person) == 0


def test_case_5_an_old_password_is_refused_by_a_change_and_not_by_a_reset(
    ad: SambaAd, seen: Seen, reset: Write, change: Write
) -> None:
    person = ad.person()
    change(seen(person))
    assert refused(change, seen(person), NEW, PASSWORD) == POOR
    reset(seen(person), PASSWORD)
    assert ad.opens(person, PASSWORD)


def test_case_5_that_history_is_not_enforced_is_in_the_log(
    ad: SambaAd, seen: Seen, reset: Write, caplog: pytest.LogCaptureFixture
) -> None:
    reset(seen(ad.person()))
    assert "does not hold resets to the history" in caplog.text


def test_case_6_the_control_for_history_is_not_sent_to_a_server_that_lacks_it(
    ad: SambaAd, seen: Seen, reset: Write
) -> None:
    person = ad.person()
    with ad.connected(SERVICE, SERVICE_PASSWORD.encode()) as service:
        written = {"unicodePwd": [(ldap3.MODIFY_REPLACE, [in_quotes(NEW)])]}
        service.modify(person.dn, written, controls=[("1.2.840.113556.1.4.2239", True, bytes.fromhex("3003020101"))])
        assert service.result["result"] == 12
    reset(seen(person))
    assert ad.writes(person) == 1


def test_case_8_too_young_to_be_changed_and_not_to_be_reset(
    ad: SambaAd, seen: Seen, reset: Write, change: Write
) -> None:
    person = ad.person()
    ad.rules_for(person, MinimumPasswordAge=DAY)
    said = refused(change, seen(person))
    assert re.fullmatch(r"The directory says: changed too recently; try after \d{4}-\d\d-\d\d \d\d:\d\d UTC\.", said)
    reset(seen(person))
    assert ad.opens(person, NEW)


def test_case_11_who_must_change_can_change_before_signing_in(ad: SambaAd, seen: Seen, change: Write) -> None:
    person = ad.person(pwdLastSet="0")
    assert ad.bind(person.dn, PASSWORD) == "773"
    assert seen(person).state.must_change
    change(seen(person))
    assert ad.bind(person.dn, NEW) == ""
    assert not seen(person).state.must_change


def test_case_12_an_expired_password_is_told_right_from_wrong_and_reset(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, reset: Write, now: Now
) -> None:
    person = ad.person()
    ad.age(person, 100)
    assert (ad.bind(person.dn, PASSWORD), ad.bind(person.dn, "wrong")) == ("532", "52e")
    account = seen(person)
    assert account.state.must_change
    assert ad_store.accepts(account, Secret(PASSWORD), ctx=now()) is True
    assert ad_store.accepts(account, Secret("wrong"), ctx=now()) is False
    reset(account)
    assert ad.opens(person, NEW)
    assert not seen(person).state.must_change


def test_a_locked_account_does_not_say_whether_a_password_is_right(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    person = ad.person()
    ad.lock(person)
    assert ad_store.accepts(seen(person), Secret(PASSWORD), ctx=now()) is None


def test_a_reset_ends_the_demand_for_another_password_or_makes_it(
    make_ad_store: MakeStore, ad: SambaAd, seen: Seen, reset: Write, now: Now
) -> None:
    person = ad.person(pwdLastSet="0")
    reset(seen(person))
    assert ad.bind(person.dn, NEW) == ""
    store = make_ad_store(must_change=True)
    account = seen(person)
    store.set_password(account, Secret(OTHER), unlock=True, ctx=now())
    assert ad.bind(person.dn, OTHER) == "773"
    assert store.changed_since(account, ctx=now()) is True
    again = seen(person)
    store.set_password(again, Secret(NEW), unlock=True, ctx=now())
    # The moment did not move, from none to none: only the count of writes tells.
    assert store.changed_since(again, ctx=now()) is True


def test_case_14_somebody_outside_our_rights_is_for_the_help_desk_and_the_log(
    make_ad_store: MakeStore, ad: SambaAd, now: Now, caplog: pytest.LogCaptureFixture
) -> None:
    person = ad.person(under=ELSEWHERE)
    store = make_ad_store(base=ELSEWHERE)
    account = store.find(person.uid, now())
    assert account is not None
    with pytest.raises(PasswordRefused) as refusal:
        store.set_password(account, Secret(NEW), unlock=True, ctx=now())
    assert str(refusal.value.reasons[0]) == BY_HAND
    assert "refused a write: 50" in caplog.text
    assert ad.writes(person) == 0


# Writers that meet -----------------------------------------------------------------------------------------------


def test_a_stale_writer_fails(ad: SambaAd, seen: Seen, reset: Write, change: Write) -> None:
    person = ad.person()
    stale = seen(person)
    reset(stale)
    assert refused(reset, stale, OTHER) == SOMEBODY_ELSE
    assert not_here(change, stale, NEW, OTHER) == SOMEBODY_ELSE
    assert ad.writes(person) == 1


def test_an_administrator_who_demands_another_password_has_not_changed_it(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    person = ad.person()
    account = seen(person)
    ad.mark(person, pwdLastSet="0")
    assert ad_store.changed_since(account, ctx=now()) is False


def test_with_a_fence_of_eight_resets_at_once_one_is_a_write(
    make_ad_store: MakeStore, ad: SambaAd, seen: Seen, now: Now
) -> None:
    person = ad.person()
    stores = [make_ad_store(fence=FENCE, bind_dn=FENCED) for _ in range(2)]
    for turn in range(3):
        account = seen(person)

        def race(n: int, account: Account = account, turn: int = turn) -> None:
            password = Secret(f"Password number {n} of eight, turn {turn}")
            stores[n % 2].set_password(account, password, unlock=True, ctx=now(f"{turn}/{n}"))

        outcomes = all_at_once(8, race)
        assert outcomes.count("set") == 1
        assert set(outcomes) <= {"set", "PasswordRefused"}
        assert ad.writes(person) == turn + 1


def test_a_fence_refuses_whoever_read_its_old_value(
    make_ad_store: MakeStore, ad: SambaAd, seen: Seen, now: Now
) -> None:
    person = ad.person()
    ad.mark(person, **{FENCE: "as it was read"})
    store = make_ad_store(fence=FENCE, bind_dn=FENCED)
    account = seen(person)
    read = store._people.keyed

    def overtaken(*what: object) -> object:
        entry = read(*what)  # type: ignore[arg-type]
        ad.mark(person, **{FENCE: "as it is now"})
        return entry

    store._people.keyed = overtaken  # type: ignore[method-assign, assignment]
    with pytest.raises(PasswordRefused) as refusal:
        store.set_password(account, Secret(NEW), unlock=True, ctx=now())
    assert str(refusal.value.reasons[0]) == SOMEBODY_ELSE
    assert ad.writes(person) == 0


# Known passwords ----------------------------------------------------------------------------------------------------


def test_case_7_a_wrong_old_password_counts_at_the_server_and_stops_before_the_lock(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, change: Write, now: Now
) -> None:
    person = ad.person()
    for counted in range(THRESHOLD - 2):
        assert ad_store.lockout(seen(person), ctx=now()) == Lockout(THRESHOLD, counted)
        with pytest.raises(WrongPassword):
            change(seen(person), "wrong")
    assert "Too many wrong passwords" in not_here(change, seen(person), "wrong")
    # What is left is the owner's own: the account is open, and the right password is not judged by us any more.
    assert ad.read(person.dn, "badPwdCount")["badPwdCount"] == [b"3"]
    assert not seen(person).state.locked
    assert ad.bind(person.dn, PASSWORD) == ""
    change(seen(person))
    assert ad.opens(person, NEW)


def test_case_7_the_server_by_itself_would_lock(ad: SambaAd) -> None:
    person = ad.person()
    numbers = []
    with ad.connected(SERVICE, SERVICE_PASSWORD.encode()) as service:
        for _ in range(THRESHOLD + 1):
            steps = [(ldap3.MODIFY_DELETE, [in_quotes("wrong")]), (ldap3.MODIFY_ADD, [in_quotes(NEW)])]
            service.modify(person.dn, {"unicodePwd": steps})
            numbers.append(service.result["message"][:8])
    assert numbers == ["00000056"] * THRESHOLD + ["00000775"]


def test_whoever_is_locked_is_told_so_whichever_password_was_typed(ad: SambaAd, seen: Seen, change: Write) -> None:
    person = ad.person()
    ad.lock(person)
    locked = "This account is locked. Unlock it, or reset the password."
    assert not_here(change, seen(person)) == locked
    assert not_here(change, seen(person), "wrong") == locked


def test_rules_of_a_persons_own_say_how_many_wrong_ones_lock(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, change: Write, now: Now
) -> None:
    strict, endless = ad.person(), ad.person()
    ad.rules_for(strict, LockoutThreshold=3)
    ad.rules_for(endless, LockoutThreshold=0)
    assert ad_store.lockout(seen(strict), ctx=now()) == Lockout(3, 0)
    with pytest.raises(WrongPassword):
        change(seen(strict), "wrong")
    assert "Too many wrong passwords" in not_here(change, seen(strict), "wrong")
    for _ in range(THRESHOLD + 1):
        with pytest.raises(WrongPassword):
            change(seen(endless), "wrong")


def test_wrong_passwords_are_forgotten_when_the_directory_forgets_them(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    person = ad.person()
    ad.lock(person, tries=2)
    account = seen(person)
    assert ad_store.lockout(account, ctx=now()) == Lockout(THRESHOLD, 2)
    later = now()
    later = Context(
        later.now + timedelta(minutes=31), later.deadline + timedelta(minutes=31), later.locale, later.origin,
        later.company, later.random,
    )  # fmt: skip
    assert ad_store.lockout(account, ctx=later) == Lockout(THRESHOLD, 0)


def test_unlocking_is_harmless_whether_or_not_locked(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    person = ad.person()
    ad.lock(person)
    before = seen(person).stamp
    for _ in range(2):
        ad_store.unlock(seen(person), ctx=now())
        assert not seen(person).state.locked
        assert ad.bind(person.dn, PASSWORD) == ""
    assert seen(person).stamp == before


def test_another_password_is_demanded_at_the_next_sign_in_and_a_reset_ends_the_demand(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now, reset: Write
) -> None:
    person = ad.person()
    for _ in range(2):
        ad_store.demand_change(seen(person), ctx=now())
        assert seen(person).state.must_change
    assert ad.bind(person.dn, PASSWORD) != ""
    reset(seen(person))
    assert not seen(person).state.must_change
    assert ad.bind(person.dn, NEW) == ""


def test_a_password_that_never_expires_is_not_demanded_anew(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    person = ad.person(userAccountControl=0x10200)
    with pytest.raises(PasswordRefused) as refusal:
        ad_store.demand_change(seen(person), ctx=now())
    assert "never expires" in str(refusal.value.reasons[0])
    assert ad.bind(person.dn, PASSWORD) == ""
