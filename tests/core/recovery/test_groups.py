"""Which spellings of a group's name mean the same group."""

from __future__ import annotations

import pytest

from keyback.core.contracts.people import Account, AccountKey
from keyback.core.recovery.groups import is_in, is_in_one_called

HELPERS = r"CN=IT/Ops\, Helpers,OU=Groups,DC=example,DC=org"


def member(*groups: str) -> Account:
    return Account(AccountKey("fake", "id-of-jo"), "jo", groups=frozenset(groups))


@pytest.mark.parametrize("written", ["helpers", "Helpers ", "/staff/helpers", r"EXAMPLE\helpers", "cn=HELPERS, dc=x"])
def test_an_identity_provider_may_write_it_in_its_own_way(written: str) -> None:
    for theirs in ("CN=Helpers,OU=Groups,DC=example,DC=org", "Helpers", "/staff/Helpers"):
        assert is_in_one_called(member("CN=Staff,DC=x", theirs), {"somebody else", written})
    assert not is_in_one_called(member("CN=Helper,OU=Helpers,DC=example,DC=org"), {written})


def test_a_name_with_signs_of_its_own_is_one_name() -> None:
    assert is_in_one_called(member("CN=IT/Ops,OU=Groups,DC=x"), {"IT/Ops"})
    assert is_in(member(HELPERS), {HELPERS.lower()})


def test_without_groups_nobody_is_in_one() -> None:
    for inside in (is_in, is_in_one_called):
        assert not inside(member(), {"helpers"})
        assert not inside(member("helpers"), ())
