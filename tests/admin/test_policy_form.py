"""A policy's form and the policy cannot drift apart, and what is sent besides the form is nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from keyback.admin.forms import ConsoleForm
from keyback.admin.policy_form import METHOD, PolicyForm
from keyback.core.contracts.text import Text
from keyback.core.recovery.policy import (
    Audience,
    EnrolmentRules,
    Notices,
    PasswordRules,
    Policy,
    ProofRules,
    Purpose,
    Scope,
)

METHODS = {"sms": Text("Text message"), "voice": Text("Phone call"), "email": Text("E-mail")}
STORES = {"openldap": Text("OpenLDAP"), "entra": Text("Entra")}
# Nobody may switch it off, and where a policy stands is for the list to say.
NOT_ON_THE_PAGE = {"position", "notices.on_done"}

words = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8)
some_methods = st.sets(st.sampled_from([*METHODS, "elsewhere"])).map(frozenset)
days = st.integers(0, 300).map(lambda number: timedelta(days=number))
policies = st.builds(
    Policy,
    name=words,
    audience=st.builds(
        Audience, st.sets(st.sampled_from([*STORES, "gone"])).map(frozenset), st.sets(words).map(frozenset)
    ),
    proof=st.builds(
        lambda required, optional, at_least, apart: ProofRules(required, optional - required, at_least, apart),
        some_methods,
        some_methods,
        st.integers(1, 4),
        st.booleans(),
    ),
    password=st.builds(
        PasswordRules,
        st.integers(8, 512),
        st.integers(8, 512),
        st.integers(64, 512),
        st.booleans(),
        st.booleans(),
        st.lists(words, unique=True).map(tuple),
    ),
    notices=st.builds(Notices, st.booleans(), st.just(True), st.sets(st.sampled_from(["email", "sms"])).map(frozenset)),
    enrolment=st.builds(EnrolmentRules, st.integers(0, 5), st.integers(0, 100), days, days),
    scope=st.builds(Scope, st.booleans(), st.booleans(), st.booleans(), st.sets(words).map(frozenset)),
    purposes=st.sets(st.sampled_from(Purpose)).map(frozenset),
    unlock_on_reset=st.booleans(),
    cool_down=st.integers(0, 720).map(lambda number: timedelta(hours=number)),
)


def form_of(policy: Policy, *, for_all: bool = False) -> PolicyForm:
    return PolicyForm(policy, METHODS, STORES, for_all=for_all)


def sent(drawn: PolicyForm) -> MultiDict[str, str]:
    """What a browser sends that shows this form and changes nothing."""
    form = drawn.kind(ConsoleForm)(data=drawn.data())
    found: MultiDict[str, str] = MultiDict()
    for field in form:
        match field.type:
            case "BooleanField":
                found.setlist(field.name, ["y"] if field.data else [])
            case "SelectMultipleField":
                found.setlist(field.name, list(field.data))
            case "RadioField":
                found[field.name] = field.data
            case _:
                found[field.name] = field._value()
    return found


def read(policy: Policy, said: MultiDict[str, str]) -> tuple[Policy, dict[str, list[object]]]:
    drawn = form_of(policy)
    form = drawn.kind(ConsoleForm)(said)
    valid = form.validate()
    return (drawn.read(form) if valid else policy), {name: list(each) for name, each in form.errors.items() if name}


@given(policies)
def test_a_policy_that_nobody_changed_comes_back_as_it_was(policy: Policy) -> None:
    assert read(policy, sent(form_of(policy))) == (policy, {})


@given(policies, policies)
def test_what_is_typed_is_what_is_kept(before: Policy, typed: Policy) -> None:
    typed = replace(typed, audience=replace(typed.audience, stores=typed.audience.stores - {"gone"}))
    elsewhere = frozenset({"elsewhere"})
    proof = ProofRules(
        typed.proof.required - elsewhere | (before.proof.required & elsewhere),
        typed.proof.optional - elsewhere | (before.proof.optional & elsewhere),
        typed.proof.at_least,
        typed.proof.different_carriers,
    )
    now, errors = read(before, sent(form_of(typed)))
    assert (errors, now) == ({}, replace(typed, proof=proof))


def _paths(rules: Any, path: str = "") -> Iterator[str]:
    for each in fields(rules):
        value = getattr(rules, each.name)
        yield from _paths(value, f"{path}{each.name}.") if is_dataclass(value) else [path + each.name]


def test_every_field_of_a_policy_is_on_its_page() -> None:
    asked = {row.path for row in form_of(Policy("p")).rows}
    assert set(_paths(Policy("p"))) - asked == {"proof.required", "proof.optional", *NOT_ON_THE_PAGE}


def test_the_policy_for_everybody_has_no_audience_to_change() -> None:
    everybody = form_of(Policy("p"), for_all=True)
    said = sent(form_of(Policy("p"))) | {"audience__groups": "nurses", "audience__stores": "entra"}
    form = everybody.kind(ConsoleForm)(said)
    assert form.validate()
    assert everybody.read(form).audience == Audience()


@pytest.mark.parametrize(
    "more",
    [
        {"position": "1"},
        {"notices__on_done": ""},
        {"proof__required": "sms"},
        {"version": "99"},
        {"who": "somebody else"},
        {METHOD + "questions": "required"},
        {"__class__": "x"},
    ],
)
def test_fields_that_are_not_on_the_page_change_nothing(more: Mapping[str, str]) -> None:
    policy = Policy("p", 70)
    assert read(policy, sent(form_of(policy)) | more) == (policy, {})


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("proof__at_least", "0"),
        ("proof__at_least", "-1"),
        ("proof__at_least", "two"),
        ("proof__at_least", ""),
        ("proof__at_least", "9" * 5000),
        ("proof__at_least", "٢"),
        ("proof__at_least", "1e1"),
        ("password__min_length", "7"),
        ("password__max_length", "513"),
        ("cool_down", "721"),
        ("cool_down", "nan"),
        ("enrolment__confirm_again_after", "731"),
        ("method__sms", "perhaps"),
        ("method__sms", ""),
        ("audience__stores", "<script>"),
        ("audience__groups", "x" * 401),
        ("audience__groups", "a\x00b"),
        ("audience__groups", "\n".join(map(str, range(1001)))),
        ("purposes", "world domination"),
        ("notices__media", "pigeon"),
        ("name", "x" * 101),
        ("name", "a\x07b"),
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field_and_what_was_typed_stays(name: str, typed: str) -> None:
    policy = Policy("p")
    said = sent(form_of(policy))
    said[name] = typed
    now, errors = read(policy, said)
    assert (list(errors), now) == ([name], policy)
    assert all(isinstance(error, Text) for error in errors[name])
    form = form_of(policy).kind(ConsoleForm)(said)
    assert form[name].raw_data == [typed]
