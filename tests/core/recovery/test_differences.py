"""What changed is said field by field, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from keyback.core.recovery.differences import Difference, between, between_public
from keyback.core.recovery.policy import Audience, Disclosure, Policy, ProofRules, PublicRules, Purpose

NURSES = Policy("nurses", 10, Audience(groups=frozenset({"nurses"})))
EVERYBODY = Policy("everybody", 1000)
BOTH = (NURSES, EVERYBODY)


def test_the_same_rules_have_no_difference() -> None:
    assert between(BOTH, BOTH) == ()
    assert between(BOTH, (replace(NURSES, position=3), EVERYBODY)) == (), "the order is the same"
    assert between_public(PublicRules(), PublicRules()) == ()


def test_a_field_says_what_it_was_and_what_it_is() -> None:
    after = replace(EVERYBODY, proof=ProofRules(at_least=1))
    (one,) = between(BOTH, (NURSES, after))
    assert one == Difference("everybody", "proof.at_least", 2, 1)
    assert str(one) == "everybody.proof.at_least: 2 > 1"


def test_a_new_policy_says_how_it_differs_from_the_usual() -> None:
    found = between((EVERYBODY,), BOTH)
    assert found == (
        Difference("nurses", "policy", None, "nurses"),
        Difference("nurses", "audience.groups", frozenset(), frozenset({"nurses"})),
    )
    assert str(found[0]) == "nurses.policy: - > nurses"


def test_a_policy_that_is_gone_is_said_once() -> None:
    assert between(BOTH, (EVERYBODY,)) == (Difference("nurses", "policy", "nurses", None),)


def test_another_name_is_no_other_policy() -> None:
    assert between(BOTH, (replace(NURSES, name="nursing"), EVERYBODY)) == (
        Difference("nursing", "name", "nurses", "nursing"),
    )


def test_another_order_is_said() -> None:
    swapped = (replace(EVERYBODY, position=1), NURSES)
    (one,) = between(BOTH, swapped)
    assert (one.field, one.before, one.after) == ("order", ("nurses", "everybody"), ("everybody", "nurses"))
    assert str(one) == "order: nurses, everybody > everybody, nurses"


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (replace(EVERYBODY, purposes=frozenset({Purpose.RESET})), "everybody.purposes: reset, unlock > reset"),
        (replace(EVERYBODY, cool_down=timedelta(hours=1)), "everybody.cool_down: 3 days, 0:00:00 > 1:00:00"),
    ],
)
def test_sets_and_times_can_be_read(after: Policy, said: str) -> None:
    (one,) = between((EVERYBODY,), (after,))
    assert str(one) == said


def test_public_rules_are_nobodys_policy() -> None:
    (one,) = between_public(PublicRules(), PublicRules(disclosure=Disclosure.MASKED))
    assert str(one) == "disclosure: generic > masked"
