"""What an Active Directory says, as values: also what Windows says and Samba does not."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from keyback.core import PasswordRefused, WrongPassword
from keyback.plugins.stores import _active_directory_facts as facts
from keyback.plugins.stores._active_directory_answers import Tried, opened, refusal, why
from keyback.plugins.stores._active_directory_facts import Stamp
from keyback.plugins.stores._active_directory_hints import Hints
from keyback.plugins.stores._active_directory_rules import Rules
from keyback.plugins.stores._ldap import Address, Answer, Object, Wire

RULES = Rules(
    min_length=8, history=3, complex=True, min_age=timedelta(days=1), threshold=5, window=timedelta(minutes=30)
)
POOR = "doesn't meet its rules"


def an_object(**values: object) -> Object:
    """With these attributes; an underscore stands for a dash."""
    raw = {
        name.replace("_", "-").lower(): (v if isinstance(v, bytes) else str(v).encode(),) for name, v in values.items()
    }
    return Object("CN=jo", raw)


def set_just_now() -> Object:
    moment = datetime.now(UTC) - timedelta(hours=1)
    return an_object(pwdLastSet=int((moment.timestamp() + 11_644_473_600) * 10**7))


# Answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words", "number"),
    [
        (19, "0000052D: Constraint violation - check_password_restrictions: the password is too short.", 0x52D),
        (19, "0000052D: AtrErr: DSID-03191083, #1:\n\t0: 0000052D: DSID-03191083, problem 1005\n\x00", 0x52D),
        (53, "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0\n\x00", 0x52D),
        (19, "00000056: AtrErr: DSID-03191083", 0x56),
        (19, "error in module acl: Constraint violation during LDB_MODIFY (19)", None),
        (0, "", None),
    ],
)
def test_the_digits_before_the_words_tell_why(code: int, words: str, number: int | None) -> None:
    assert why(Answer(code, words)) == number


def told(answer: Answer, *, length: int = 20, entry: Object | None = None, too_soon_matters: bool = False) -> str:
    said = refusal(answer, Tried(entry or an_object(), length, RULES, too_soon_matters))
    assert isinstance(said, PasswordRefused)
    return str(said.reasons[0])


@pytest.mark.parametrize("code", [19, 53])
def test_a_refusal_says_what_we_can_see_ourselves_and_no_more(code: int) -> None:
    against = Answer(code, "0000052D: whatever its maker writes")
    assert "at least 8 characters" in told(against, length=7)
    assert POOR in told(against, length=8)
    assert "changed too recently" in told(against, entry=set_just_now(), too_soon_matters=True)
    # A reset is not held to the minimal age, so that was not it.
    assert POOR in told(against, entry=set_just_now())
    nothing_known = refusal(against, Tried(an_object(), 2, None, too_soon_matters=True))
    assert isinstance(nothing_known, PasswordRefused)
    assert POOR in str(nothing_known.reasons[0])


def test_a_wrong_password_a_lock_and_a_moved_fence_are_told_apart() -> None:
    tried = Tried(an_object(), 20, RULES, too_soon_matters=False)
    assert isinstance(refusal(Answer(19, "00000056: no"), tried), WrongPassword)
    assert "locked" in told(Answer(19, "00000775: no"))
    for code in (16, 20):
        assert "Somebody else" in told(Answer(code, "no such value"))


@pytest.mark.parametrize(
    "answer", [Answer(50, "00000005: SecErr"), Answer(53, "0000001F: SvcErr"), Answer(12), Answer(51)]
)
def test_what_is_the_operators_fault_is_not_told_as_a_rule(answer: Answer) -> None:
    assert refusal(answer, Tried(an_object(), 2, RULES, too_soon_matters=True)) is None


@pytest.mark.parametrize(
    ("data", "right"),
    [("52e", False), ("532", True), ("533", True), ("701", True), ("773", True), ("775", None), ("530", None)],
)
def test_a_failed_sign_in_tells_whether_the_password_was_right(data: str, right: bool | None) -> None:
    words = f"80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {data}, v1db1\x00"
    assert opened(Answer(49, words)) is right
    assert opened(Answer(0)) is True
    assert opened(Answer(51, words)) is None


# Facts ------------------------------------------------------------------------------------------------------------


def test_moments_and_spans_are_read_and_never_stays_never() -> None:
    assert facts.moment(133_800_000_000_000_000) == datetime(2024, 12, 30, 2, 40, tzinfo=UTC)
    assert [facts.moment(n) for n in (None, 0, -1, 0x7FFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFE)] == [None] * 5
    assert facts.span(-864_000_000_000) == timedelta(days=1)


def test_an_account_whose_flags_cannot_be_read_is_not_open() -> None:
    now = datetime.now(UTC)
    assert not facts.state_of(an_object(), now).enabled
    assert facts.state_of(an_object(userAccountControl=512), now).enabled
    assert not facts.state_of(an_object(userAccountControl=514), now).enabled


def a_sid(*parts: int) -> bytes:
    return struct.pack(">BBHL", 1, len(parts), 0, 5) + b"".join(struct.pack("<L", part) for part in parts)


@pytest.mark.parametrize(
    ("values", "rules"),
    [
        ({"tokenGroups": a_sid(21, 1, 2, 3, 513)}, False),
        ({"tokenGroups": a_sid(21, 1, 2, 3, 512)}, True),
        ({"tokenGroups": a_sid(32, 545)}, False),
        ({"tokenGroups": a_sid(32, 548)}, True),
        # The last parts of built-in groups mean nothing in a domain, and the other way round.
        ({"tokenGroups": a_sid(21, 1, 2, 3, 548)}, False),
        ({"tokenGroups": a_sid(32, 512)}, False),
        ({}, True),
        ({"tokenGroups": a_sid(21, 1, 2, 3, 513), "adminCount": 1}, True),
        ({"tokenGroups": a_sid(21, 1, 2, 3, 513), "adminCount": 0}, False),
        ({"tokenGroups": a_sid(21, 1, 2, 3, 513), "objectSid": a_sid(21, 1, 2, 3, 500)}, True),
    ],
)
def test_whoever_has_power_over_others_is_known_by_number(values: dict[str, Any], rules: bool) -> None:
    assert facts.rules_the_domain(an_object(**values)) is rules


def test_the_count_of_writes_tells_more_than_the_moment() -> None:
    before = Stamp("100", "1")
    assert Stamp.read(str(before)) == before
    assert before.moved_since(before) is False
    assert Stamp("0", "1").moved_since(before) is False
    assert Stamp("100", "2").moved_since(before) is True
    # Where the count may not be read, the moment has to do.
    assert Stamp("101").moved_since(replace(before, writes="")) is True
    assert Stamp.read(None).moved_since(Stamp.read(None)) is False


# The history of passwords ----------------------------------------------------------------------------------------


class Root:
    """A server that says which controls it knows."""

    def __init__(self, *controls: str) -> None:
        self.server = Address("dc1", 636, implicit_tls=True)
        self.controls = controls
        self.asked = 0

    def read(self, dn: str, attributes: list[str]) -> Object:
        self.asked += 1
        return Object(dn, {"supportedcontrol": tuple(control.encode() for control in self.controls)})


NEWER, OLDER = "1.2.840.113556.1.4.2239", "1.2.840.113556.1.4.2066"


@pytest.mark.parametrize(
    ("offered", "sent"), [((OLDER, NEWER), NEWER), ((OLDER,), OLDER), (("1.2.840.113556.1.4.319",), None), ((), None)]
)
def test_history_is_asked_for_critically_by_the_newest_name_that_a_server_knows(
    offered: tuple[str, ...], sent: str | None
) -> None:
    hints, root = Hints(), Root(*offered)
    wire = cast("Wire", root)
    assert hints.asked_of(wire) == (((sent, True, bytes.fromhex("3003020101")),) if sent else ())
    assert hints.asked_of(wire) == hints.asked_of(wire)
    assert root.asked == 1
    # A server that was replaced by an older one refuses the control: what was known of it is forgotten.
    root.controls = ()
    hints.forget(wire)
    assert hints.asked_of(wire) == ()
