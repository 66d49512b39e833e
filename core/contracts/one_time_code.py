"""The ready-made method behind text messages, calls and mail: a code that is sent and typed back."""

from __future__ import annotations

import hmac
import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256

from pydantic import Field as Setting

from .channel import Message
from .method import Alphabet, Challenge, Factor, Field, Method, Offer, Prompt, Verdict
from .people import Enrolment, Person
from .plugin import Context, PluginSettings
from .text import Text


class CodeSettings(PluginSettings):
    """How long a code is and how long it is good."""

    digits: int = Setting(
        default=8, title="Digits", description="Length of the code. Fewer than 8 can be guessed.", ge=6, le=12
    )
    lifetime: timedelta = Setting(
        default=timedelta(minutes=5),
        title="Good for",
        description="How long a code can be used after it was asked for.",
    )


def draw_digits(count: int, ctx: Context) -> str:
    """That many digits, each as likely as any other: bytes above 249 are thrown away."""
    digits = ""
    while len(digits) < count:
        digits += "".join(str(byte % 10) for byte in ctx.random(2 * count) if byte < 250)
    return digits[:count]


def same(left: str, right: str) -> bool:
    """Compare in constant time; as bytes, because `compare_digest` raises on text that is not ASCII."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


def _id(data: Mapping[str, str]) -> str:
    """A digest: the id travels through pages, the address must not.

    Of names and values with their ends: a number and its extension are not one longer number.
    """
    return sha256(json.dumps(sorted(data.items())).encode()).hexdigest()[:16]


class OneTimeCode(Method):
    """A code to one of the person's addresses. A subclass says which addresses and which words."""

    factor = Factor.HAS
    Settings = CodeSettings
    field = Field("code", Text("Code"), alphabet=Alphabet.DIGITS, autocomplete="one-time-code")
    settings: CodeSettings

    @property
    def good_for(self) -> Text:
        """How long a code can be used, as people are told."""
        return Text.plural("{n} minute", "{n} minutes", n=int(self.settings.lifetime.total_seconds() // 60))

    @abstractmethod
    def addresses(self, person: Person) -> Sequence[str]:
        """Where codes may go, the best first."""

    @abstractmethod
    def masked(self, address: str) -> Text:
        """The offer's label, with as much of the address as may be shown."""

    @abstractmethod
    def prompt(self, field: Field) -> Prompt:
        """What the page says while the code is awaited: the same for everybody."""

    @abstractmethod
    def words(self, code: str, ctx: Context) -> tuple[Text | None, Text]:
        """Subject and text of the message."""

    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        given = [{"to": address} for address in self.addresses(person)]
        offers = map(self.offer, [*given, *(e.data for e in enrolments if e.usable_from <= ctx.now)])
        return list({offer.id: offer for offer in offers}.values())

    def offer(self, data: Mapping[str, str]) -> Offer:
        """The way to one address: `to`, and whatever else it takes to get there."""
        return Offer(self.key, _id(data), self.masked(data["to"]), data)

    @property
    def by_chance(self) -> float | None:
        return 10.0**-self.settings.digits

    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        code = draw_digits(self.settings.digits, ctx)
        length = self.settings.digits
        field = Field(
            self.field.name, self.field.label, self.field.hint, self.field.alphabet, length, self.field.autocomplete
        )
        return Challenge(self.prompt(field), self.settings.lifetime, {"code": code})

    def message(self, offer: Offer, challenge: Challenge, ctx: Context) -> Message | None:
        subject, text = self.words(challenge.secret["code"], ctx)
        assert self.medium is not None
        return Message(self.medium, offer.private["to"], text, subject)

    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        passed = same(answer.get("code", ""), challenge.secret["code"])
        return Verdict(passed, "" if passed else "wrong")
