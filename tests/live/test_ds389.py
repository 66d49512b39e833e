"""389 Directory Server's names on a slapd that was taught them: what is written of it, not what it really does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from servers.slapd import CHANGED, POLICIES, ROOT, ROOT_PASSWORD, Slapd, Someone, running_slapd

from keyback.core import Account, PasswordRefused, Secret
from keyback.core.testing import a_context
from keyback.plugins.stores._ds389 import EPOCH
from keyback.plugins.stores._openldap_settings import OpenLdapSettings
from keyback.plugins.stores.openldap import OpenLdap

NEW = "four words that belong apart"
ID = "0a1b2c3d-4e5f6071-8293a4b5-c6d7e8f9"
NAMES = (
    *("nsUniqueId", "pwdUpdateTime", "accountUnlockTime", "nsAccountLock", "passwordExpirationTime"),
    *("passwordRetryCount", "retryCountResetTime", "passwordMinLength", "passwordCheckSyntax", "passwordLockout"),
    *("passwordMaxFailure", "passwordInHistory", "passwordUnlock", "passwordLockoutDuration"),
)
SCHEMA = "".join(
    f"attributetype ( 1.3.6.1.4.1.99999.1.{number} NAME '{name}' EQUALITY caseIgnoreMatch "
    "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )\n"
    for number, name in enumerate(NAMES, start=1)
)
SCHEMA += f"objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'as389' SUP top AUXILIARY MAY ( {' $ '.join(NAMES)} ) )\n"


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    with running_slapd(extra=SCHEMA) as running:
        yield running


def speaking_389(slapd: Slapd, **more: object) -> OpenLdap:
    settings = slapd.settings(kind="389-ds", bind_dn=ROOT, bind_password=ROOT_PASSWORD, **more)
    return OpenLdap(OpenLdapSettings(**settings))


@pytest.fixture
def store(slapd: Slapd) -> Iterator[OpenLdap]:
    store = speaking_389(slapd)
    yield store
    store.close()


def somebody(slapd: Slapd, **marks: str) -> Someone:
    number = slapd._people
    unique = f"{ID[:-8]}{number:08x}"
    return slapd.person(objectClass=["inetOrgPerson", "as389"], nsUniqueId=unique, pwdUpdateTime=CHANGED, **marks)


def seen(store: OpenLdap, person: Someone) -> Account:
    account = store.find(person.uid, a_context(now=datetime.now(UTC)))
    assert account is not None
    assert store.look(account.key, a_context(now=datetime.now(UTC))) == account
    return account


def in_minutes(minutes: int) -> str:
    return f"{datetime.now(UTC) + timedelta(minutes=minutes):%Y%m%d%H%M%SZ}"


@pytest.mark.parametrize(
    ("marks", "locked", "by_admin", "must_change"),
    [
        ({}, False, False, False),
        ({"accountUnlockTime": in_minutes(60)}, True, False, False),
        ({"accountUnlockTime": in_minutes(-1)}, False, False, False),
        ({"accountUnlockTime": EPOCH}, True, False, False),
        ({"nsAccountLock": "true"}, True, True, False),
        ({"passwordExpirationTime": EPOCH}, False, False, True),
    ],
)
def test_its_marks_are_understood(
    store: OpenLdap, slapd: Slapd, marks: dict[str, str], locked: bool, by_admin: bool, must_change: bool
) -> None:
    state = seen(store, somebody(slapd, **marks)).state
    assert (state.locked, state.locked_by_admin, state.must_change) == (locked, by_admin, must_change)


def test_a_reset_is_written_once_and_refused_to_whoever_is_late(store: OpenLdap, slapd: Slapd) -> None:
    person = somebody(slapd)
    account = seen(store, person)
    store.set_password(account, Secret(NEW), unlock=True, ctx=a_context())
    assert slapd.bind(person.dn, NEW)[0] == 0
    slapd.mark(person.dn, pwdUpdateTime=in_minutes(0))
    with pytest.raises(PasswordRefused):
        store.set_password(account, Secret(NEW + " again"), unlock=True, ctx=a_context())


def test_whoever_was_made_inactive_is_reset_by_hand(store: OpenLdap, slapd: Slapd) -> None:
    account = seen(store, somebody(slapd, nsAccountLock="true"))
    with pytest.raises(PasswordRefused, match="by hand"):
        store.set_password(account, Secret(NEW), unlock=True, ctx=a_context())


def test_unlocking_takes_all_three_marks_away(store: OpenLdap, slapd: Slapd) -> None:
    marks = {"accountUnlockTime": in_minutes(60), "passwordRetryCount": "3", "retryCountResetTime": in_minutes(9)}
    person = somebody(slapd, **marks)
    account = seen(store, person)
    lockout = store.lockout(account, ctx=a_context(now=datetime.now(UTC)))
    assert lockout is not None
    assert lockout.counted == 3
    for _ in range(2):
        store.unlock(account, ctx=a_context())
    assert not seen(store, person).state.locked
    assert not set(marks) & set(slapd.read(person.dn))


def test_its_rules_are_read_from_its_own_policy(store: OpenLdap, slapd: Slapd) -> None:
    place = f"cn=of389,{POLICIES}"
    rules = {"passwordMinLength": "14", "passwordCheckSyntax": "on", "passwordInHistory": "6"}
    with slapd.root() as root:
        assert root.add(place, attributes={"objectClass": ["device", "as389"], "cn": "of389", **rules}), root.result
    account = seen(store, somebody(slapd, pwdPolicySubentry=place))
    read = store.rules(account, a_context())
    assert (read.min_length, read.history) == (14, 6)


def test_the_check_says_what_it_cannot_do(slapd: Slapd) -> None:
    store = speaking_389(slapd, base=somebody(slapd).dn)
    assert any("cannot refuse a late writer" in str(remark) for remark in store.check())
    store.close()


def test_everybody_is_listed_in_its_own_words(store: OpenLdap, slapd: Slapd) -> None:
    account = seen(store, somebody(slapd, nsAccountLock="true"))
    assert account in [one for page in store.everybody(ctx=a_context()) for one in page]
