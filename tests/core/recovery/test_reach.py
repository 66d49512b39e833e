"""Who could get back in, and by what: as the flow itself would have it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from keyback.core.contracts.method import Offer
from keyback.core.contracts.text import Text
from keyback.core.recovery.policy import (
    Audience,
    Disclosure,
    Policy,
    ProofRules,
    PublicRules,
    Purpose,
    Scope,
    enough,
)
from keyback.core.recovery.reach import Having, Kind, Rules, help_from, reach, ways_in
from keyback.core.recovery.state import Subject

KINDS = {
    "email": Kind("mailbox", sends=True),
    "sms": Kind("phone", sends=True),
    "voice": Kind("phone", sends=True),
    "webauthn": Kind("device"),
    "saved_codes": Kind("paper"),
    "questions": Kind("memory", first=False),
}
ANY_TWO = ProofRules(optional=frozenset(KINDS))


def rules(*policies: Policy, **public: object) -> Rules:
    shown = PublicRules(**({"methods": tuple(KINDS)} | public))  # type: ignore[arg-type]
    return Rules(policies or (Policy("everybody", proof=ANY_TWO),), shown, KINDS)


def having(*methods: str, **more: object) -> Having:
    return Having("openldap", methods=methods, **({"shown": methods} | more))  # type: ignore[arg-type]


def test_every_combination_that_is_enough_is_found_and_none_that_holds_more_than_it_takes() -> None:
    ways = reach(rules(), having("email", "sms", "saved_codes")).ways
    assert set(ways) == {("email", "sms"), ("email", "saved_codes"), ("sms", "saved_codes")}


def test_a_text_and_a_call_to_one_phone_are_one_proof() -> None:
    assert not reach(rules(), having("sms", "voice")).yes
    alike = Policy("everybody", proof=replace(ANY_TWO, different_carriers=False))
    assert reach(rules(alike), having("sms", "voice")).yes


def test_nobody_begins_with_what_is_not_shown_or_may_not_come_first() -> None:
    assert not reach(rules(methods=("saved_codes",)), having("email", "sms")).yes
    alone = Policy("everybody", proof=replace(ANY_TWO, at_least=1))
    assert not reach(rules(alone), having("questions")).yes
    assert reach(rules(), having("questions", "email")).ways == (("email", "questions"),)


def test_with_masked_ends_nobody_begins_by_what_a_decoy_could_not_say() -> None:
    masked = rules(disclosure=Disclosure.MASKED)
    assert reach(masked, having("email", "sms", shown=("sms",))).yes
    assert not reach(masked, having("email", "sms", shown=())).yes
    assert reach(rules(), having("email", "sms", shown=())).yes


def test_a_try_that_may_send_one_message_is_not_enough_for_two() -> None:
    assert reach(rules(sends_per_recovery=2), having("email", "sms")).yes
    assert not reach(rules(sends_per_recovery=1), having("email", "sms")).yes
    assert reach(rules(sends_per_recovery=1), having("email", "saved_codes")).yes


def test_the_first_policy_that_fits_decides() -> None:
    strict = Policy("admins", 1, Audience(groups=frozenset({"it"})), ProofRules(frozenset({"webauthn"})))
    both = rules(strict, Policy("everybody", proof=ANY_TWO))
    assert reach(both, having("email", "sms")).policy.name == "everybody"
    assert reach(both, having("email", "sms", groups=("it",))) == reach(rules(strict), having("email", "sms"))
    assert not reach(both, having("email", "sms", groups=("it",))).yes


def test_whoever_may_not_be_served_has_no_way_and_is_told_why() -> None:
    two = ("email", "sms")
    assert reach(rules(), having(*two, privileged=True)).refusal == "privileged"
    assert reach(rules(), having(*two, enabled=False)).refusal == "disabled"
    assert reach(rules(), having(*two, locked_by_admin=True)).refusal == "disabled"
    assert reach(rules(), having(*two, expired=True)).refusal == "expired"
    assert reach(rules(), having(*two, copied=True)).refusal == "out-of-scope"
    assert reach(rules(), having(*two, stopped=True)).refusal == "frozen"
    assert reach(rules(), having()).refusal == "no-methods"
    resets_only = Policy("everybody", proof=ANY_TWO, purposes=frozenset({Purpose.RESET}))
    assert reach(rules(resets_only), having(*two), Purpose.UNLOCK).refusal == "out-of-scope"
    trusting = Policy("everybody", proof=ANY_TWO, scope=Scope(privileged=True))
    assert reach(rules(trusting), having(*two, privileged=True)).yes


def test_what_would_help_is_what_a_proof_more_would_make_enough() -> None:
    in_force = rules(Policy("everybody", proof=ProofRules(optional=frozenset(KINDS) - {"webauthn"})))
    subject = Subject(having().person, in_force.policies[0], (Offer("sms", "1", Text("")),))
    assert dict(help_from(in_force, subject)) == {
        "email": ("email", "sms"),
        "saved_codes": ("sms", "saved_codes"),
        "questions": ("sms", "questions"),
    }


any_keys = st.frozensets(st.sampled_from(sorted(KINDS)))
any_proof = st.builds(
    ProofRules, required=any_keys, optional=any_keys, at_least=st.integers(1, 4), different_carriers=st.booleans()
)


@given(any_proof, any_keys, any_keys)
def test_there_is_a_way_exactly_when_the_proofs_together_are_enough(
    proof: ProofRules, have: frozenset[str], first: frozenset[str]
) -> None:
    in_force = rules(Policy("everybody", proof=proof), methods=tuple(sorted(first)), idle=timedelta(minutes=5))
    ways = reach(in_force, having(*sorted(have))).ways
    carriers = {key: KINDS[key].rides_on for key in have & proof.named}
    assert bool(ways) is bool(enough(proof, carriers, in_force.first))
    assert all(enough(proof, {key: carriers[key] for key in way}, in_force.first) for way in ways)
    assert ways == ways_in(in_force, Subject(having().person, in_force.policies[0], _offers(carriers)))


def _offers(keys: object) -> tuple[Offer, ...]:
    return tuple(Offer(key, key, Text("")) for key in sorted(keys))  # type: ignore[call-overload]
