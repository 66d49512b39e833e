"""Codes on paper, each good once."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from keyback.core import Context, Enrolment, NotAllowed, Offer, Person, Verdict
from keyback.plugins.methods import saved_codes
from keyback.plugins.methods.saved_codes import SYMBOLS, SavedCodes, SavedCodesSettings, fold

METHOD = SavedCodes(SavedCodesSettings(pepper=SecretStr("p" * 32)))


@pytest.fixture(scope="module")
def issued() -> tuple[tuple[str, ...], dict[str, str]]:
    return METHOD.issue(3, os.urandom)


def enrolment(data: Mapping[str, str], ctx: Context, name: str = "e1") -> Enrolment:
    return Enrolment(name, "saved_codes", "Printed", data, ctx.now, ctx.now)


def offer_of(data: Mapping[str, str], ctx: Context) -> Offer:
    (offer,) = METHOD.offers(Person("p", ()), (enrolment(data, ctx),), ctx)
    return offer


def judged(data: Mapping[str, str], typed: str, ctx: Context) -> Verdict:
    return METHOD.judge(offer_of(data, ctx), METHOD.begin(None, ctx), {"code": typed}, ctx)


Issued = tuple[tuple[str, ...], dict[str, str]]


def test_a_code_has_sixteen_symbols_in_groups_of_four(issued: Issued) -> None:
    for code in issued[0]:
        groups = code.split("-")
        assert [len(group) for group in groups] == [4, 4, 4, 4]
        assert set("".join(groups)) <= set(SYMBOLS)


def test_the_alphabet_holds_no_look_alikes() -> None:
    assert len(set(SYMBOLS)) == 32
    assert not set("ILOU") & set(SYMBOLS)


def test_every_code_of_the_set_is_right_once(issued: Issued, ctx: Context) -> None:
    codes, data = issued
    for code in codes:
        verdict = judged(data, code, ctx)
        assert verdict.passed
        assert verdict.enrolment is not None
        used, left = verdict.enrolment
        assert used == "e1"
        if left["unused"] != "{}":
            assert not judged(left, code, ctx).passed
        data = dict(left)


def test_a_set_that_is_used_up_is_not_offered(ctx: Context) -> None:
    (code,), data = METHOD.issue(1, os.urandom)
    verdict = judged(data, code, ctx)
    assert verdict.enrolment is not None
    assert METHOD.offers(Person("p", ()), (enrolment(verdict.enrolment[1], ctx),), ctx) == []


def test_two_uses_of_one_set_start_from_the_same_data_so_that_only_one_can_be_stored(
    issued: Issued, ctx: Context
) -> None:
    codes, data = issued
    first, second = judged(data, codes[0], ctx), judged(data, codes[1], ctx)
    assert first.enrolment != second.enrolment
    assert offer_of(data, ctx).private == data


def test_a_code_of_another_person_or_of_an_older_set_is_wrong(issued: Issued, ctx: Context) -> None:
    (foreign,), _ = METHOD.issue(1, os.urandom)
    assert not judged(issued[1], foreign, ctx).passed


def test_a_code_is_wrong_under_another_pepper(issued: Issued, ctx: Context) -> None:
    codes, data = issued
    other = SavedCodes(SavedCodesSettings(pepper=SecretStr("q" * 32)))
    assert not other.judge(offer_of(data, ctx), other.begin(None, ctx), {"code": codes[0]}, ctx).passed


def test_what_is_kept_shows_no_code(issued: Issued) -> None:
    codes, data = issued
    for code in codes:
        for part in (code, code.replace("-", ""), *code.split("-")):
            assert part not in str(data)


def test_look_alikes_case_spaces_and_dashes_do_not_matter(ctx: Context) -> None:
    symbols = itertools.cycle(SYMBOLS.index(symbol) for symbol in "01V0")
    (code,), data = METHOD.issue(1, lambda count: bytes(next(symbols) for _ in range(count)))
    assert code == "01V0-01V0-01V0-01V0"
    for typed in ("OIUO-OLVO-oluo-oivo", "01v001v001v001v0", " 01V0 – 01V0 01V0\u200b01V0 ", "０１Ｖ０01V001V001V0"):
        assert judged(data, typed, ctx).passed, typed


@pytest.mark.parametrize(
    "typed", ["", "0", "0" * 15, "0" * 17, "0" * 100_000, "\ud800" * 16, "²" * 16, "*" * 16, "ß" * 16, "\x00" * 16]
)
def test_odd_answers_miss(typed: str, issued: Issued, ctx: Context) -> None:
    assert not judged(issued[1], typed, ctx).passed


@given(st.text(max_size=80))
def test_nothing_that_anybody_types_raises(typed: str) -> None:
    folded = fold(typed)
    assert folded == "" or (len(folded) == 16 and set(folded) <= set(SYMBOLS))


def test_wrong_guesses_cost_no_slow_hash(issued: Issued, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []
    monkeypatch.setattr(saved_codes, "matches", lambda *arguments: hashed.append(arguments))
    offer, challenge = offer_of(issued[1], ctx), METHOD.begin(None, ctx)
    for _ in range(500):
        guess = "".join(SYMBOLS[byte % 32] for byte in os.urandom(16))
        METHOD.judge(offer, challenge, {"code": guess}, ctx)
    assert len(hashed) <= 1  # one tag in 65,536 is right by chance, and nobody can tell which


def test_a_right_code_costs_one_slow_hash(issued: Issued, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    def right(*_: object) -> bool:
        hashed.append("once")
        return True

    monkeypatch.setattr(saved_codes, "matches", right)
    assert judged(issued[1], issued[0][2], ctx).passed
    assert hashed == ["once"]


def test_the_challenge_is_the_same_for_everybody(issued: Issued, ctx: Context) -> None:
    assert METHOD.begin(None, ctx) == METHOD.begin((offer_of(issued[1], ctx),), ctx)


def test_there_is_no_working_without_a_pepper() -> None:
    for settings in ({}, {"pepper": ""}, {"pepper": "short"}):
        with pytest.raises(ValidationError):
            SavedCodesSettings.model_validate(settings)


def test_ten_codes_are_made_and_every_one_of_those_shown_is_right_once_they_are_safe(ctx: Context) -> None:
    challenge = METHOD.enrol(Person("p", ()), (), ctx)
    shown = challenge.prompt.data["codes"].split()
    assert len(set(shown)) == 10
    new = METHOD.confirm(challenge, {"safe": "yes"}, ctx)
    assert judged(new.data, shown[0], ctx).passed
    assert judged(new.data, shown[9], ctx).passed
    assert not any(code.replace("-", "") in str(new.data) for code in shown)


@pytest.mark.parametrize("answer", [{}, {"safe": ""}, {"safe": "no"}, {"code": "yes"}])
def test_codes_that_are_not_safe_are_not_kept(answer: dict[str, str], ctx: Context) -> None:
    challenge = METHOD.enrol(Person("p", ()), (), ctx)
    with pytest.raises(NotAllowed):
        METHOD.confirm(challenge, answer, ctx)


def test_judging_is_quick(issued: Issued, ctx: Context) -> None:
    started = time.process_time()
    for _ in range(20):
        judged(issued[1], "0000-0000-0000-0000", ctx)
    assert time.process_time() - started < 0.2
