"""Passkeys: good for this site, this challenge and this person, in hands that the device knows, and never copied."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.device import BACKED_UP, ELIGIBLE, HONEST, PRESENT, VERIFIED, Device, Maker, raw

from keyback.core import Challenge, Enrolment, NewEnrolment, NotAllowed, Offer, Person, PluginError, Verdict
from keyback.core.testing import a_context, a_person
from keyback.plugins.methods import webauthn as module
from keyback.plugins.methods.webauthn import Attestation, WebAuthn, WebAuthnSettings

METHOD = WebAuthn(WebAuthnSettings())
NOW = a_context().now


def options(challenge: Challenge) -> str:
    return challenge.prompt.data["options"]


def made(device: Device, method: WebAuthn = METHOD, maker: Maker | None = None, **more: str) -> NewEnrolment:
    challenge = method.enrol(a_person(), (), a_context("making"))
    return method.confirm(challenge, {"passkey": device.make(options(challenge), maker), **more}, a_context())


def kept(new: NewEnrolment, name: str = "e1") -> Enrolment:
    return Enrolment(name, "webauthn", new.label, new.data, NOW, NOW)


def offer(*enrolments: Enrolment) -> Offer:
    (offer,) = METHOD.offers(Person("p", ()), enrolments, a_context())
    return offer


def judged(device: Device, offer: Offer, challenge: Challenge | None = None) -> Verdict:
    challenge = challenge or METHOD.begin(None, a_context("asked"))
    return METHOD.judge(offer, challenge, {"passkey": device.sign(options(challenge))}, a_context())


@pytest.fixture
def device() -> Device:
    return Device()


@pytest.fixture
def theirs(device: Device) -> Offer:
    return offer(kept(made(device)))


def test_a_passkey_proves_it_as_often_as_it_signs(device: Device) -> None:
    enrolment = kept(made(device))
    for time in (1, 2, 3):
        verdict = judged(device, offer(enrolment))
        assert verdict.passed
        assert verdict.enrolment is not None
        assert verdict.enrolment[0] == "e1"
        assert verdict.enrolment[1] == {**enrolment.data, "count": str(time)}
        enrolment = replace(enrolment, data=verdict.enrolment[1])


def test_any_of_several_proves_it_and_is_the_one_that_is_kept(device: Device) -> None:
    other = Device()
    both = offer(kept(made(device)), kept(made(other), "e2"))
    verdict = judged(other, both)
    assert verdict.enrolment is not None
    assert (verdict.passed, verdict.enrolment[0]) == (True, "e2")


LIES: dict[str, Callable[[Device], object]] = {
    "another site": lambda d: setattr(d, "origin", "https://reset.example.org.evil.example"),
    "a site below": lambda d: setattr(d, "origin", "https://x.reset.example.org"),
    "a site above": lambda d: setattr(d, "origin", "https://example.org"),
    "no encryption": lambda d: setattr(d, "origin", "http://reset.example.org"),
    "another port": lambda d: setattr(d, "origin", "https://reset.example.org:8443"),
    "asked for another site": lambda d: setattr(d, "site", "example.org"),
    "nobody was there": lambda d: setattr(d, "flags", VERIFIED),
    "nobody was recognised": lambda d: setattr(d, "flags", PRESENT),
    "in a frame of another site": lambda d: setattr(d, "client", {"crossOrigin": True}),
    "the other ceremony": lambda d: setattr(d, "client", {"type": "payment.get"}),
    "backed up though it can't be": lambda d: setattr(d, "flags", HONEST | BACKED_UP),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_was_signed_elsewhere_or_by_nobody_proves_nothing(device: Device, theirs: Offer, lie: str) -> None:
    LIES[lie](device)
    assert judged(device, theirs) == Verdict(False, "wrong")


@pytest.mark.parametrize("lie", LIES)
def test_nothing_is_added_that_was_made_elsewhere_or_by_nobody(device: Device, lie: str) -> None:
    LIES[lie](device)
    with pytest.raises(NotAllowed) as refused:
        made(device)
    assert str(refused.value.reason) == "This passkey or key can't be added. Try another one."


def test_a_passkey_that_was_bound_to_a_device_stays_so(device: Device, theirs: Offer) -> None:
    device.flags = HONEST | ELIGIBLE
    assert judged(device, theirs) == Verdict(False, "wrong")


def test_an_answer_is_good_for_its_own_challenge_alone(device: Device, theirs: Offer) -> None:
    mine, others = METHOD.begin(None, a_context("mine")), METHOD.begin(None, a_context("another's"))
    answer = {"passkey": device.sign(options(others))}
    assert not METHOD.judge(theirs, mine, answer, a_context()).passed
    assert METHOD.judge(theirs, others, answer, a_context()).passed


def test_a_passkey_of_somebody_else_proves_nothing(theirs: Offer) -> None:
    stranger = Device()
    made(stranger)
    assert judged(stranger, theirs) == Verdict(False, "wrong")


def test_a_known_passkey_under_another_key_or_for_another_user_proves_nothing(device: Device, theirs: Offer) -> None:
    assert not judged(replace(device, key=Device().key), theirs).passed
    assert not judged(replace(device, user=os.urandom(32)), theirs).passed
    assert judged(replace(device, user=None), theirs).passed


def test_one_that_was_removed_or_waits_is_no_way(device: Device) -> None:
    waiting = replace(kept(made(device)), usable_from=NOW.replace(year=NOW.year + 1))
    assert METHOD.offers(a_person(), (waiting,), a_context()) == []
    assert METHOD.offers(a_person(), (), a_context()) == []


# Copies -------------------------------------------------------------------------------------------------------------


def at(count: int, device: Device) -> Verdict:
    """What is said of a device that has signed so often, by a house that has seen five."""
    new = made(device)
    seen = kept(replace(new, data={**new.data, "count": "5"}))
    device.count = count - 1
    return judged(device, offer(seen))


@pytest.mark.parametrize("count", [1, 4, 5])
def test_a_count_that_does_not_rise_is_a_copy(device: Device, count: int) -> None:
    assert at(count, device) == Verdict(False, "copied")


def test_a_device_that_stops_counting_is_a_copy(device: Device) -> None:
    assert at(0, device) == Verdict(False, "copied")


def test_a_device_that_never_counts_is_none(device: Device, theirs: Offer) -> None:
    for _ in range(2):
        device.count = -1
        assert judged(device, theirs).passed


def test_nobody_raises_an_alarm_without_the_key(device: Device) -> None:
    seen = kept(replace(new := made(device), data={**new.data, "count": "5"}))
    stranger = replace(device, key=Device().key, count=1)
    assert judged(stranger, offer(seen)) == Verdict(False, "wrong")


# The same for everybody ---------------------------------------------------------------------------------------------


def test_before_the_first_proof_no_passkey_is_named() -> None:
    asked = json.loads(options(METHOD.begin(None, a_context())))
    assert asked["allowCredentials"] == []
    assert asked["userVerification"] == "required"
    assert asked["rpId"] == "reset.example.org"


def test_after_it_the_persons_own_are_named(device: Device, theirs: Offer) -> None:
    asked = json.loads(options(METHOD.begin([theirs], a_context())))
    assert [(raw(one["id"]), one["transports"]) for one in asked["allowCredentials"]] == [(device.id, ["usb"])]


def test_every_answer_costs_one_signature_check(device: Device, theirs: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []
    whole = module.verify_authentication_response
    monkeypatch.setattr(
        module, "verify_authentication_response", lambda **how: checked.append(how["credential"].id) or whole(**how)
    )
    nobodys = METHOD.nobodys_offer(a_context())
    for one, whose in ((device, theirs), (Device(), theirs), (device, nobodys), (Device(), nobodys)):
        before = len(checked)
        judged(one, whose)
        assert len(checked) == before + 1
    assert not judged(device, nobodys).passed


# Odd answers --------------------------------------------------------------------------------------------------------


def signed() -> tuple[Offer, Challenge, str]:
    device, challenge = Device(), METHOD.begin(None, a_context())
    return offer(kept(made(device))), challenge, device.sign(options(challenge))


# Once: what is damaged must be the same in every example.
SIGNED = signed()


def test_the_answer_that_is_damaged_below_is_right_as_it_is() -> None:
    theirs, challenge, said = SIGNED
    assert METHOD.judge(theirs, challenge, {"passkey": said}, a_context()).passed


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_answer_proves_nothing_and_breaks_nothing(data: st.DataObject) -> None:
    theirs, challenge, said = SIGNED
    answer = json.loads(said)
    part = data.draw(st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]))
    held = bytearray(raw(answer["response"][part]))
    held[data.draw(st.integers(0, len(held) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    answer["response"][part] = urlsafe_b64encode(bytes(held)).decode().rstrip("=")
    assert METHOD.judge(theirs, challenge, {"passkey": json.dumps(answer)}, a_context()).passed is False


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.dictionaries(
    st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "signature"]), inner)))  # fmt: skip
def test_any_other_json_proves_nothing(answer: Any) -> None:
    challenge = METHOD.begin(None, a_context())
    assert not METHOD.judge(
        METHOD.nobodys_offer(a_context()), challenge, {"passkey": json.dumps(answer)}, a_context()
    ).passed


@pytest.mark.parametrize("deep", ["[" * 8000, '{"id":' * 1300])
def test_json_that_is_nested_deeply_is_only_wrong(theirs: Offer, deep: str) -> None:
    assert METHOD.judge(theirs, METHOD.begin(None, a_context()), {"passkey": deep}, a_context()) == Verdict(
        False, "wrong"
    )


# Adding one ---------------------------------------------------------------------------------------------------------


def test_a_device_is_asked_to_know_its_owner_and_told_which_it_holds_already(device: Device) -> None:
    mine = kept(made(device))
    asked = json.loads(options(METHOD.enrol(a_person(), (mine,), a_context())))
    assert asked["rp"] == {"id": "reset.example.org", "name": "Acme"}
    assert (asked["user"]["name"], asked["user"]["displayName"]) == ("ada", "Ada Lovelace")
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert [raw(one["id"]) for one in asked["excludeCredentials"]] == [device.id]
    assert asked["attestation"] == "none"


def test_a_person_is_the_same_to_their_devices_always_and_nobody_to_others() -> None:
    handles = [json.loads(options(METHOD.enrol(p, (), a_context(str(n)))))["user"]["id"]
               for n, p in enumerate((a_person(), a_person(), replace(a_person(), id="p-other")))]  # fmt: skip
    assert handles[0] == handles[1] != handles[2]
    assert b"p-ada" not in raw(handles[0])


@pytest.mark.parametrize(
    ("typed", "label"), [("  My key ", "My key"), ("", ""), ("a\x00b\u202e", "ab"), ("x" * 300, "x" * 60)]
)
def test_it_is_called_what_its_owner_calls_it(device: Device, typed: str, label: str) -> None:
    assert made(device, called=typed).label == label


def test_another_way_to_sign_and_an_id_that_is_too_long_are_refused() -> None:
    for device in (Device(algorithm=-35), Device(id=os.urandom(1024))):
        with pytest.raises(NotAllowed):
            made(device)


# Makers -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def trusted(tmp_path: Path) -> tuple[WebAuthn, Maker]:
    maker, file = Maker(), tmp_path / "makers.pem"
    file.write_bytes(maker.root.public_bytes(Encoding.PEM))
    return WebAuthn(WebAuthnSettings(attestation=Attestation.REQUIRED, makers=str(file))), maker


def test_where_makers_are_named_their_devices_are_taken(trusted: tuple[WebAuthn, Maker], device: Device) -> None:
    method, maker = trusted
    assert json.loads(options(method.enrol(a_person(), (), a_context())))["attestation"] == "direct"
    new = made(device, method, maker)
    assert judged(device, offer(kept(new))).passed


@pytest.mark.parametrize("maker", [None, Maker()])
def test_and_no_others(trusted: tuple[WebAuthn, Maker], device: Device, maker: Maker | None) -> None:
    with pytest.raises(NotAllowed):
        made(device, trusted[0], maker)


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
def test_makers_that_cannot_be_read_stop_the_method(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "makers.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(PluginError):
        WebAuthn(WebAuthnSettings(attestation=Attestation.REQUIRED, makers=str(file)))
