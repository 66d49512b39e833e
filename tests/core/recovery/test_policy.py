"""Which proofs are enough for whom."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from examples.flow_model import enough
from examples.recoveries import METHODS, OFFERS, RIDES_ON, a_proof, an_offer
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.contracts.people import Account, AccountKey, AccountState, Person
from keyback.core.recovery.policy import (
    Audience,
    Policy,
    Proof,
    ProofRules,
    Scope,
    counting,
    open_offers,
    out_of_scope,
    policy_for,
    satisfied,
)

ALL = frozenset(METHODS)
some = st.sets(st.sampled_from(METHODS)).map(frozenset)
any_rules = st.builds(ProofRules, some, some, st.integers(-1, 4), st.booleans())
any_proofs = st.lists(st.sampled_from(METHODS), max_size=5)


def proofs(*methods: str) -> tuple[Proof, ...]:
    return tuple(a_proof(method, f"challenge {index}") for index, method in enumerate(methods))


def a_person(store: str = "openldap", *groups: str) -> Person:
    return Person("jo", (Account(AccountKey(store, "jo"), "jo", groups=frozenset(groups)),))


# Enough ----------------------------------------------------------------------------------------------------------


@given(any_rules, any_proofs)
def test_proofs_are_enough_exactly_when_plain_counting_says_so(rules: ProofRules, given_: list[str]) -> None:
    assert satisfied(rules, proofs(*given_)) == enough(rules, given_)


@given(any_rules)
def test_nothing_at_all_is_never_enough(rules: ProofRules) -> None:
    assert not satisfied(rules, ())


@given(any_rules, any_proofs)
def test_the_order_of_proofs_does_not_matter(rules: ProofRules, given_: list[str]) -> None:
    verdicts = {satisfied(rules, proofs(*order)) for order in permutations(given_[:4])}
    assert len(verdicts) == 1


@given(any_rules, any_proofs, st.sampled_from(METHODS))
def test_one_more_proof_never_takes_away(rules: ProofRules, given_: list[str], one_more: str) -> None:
    assert satisfied(rules, proofs(*given_, one_more)) >= satisfied(rules, proofs(*given_))


def test_text_and_call_ride_on_one_phone_and_are_one_proof() -> None:
    rules = ProofRules(optional=ALL)
    assert not satisfied(rules, proofs("sms", "voice"))
    assert satisfied(rules, proofs("sms", "email"))
    assert satisfied(replace(rules, different_carriers=False), proofs("sms", "voice"))


@pytest.mark.parametrize("different_carriers", [True, False])
def test_a_method_counts_once_whatever_it_claims_to_ride_on(different_carriers: bool) -> None:
    twice = (Proof("sms", "phone", "one", "a"), Proof("sms", "device", "two", "b"))
    assert not satisfied(ProofRules(optional=ALL, different_carriers=different_carriers), twice)


def test_a_proof_the_policy_does_not_name_counts_for_nothing() -> None:
    rules = ProofRules(optional=frozenset({"sms", "email"}))
    assert not satisfied(rules, proofs("sms", "saved_codes"))
    assert [proof.method for proof in counting(rules, proofs("saved_codes", "email"))] == ["email"]


def test_what_is_required_must_be_there_however_many_others_are() -> None:
    rules = ProofRules(required=frozenset({"saved_codes"}), optional=ALL)
    assert not satisfied(rules, proofs("sms", "email"))
    assert satisfied(rules, proofs("sms", "saved_codes"))


# What is still worth choosing --------------------------------------------------------------------------------------


def test_a_second_proof_is_offered_only_where_it_would_count() -> None:
    left = open_offers(ProofRules(optional=ALL), OFFERS, proofs("sms"), RIDES_ON)
    assert {offer.method for offer in left} == {"email", "saved_codes"}


def test_a_required_method_stays_open_on_a_carrier_that_is_used() -> None:
    rules = ProofRules(required=frozenset({"voice"}), optional=ALL)
    assert an_offer("voice") in open_offers(rules, OFFERS, proofs("sms"), RIDES_ON)


@given(any_rules, any_proofs)
def test_no_offer_is_open_that_is_not_named_or_was_used(rules: ProofRules, given_: list[str]) -> None:
    left = {offer.method for offer in open_offers(rules, OFFERS, proofs(*given_), RIDES_ON)}
    assert left <= rules.named - set(given_)


# For whom ----------------------------------------------------------------------------------------------------------


def test_the_first_policy_by_position_that_fits_is_theirs() -> None:
    everybody = Policy("everybody", position=1000)
    nurses = Policy("nurses", position=10, audience=Audience(groups=frozenset({"nurses"})))
    embedded = Policy("embedded", position=20, audience=Audience(stores=frozenset({"embedded"})))
    policies = (everybody, embedded, nurses)
    assert policy_for(policies, a_person("openldap", "nurses")) is nurses
    assert policy_for(policies, a_person("embedded", "nurses")) is nurses
    assert policy_for(policies, a_person("embedded")) is embedded
    assert policy_for(policies, a_person("openldap", "cooks")) is everybody
    assert policy_for((nurses,), a_person()) is None


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        ({}, ""),
        ({"privileged": True}, "privileged"),
        ({"state": AccountState(enabled=False)}, "disabled"),
        ({"state": AccountState(locked=True)}, ""),
        ({"state": AccountState(locked=True, locked_by_admin=True)}, "disabled"),
        ({"state": AccountState(expired=True)}, "expired"),
        ({"state": AccountState(must_change=True)}, ""),
        ({"synced_from": AccountKey("ad", "jo")}, "out-of-scope"),
        ({"groups": frozenset({"service-accounts"})}, "out-of-scope"),
    ],
)
def test_whom_keyback_does_not_serve(account: dict[str, object], reason: str) -> None:
    scope = Scope(forbidden_groups=frozenset({"service-accounts"}))
    jo = replace(a_person().accounts[0], **account)  # type: ignore[arg-type]
    assert out_of_scope(scope, jo) == reason


BOARD = "CN=Board,OU=Groups,DC=example,DC=org"


@pytest.mark.parametrize("written", [BOARD, BOARD.lower(), f" {BOARD.upper()}", BOARD.replace(",", ", ")])
def test_a_group_keeps_out_and_chooses_a_policy_however_it_is_written(written: str) -> None:
    """A directory tells no capitals in such names apart, and some write a group as whoever changed it last did."""
    jo = replace(a_person().accounts[0], groups=frozenset({"CN=Staff,OU=Groups,DC=example,DC=org", BOARD}))
    assert out_of_scope(Scope(forbidden_groups=frozenset({written})), jo) == "out-of-scope"
    assert Audience(groups=frozenset({written})).fits(Person("p", (jo,)))
    for other in ("CN=Boards,OU=Groups,DC=example,DC=org", "Board", ""):
        assert not Audience(groups=frozenset({other})).fits(Person("p", (jo,)))


def test_an_administrators_lock_is_never_lifted_by_a_reset() -> None:
    everything = Scope(privileged=True, disabled=True, expired=True)
    locked = replace(a_person().accounts[0], state=AccountState(locked_by_admin=True))
    assert out_of_scope(everything, locked) == "disabled"
