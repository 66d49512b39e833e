"""A code by text message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from pydantic import Field as Setting

from ...core import (
    Carrier,
    CodeSettings,
    Context,
    Field,
    Method,
    Offer,
    OneTimeCode,
    Person,
    Prompt,
    Text,
    e164,
    fits_one_text,
    fold_number,
    hookimpl,
    mask_phone,
    short_name,
)


class SmsSettings(CodeSettings):
    """How long a code is and how long it is good, and how numbers without a country are read."""

    country_code: str = Setting(
        "",
        title="Country code",
        description="For numbers that are kept without one, for example 44. Empty: such numbers get no text.",
        pattern=r"^([1-9][0-9]{0,2})?$",
    )


class Sms(OneTimeCode):
    """A code to a phone number of the person."""

    key = "sms"
    label = Text("Text message")
    rides_on = Carrier.PHONE
    medium = "sms"
    summary = Text("We text a code to the number you type")
    destination = Field("destination", Text("Your whole number"), autocomplete="tel")
    Settings = SmsSettings
    settings: SmsSettings

    def addresses(self, person: Person) -> Sequence[str]:
        numbers = (e164(phone, self.settings.country_code) for phone in person.phones)
        return [number for number in numbers if number is not None]

    def masked(self, address: str) -> Text:
        return Text("We send a code to {end}", end=mask_phone(address))

    def prompt(self, field: Field) -> Prompt:
        minutes = int(self.settings.lifetime.total_seconds() // 60)
        hint = Text("Good for {minutes} minutes. Spaces don't matter.", minutes=minutes)
        sentence = Text(
            "If that number is yours, it gets a text with {digits} digits. It can take a minute.",
            digits=self.settings.digits,
        )
        shown = replace(field, label=Text("Code from the text message"), hint=hint)
        return Prompt(Text("Enter the code we texted"), sentence, (shown,))

    def words(self, code: str, ctx: Context) -> tuple[Text | None, Text]:
        values = {
            "code": code,
            "company": short_name(ctx.company),
            "minutes": int(self.settings.lifetime.total_seconds() // 60),
        }
        # Only what we know ourselves goes into the text: a name that somebody typed could hold a link.
        said = Text(
            "{code} is your {company} code, good for {minutes} minutes. Nobody from {company} will ask for it.",
            **values,
        )
        # Browsers fill the code in by themselves, and only on this host, when the last line reads like this.
        filling = Text("{said}\n\n@{host} #{code}", said=said, host=urlsplit(ctx.origin).hostname or "", code=code)
        return None, filling if fits_one_text(filling.render(ctx.language)) else said

    def fits(self, offer: Offer, destination: str) -> bool:
        """Whether that is the whole number, with its country or as it is dialled at home."""
        typed = fold_number(destination)
        if typed is None:
            return False
        stored = offer.private["to"].removeprefix("+")
        if typed.startswith("+"):
            return typed == f"+{stored}"
        if typed.startswith("00"):
            return typed[2:] == stored
        national = typed.removeprefix("0")
        # At home only the country code, at most three digits, is left out; less would not be the whole number.
        return len(national) >= 8 and stored.endswith(national) and len(stored) - len(national) <= 3


@hookimpl
def keyback_methods() -> list[type[Method]]:
    return [Sms]
