"""Approve on my phone: what it takes for a signature to count, and which phone joins."""

from __future__ import annotations

import json
from base64 import b32decode
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from servers.phone import Phone, subscription

from keyback.core import Carrier, Challenge, Context, Enrolment, NotAllowed, Offer, Statement
from keyback.core.testing import a_context, a_person
from keyback.plugins.methods.phone_approval import LIFETIME, PhoneApproval

METHOD = PhoneApproval(PhoneApproval.Settings())
NOW = a_context().now
WHERE = subscription("https://push.example/1", "p" * 87, "a" * 22)
ODD = ("", "null", "[]", "{}", '{"what": 1}', '{"a": {}}', "[" * 8000, "\ud800", "²", '{"at": "²"}')


def kept(phone: Phone, enrolment: str = "e1") -> Enrolment:
    drawn, typed = phone.joined(METHOD.enrol(a_person(), (), a_context()), NOW)
    new = METHOD.confirm(drawn, {**typed, "called": "My phone"}, a_context())
    return Enrolment(enrolment, "phone_approval", new.label, new.data, NOW, NOW)


def offer(*phones: Phone) -> Offer:
    enrolled = [kept(phone, f"e{n}") for n, phone in enumerate(phones, 1)]
    (one,) = METHOD.offers(a_person(), enrolled, a_context())
    return one


def judged(one: Offer, challenge: Challenge, said: Statement, ctx: Context | None = None) -> tuple[bool, str]:
    verdict = METHOD.judge(one, challenge, asdict(said), ctx or a_context())
    return verdict.passed, verdict.reason


PHONE = Phone()
OFFER = offer(PHONE)
DRAWN = METHOD.begin(None, a_context("drawn"))


def test_the_number_typed_and_signed_on_the_phone_proves_it() -> None:
    verdict = METHOD.judge(OFFER, DRAWN, asdict(PHONE.approves(DRAWN, NOW)), a_context())
    assert verdict.passed is True
    assert verdict.enrolment == ("e1", kept(PHONE).data)


def test_every_phone_of_a_person_may_answer_and_all_are_one_way() -> None:
    other = Phone()
    both = offer(PHONE, other)
    assert both.id == OFFER.id
    assert judged(both, DRAWN, other.approves(DRAWN, NOW)) == (True, "")


def test_pressing_without_the_number_is_no_proof() -> None:
    wrong = f"{(int(DRAWN.secret['number']) + 1) % 1000:03}"
    for number in ("", wrong, DRAWN.secret["number"] + "0", " " + DRAWN.secret["number"]):
        assert judged(OFFER, DRAWN, PHONE.approves(DRAWN, NOW, number=number)) == (False, "wrong")


def test_saying_no_is_no_proof_even_with_the_number() -> None:
    for decision in ("decline", "", "APPROVE", "approve "):
        assert judged(OFFER, DRAWN, PHONE.approves(DRAWN, NOW, decision=decision))[0] is False
    assert judged(OFFER, DRAWN, PHONE.approves(DRAWN, NOW, decision="decline")) == (False, "declined")


def test_what_was_signed_for_another_request_is_worth_nothing_here() -> None:
    other = METHOD.begin(None, a_context("another"))
    same_number = Challenge(other.prompt, LIFETIME, {**other.secret, "number": DRAWN.secret["number"]})
    assert judged(OFFER, DRAWN, PHONE.approves(same_number, NOW)) == (False, "wrong")


def test_what_was_signed_for_another_purpose_or_site_is_worth_nothing_here() -> None:
    secret = DRAWN.secret
    asked = PHONE.says("asks", NOW, request=secret["request"], number=secret["number"], decision="approve")
    elsewhere = replace(PHONE, origin="https://evil.example").approves(DRAWN, NOW)
    assert judged(OFFER, DRAWN, asked)[0] is False
    assert judged(OFFER, DRAWN, elsewhere)[0] is False


@pytest.mark.parametrize("late", [LIFETIME + timedelta(seconds=1), -timedelta(minutes=1)])
def test_what_was_signed_too_long_ago_or_in_the_future_is_worth_nothing(late: timedelta) -> None:
    assert judged(OFFER, DRAWN, PHONE.approves(DRAWN, NOW), a_context(now=NOW + late)) == (False, "wrong")


def test_a_foreign_key_under_the_phones_name_is_worth_nothing() -> None:
    forged = replace(Phone().approves(DRAWN, NOW), device=PHONE.name)
    assert judged(OFFER, DRAWN, forged) == (False, "wrong")


def test_words_changed_after_signing_are_worth_nothing() -> None:
    declined = PHONE.approves(DRAWN, NOW, decision="decline")
    changed = replace(declined, words=declined.words.replace("decline", "approve"))
    assert judged(OFFER, DRAWN, changed) == (False, "wrong")


def test_odd_words_prove_nothing_whoever_signs_them() -> None:
    for words in ODD:
        assert judged(OFFER, DRAWN, Statement(PHONE.name, words, "x"))[0] is False
        if words.isprintable():
            assert judged(OFFER, DRAWN, PHONE.signs(words))[0] is False
    right = json.loads(PHONE.approves(DRAWN, NOW).words)
    odd: list[dict[str, object]] = [{"at": at} for at in ("²", "9" * 5000, str(10**25), "", 1, None)]
    for change in (*odd, {"number": "١٢٣"}, {"request": "\ud800"}, {"what": ["decides"]}):
        assert judged(OFFER, DRAWN, PHONE.signs(json.dumps({**right, **change})))[0] is False
    assert judged(OFFER, DRAWN, PHONE.signs(json.dumps(right)))[0] is True


def test_another_curve_is_no_device_key() -> None:
    other = Phone(key=ec.generate_private_key(ec.SECP384R1()))
    data = {**kept(PHONE).data, "key": other.public, "device": other.name}
    (one,) = METHOD.offers(a_person(), [Enrolment("e1", "phone_approval", "", data, NOW, NOW)], a_context())
    with pytest.raises(OverflowError):
        other.approves(DRAWN, NOW)
    said = replace(PHONE.approves(DRAWN, NOW), device=other.name)
    assert judged(one, DRAWN, said) == (False, "wrong")


def test_a_message_says_that_something_waits_and_nothing_of_what() -> None:
    phone = Phone(push=WHERE)
    message = METHOD.message(offer(phone, Phone()), DRAWN, a_context())
    assert message is not None
    assert json.loads(message.to) == [json.loads(WHERE)]
    assert str(message.text) == "Something waits for you at Acme."
    assert METHOD.message(OFFER, DRAWN, a_context()) is None


def test_it_rides_on_the_device_as_an_app_or_a_passkey_does() -> None:
    assert PhoneApproval.rides_on is Carrier.DEVICE
    assert PhoneApproval.hears


# Joining ----------------------------------------------------------------------------------------------------------


def enrolling() -> Challenge:
    return METHOD.enrol(a_person(), (), a_context("enrolling"))


def test_the_code_has_128_bits_and_stands_behind_the_hash_of_an_address() -> None:
    drawn = enrolling()
    code = drawn.secret["joins_by"]
    assert len(b32decode(code + "======")) == 16
    assert drawn.prompt.data["key"].replace(" ", "") == code
    assert drawn.prompt.data["picture"].startswith("data:image/svg+xml")


def test_only_the_phone_in_hand_is_confirmed() -> None:
    mine, somebody_elses = Phone(), Phone()
    _, typed = mine.joined(enrolling(), NOW)
    theirs, _ = somebody_elses.joined(enrolling(), NOW)
    with pytest.raises(NotAllowed, match="number on your phone"):
        METHOD.confirm(theirs, typed, a_context())


def test_without_a_phone_nothing_is_confirmed() -> None:
    with pytest.raises(NotAllowed, match="hasn't answered"):
        METHOD.confirm(enrolling(), {"code": "123456"}, a_context())


def test_a_phone_that_knows_another_code_is_not_confirmed() -> None:
    other, typed = Phone().joined(METHOD.enrol(a_person(), (), a_context("other")), NOW)
    mixed = Challenge(other.prompt, other.lifetime, {**other.secret, "joins_by": enrolling().secret["joins_by"]})
    with pytest.raises(NotAllowed):
        METHOD.confirm(mixed, typed, a_context())


def test_a_new_phone_is_believed_only_by_its_own_key() -> None:
    said = PHONE.joins("CODE", NOW)
    assert METHOD.joined(said, a_context()) is not None
    for odd in (
        replace(said, device="another-name"),
        replace(said, words=said.words.replace("CODE", "EDOC")),
        PHONE.says("decides", NOW, joins_by="CODE", key=PHONE.public),
        PHONE.says("joins", NOW, joins_by="CODE", key=Phone().public),
        PHONE.joins("CODE", NOW - timedelta(minutes=3)),
        *(replace(said, words=words) for words in ODD),
    ):
        assert METHOD.joined(odd, a_context()) is None


def test_where_a_phone_can_be_woken_is_kept_only_as_browsers_say_it() -> None:
    moved = METHOD.moved(kept(PHONE).data, {"push": WHERE})
    assert moved["push"] == WHERE
    for odd in ("x", json.dumps({"endpoint": "e"}), json.dumps(["e"]), subscription("e" * 3000, "", "")):
        assert METHOD.moved(moved, {"push": odd}) == moved
        assert METHOD.joined(Phone(push=odd).joins("CODE", NOW), a_context()) is None
    assert METHOD.moved(moved, {"push": ""})["push"] == ""


def said_by(phone: Phone, at: datetime, data: Mapping[str, str]) -> bool:
    return METHOD.said(phone.says("asks", at), data, a_context()) is not None


def test_what_a_phone_says_is_said_now_and_by_itself() -> None:
    data = kept(PHONE).data
    assert said_by(PHONE, NOW, data)
    assert not said_by(PHONE, NOW - timedelta(minutes=3), data)
    assert not said_by(PHONE, NOW + timedelta(minutes=1), data)
    assert not said_by(Phone(), NOW, data)
