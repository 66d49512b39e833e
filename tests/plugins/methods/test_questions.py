"""Security questions: what is taken, what is asked, and that nothing tells which answer was wrong."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.core import (
    Account,
    AccountKey,
    Challenge,
    Contact,
    ContactKind,
    Enrolment,
    NewEnrolment,
    NotAllowed,
    Offer,
    OutOfTurn,
    Person,
    SettingsInvalid,
    Text,
    Verdict,
)
from keyback.core.contracts.plugin import read_settings
from keyback.core.testing import a_context
from keyback.plugins.methods import _slow_hash, questions
from keyback.plugins.methods._question_list import COMMON, QUESTIONS
from keyback.plugins.methods.questions import Questions, QuestionsSettings, fold

PEPPER = "p" * 32
FIVE = ("Captain Moth", "aunt Ilse's florist", "lighthouse keeper", "Ein rotes Zelt", "under the Fjord ferry")
JO = Person(
    "p-jo",
    (Account(AccountKey("fake", "1"), "jfrost", "Jo Frostenberg"),),
    (Contact(ContactKind.MAIL, "jo.frost@home.example"), Contact(ContactKind.PHONE, "+436641234505")),
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a slow hash keeps safe does not depend on a test's patience.
    monkeypatch.setattr(_slow_hash, "MEMORY", 8)


def method(**settings: object) -> Questions:
    return Questions(QuestionsSettings.model_validate({"pepper": PEPPER, "accepted_by": "Ada Lee", **settings}))


def typed(answers: tuple[str, ...] = FIVE, chosen: tuple[int, ...] = (0, 1, 2, 3, 4)) -> dict[str, str]:
    asked = {f"question-{n}": str(number) for n, number in enumerate(chosen, 1)}
    return asked | {f"answer-{n}": answer for n, answer in enumerate(answers, 1)}


def confirmed(answer: Mapping[str, str], way: Questions | None = None) -> NewEnrolment:
    way = way or method()
    return way.confirm(way.enrol(JO, (), a_context()), answer, a_context())


def refused(answer: Mapping[str, str]) -> dict[str, str]:
    with pytest.raises(NotAllowed) as error:
        confirmed(answer)
    return {name: str(text) for name, text in error.value.at.items()}


def offer_of(data: Mapping[str, str], way: Questions | None = None, name: str = "e1") -> Offer:
    ctx = a_context()
    (offer,) = (way or method()).offers(JO, [Enrolment(name, "questions", "", data, ctx.now, ctx.now)], ctx)
    return offer


def asked(offer: Offer) -> tuple[Challenge, dict[str, str]]:
    """What is shown, and the right answers to it."""
    challenge = method().begin([offer], a_context())
    answer_to = {question.message: answer for question, answer in zip(QUESTIONS, FIVE, strict=False)}
    return challenge, {field.name: answer_to[str(field.label)] for field in challenge.prompt.fields}


def judged(offer: Offer, challenge: Challenge, answer: Mapping[str, str]) -> Verdict:
    return method().judge(offer, challenge, answer, a_context())


@pytest.fixture
def offer(_quick: None) -> Offer:
    return offer_of(confirmed(typed()).data)


def test_the_right_answers_pass(offer: Offer) -> None:
    challenge, right = asked(offer)
    assert len(right) == 3
    assert judged(offer, challenge, right).passed


def test_capitals_outer_spaces_and_how_a_letter_is_put_together_do_not_matter() -> None:
    data = confirmed(typed(("Zoë Mühl", *FIVE[1:]))).data
    challenge, right = asked(offer_of(data))
    for first in ("ZOË MÜHL", " zoë mühl ", "Zoe\u0308 Mu\u0308hl"):
        assert judged(offer_of(data), challenge, {**right, "answer-1": first}).passed, first


@pytest.mark.parametrize("first", ["CaptainMoth", "Captain  Moth", "Captain-Moth", "Captain Mot", "Captain Möth"])
def test_spelling_and_spaces_do_matter(offer: Offer, first: str) -> None:
    challenge, right = asked(offer)
    assert not judged(offer, challenge, {**right, "answer-1": first}).passed


@pytest.mark.parametrize("wrong", [1, 2, 3])
def test_one_verdict_whichever_is_wrong_and_however_many(offer: Offer, wrong: int) -> None:
    challenge, right = asked(offer)
    verdicts = [
        judged(offer, challenge, {**right, **{f"answer-{n}": "quite another" for n in range(first, first + wrong)}})
        for first in range(1, 5 - wrong)
    ]
    assert set(map(repr, verdicts)) == {repr(Verdict(False, "wrong"))}


def test_one_hash_is_asked_however_many_answers_are_right(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[str] = []

    def no(hashed: str, secret: bytes) -> bool:
        asked_for.append(hashed)
        return False

    monkeypatch.setattr(questions, "matches", no)
    challenge, right = asked(offer)
    for answer in (right, {**right, "answer-2": "quite another"}, dict.fromkeys(right, "quite another")):
        judged(offer, challenge, answer)
    assert len(asked_for) == 3
    assert len(set(asked_for)) == 1


def test_what_was_never_taken_costs_no_hash(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "matches", lambda *_: pytest.fail("a slow hash"))
    challenge, right = asked(offer)
    less = {name: answer for name, answer in right.items() if name != "answer-3"}
    for answer in (
        {},
        less,
        {**right, "answer-4": "more"},
        {**right, "answer-1": "ab"},
        {**right, "answer-1": "x" * 41},
    ):
        assert not judged(offer, challenge, answer).passed


def test_answers_in_another_order_or_one_for_all_are_wrong(offer: Offer) -> None:
    challenge, right = asked(offer)
    assert not judged(offer, challenge, dict(zip(right, reversed(list(right.values())), strict=True))).passed
    assert not judged(offer, challenge, dict.fromkeys(right, right["answer-1"])).passed


def test_the_same_are_asked_until_they_are_answered_and_then_others(offer: Offer) -> None:
    seen = []
    for _ in range(5):
        first, again = asked(offer), asked(offer)
        assert first == again
        challenge, right = first
        seen.append(tuple(str(field.label) for field in challenge.prompt.fields))
        verdict = judged(offer, challenge, right)
        assert verdict.enrolment is not None
        offer = offer_of(verdict.enrolment[1])
    assert len(set(seen)) == 5
    assert asked(offer)[0].prompt.fields[0].label.message == seen[0][0]


def test_what_was_asked_before_others_took_their_turn_can_still_be_answered(offer: Offer) -> None:
    challenge, right = asked(offer)
    verdict = judged(offer, challenge, right)
    assert verdict.enrolment is not None
    assert judged(offer_of(verdict.enrolment[1]), challenge, right).passed


def test_where_all_are_asked_there_is_one_set() -> None:
    way = method(to_register=4, to_ask=4)
    new = confirmed(typed(FIVE[:4], (0, 1, 2, 3)), way)
    assert len(json.loads(new.data["sets"])) == 1
    offer = offer_of(new.data, way)
    challenge, right = asked(offer)
    assert (len(right), str(offer.label)) == (4, "You answer 4 questions")
    assert judged(offer, challenge, right).passed


def test_registered_anew_with_other_questions_the_old_ones_prove_nothing(offer: Offer) -> None:
    challenge, right = asked(offer)
    other = offer_of(confirmed(typed(chosen=(9, 8, 7, 6, 5))).data)
    assert not judged(other, challenge, right).passed


def test_under_another_pepper_or_for_other_questions_the_answers_are_wrong(offer: Offer) -> None:
    challenge, right = asked(offer)
    assert not method(pepper="q" * 32).judge(offer, challenge, right, a_context()).passed
    # The answers belong to their questions: a row that was put together of two is worth nothing.
    (first, _), (_, second), *rest = json.loads(offer.private["sets"])
    mixed = {**offer.private, "sets": json.dumps([[first, second], *rest])}
    assert not judged(offer_of(mixed), challenge, right).passed


def test_nothing_is_asked_before_another_proof() -> None:
    for nobody in (None, ()):
        with pytest.raises(OutOfTurn):
            method().begin(nobody, a_context())
    assert method().first is False


def test_answers_that_wait_are_not_offered() -> None:
    ctx = a_context()
    later = Enrolment("e1", "questions", "", confirmed(typed()).data, ctx.now, ctx.now + timedelta(hours=72))
    assert method().offers(JO, [later], ctx) == []


def test_no_answer_is_kept_or_printed() -> None:
    challenge = method().enrol(JO, (), a_context())
    new = method().confirm(challenge, typed(), a_context())
    kept = f"{new.data} {new!r} {challenge!r} {offer_of(new.data)!r}".casefold()
    assert not [word for answer in FIVE for word in answer.casefold().split() if len(word) > 4 and word in kept]
    assert "frostenberg" not in repr(challenge).casefold()


# What is taken ------------------------------------------------------------------------------------------------------

LENGTH = "An answer has 3 to 40 characters, and 3 letters or digits among them."
COMMONLY = "Many people would answer this. Choose what nobody can guess."
DIRECTORY = "Your organisation's directory knows this. Choose what nobody can look up."


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("", LENGTH), ("ab", LENGTH), ("  a  ", LENGTH), ("x" * 41, LENGTH), ("!?!? --", LENGTH), ("ab\x00cd", LENGTH),
        ("pizza", COMMONLY), ("PIZZA ", COMMONLY), ("I don't know", COMMONLY), ("aaaa", COMMONLY), ("12345", COMMONLY),
        ("jfrost", DIRECTORY), ("Frostenberg", DIRECTORY), ("frosten", DIRECTORY), ("Jo Frostenberg", DIRECTORY),
        ("jo.frost@home.example", DIRECTORY), ("0664 1234505", DIRECTORY), ("home", DIRECTORY), ("garden", COMMONLY),
        ("cuddly toy", "The question says this already. Choose another answer."),
    ],
)  # fmt: skip
def test_weak_answers_are_refused_and_it_is_said_why(first: str, said: str) -> None:
    assert refused(typed((first, *FIVE[1:]))) == {"answer-1": said}


@pytest.mark.parametrize("first", ["abc", "x1y" * 13 + "z", "Österreich 1974"])
def test_lengths_from_three_to_forty_are_taken(first: str) -> None:
    assert confirmed(typed((first, *FIVE[1:])))


def test_the_same_answer_or_question_twice_is_refused_at_the_second_place() -> None:
    said = "You gave this answer before. Each needs its own."
    assert refused(typed((FIVE[0], FIVE[1], " captain MOTH", *FIVE[3:]))) == {"answer-3": said}
    said = "You chose this question before. Choose another."
    assert refused(typed(chosen=(0, 1, 1, 2, 3))) == {"question-3": said}


def test_all_that_is_wrong_is_said_at_once() -> None:
    at = refused(typed(("no", "pizza", *FIVE[2:]), (0, 0, 1, 2, 99)))
    assert list(at) == ["question-2", "question-5", "answer-1", "answer-2"]


@given(st.text(max_size=200))
def test_nothing_that_anybody_types_raises(text: str) -> None:
    assert fold(fold(text)) == fold(text) or len(text) > 40
    with contextlib.suppress(NotAllowed):
        confirmed(typed((text, *FIVE[1:])))


# What is set --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"accepted_by": ""}, {"pepper": "short"}, {"to_register": 2}, {"to_register": 6}, {"to_ask": 2}, {"to_ask": 6},
        {"to_register": 3, "to_ask": 4}, {"questions": ("One?", "Two?")},
        {"questions": ("One {gap}?", "Two?", "Three?", "Four?", "Five?")},
        {"questions": ("One?", "one?", "Three?", "Four?", "Five?")},
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsInvalid):
        read_settings(QuestionsSettings, {"pepper": PEPPER, "accepted_by": "Ada Lee", **wrong})


def test_nobody_is_asked_anything_until_somebody_answers_for_it() -> None:
    with pytest.raises(SettingsInvalid) as error:
        read_settings(QuestionsSettings, {"pepper": PEPPER})
    assert "accepted_by" in str(error.value)


def test_an_organisation_may_have_questions_of_its_own() -> None:
    own = ("Which plant stood in room 7?", "What was the canteen's worst dish?", "Who watered the fern?")
    way = method(questions=own, to_register=3, to_ask=3)
    assert way.enrol(JO, (), a_context()).prompt.fields[0].choices == tuple(
        Text("{question}", question=question) for question in own
    )


def test_the_list_is_longer_than_what_is_chosen_from_it_and_asks_nothing_twice() -> None:
    assert len({question.message for question in QUESTIONS}) == len(QUESTIONS) >= 12
    assert all(fold(word) == word for word in COMMON)
