"""What a second administrator must agree to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.recovery.policy import Audience, PasswordRules, Policy, ProofRules, Purpose, Scope
from keyback.core.recovery.weaker import Weaker, Weakness, weaker

CARRIERS = {"sms": "phone", "voice": "phone", "email": "mailbox"}
TWO = ProofRules(optional=frozenset(CARRIERS))
ONE = replace(TWO, at_least=1)
NURSES = Policy("nurses", 10, Audience(groups=frozenset({"nurses"})), TWO)
EVERYBODY = Policy("everybody", 1000, proof=TWO)
SINGLE = Weaker(Weakness.SINGLE, "nurses")


def found(before: tuple[Policy, ...], after: tuple[Policy, ...]) -> tuple[Weaker, ...]:
    return weaker(before, after, CARRIERS)


def test_turning_on_a_single_proof_needs_a_second_administrator() -> None:
    after = (replace(NURSES, proof=ONE), EVERYBODY)
    assert found((NURSES, EVERYBODY), after) == (SINGLE,)
    assert found((EVERYBODY,), after) == (SINGLE,)


@pytest.mark.parametrize(
    "proof",
    [
        replace(TWO, different_carriers=False),
        ProofRules(required=frozenset({"sms", "voice"}), optional=frozenset(), at_least=1),
    ],
)
def test_two_proofs_that_one_phone_can_give_are_one(proof: ProofRules) -> None:
    assert found((NURSES, EVERYBODY), (replace(NURSES, proof=proof), EVERYBODY)) == (SINGLE,)


def test_letting_privileged_people_in_needs_a_second_administrator() -> None:
    after = (NURSES, replace(EVERYBODY, scope=Scope(privileged=True)))
    assert found((NURSES, EVERYBODY), after) == (Weaker(Weakness.PRIVILEGED, "everybody"),)


@pytest.mark.parametrize("privileged", [True, False])
def test_a_group_that_was_kept_out_is_not_let_in_by_one_alone(privileged: bool) -> None:
    apart = replace(EVERYBODY, scope=Scope(privileged, forbidden_groups=frozenset({"domain-admins", "guests"})))
    less = replace(apart, scope=Scope(privileged, forbidden_groups=frozenset({"guests"})))
    assert found((apart,), (less,)) == (Weaker(Weakness.GROUP_LET_IN, "everybody"),)
    assert found((less,), (apart,)) == ()


APART = Scope(forbidden_groups=frozenset({"guests"}))
DOCTORS = Policy("doctors", 20, Audience(groups=frozenset({"doctors"})), TWO)


@pytest.mark.parametrize(
    ("before", "after", "by"),
    [
        ((replace(EVERYBODY, scope=APART),), (NURSES, replace(EVERYBODY, scope=APART)), "nurses"),
        ((replace(NURSES, scope=APART), EVERYBODY), (EVERYBODY,), "everybody"),
        (
            (replace(NURSES, scope=APART), DOCTORS, EVERYBODY),
            (replace(DOCTORS, position=5), replace(NURSES, scope=APART), EVERYBODY),
            "doctors",
        ),
    ],
    ids=["by a new policy", "by an older one's end", "by another order"],
)
def test_nor_by_falling_to_a_policy_that_never_kept_it_out(
    before: tuple[Policy, ...], after: tuple[Policy, ...], by: str
) -> None:
    assert found(before, after) == (Weaker(Weakness.GROUP_LET_IN, by),)


def test_a_policy_that_keeps_out_as_many_needs_nobody() -> None:
    apart = replace(EVERYBODY, scope=APART)
    assert found((apart,), (replace(NURSES, scope=APART), apart)) == ()
    assert found((replace(NURSES, scope=APART), apart), (apart,)) == ()
    assert found((DOCTORS, apart), (replace(DOCTORS, name="medics"), apart)) == ()


WEAK = replace(NURSES, proof=ONE)


@pytest.mark.parametrize(
    "after",
    [
        (WEAK, EVERYBODY),
        (replace(WEAK, password=PasswordRules(min_length=20)), EVERYBODY),
        (replace(WEAK, name="nursing", position=3), EVERYBODY),
        (Policy("interns", 5, Audience(groups=frozenset({"interns"})), TWO), WEAK, EVERYBODY),
        (NURSES, EVERYBODY),
        (EVERYBODY,),
    ],
    ids=["the same", "other passwords", "another name", "fewer people", "stricter", "without it"],
)
def test_what_was_weak_already_and_does_not_grow_needs_nobody(after: tuple[Policy, ...]) -> None:
    assert found((WEAK, EVERYBODY), after) == ()


@pytest.mark.parametrize(
    "after",
    [
        (replace(WEAK, audience=Audience(groups=frozenset({"nurses", "doctors"}))), EVERYBODY),
        (WEAK, replace(EVERYBODY, proof=ONE)),
        (replace(WEAK, proof=replace(ONE, optional=frozenset({"sms"}))), EVERYBODY),
    ],
    ids=["more people", "a second one", "by another method"],
)
def test_what_grows_needs_a_second_administrator(after: tuple[Policy, ...]) -> None:
    assert found((WEAK, EVERYBODY), after) != ()


def test_taking_away_what_stood_before_lets_more_people_fall_to_it() -> None:
    doctors = Policy("doctors", 5, Audience(groups=frozenset({"doctors"})), TWO)
    assert found((doctors, WEAK, EVERYBODY), (WEAK, EVERYBODY)) == (SINGLE,)
    assert found((doctors, WEAK, EVERYBODY), (replace(doctors, position=20), WEAK, EVERYBODY)) == (SINGLE,)


RULERS = replace(EVERYBODY, scope=Scope(privileged=True))


@pytest.mark.parametrize(("weak", "why"), [(replace(EVERYBODY, proof=ONE), "single"), (RULERS, "privileged")])
def test_what_was_agreed_on_for_unlocking_resets_no_password_by_one_alone(weak: Policy, why: str) -> None:
    unlocks = replace(weak, purposes=frozenset({Purpose.UNLOCK}))
    assert found((unlocks,), (weak,)) == (Weaker(Weakness(why), "everybody"),)
    assert found((weak,), (unlocks,)) == ()


def test_a_group_that_a_policy_let_unlock_is_not_let_reset_by_one_alone() -> None:
    guests = Policy("guests", 5, Audience(stores=frozenset({"partners"})), TWO, purposes=frozenset({Purpose.UNLOCK}))
    apart = replace(EVERYBODY, scope=APART)
    both = replace(guests, purposes=frozenset(Purpose))
    assert found((guests, apart), (both, apart)) == (Weaker(Weakness.GROUP_LET_IN, "guests"),)


@given(st.permutations([NURSES, EVERYBODY, WEAK]))
def test_nothing_changed_is_never_weaker(policies: list[Policy]) -> None:
    assert found(tuple(policies), tuple(policies)) == ()
