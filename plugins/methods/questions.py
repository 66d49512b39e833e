"""Security questions: the weakest proof there is, so it comes after another one and never alone."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import chain

from pydantic import Field as Setting
from pydantic import SecretStr, field_validator, model_validator

from ...core import (
    Carrier,
    Challenge,
    Context,
    Enrolment,
    Factor,
    Field,
    Method,
    NewEnrolment,
    NotAllowed,
    Offer,
    OutOfTurn,
    Person,
    PluginSettings,
    Prompt,
    Text,
    Verdict,
    hookimpl,
    only_in_file,
)
from ._question_list import COMMON, QUESTIONS
from ._slow_hash import keyed, matches, slow_hash

SHORTEST, LONGEST = 3, 40
# A name as long as this counts as known also inside a longer word.
TELLING = 6


class QuestionsSettings(PluginSettings):
    """How many are registered and asked, and who answers for it."""

    pepper: SecretStr = Setting(
        title="Pepper",
        description="Keyed into every hash. Made by Keyback; a new one ends all answers.",
        min_length=32,
    )
    accepted_by: str = Setting(
        title="Accepted by",
        description=(
            "Who decided to accept questions, although NIST and OWASP do not: answers are found on social networks or "
            "guessed by friends. Without a name the method stays off."
        ),
        min_length=3,
        # Not a field among others: whoever turns this on must have read why not.
        json_schema_extra=only_in_file(),
    )
    to_register: int = Setting(5, title="To register", description="How many questions people answer.", ge=3, le=5)
    to_ask: int = Setting(3, title="To ask", description="How many of them a proof asks for.", ge=3, le=5)
    questions: tuple[str, ...] = Setting(
        (), title="Questions", description="Your own list. Empty: Keyback's, in every language that it speaks."
    )

    @field_validator("questions")
    @classmethod
    def _can_be_asked(cls, questions: tuple[str, ...]) -> tuple[str, ...]:
        # A sentence with a gap could not be said, and an empty one not be chosen.
        if any(not 3 <= len(question.strip()) <= 200 or set("{}") & set(question) for question in questions):
            raise ValueError("each has 3 to 200 characters, none of them { or }")
        if len({fold(question) for question in questions}) != len(questions):
            raise ValueError("one of them stands there twice")
        return questions

    @model_validator(mode="after")
    def _are_enough(self) -> QuestionsSettings:
        if self.to_ask > self.to_register:
            raise ValueError("more are asked than registered")
        if self.questions and len(self.questions) < self.to_register:
            raise ValueError("the list of questions is shorter than what people are to register")
        return self


class Questions(Method):
    """Answers that only the person knows, all judged at once."""

    key = "questions"
    label = Text("Security questions")
    factor = Factor.KNOWS
    rides_on = Carrier.MEMORY
    # Which questions are asked depends on the person: nobody sees them before another proof (no way to tell who is
    # here, and nothing to find out answers for).
    first = False
    replaces = True
    summary = Text("You answer {n} questions", n=3)
    Settings = QuestionsSettings
    settings: QuestionsSettings

    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        return [
            Offer(self.key, enrolment.id, self.summary.filled(n=len(_sets(enrolment.data)[0][0])), dict(enrolment.data))
            for enrolment in enrolments
            if enrolment.usable_from <= ctx.now
        ]

    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        """The same questions until they are answered: nobody draws again until an easy one comes (I2)."""
        if not offers:
            raise OutOfTurn("questions are asked after another proof only")
        asked, _ = _sets(offers[0].private)[int(offers[0].private["next"])]
        fields = tuple(Field(f"answer-{number}", _said(question)) for number, question in enumerate(asked, 1))
        text = Text("Spelling and spaces must match what you entered. Capitals don't matter.")
        return Challenge(Prompt(Text("Answer your questions"), text, fields), timedelta(minutes=20))

    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        """One hash over all answers: nobody can tell from anything which of them was wrong (I1)."""
        fields = challenge.prompt.fields
        asked, answers = [str(field.label) for field in fields], [fold(answer.get(f.name, "")) for f in fields]
        sets = _sets(offer.private)
        # By the questions themselves: a set that was registered anew since is another one.
        number = next((number for number, (questions, _) in enumerate(sets) if questions == asked), None)
        # Nothing more and nothing less than was asked (I3), and no slow hash for what was never taken.
        if number is None or answer.keys() != {field.name for field in fields} or not all(map(_fits, answers)):
            return Verdict(False, "wrong")
        if not matches(sets[number][1], self._keyed(asked, answers)):
            return Verdict(False, "wrong")
        # Whoever looked over a shoulder is asked for something else next time.
        return Verdict(True, enrolment=(offer.id, {**offer.private, "next": str((number + 1) % len(sets))}))

    def enrol(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Challenge:
        """A list to choose from, and what an answer may not be because anybody could look it up."""
        choices = tuple(map(_said, self.settings.questions)) or QUESTIONS
        text = Text("Choose {n}. Pick answers that nobody can look up.", n=self.settings.to_register)
        fields = chain.from_iterable(_pair(n, choices) for n in range(1, self.settings.to_register + 1))
        prompt = Prompt(Text("Choose your questions"), text, tuple(fields), widget="questions")
        return Challenge(prompt, timedelta(minutes=10), {"known": json.dumps(sorted(_known(person, ctx.company)))})

    def confirm(self, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> NewEnrolment:
        """From here on no answer is anywhere but in a hash."""
        fields = challenge.prompt.fields
        asked = [_chosen(field, answer.get(field.name, "")) for field in fields[::2]]
        answers = {field.name: fold(answer.get(field.name, "")) for field in fields[1::2]}
        at = {field.name: text for field, text in zip(fields[::2], _unfit_questions(asked), strict=True) if text}
        at |= _unfit_answers(asked, answers, frozenset(json.loads(challenge.secret["known"])))
        if at:
            raise NotAllowed(Text("Some of this can't be kept."), at)
        return NewEnrolment("", {"sets": json.dumps(self._hashed(asked, list(answers.values()), ctx)), "next": "0"})

    def _hashed(self, asked: Sequence[str], answers: Sequence[str], ctx: Context) -> list[tuple[list[str], str]]:
        """Every set that will be asked, each under one hash, so that no answer can be guessed by itself."""
        kept = []
        for window in _windows(len(asked), self.settings.to_ask):
            questions, secrets = [asked[n] for n in window], [answers[n] for n in window]
            kept.append((questions, slow_hash(self._keyed(questions, secrets), ctx.random(16))))
        return kept

    def _keyed(self, asked: Sequence[str], answers: Sequence[str]) -> bytes:
        # As JSON, so that "ab" and "c" are not "a" and "bc", and as ASCII, which every text can be.
        return keyed(self.settings.pepper, b"answers:", json.dumps([list(asked), list(answers)]))


def fold(typed: str) -> str:
    """What counts of an answer: all but capitals, the spaces around it, and how a letter is put together."""
    if len(typed) > 4 * LONGEST:
        return ""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", typed.strip()).casefold())


def _said(question: str) -> Text:
    """In the reader's language, where it is one of ours. In English it is what a question goes by for good."""
    ours = (one for one in QUESTIONS if one.message == question)
    return next(ours, Text("{question}", question=question))


def _sets(data: Mapping[str, str]) -> list[tuple[list[str], str]]:
    return [(questions, hashed) for questions, hashed in json.loads(data["sets"])]


def _windows(registered: int, asked: int) -> Iterator[list[int]]:
    """Which are asked together, in turn: 1 2 3, 2 3 4, and so on around."""
    for start in range(registered if asked < registered else 1):
        yield [(start + step) % registered for step in range(asked)]


def _pair(number: int, choices: tuple[Text, ...]) -> tuple[Field, Field]:
    hint = Text("3 to 40 characters")
    question = Field(f"question-{number}", Text("Question {n}", n=number), choices=choices)
    return question, Field(f"answer-{number}", Text("Answer {n}", n=number), hint)


def _chosen(field: Field, number: str) -> str:
    """The question in English, which is what it goes by; empty when none was chosen."""
    return {str(n): str(choice) for n, choice in enumerate(field.choices)}.get(number, "")


def _unfit_questions(asked: Sequence[str]) -> Iterator[Text | None]:
    for number, question in enumerate(asked):
        if not question:
            yield Text("Choose one from the list")
        else:
            yield Text("You chose this question before. Choose another.") if question in asked[:number] else None


def _unfit_answers(asked: Sequence[str], answers: Mapping[str, str], known: frozenset[str]) -> dict[str, Text]:
    found: dict[str, Text] = {}
    before: list[str] = []
    for question, (name, folded) in zip(asked, answers.items(), strict=True):
        text = _shortcoming(folded, question, known)
        if text is None and folded in before:
            text = Text("You gave this answer before. Each needs its own.")
        if text is not None:
            found[name] = text
        before.append(folded)
    return found


def _shortcoming(folded: str, question: str, known: frozenset[str]) -> Text | None:
    bare = _bare(folded)
    # Of what nothing remains, everything would be the same (I4).
    if not _fits(folded) or len(bare) < SHORTEST:
        return Text("An answer has 3 to 40 characters, and 3 letters or digits among them.")
    if bare in _bare(fold(question)):
        return Text("The question says this already. Choose another answer.")
    # A number with its first 0 is the number that the directory has with its country's.
    found = bare.lstrip("0") or bare
    if found in known or (len(found) >= TELLING and any(found in one for one in known)):
        return Text("Your organisation's directory knows this. Choose what nobody can look up.")
    if bare in COMMON or len(set(bare)) < SHORTEST or bare in "0123456789 9876543210":
        return Text("Many people would answer this. Choose what nobody can guess.")
    return None


def _fits(folded: str) -> bool:
    return SHORTEST <= len(folded) <= LONGEST and folded.isprintable()


def _bare(folded: str) -> str:
    return "".join(sign for sign in folded if sign.isalnum())


def _known(person: Person, company: str) -> set[str]:
    """What the directory says of them, whole and in parts."""
    said = [company, *(contact.value for contact in person.contacts)]
    for account in person.accounts:
        said += [account.name, account.display_name, *(contact.value for contact in account.contacts)]
    parts = ("".join(sign if sign.isalnum() else " " for sign in fold(one)).split() for one in said)
    return {_bare(fold(one)) for one in said}.union(chain.from_iterable(parts)) - {""}


@hookimpl
def keyback_methods() -> list[type[Method]]:
    return [Questions]
