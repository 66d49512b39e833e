"""Question sets as values: how they are changed, what would be wrong with them, and how two saves differ."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from ..contracts.question_set import Question, QuestionSet
from .differences import NOTHING, Difference

Sets = tuple[QuestionSet, ...]

SHORTEST, LONGEST, LONGEST_NAME = 3, 200, 60
# A list that nobody could read through any more; and each page holds it five times.
MOST_QUESTIONS, MOST_SETS = 40, 20


class Fault(StrEnum):
    """What can be wrong with question sets."""

    NAME = "name"
    SAME_NAME = "same-name"
    SAME_POLICY = "same-policy"
    NOT_FOR_ALL = "not-for-all"
    TOO_FEW = "too-few"
    TOO_MANY = "too-many"
    TOO_MANY_SETS = "too-many-sets"
    TOO_MANY_REQUIRED = "too-many-required"
    WORDS = "words"
    SAME_WORDS = "same-words"
    IN_USE = "in-use"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One of them, in which set, and of what: a policy, a question, or a number."""

    fault: Fault
    where: str = ""
    what: str = ""
    n: int = 0


@dataclass(frozen=True, slots=True)
class Missing:
    """A question that has no words in this language, so that its first words are said instead."""

    where: str
    question: str
    language: str


def named(sets: Sets, name: str) -> QuestionSet | None:
    """The one of that name."""
    return next((one for one in sets if one.name == name), None)


def put(sets: Sets, name: str, new: QuestionSet) -> Sets:
    """With this one in place of the one of that name; a new one stands before the one that is everybody's."""
    if named(sets, name) is not None:
        return tuple(new if one.name == name else one for one in sets)
    return (new, *sets)


def with_question(one: QuestionSet, number: int, question: Question) -> QuestionSet:
    """With this question in that place, or behind the last."""
    kept = list(one.questions)
    kept[number : number + 1] = [question]
    return QuestionSet(one.name, tuple(kept), one.policies)


def without_question(one: QuestionSet, number: int) -> QuestionSet:
    """Without the question in that place."""
    return QuestionSet(one.name, one.questions[:number] + one.questions[number + 1 :], one.policies)


def missing(sets: Sets, languages: Collection[str]) -> tuple[Missing, ...]:
    """Every question that is still offered and lacks words in one of these languages."""
    return tuple(
        Missing(one.name, question.id, tag)
        for one in sets
        for question in one.offered
        for tag in languages
        if not question.words.get(tag)
    )


def ids(sets: Sets) -> list[str]:
    """All questions, each once."""
    return list(dict.fromkeys(question.id for one in sets for question in one.questions))


def flaws_of(sets: Sets, to_register: int) -> tuple[Flaw, ...]:
    """Why these can't be saved; `to_register`: how many a person answers."""
    return (*_among(sets), *(flaw for one in sets for flaw in _of_set(one, to_register)))


def _among(sets: Sets) -> Iterator[Flaw]:
    names, policies = [one.name.casefold() for one in sets], [name for one in sets for name in sorted(one.policies)]
    yield from (Flaw(Fault.SAME_NAME, one.name) for one, name in zip(sets, names, strict=True) if names.count(name) > 1)
    yield from (Flaw(Fault.SAME_POLICY, what=again) for again in _twice(policies))
    if sum(not one.policies for one in sets) != 1:
        yield Flaw(Fault.NOT_FOR_ALL)
    if len(sets) > MOST_SETS:
        yield Flaw(Fault.TOO_MANY_SETS, n=MOST_SETS)


def _of_set(one: QuestionSet, to_register: int) -> Iterator[Flaw]:
    if not 1 <= len(one.name.strip()) <= LONGEST_NAME or not one.name.isprintable():
        yield Flaw(Fault.NAME, one.name, n=LONGEST_NAME)
    if len(one.offered) < to_register:
        yield Flaw(Fault.TOO_FEW, one.name, n=to_register)
    if sum(question.required for question in one.offered) > to_register:
        yield Flaw(Fault.TOO_MANY_REQUIRED, one.name, n=to_register)
    if len(one.questions) > MOST_QUESTIONS:
        yield Flaw(Fault.TOO_MANY, one.name, n=MOST_QUESTIONS)
    unfit = (question for question in one.questions if not all(map(_can_be_said, _said(question))))
    yield from (Flaw(Fault.WORDS, one.name, question.id, LONGEST) for question in unfit)
    spelt = [(tag, words.casefold()) for question in one.questions for tag, words in question.words.items()]
    spelt += [("", question.id.casefold()) for question in one.questions]
    yield from (Flaw(Fault.SAME_WORDS, one.name, words) for _, words in _twice(spelt))


def _said(question: Question) -> tuple[str, ...]:
    return (question.id, *question.words.values())


def _can_be_said(words: str) -> bool:
    # A sentence with a gap could not be said, and one with invisible signs not be told from another.
    return SHORTEST <= len(words.strip()) <= LONGEST and words.isprintable() and not set("{}") & set(words)


def _twice(values: Sequence[Any]) -> list[Any]:
    return [one for one, other in pairwise(sorted(values)) if one == other]


def between(before: Sets, after: Sets) -> tuple[Difference, ...]:
    """How they changed: sets that came and went, and of each what is not as it was."""
    old, new = ({one.name: one for one in sets} for sets in (before, after))
    gone = (Difference(name, "set", name, NOTHING) for name in old if name not in new)
    return (*(line for name, one in new.items() for line in _changes(old.get(name), one)), *gone)


def _changes(old: QuestionSet | None, new: QuestionSet) -> Iterator[Difference]:
    if old is None:
        yield Difference(new.name, "set", NOTHING, new.name)
        old = QuestionSet(new.name, ())
    if old.policies != new.policies:
        yield Difference(new.name, "policies", old.policies, new.policies)
    known, kept = ({question.id: question for question in one.questions} for one in (old, new))
    for question in new.questions:
        yield from _of_question(new.name, known.get(question.id), question)
    yield from (Difference(new.name, "question", question, NOTHING) for question in known if question not in kept)


def _of_question(where: str, old: Question | None, new: Question) -> Iterator[Difference]:
    if old is None:
        yield Difference(where, "question", NOTHING, new.id)
        old = Question(new.id, new.words)
    about = f"{where}: {new.id}"
    for name in ("required", "last_day"):
        if getattr(old, name) != getattr(new, name):
            yield Difference(about, name, getattr(old, name), getattr(new, name))
    words: Mapping[str, tuple[str, str]] = {
        tag: (old.words.get(tag, ""), new.words.get(tag, "")) for tag in sorted({*old.words, *new.words})
    }
    yield from (Difference(about, f"words.{tag}", was, now) for tag, (was, now) in words.items() if was != now)
