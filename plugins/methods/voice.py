"""A call: press # and hear a code, or press # to approve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import Field as Setting

from ...core import (
    Alphabet,
    Call,
    Challenge,
    Context,
    Field,
    Message,
    Method,
    NotAllowed,
    Offer,
    OwnAddress,
    Prompt,
    Text,
    Verdict,
    hookimpl,
    mask_phone,
)
from ._phone_code import PhoneCode, PhoneSettings
from ._plain_words import draw_word

KEY = "#"
LONGEST_EXTENSION = 10


class VoiceSettings(PhoneSettings):
    """How long a code is and how long it is good, and what the key does."""

    approve: bool = Setting(
        False,
        title="The key approves",
        description="Pressing # is the answer, and no code is said. Weaker: whoever has the phone for a moment, or "
        "picks up half asleep, needs nothing else.",
    )


class Voice(PhoneCode):
    """Nothing is said before the key is pressed, so that no voicemail ever gets a code (security.md C10)."""

    key = "voice"
    label = Text("Phone call")
    medium = "voice"
    summary = Text("We call the number you type")
    Settings = VoiceSettings
    settings: VoiceSettings

    def __init__(self, settings: VoiceSettings) -> None:
        super().__init__(settings)
        self.hears = settings.approve

    @property
    def by_chance(self) -> float | None:
        # Who presses the key half asleep cannot be reckoned.
        return None if self.settings.approve else super().by_chance

    def asks(self, ctx: Context) -> Prompt:
        asked = super().asks(ctx)
        hint = Text("Only for an office phone that has one.")
        extension = Field("extension", Text("Extension"), hint, alphabet=Alphabet.DIGITS)
        return replace(asked, fields=(*asked.fields, extension))

    def data(self, answer: Mapping[str, str]) -> Mapping[str, str]:
        extension = answer.get("extension", "")
        # What is dialled by a machine is digits and nothing else.
        if len(extension) > LONGEST_EXTENSION or not ((extension.isascii() and extension.isdigit()) or not extension):
            why = Text("An extension has at most {n} digits.", n=LONGEST_EXTENSION)
            raise NotAllowed(why, {"extension": why})
        return {**super().data(answer), **({"extension": extension} if extension else {})}

    def sent(self, end: str) -> Text:
        return Text("{end} rings now.", end=end)

    def masked(self, address: str) -> Text:
        return Text("We call {end}", end=mask_phone(address))

    def prompt(self, field: Field) -> Prompt:
        hint = Text("The call says it twice. Press # to hear it again.")
        shown = replace(field, label=Text("Code you heard"), hint=hint)
        return Prompt(Text("Answer your phone"), Text("If that number is yours, it rings now."), (shown,), "call")

    def words(self, code: str, ctx: Context) -> tuple[Text | None, Text]:
        said = Text("Your code is {digits}.", digits=_spelled(code))
        return None, Text("{said}\n{said}", said=said)

    def _while_adding(self) -> OwnAddress:
        """Always with a code, which shows that whoever typed the number has the phone."""
        return PhoneCode._while_adding(Voice(self.settings.model_copy(update={"approve": False})))

    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        if not self.hears:
            return super().begin(offers, ctx)
        heading, text = Text("Answer your phone and press #"), Text("If that number is yours, it rings now.")
        # Nothing in it is secret: what proves is the key, pressed in the one call that was made for this challenge.
        prompt = Prompt(heading, text, widget="call", data={"word": draw_word(ctx)})
        return Challenge(prompt, self.settings.lifetime)

    def message(self, offer: Offer, challenge: Challenge, ctx: Context) -> Message | None:
        word = challenge.prompt.data.get("word", "")
        text = Text("Thank you. You can hang up.") if word else self.words(challenge.secret["code"], ctx)[1]
        call = Call(_greeting(word, ctx), KEY, approves=bool(word), extension=offer.private.get("extension", ""))
        return Message("voice", offer.private["to"], text, call=call)

    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        if "code" in challenge.secret:
            return super().judge(offer, challenge, answer, ctx)
        passed = answer.get("key") == KEY
        return Verdict(passed, "" if passed else "wrong")


def _greeting(word: str, ctx: Context) -> Text:
    """What is said to whoever picks up, a machine included."""
    if not word:
        return Text(
            "This is {company}. To hear the code you asked for, press the hash key. If you didn't ask, hang up.",
            company=ctx.company,
        )
    return Text(
        "This is {company}. The word is: {word}. Does the page show the same word? Then press the hash key. "
        "If not, hang up.",
        company=ctx.company,
        word=word,
    )


def _spelled(code: str) -> str:
    """One digit at a time, with a breath in the middle."""
    middle = (len(code) + 1) // 2
    return " – ".join(", ".join(half) for half in (code[:middle], code[middle:]))


@hookimpl
def keyback_methods() -> list[type[Method]]:
    return [Voice]
