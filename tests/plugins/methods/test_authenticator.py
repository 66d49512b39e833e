"""Codes of an authenticator app: right for a moment, once, and never earlier than one that was used."""

from __future__ import annotations

import os
from base64 import b32decode, b32encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from pyotp import TOTP

from keyback.core import Context, Enrolment, NotAllowed, Person, Verdict
from keyback.core.testing import a_context, a_person
from keyback.plugins.methods.authenticator import Authenticator

METHOD = Authenticator(Authenticator.Settings())
SECRET = b32encode(b"12345678901234567890").decode()
OTHER = b32encode(b"09876543210987654321").decode()
NOW = datetime(2026, 11, 20, 10, 31, 10, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


def at(moment: datetime) -> Context:
    return replace(a_context(), now=moment)


def phone(secret: str = SECRET, used: int = 0, name: str = "e1") -> Enrolment:
    return Enrolment(name, "authenticator", "", {"secret": secret, "used": str(used)}, NOW, NOW)


def judged(typed: str, *phones: Enrolment, now: datetime = NOW) -> Verdict:
    (offer,) = METHOD.offers(Person("p", ()), phones or (phone(),), at(max(now, NOW)))
    return METHOD.judge(offer, METHOD.begin(None, at(now)), {"code": typed}, at(now))


def kept(verdict: Verdict) -> tuple[str, Mapping[str, str]]:
    assert verdict.enrolment is not None
    return verdict.enrolment


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, without the first two of its eight digits."""
    moment = datetime.fromtimestamp(seconds, UTC)
    (offer,) = METHOD.offers(Person("p", ()), (phone(),), at(NOW))
    assert METHOD.judge(offer, METHOD.begin(None, at(NOW)), {"code": code}, at(moment)).passed


@given(st.integers(-5, 5))
def test_a_code_is_good_one_step_before_and_after_its_own(off: int) -> None:
    assert judged(TOTP(SECRET).generate_otp(STEP + off)).passed is (abs(off) <= 1)


@given(st.integers(-3, 3), st.integers(-3, 3))
def test_a_step_is_spent_by_its_own_code_and_by_any_later_one(used: int, typed: int) -> None:
    passed = judged(TOTP(SECRET).generate_otp(STEP + typed), phone(used=STEP + used)).passed
    assert passed is (abs(typed) <= 1 and typed > used)


@given(st.integers(1, 100_000))
def test_a_clock_that_was_set_back_makes_no_code_good_again(seconds: int) -> None:
    before = NOW - timedelta(seconds=seconds)
    spent = phone(used=STEP + 1)
    assert not judged(TOTP(SECRET).at(before), spent, now=before).passed


def test_what_is_kept_of_a_code_is_the_step_it_was_of() -> None:
    for off in (-1, 0, 1):
        assert kept(judged(TOTP(SECRET).generate_otp(STEP + off)))[1] == {"secret": SECRET, "used": str(STEP + off)}


def test_near_misses_never_move_the_window() -> None:
    for off in (2, 3, 2, -2, -3):
        assert judged(TOTP(SECRET).generate_otp(STEP + off)) == Verdict(False, "wrong")


def test_a_code_of_any_device_is_good_and_spends_that_device_alone() -> None:
    both = (phone(name="old"), phone(OTHER, name="new"))
    assert kept(judged(TOTP(OTHER).at(NOW), *both))[0] == "new"
    assert kept(judged(TOTP(SECRET).at(NOW), *both))[0] == "old"
    assert not judged("000000" if TOTP(OTHER).at(NOW) != "000000" else "000001", *both).passed


def test_every_device_is_asked_whichever_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    whole = TOTP.generate_otp
    monkeypatch.setattr(TOTP, "generate_otp", lambda app, step: asked.append(step) or whole(app, step))
    right = whole(TOTP(SECRET), STEP)
    judged(right, phone(), phone(OTHER, name="e2"))
    assert len(asked) == 6


def test_a_device_that_waits_is_no_way_yet() -> None:
    waiting = replace(phone(), usable_from=NOW + timedelta(seconds=1))
    assert METHOD.offers(Person("p", ()), (waiting,), at(NOW)) == []


@given(st.text(max_size=12))
def test_nothing_else_that_anybody_types_is_right(typed: str) -> None:
    right = {TOTP(SECRET).generate_otp(STEP + off) for off in (-1, 0, 1)}
    assert judged(typed).passed is (typed in right)


# Adding one ------------------------------------------------------------------------------------------------------


def test_a_secret_has_160_bits_and_is_never_the_same() -> None:
    drawn = {METHOD.enrol(a_person(), (), replace(a_context(), random=os.urandom)).secret["secret"] for _ in range(50)}
    assert len(drawn) == 50
    assert {len(b32decode(secret)) for secret in drawn} == {20}


def test_the_picture_is_what_any_app_reads_and_comes_from_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    whole = segno.make
    monkeypatch.setattr(segno, "make", lambda address, **how: drawn.append(address) or whole(address, **how))
    challenge = METHOD.enrol(a_person(), (), a_context())
    parts = urlsplit(drawn[0])
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (parts.scheme, parts.netloc, unquote(parts.path)) == ("otpauth", "totp", "/Acme:ada")
    # Length, pace and hash are the ones that apps take for granted, so none is named.
    assert asked == {"secret": challenge.secret["secret"], "issuer": "Acme"}
    assert challenge.prompt.data["picture"].startswith("data:image/svg+xml")
    assert "http" not in unquote(challenge.prompt.data["picture"]).replace("http://www.w3.org/2000/svg", "")


def test_the_key_to_type_is_the_secret_in_groups_of_four() -> None:
    challenge = METHOD.enrol(a_person(), (), a_context())
    groups = challenge.prompt.data["key"].split(" ")
    assert "".join(groups) == challenge.secret["secret"]
    assert {len(group) for group in groups} == {4}


def test_the_code_that_confirms_is_spent() -> None:
    challenge = METHOD.enrol(a_person(), (), at(NOW))
    code = TOTP(challenge.secret["secret"]).at(NOW)
    new = METHOD.confirm(challenge, {"code": code}, at(NOW))
    assert not judged(code, Enrolment("e1", "authenticator", new.label, new.data, NOW, NOW)).passed


def test_a_wrong_code_confirms_nothing_and_says_so() -> None:
    challenge = METHOD.enrol(a_person(), (), at(NOW))
    with pytest.raises(NotAllowed) as refused:
        METHOD.confirm(challenge, {"code": TOTP(OTHER).at(NOW)}, at(NOW))
    assert str(refused.value.reason) == "That code isn't right."
