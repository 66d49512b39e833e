"""Question sets as values: what may be saved, what is missing, and what a save changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from keyback.core.contracts.question_set import Question, QuestionSet, set_for
from keyback.core.recovery.question_sets import (
    Fault,
    Missing,
    Sets,
    between,
    flaws_of,
    missing,
    named,
    put,
    with_question,
    without_question,
)

FIVE = tuple(Question(f"Question {n}?", {"en": f"Question {n}?"}) for n in range(5))
ALL, LAB = QuestionSet("All", FIVE), QuestionSet("Lab", FIVE, frozenset({"lab"}))


def with_(question: Question) -> Sets:
    return (with_question(ALL, 0, question),)


def faults(*sets: QuestionSet) -> list[Fault]:
    return [flaw.fault for flaw in flaws_of(sets, 5)]


def test_a_policys_own_set_comes_before_everybodys() -> None:
    assert set_for((LAB, ALL), "lab") is LAB
    assert set_for((LAB, ALL), "other") is ALL
    assert set_for((), "lab") is None


def test_good_sets_have_no_flaw() -> None:
    assert faults(LAB, ALL) == []


@pytest.mark.parametrize(
    ("sets", "fault"),
    [
        ((ALL, replace(ALL, policies=frozenset({"x"}))), Fault.SAME_NAME),
        ((LAB, replace(LAB, name="Other"), ALL), Fault.SAME_POLICY),
        ((LAB,), Fault.NOT_FOR_ALL),
        ((ALL, replace(ALL, name="Other")), Fault.NOT_FOR_ALL),
        ((), Fault.NOT_FOR_ALL),
        ((replace(ALL, name=" "),), Fault.NAME),
        ((replace(ALL, name="x" * 61),), Fault.NAME),
        ((replace(ALL, questions=FIVE[:4]),), Fault.TOO_FEW),
        (with_(replace(FIVE[0], last_day=date(2026, 11, 30))), Fault.TOO_FEW),
        ((replace(ALL, questions=(*FIVE, *(replace(q, id=f"{q.id}!", words={}) for q in FIVE * 8))),), Fault.TOO_MANY),
        (with_(Question("ab")), Fault.WORDS),
        (with_(Question("x" * 201)), Fault.WORDS),
        (with_(Question("Who {is} it?")), Fault.WORDS),
        (with_(Question("Who?", {"de": "W\u202eer?"})), Fault.WORDS),
        (with_(replace(FIVE[1], words={})), Fault.SAME_WORDS),
        (with_(Question("Other?", {"en": "question 1?"})), Fault.SAME_WORDS),
    ],
)
def test_what_cannot_work_is_refused(sets: Sets, fault: Fault) -> None:
    assert fault in faults(*sets)


def test_two_hundred_characters_are_taken() -> None:
    assert faults(*with_(Question("x" * 200))) == []


def test_no_more_may_be_required_than_a_person_answers() -> None:
    six = tuple(replace(question, required=True) for question in (*FIVE, Question("One more?")))
    assert faults(replace(ALL, questions=six)) == [Fault.TOO_MANY_REQUIRED]
    assert faults(replace(ALL, questions=six[:5])) == []


def test_missing_words_are_listed_for_what_is_still_offered() -> None:
    gone = replace(FIVE[0], last_day=date(2026, 11, 30))
    said = replace(FIVE[1], words={"en": "One?", "de": "Eins?"})
    sets = (QuestionSet("All", (gone, said, FIVE[2])),)
    assert missing(sets, ("en", "de")) == (Missing("All", FIVE[2].id, "de"),)


def test_a_change_says_what_is_not_as_it_was() -> None:
    changed = replace(FIVE[0], words={"en": "Other?", "de": "Andere?"}, required=True, last_day=date(2026, 11, 30))
    after = (with_question(LAB, 0, changed), without_question(with_question(ALL, 5, Question("New?")), 4))
    said = list(map(str, between((LAB, ALL), after)))
    assert said == [
        "Lab: Question 0?.required: False > True",
        "Lab: Question 0?.last_day: - > 2026-11-30",
        "Lab: Question 0?.words.de:  > Andere?",
        "Lab: Question 0?.words.en: Question 0? > Other?",
        "All.question: - > New?",
        "All.question: Question 4? > -",
    ]


def test_sets_come_and_go_and_say_whom_they_are_for() -> None:
    said = list(map(str, between((ALL,), put((ALL,), "Lab", replace(LAB, questions=())))))
    assert said == ["Lab.set: - > Lab", "Lab.policies: - > lab"]
    assert list(map(str, between((LAB, ALL), (ALL,)))) == ["Lab.set: Lab > -"]
    assert between((LAB, ALL), (LAB, ALL)) == ()


def test_a_set_is_put_in_the_place_of_its_name() -> None:
    renamed = replace(LAB, name="Laboratory")
    assert put((LAB, ALL), "Lab", renamed) == (renamed, ALL)
    assert named((LAB, ALL), "All") is ALL
    assert named((LAB, ALL), "None") is None
