"""What an organisation asks: sets of questions, with their words in each language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, runtime_checkable

from .method import Method
from .text import Text


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `id`: its first words; by them it goes for good in what people registered.

    `last_day`: it is offered no more, and asked until then of whoever chose it.
    """

    id: str
    words: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    last_day: date | None = None

    @property
    def text(self) -> Text:
        """As it is said to people."""
        return Text.in_words(self.id, self.words) if self.words else Text("{question}", question=self.id)

    def is_over(self, today: date) -> bool:
        """Whether nobody is asked any more."""
        return self.last_day is not None and self.last_day < today


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """What people of these policies choose from; without any: whoever has no set of their own."""

    name: str
    questions: tuple[Question, ...]
    policies: frozenset[str] = frozenset()

    @property
    def offered(self) -> tuple[Question, ...]:
        """Those that people may still choose, the required ones first."""
        return tuple(sorted((one for one in self.questions if one.last_day is None), key=lambda one: not one.required))


def set_for(sets: Sequence[QuestionSet], policy: str) -> QuestionSet | None:
    """Whose people are of this policy; None where nobody ever saved a set."""
    return next((one for one in sets if policy in one.policies), next((one for one in sets if not one.policies), None))


@runtime_checkable
class AsksQuestions(Protocol):
    """Optional: a method that asks what the organisation's sets say."""

    @property
    def first_questions(self) -> Sequence[Text]:
        """What it asks by itself, until somebody saves a set."""

    @property
    def to_register(self) -> int:
        """How many a person answers when it is added."""

    def asking(self, sets: Sequence[QuestionSet]) -> Method:
        """The same method with these sets."""
