"""What somebody must answer for: a policy by which a method opens more than before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keyback.core.recovery.counted_anew import counted_anew
from keyback.core.recovery.policy import Audience, Policy, ProofRules

CARRIERS = {"sms": "phone", "email": "mailbox", "questions": "memory"}
FIRST = ("sms", "email")
WITHOUT = ProofRules(optional=frozenset({"sms", "email"}))
WITH = replace(WITHOUT, optional=frozenset(CARRIERS))
NURSES = Policy("nurses", 10, Audience(groups=frozenset({"nurses"})), WITHOUT)
EVERYBODY = Policy("everybody", 1000, proof=WITHOUT)


def anew(before: tuple[Policy, ...], after: tuple[Policy, ...]) -> tuple[str, ...]:
    return counted_anew(before, after, "questions", CARRIERS, FIRST)


def test_a_policy_that_begins_to_count_it_is_named() -> None:
    assert anew((NURSES, EVERYBODY), (replace(NURSES, proof=WITH), EVERYBODY)) == ("nurses",)
    assert anew((EVERYBODY,), (replace(NURSES, proof=WITH), EVERYBODY)) == ("nurses",)


def test_a_policy_that_needs_fewer_proofs_beside_it_is_named() -> None:
    three = replace(EVERYBODY, proof=replace(WITH, at_least=3))
    assert anew((three,), (replace(three, proof=WITH),)) == ("everybody",)


@pytest.mark.parametrize(
    "proof",
    [
        WITHOUT,
        WITH,
        replace(WITH, required=frozenset({"sms"}), optional=frozenset({"email", "questions"})),
        replace(WITH, required=frozenset({"questions"}), optional=frozenset({"sms", "email"})),
        replace(WITH, optional=frozenset({"sms", "questions"})),
    ],
)
def test_whoever_counts_it_already_and_opens_no_more_by_it_answers_for_nothing(proof: ProofRules) -> None:
    assert anew((replace(EVERYBODY, proof=WITH),), (replace(EVERYBODY, proof=proof),)) == ()


def test_more_people_under_a_policy_that_counts_it_are_new() -> None:
    counting = replace(EVERYBODY, proof=WITH)
    assert anew((NURSES, counting), (counting,)) == ("everybody",)
    assert anew((NURSES, counting), (NURSES, counting)) == ()


def test_another_name_is_no_other_policy() -> None:
    assert anew((replace(EVERYBODY, proof=WITH),), (replace(EVERYBODY, name="all", proof=WITH),)) == ()


def test_what_is_off_opens_nothing() -> None:
    off = {key: carrier for key, carrier in CARRIERS.items() if key != "questions"}
    assert counted_anew((EVERYBODY,), (replace(EVERYBODY, proof=WITH),), "questions", off, FIRST) == ()
