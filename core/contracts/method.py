"""Methods: kinds of proof. They answer with data; they never do I/O."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Protocol, runtime_checkable

from .channel import Message
from .people import Enrolment, Person
from .plugin import Context, Plugin
from .text import Text


class Factor(StrEnum):
    """What a method shows: something known, held, or inherent."""

    KNOWS = "knows"
    HAS = "has"
    IS = "is"


class Carrier(StrEnum):
    """What a proof rides on; two proofs that ride on the same thing are worth one."""

    PHONE = "phone"
    MAILBOX = "mailbox"
    DEVICE = "device"
    MEMORY = "memory"
    PAPER = "paper"


class Alphabet(StrEnum):
    """What may be typed into a field."""

    DIGITS = "digits"
    LETTERS_AND_DIGITS = "letters_and_digits"
    ANY = "any"
    # Nobody types it: the page's script fills it in.
    SCRIPT = "script"


# What a field may be called. Pages take no other name; password managers, and tests of pages, go by these.
FIELD_NAME = re.compile(r"code|passkey|region|destination|extension|(?:answer|question)-[1-9][0-9]?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to type, or to choose: of `choices` the number is sent, from 0.

    Its `name` is "code", or "answer-1" and so on where there are several. `length` is exact for codes; None means any
    up to 256, or 8192 where a script fills it in.
    """

    name: str
    label: Text
    hint: Text | None = None
    alphabet: Alphabet = Alphabet.ANY
    length: int | None = None
    autocomplete: str = "off"
    choices: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What to show, as data. The widget "form" shows heading, text and fields; the others are for what comes with
    Keyback: "passkey", "call" and "number", and while something is added "passkey", "scan", "codes", "questions",
    "address", "phone", "sent" and "joining".

    `data` is what a widget needs. While something is being added, it may hold what nobody else may see.
    """

    heading: Text
    text: Text
    fields: tuple[Field, ...] = ()
    widget: str = "form"
    data: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """One concrete way for this person. `label` shows a masked end only; `private` is sealed and never shown."""

    method: str
    id: str
    label: Text
    private: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A picked method: a prompt to show, a secret to check against, and how long it is good."""

    prompt: Prompt
    lifetime: timedelta
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a method says about an answer. `enrolment` is the used enrolment's id with its new data, if it changes.

    The reason "copied" raises an alarm: what the person has is in somebody else's hands as well.
    """

    passed: bool
    reason: str = ""
    enrolment: tuple[str, Mapping[str, str]] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NewEnrolment:
    """What a method wants to keep of a person. `id`: by which it is found; the host draws one where there is none."""

    label: str
    data: Mapping[str, str] = field(repr=False)
    id: str = field(default="", repr=False)
    # What of a list was chosen: administrators see how many people chose each, and never who.
    counted: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """One more step before anything is kept: what to show now, and what has to be carried to the person for it."""

    challenge: Challenge
    message: Message | None = None


class Method(Plugin, ABC):
    """A kind of proof. Three questions, asked in this order: which ways, what to show, did it pass."""

    factor: ClassVar[Factor]
    rides_on: ClassVar[Carrier]
    # May it come before anything is known of the person? Questions may not.
    first: ClassVar[bool] = True
    # Can its answers be guessed in less than for ever? Then wrong ones are budgeted for each person. Where they cannot,
    # a budget would only let strangers empty it.
    guessable: ClassVar[bool] = True
    # Does what a person adds end what they added before?
    replaces: ClassVar[bool] = False
    # Does its answer come by another way than the page: a key pressed on the phone, a decision in an app? Then nothing
    # is typed, the page waits, and what was heard is judged when the person's own browser goes on. Settings may decide.
    hears: bool = False
    # What carries its messages ("sms", "email"); None when nothing is sent.
    medium: ClassVar[str | None] = None
    # What the choice says before the first proof, when no end may be named.
    summary: ClassVar[Text]
    # What is asked when the whole destination must be typed; None when nothing can be typed.
    destination: ClassVar[Field | None] = None

    @abstractmethod
    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        """The ways in which this person could prove it by this method. May be none. Same ids for the same ways."""

    @abstractmethod
    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        """What to show and what to check against, drawn when the method is picked.

        `offers` is None before the first proof, and the challenge must then have the same shape for all. A method that
        may not come first refuses with OutOfTurn.
        """

    @abstractmethod
    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        """Whether the answer proves this offer. Quick, without side effects."""

    def message(self, offer: Offer, challenge: Challenge, ctx: Context) -> Message | None:
        """What to carry to this offer. Nobody hears of it if there is none."""
        return None

    def nobodys_offer(self, ctx: Context) -> Offer | None:
        """One that is judged where there is none, so that an answer takes as long; its verdict is thrown away.

        None where a comparison is all that judging costs.
        """
        return None

    @property
    def by_chance(self) -> float | None:
        """The chance that one blind answer passes; None where nobody can say, as with what people know."""
        return None if self.guessable else 0.0

    def uses_left(self, data: Mapping[str, str]) -> int | None:
        """How often an enrolment with this data can still be used; None: as often as one likes."""
        return None

    def fits(self, offer: Offer, destination: str) -> bool:
        """Whether the destination that a person typed is the one of this offer."""
        return True


@runtime_checkable
class Enrollable(Protocol):
    """Optional: methods that a person registers for. What `enrol` draws is worth nothing until it is confirmed."""

    def enrol(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Challenge:
        """What to show, and what to remember until then: both are sealed, and forgotten after ten minutes.

        `enrolments` are those of this method that the person has.
        """

    def confirm(self, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> NewEnrolment | Asked:
        """What to keep, or what to ask next. Raises NotAllowed for a wrong answer, with the reason in words; the host
        counts the tries. Where several fields may be at fault, `NotAllowed.at` says what is wrong with each.

        The host asks a step again, with the same answer, when the person wants another code.
        """
