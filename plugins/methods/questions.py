"""Security questions: the weakest proof there is, so it comes after another one and never alone."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
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
    QuestionSet,
    Text,
    Verdict,
    hookimpl,
    only_accepted,
    set_for,
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
            "guessed by friends. Without a name the method stays off; the console fills it in for whoever turns it on."
        ),
        min_length=3,
        # Not a field among others: whoever turns this on must have read why not.
        json_schema_extra=only_accepted(),
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
            raise ValueError("each has 3 to 200 characters and no curly brackets")
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
    sets: Sequence[QuestionSet] = ()

    @property
    def first_questions(self) -> Sequence[Text]:
        """The file's, or ours: what is asked until somebody saves a set."""
        return tuple(map(_ours, self.settings.questions)) or QUESTIONS

    @property
    def to_register(self) -> int:
        """How many people answer."""
        return self.settings.to_register

    def asking(self, sets: Sequence[QuestionSet]) -> Method:
        """A copy, because the one before still answers whoever asks it at this moment."""
        other = copy(self)
        other.sets = tuple(sets)
        return other

    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        return [
            Offer(self.key, enrolment.id, self.summary.filled(n=len(_sets(enrolment.data)[0][0])), dict(enrolment.data))
            for enrolment in enrolments
            if enrolment.usable_from <= ctx.now and self._turn(enrolment.data, ctx.now) is not None
        ]

    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        """The same questions until they are answered: nobody draws again until an easy one comes (I2)."""
        if not offers:
            raise OutOfTurn("questions are asked after another proof only")
        turn = self._turn(offers[0].private, ctx.now)
        if turn is None:
            raise OutOfTurn("nothing of it is asked any more")
        asked, _ = _sets(offers[0].private)[turn]
        fields = tuple(Field(f"answer-{number}", self._said(question)) for number, question in enumerate(asked, 1))
        text = Text("Spelling and spaces must match what you entered. Capitals don't matter.")
        return Challenge(Prompt(Text("Answer your questions"), text, fields), timedelta(minutes=20))

    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        """One hash over all answers: nobody can tell from anything which of them was wrong (I1)."""
        fields = challenge.prompt.fields
        asked, answers = [_goes_by(field.label) for field in fields], [fold(answer.get(f.name, "")) for f in fields]
        sets = _sets(offer.private)
        # By the questions themselves: a set that was registered anew since is another one.
        number = next((number for number, (questions, _) in enumerate(sets) if questions == asked), None)
        # Nothing more and nothing less than was asked (I3), and no slow hash for what was never taken.
        if number is None or answer.keys() != {field.name for field in fields} or not all(map(_fits, answers)):
            return Verdict(False, "wrong")
        # Also where it was asked before its last day had passed: of the old and the new set, the stricter holds.
        if not self._is_asked(asked, ctx.now):
            return Verdict(False, "wrong")
        if not matches(sets[number][1], self._keyed(asked, answers)):
            return Verdict(False, "wrong")
        # Whoever looked over a shoulder is asked for something else next time.
        return Verdict(True, enrolment=(offer.id, {**offer.private, "next": str((number + 1) % len(sets))}))

    def enrol(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Challenge:
        """A list to choose from, and what an answer may not be because anybody could look it up."""
        required, choices = self._offered(ctx.policy)
        many = min(self.settings.to_register, len(required) + len(choices))
        text = Text("Choose {n}. Pick answers that nobody can look up.", n=many)
        asked = [_field(n, question) for n, question in enumerate(required, 1)]
        asked += chain.from_iterable(_pair(n, choices) for n in range(len(required) + 1, many + 1))
        prompt = Prompt(Text("Choose your questions"), text, tuple(asked), widget="questions")
        known = json.dumps(sorted(_known(person, ctx.company)))
        return Challenge(prompt, timedelta(minutes=10), {"known": known, "policy": ctx.policy})

    def confirm(self, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> NewEnrolment:
        """From here on no answer is anywhere but in a hash. Raises OutOfTurn where other questions are asked by now."""
        fields = {field.name: field for field in challenge.prompt.fields}
        if challenge.prompt != self._drawn_now(challenge, ctx).prompt:
            raise OutOfTurn("the questions were changed meanwhile")
        answers = {name: fold(answer.get(name, "")) for name in fields if name.startswith("answer")}
        asked = [_asked(fields, name, answer) for name in answers]
        at = _unfit_questions(asked)
        at |= _unfit_answers(asked, answers, frozenset(json.loads(challenge.secret["known"])))
        if at:
            raise NotAllowed(Text("Some of this can't be kept."), at)
        chosen = [_goes_by(question) for question in asked if question]
        kept = self._hashed(chosen, list(answers.values()), ctx)
        return NewEnrolment("", {"sets": json.dumps(kept), "next": "0"}, counted=tuple(chosen))

    def _drawn_now(self, challenge: Challenge, ctx: Context) -> Challenge:
        nobody = Person("", ())
        return self.enrol(nobody, (), replace(ctx, policy=challenge.secret.get("policy", "")))

    def _offered(self, policy: str) -> tuple[Sequence[Text], Sequence[Text]]:
        """What everybody of this policy answers, and what they choose the rest from."""
        own = set_for(self.sets, policy)
        if own is None:
            return (), self.first_questions
        return [one.text for one in own.offered if one.required], [one.text for one in own.offered if not one.required]

    def _said(self, question: str) -> Text:
        """As it is said today: a set may have mended its words or added a language."""
        own = (one.text for each in self.sets for one in each.questions if one.id == question)
        return next(own, _ours(question))

    def _is_asked(self, questions: Sequence[str], now: datetime) -> bool:
        """Whether every one of these is still asked: none of them is over in all sets that have it."""
        return not any(
            known and all(one.is_over(now.date()) for one in known)
            for known in ([one for each in self.sets for one in each.questions if one.id == q] for q in questions)
        )

    def _turn(self, data: Mapping[str, str], now: datetime) -> int | None:
        """Which set is asked: the next one in which every question still is."""
        sets, first = _sets(data), int(data["next"])
        turns = [(first + step) % len(sets) for step in range(len(sets))]
        return next((turn for turn in turns if self._is_asked(sets[turn][0], now)), None)

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


def _ours(question: str) -> Text:
    """In the reader's language, where it is one of ours. In English it is what a question goes by for good."""
    found = (one for one in QUESTIONS if one.message == question)
    return next(found, Text("{question}", question=question))


def _goes_by(question: Text) -> str:
    """What is kept of a question, whatever it reads in any language."""
    return question.message.format_map(question.values)


def _sets(data: Mapping[str, str]) -> list[tuple[list[str], str]]:
    return [(questions, hashed) for questions, hashed in json.loads(data["sets"])]


def _windows(registered: int, asked: int) -> Iterator[list[int]]:
    """Which are asked together, in turn: 1 2 3, 2 3 4, and so on around."""
    for start in range(registered if asked < registered else 1):
        yield [(start + step) % registered for step in range(asked)]


def _pair(number: int, choices: Sequence[Text]) -> tuple[Field, Field]:
    question = Field(f"question-{number}", Text("Question {n}", n=number), choices=tuple(choices))
    return question, _field(number, Text("Answer {n}", n=number))


def _field(number: int, label: Text) -> Field:
    return Field(f"answer-{number}", label, Text("3 to 40 characters"))


def _asked(fields: Mapping[str, Field], name: str, answer: Mapping[str, str]) -> Text | None:
    """The question of this answer: the field says it itself, or it was chosen beside it; None where none was."""
    beside = fields.get(name.replace("answer", "question"))
    if beside is None:
        return fields[name].label
    return {str(n): choice for n, choice in enumerate(beside.choices)}.get(answer.get(beside.name, ""))


def _unfit_questions(asked: Sequence[Text | None]) -> dict[str, Text]:
    found: dict[str, Text] = {}
    for number, question in enumerate(asked):
        if question is None:
            found[f"question-{number + 1}"] = Text("Choose one from the list")
        elif question in asked[:number]:
            found[f"question-{number + 1}"] = Text("You chose this question before. Choose another.")
    return found


def _unfit_answers(asked: Sequence[Text | None], answers: Mapping[str, str], known: frozenset[str]) -> dict[str, Text]:
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


def _shortcoming(folded: str, question: Text | None, known: frozenset[str]) -> Text | None:
    bare = _bare(folded)
    # Of what nothing remains, everything would be the same (I4).
    if not _fits(folded) or len(bare) < SHORTEST:
        return Text("An answer has 3 to 40 characters, and 3 letters or digits among them.")
    if question and any(bare in _bare(fold(words)) for words in (_goes_by(question), *question.words.values())):
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
