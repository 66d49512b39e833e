"""What cannot work or is not safe is found before it can be saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from examples.flow_model import enough
from examples.recoveries import METHODS, RIDES_ON
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.contracts.method import Carrier, Factor, Method
from keyback.core.recovery.flaws import Fault, Flaw, flaws, flaws_of_all, flaws_of_public
from keyback.core.recovery.policy import (
    Audience,
    EnrolmentRules,
    Notices,
    PasswordRules,
    Policy,
    ProofRules,
    PublicRules,
    Scope,
)


def kind(carrier: Carrier, *, may_come_first: bool = True) -> type[Method]:
    factor = Factor.KNOWS if carrier is Carrier.MEMORY else Factor.HAS
    return type("Kind", (Method,), {"rides_on": carrier, "first": may_come_first, "factor": factor})


KINDS = {
    "sms": kind(Carrier.PHONE),
    "voice": kind(Carrier.PHONE),
    "email": kind(Carrier.MAILBOX),
    "questions": kind(Carrier.MEMORY, may_come_first=False),
}
PUBLIC = PublicRules(methods=("sms", "email"))


def said(policy: Policy, public: PublicRules = PUBLIC) -> tuple[str, ...]:
    return tuple(map(str, flaws(policy, public, KINDS)))


def wrong(proof: ProofRules, public: PublicRules = PUBLIC, password: PasswordRules | None = None) -> tuple[str, ...]:
    return said(Policy("p", proof=proof, password=password or PasswordRules()), public)


def found(policy: Policy) -> list[tuple[Fault, str]]:
    return [(flaw.fault, flaw.at) for flaw in flaws(policy, PUBLIC, KINDS)]


def test_the_policy_of_a_fresh_install_may_be_saved() -> None:
    assert wrong(ProofRules()) == ()


@pytest.mark.parametrize(
    ("proof", "public", "why"),
    [
        (ProofRules(required=frozenset({"webauthn"})), PUBLIC, "required methods are off: webauthn"),
        (ProofRules(at_least=0), PUBLIC, "at least one proof is needed"),
        (
            ProofRules(optional=frozenset({"sms", "voice"})),
            PUBLIC,
            "2 proofs are asked for, and only 1",
        ),
        (ProofRules(optional=frozenset({"questions"}), at_least=1), PUBLIC, "none of its methods may come first"),
        (
            ProofRules(optional=frozenset({"email", "sms"})),
            PublicRules(methods=("voice",)),
            "the public rules show none of its methods",
        ),
        (ProofRules(), PublicRules(methods=("sms", "questions")), "methods that may not come first: questions"),
        (
            ProofRules(required=frozenset({"questions"}), at_least=1),
            PUBLIC,
            "what is only known needs a second proof beside it: questions",
        ),
    ],
)
def test_a_policy_that_cannot_work_says_why(proof: ProofRules, public: PublicRules, why: str) -> None:
    assert any(why in problem for problem in wrong(proof, public))


def test_what_is_only_known_proves_nothing_for_privileged_people() -> None:
    rules = ProofRules(optional=frozenset({"sms", "questions"}))
    why = "what is only known proves nothing for privileged people: questions"
    for privileged in (True, False):
        policy = Policy("p", proof=rules, scope=Scope(privileged=privileged))
        assert said(policy) == ((why,) if privileged else ())


def test_a_short_password_needs_a_second_proof() -> None:
    short = PasswordRules(min_length=14)
    assert wrong(ProofRules(at_least=1), password=short) == ("passwords shorter than 15 need a second proof",)
    assert wrong(ProofRules(at_least=2), password=short) == ()


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (EnrolmentRules(methods_needed=-1), "what is counted cannot be less than nothing"),
        (EnrolmentRules(later_allowed=-1), "what is counted cannot be less than nothing"),
        (EnrolmentRules(later_for=timedelta(days=-1)), "what is counted cannot be less than nothing"),
        (EnrolmentRules(confirm_again_after=timedelta(days=-1)), "people are asked again after at most 730 days"),
        (EnrolmentRules(confirm_again_after=timedelta(days=731)), "people are asked again after at most 730 days"),
    ],
)
def test_nobody_is_asked_what_cannot_be_meant(rules: EnrolmentRules, why: str) -> None:
    (problem,) = said(Policy("p", enrolment=rules))
    assert problem.startswith(why)


@pytest.mark.parametrize("days", [0, 1, 730])
def test_people_may_be_asked_again_after_up_to_two_years_or_never(days: int) -> None:
    rules = EnrolmentRules(methods_needed=0, confirm_again_after=timedelta(days=days))
    assert said(Policy("p", enrolment=rules)) == ()


@given(
    st.builds(
        ProofRules,
        st.sets(st.sampled_from(METHODS)).map(frozenset),
        st.sets(st.sampled_from(METHODS)).map(frozenset),
        st.integers(-1, 4),
        st.booleans(),
    )
)
def test_a_policy_is_refused_exactly_when_not_even_all_methods_would_do(rules: ProofRules) -> None:
    kinds = {key: kind(Carrier(RIDES_ON[key])) for key in METHODS}
    public = PublicRules(methods=METHODS)
    refused = {flaw.fault for flaw in flaws(Policy("p", proof=rules), public, kinds)}
    never = {Fault.TOO_FEW, Fault.NONE_SHOWN, Fault.REQUIRED_OFF}
    assert bool(refused & never) == (not enough(rules, METHODS))


def test_two_required_methods_on_one_phone_can_be_given_both() -> None:
    assert wrong(ProofRules(required=frozenset({"sms", "voice"}), optional=frozenset(), at_least=1)) == ()


@pytest.mark.parametrize(
    "password",
    [
        PasswordRules(min_length=7),
        PasswordRules(min_length=-5),
        PasswordRules(directory_floor=7),
        PasswordRules(min_length=129),
        PasswordRules(max_length=63),
        PasswordRules(max_length=10_000),
    ],
)
def test_lengths_of_passwords_are_what_people_can_use(password: PasswordRules) -> None:
    assert found(Policy("p", password=password)) == [(Fault.LENGTHS, "password.min_length")]


def test_banned_words_must_be_words() -> None:
    (flaw,) = flaws(Policy("p", password=PasswordRules(banned_words=("ab",))), PUBLIC, KINDS)
    assert (flaw.fault, flaw.at) == (Fault.BANNED_WORDS, "password.banned_words")


@pytest.mark.parametrize("notices", [Notices(on_done=False), Notices(media=frozenset())])
def test_somebody_hears_of_every_new_password(notices: Notices) -> None:
    assert found(Policy("p", notices=notices)) == [(Fault.UNHEARD, "notices.on_done")]


@pytest.mark.parametrize("days", [-1, 31])
def test_what_is_new_waits_for_a_month_at_most(days: int) -> None:
    assert found(Policy("p", cool_down=timedelta(days=days))) == [(Fault.COOL_DOWN, "cool_down")]


def test_people_come_for_something() -> None:
    assert found(Policy("p", purposes=frozenset())) == [(Fault.NO_PURPOSE, "purposes")]


@pytest.mark.parametrize("name", ["", " ", " p", "p ", "a\nb", "a\x00b", "x" * 101])
def test_a_policy_has_a_name_that_can_be_read(name: str) -> None:
    assert found(Policy(name)) == [(Fault.NAME, "name")]


# The list --------------------------------------------------------------------------------------------------------

NURSES = Policy("nurses", 10, Audience(groups=frozenset({"nurses"})))
EVERYBODY = Policy("everybody", 20)


def of_all(*policies: Policy) -> set[Fault]:
    return {flaw.fault for flaw in flaws_of_all(policies, PUBLIC, KINDS)}


def test_the_last_policy_is_for_everybody_and_is_the_only_one_that_is() -> None:
    assert of_all(NURSES, EVERYBODY) == set()
    assert of_all(EVERYBODY, NURSES) == set(), "positions count, not the order in which they come"
    assert of_all(NURSES) == {Fault.NOT_FOR_ALL}
    assert of_all() == {Fault.NOT_FOR_ALL}
    assert of_all(replace(NURSES, position=30), EVERYBODY) == {Fault.NOT_FOR_ALL, Fault.UNREACHED}
    assert of_all(EVERYBODY, Policy("also everybody", 30)) == {Fault.UNREACHED}


def test_no_two_policies_have_one_name() -> None:
    assert of_all(replace(NURSES, name="everybody"), EVERYBODY) == {Fault.SAME_NAME}


def test_a_flaw_says_whose_it_is() -> None:
    policies = (replace(NURSES, proof=ProofRules(at_least=0)), EVERYBODY)
    (flaw,) = flaws_of_all(policies, PUBLIC, KINDS)
    assert flaw == Flaw(Fault.NO_PROOF, "proof.at_least", policy="nurses")


# The public rules -------------------------------------------------------------------------------------------------

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def test_the_public_rules_of_a_fresh_install_may_be_saved() -> None:
    assert flaws_of_public(PublicRules(), KINDS) == ()


@pytest.mark.parametrize(
    ("public", "at"),
    [
        (PublicRules(methods=()), "methods"),
        (PublicRules(methods=("carrier-pigeon",)), "methods"),
        (PublicRules(lifetime=4 * MINUTE), "lifetime"),
        (PublicRules(lifetime=61 * MINUTE), "lifetime"),
        (PublicRules(idle=21 * MINUTE), "lifetime"),
        (PublicRules(more_time=-MINUTE), "lifetime"),
        (PublicRules(look_up=timedelta(0)), "look_up"),
        (PublicRules(release=16 * SECOND), "release"),
        (PublicRules(answers_per_challenge=0), "answers_per_challenge"),
        (PublicRules(answers_per_challenge=11), "answers_per_challenge"),
        (PublicRules(sends_per_recovery=0), "sends_per_recovery"),
        (PublicRules(sends_per_recovery=21), "sends_per_recovery"),
        (PublicRules(resend_waits=()), "resend_waits"),
        (PublicRules(resend_waits=(29 * SECOND,)), "resend_waits"),
        (PublicRules(resend_waits=(2 * MINUTE, MINUTE)), "resend_waits"),
        (PublicRules(resend_waits=(MINUTE, 16 * MINUTE)), "resend_waits"),
    ],
)
def test_public_rules_that_cannot_hold_say_where(public: PublicRules, at: str) -> None:
    assert [flaw.at for flaw in flaws_of_public(public, KINDS)] == [at]


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_can_be_said(fault: Fault) -> None:
    assert "{" not in str(Flaw(fault, "", ("sms",), 1, 2))
