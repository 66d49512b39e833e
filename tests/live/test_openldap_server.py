"""What the server itself does with orders that the store is built around; asked as its account, without the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import ldap3
from servers.slapd import CHANGED, PASSWORD, SERVICE, SERVICE_PASSWORD, Slapd, Someone

from keyback.plugins.stores import _ppolicy as ppolicy
from keyback.plugins.stores._ldap import Answer

NEW = "four words that belong apart"
AGAIN = "four other words for later"


def ordered(slapd: Slapd, person: Someone, **changes: Sequence[str]) -> tuple[int, ppolicy.Rule | None]:
    """Replace attributes as the service account: the result's code, and which rule is named."""
    with slapd.connected(SERVICE, SERVICE_PASSWORD.encode()) as service:
        wanted: dict[str, Any] = {name: [(ldap3.MODIFY_REPLACE, list(values))] for name, values in changes.items()}
        service.modify(person.dn, wanted, controls=[ppolicy.ASK_POLICY])
        controls = service.result.get("controls") or {}
        raw = controls.get(ppolicy.POLICY_CONTROL, {}).get("value") or b""
        code = service.result["result"]
    return code, ppolicy.remark(Answer(code, controls={ppolicy.POLICY_CONTROL: raw})).rule


def test_case_25_each_rule_is_named_by_its_number(slapd: Slapd) -> None:
    person = slapd.person()
    assert ordered(slapd, person, userPassword=["short"]) == (19, ppolicy.Rule.TOO_SHORT)
    assert ordered(slapd, person, userPassword=[PASSWORD]) == (19, ppolicy.Rule.USED_BEFORE)
    for password in (NEW, AGAIN):
        assert ordered(slapd, person, userPassword=[password]) == (0, None)
    assert ordered(slapd, person, userPassword=[NEW]) == (19, ppolicy.Rule.USED_BEFORE)
    an_hour_ago = f"{datetime.now(UTC) - timedelta(hours=1):%Y%m%d%H%M%SZ}"
    young = slapd.person(policy="minage", pwdChangedTime=an_hour_ago)
    assert ordered(slapd, young, userPassword=[NEW]) == (19, ppolicy.Rule.TOO_YOUNG)


def test_case_26_a_password_and_its_unlocking_in_one_order_fail_together(slapd: Slapd) -> None:
    person = slapd.person()
    slapd.lock(person)
    assert ordered(slapd, person, userPassword=[NEW], pwdAccountLockedTime=[])[0] == 16
    assert slapd.read(person.dn, "pwdAccountLockedTime")["pwdAccountLockedTime"]
    assert slapd.read(person.dn, "pwdChangedTime")["pwdChangedTime"] == [CHANGED]


def test_case_28_safe_modify_asks_whoever_resets_for_the_old_password(slapd: Slapd) -> None:
    person = slapd.person(policy="safemodify")
    assert ordered(slapd, person, userPassword=[NEW]) == (50, ppolicy.Rule.OLD_ONE_NEEDED)
