"""A known password is changed in a real slapd by the least-privilege account, and the old one is judged before all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from servers.slapd import PASSWORD, Slapd, Someone

from keyback.core import Account, CanChange, KnowsLockout, Lockout, NotAllowed, PasswordRefused, Secret, WrongPassword
from keyback.core.testing import a_context
from keyback.plugins.stores.openldap import OpenLdap

NEW = "four words that belong apart"

Found = Callable[[Someone], Account]


def change(store: OpenLdap, account: Account, old: str = PASSWORD, new: str = NEW) -> None:
    store.change_password(account, Secret(old), Secret(new), ctx=a_context())


def refused(store: OpenLdap, account: Account, old: str = PASSWORD, new: str = NEW) -> str:
    with pytest.raises(PasswordRefused) as refusal:
        change(store, account, old, new)
    return str(refusal.value.reasons[0])


def not_allowed(store: OpenLdap, account: Account, old: str = PASSWORD) -> str:
    with pytest.raises(NotAllowed) as refusal:
        change(store, account, old)
    return str(refusal.value.reason)


def moment(ago: timedelta) -> str:
    return f"{datetime.now(UTC) - ago:%Y%m%d%H%M%SZ}"


@pytest.mark.parametrize("policy", ["", "safemodify", "nochange", "expired"])
def test_the_new_one_opens_and_the_old_one_does_not(store: OpenLdap, slapd: Slapd, found: Found, policy: str) -> None:
    """Also where the directory wants the old one supplied, forbids people to do it alone, or has let it expire."""
    assert isinstance(store, CanChange)
    person = slapd.person(policy=policy)
    change(store, found(person))
    assert slapd.bind(person.dn, NEW)[0] == 0
    assert slapd.bind(person.dn, PASSWORD)[0] == 49


def test_case_30_who_must_change_it_can_do_so_here(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person(pwdReset="TRUE")
    change(store, found(person))
    assert not slapd.read(person.dn, "pwdReset")["pwdReset"]
    assert slapd.bind(person.dn, NEW)[0] == 0


@pytest.mark.parametrize("policy", ["", "safemodify", "minage"])
@pytest.mark.parametrize("new", [NEW, "x", PASSWORD])
def test_case_31_a_wrong_old_one_is_told_before_any_rule(
    store: OpenLdap, slapd: Slapd, found: Found, policy: str, new: str
) -> None:
    person = slapd.person(policy=policy, pwdChangedTime=moment(timedelta(seconds=30)))
    with pytest.raises(WrongPassword):
        change(store, found(person), "not the one", new)
    assert slapd.bind(person.dn, PASSWORD)[0] == 0


def test_a_wrong_old_one_leaves_no_mark_and_locks_nobody(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person()
    account = found(person)
    for _ in range(8):
        with pytest.raises(WrongPassword):
            change(store, account, "not the one")
    marks = slapd.read(person.dn, "pwdFailureTime", "pwdAccountLockedTime")
    assert not any(marks.values())


@pytest.mark.parametrize("old", ["", "a\x00b", "a\nb", "half \ud800"])
def test_what_nobody_can_have_set_is_a_wrong_one(store: OpenLdap, slapd: Slapd, found: Found, old: str) -> None:
    with pytest.raises(WrongPassword):
        change(store, found(slapd.person()), old)


def test_who_has_no_password_has_typed_a_wrong_one(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    with pytest.raises(WrongPassword):
        change(store, found(slapd.person(userPassword=None)))


@pytest.mark.parametrize(
    ("policy", "new", "said"),
    [
        ("", "x", "The directory says: too short for it, at least 8 characters."),
        ("", PASSWORD, "The directory says: used before."),
        ("minage", NEW, "The directory says: changed too recently; try after "),
    ],
)
def test_with_the_right_old_one_the_directory_says_what_it_wants(
    store: OpenLdap, slapd: Slapd, found: Found, policy: str, new: str, said: str
) -> None:
    person = slapd.person(policy=policy, pwdChangedTime=moment(timedelta(seconds=30)))
    assert refused(store, found(person), new=new).startswith(said)
    assert slapd.bind(person.dn, PASSWORD)[0] == 0


@pytest.mark.parametrize("old", [PASSWORD, "not the one"])
def test_a_locked_account_is_no_place_to_go_on_guessing(store: OpenLdap, slapd: Slapd, found: Found, old: str) -> None:
    """The server would take the order of the service account, and lift the lock."""
    person = slapd.person()
    slapd.lock(person)
    assert not_allowed(store, found(person), old) == "This account is locked. Unlock it, or reset the password."
    assert slapd.read(person.dn, "pwdAccountLockedTime")["pwdAccountLockedTime"]


BY_HAND = "Your organisation resets this account by hand. Call the help desk."


@pytest.mark.parametrize("old", [PASSWORD, "not the one"])
def test_an_administrators_lock_says_the_same_to_a_wrong_old_one(
    store: OpenLdap, slapd: Slapd, found: Found, old: str
) -> None:
    stopped = slapd.person(pwdAccountLockedTime="000001010000Z")
    assert not_allowed(store, found(stopped), old) == BY_HAND


def test_a_missing_right_is_said_to_nobody_as_a_rule(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    account = found(slapd.administrator())
    assert not_allowed(store, account) == BY_HAND
    # Whether it looks at the old one or at the right first is the server's affair: neither is said to a stranger.
    with pytest.raises((NotAllowed, WrongPassword)):
        change(store, account, "not the one")


def test_a_change_that_was_overtaken_writes_nothing(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person()
    account = found(person)
    slapd.mark(person.dn, pwdChangedTime="20240202120000Z")
    assert not_allowed(store, account) == "Somebody else just changed this password. Start again."
    assert slapd.bind(person.dn, PASSWORD)[0] == 0


def test_it_says_how_many_wrong_sign_ins_lock_and_how_many_there_were(
    store: OpenLdap, slapd: Slapd, found: Found
) -> None:
    assert isinstance(store, KnowsLockout)
    person = slapd.person()
    account = found(person)
    assert store.lockout(account, ctx=a_context()) == Lockout(5, 0)
    for _ in range(2):
        slapd.bind(person.dn, "wrong")
    assert store.lockout(account, ctx=a_context()) == Lockout(5, 2)
    service = found(slapd.person(policy="services"))
    assert store.lockout(service, ctx=a_context()) == Lockout(0, 0)


def test_failures_of_long_ago_count_no_more_where_the_policy_forgets(
    store: OpenLdap, slapd: Slapd, found: Found
) -> None:
    failures = [moment(timedelta(hours=2)), moment(timedelta(minutes=1))]
    person = slapd.person(policy="forgetful", pwdFailureTime=failures)
    assert store.lockout(found(person), ctx=a_context(now=datetime.now(UTC))) == Lockout(5, 1)
