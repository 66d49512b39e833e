"""What the OpenLDAP store reads from bytes and names, without a server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.plugins.stores import _ppolicy as ppolicy
from keyback.plugins.stores._ldap import Address, Answer, Object
from keyback.plugins.stores._ldap_names import equals, is_under, normal_dn

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def remark(raw: bytes) -> ppolicy.Remark:
    return ppolicy.remark(Answer(0, controls={ppolicy.POLICY_CONTROL: raw}))


@pytest.mark.parametrize(
    ("raw", "meaning"),
    [
        ("", ppolicy.Remark()),
        ("3000", ppolicy.Remark()),
        ("3003810106", ppolicy.Remark(rule=ppolicy.Rule.TOO_SHORT)),
        ("3005a003800164", ppolicy.Remark(expires_in=100)),
        ("3006a00480020e10", ppolicy.Remark(expires_in=3600)),
        ("3005a003810100", ppolicy.Remark(grace_left=0)),
        ("3008a003810101810102", ppolicy.Remark(rule=ppolicy.Rule.MUST_CHANGE, grace_left=1)),
        ("300381010f", ppolicy.Remark()),
        ("30ff810106", ppolicy.Remark()),
    ],
)
def test_the_policy_control_is_decoded(raw: str, meaning: ppolicy.Remark) -> None:
    assert remark(bytes.fromhex(raw)) == meaning


@given(st.binary(max_size=64))
def test_no_bytes_break_the_decoder(raw: bytes) -> None:
    assert remark(raw).rule in {None, *ppolicy.Rule}


def test_the_assertion_is_on_the_mark_and_critical() -> None:
    number, critical, value = ppolicy.unless_changed_since("20240101120000Z")
    assert (number, critical) == ("1.3.6.1.1.12", True)
    assert value == b"\xa3\x21\x04\x0epwdChangedTime\x04\x0f20240101120000Z"
    assert ppolicy.unless_changed_since(None)[2] == b"\xa2\x10\x87\x0epwdChangedTime"


@pytest.mark.parametrize(
    ("mark", "locked", "by_admin"),
    [("", False, False), ("20261121115900Z", True, False), ("000001010000Z", True, True), ("rubbish", True, False)],
)
def test_a_lock_that_cannot_be_read_is_a_lock(mark: str, locked: bool, by_admin: bool) -> None:
    values = {"pwdaccountlockedtime": (mark.encode(),)} if mark else {}
    state = ppolicy.state_of(Object("uid=x", values), ppolicy.Policy(), NOW)
    assert (state.locked, state.locked_by_admin) == (locked, by_admin)


@pytest.mark.parametrize(("end", "expired"), [("20261121115959Z", True), ("20261121120001Z", False), ("", False)])
def test_an_account_expires_at_its_end(end: str, expired: bool) -> None:
    values = {"pwdendtime": (end.encode(),)} if end else {}
    assert ppolicy.state_of(Object("uid=x", values), ppolicy.Policy(), NOW).expired is expired


def test_lengths_count_only_where_quality_is_checked() -> None:
    values = {"pwdminlength": (b"8",), "pwdinhistory": (b"3",)}
    assert ppolicy.Policy.of(Object("cn=p", values)).min_length is None
    checked = ppolicy.Policy.of(Object("cn=p", {**values, "pwdcheckquality": (b"2",)}))
    assert (checked.min_length, checked.history) == (8, 3)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cn=Admins,ou=Groups,dc=x", "CN=admins, OU=groups , DC=X"),
        (r"cn=O\, Brien,dc=x", r"cn=O\2C Brien,dc=x"),
        (r"cn=\C3\A9,dc=x", "cn=é,dc=x"),
        (r"cn=back\\,dc=x", r"cn=back\5C,dc=x"),
    ],
)
def test_two_spellings_of_one_place_are_the_same(one: str, other: str) -> None:
    assert normal_dn(one) == normal_dn(other)


def test_a_place_is_under_a_tree_by_whole_parts() -> None:
    assert is_under("uid=a,ou=People,dc=x", "OU=people,dc=x")
    assert is_under("ou=People,dc=x", "ou=People,dc=x")
    assert not is_under("uid=a,ou=People,dc=x", "ou=eople,dc=x")
    assert not is_under(r"uid=a\,ou=People,dc=x", "ou=People,dc=x")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_filter_holds_nothing_but_escapes(value: str) -> None:
    condition = equals("uid", value)
    assert condition.startswith("(uid=")
    assert bytes.fromhex(condition[5:-1].replace("\\", "")) == value.encode()


@pytest.mark.parametrize(
    ("url", "spelt"),
    [
        ("ldaps://a.test", "ldaps://a.test:636"),
        ("ldap://A.test/", "ldap://a.test:389"),
        ("ldaps://[::1]:7", "ldaps://[::1]:7"),
    ],
)
def test_a_server_has_one_spelling(url: str, spelt: str) -> None:
    assert str(Address.parse(url)) == spelt
    assert Address.parse(spelt) == Address.parse(url)
