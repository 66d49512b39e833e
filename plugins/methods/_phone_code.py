"""What codes by text and by call share: which numbers are the person's, and whether a typed one is among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field as Setting

from ...core import (
    Carrier,
    CodeSettings,
    Context,
    Field,
    Offer,
    OwnAddress,
    Person,
    Prompt,
    Text,
    e164,
    fold_number,
)


class PhoneSettings(CodeSettings):
    """How long a code is and how long it is good, and how numbers without a country are read."""

    country_code: str = Setting(
        "",
        title="Country code",
        description="For numbers that are kept without one, for example 44. Empty: such numbers get no code.",
        pattern=r"^([1-9][0-9]{0,2})?$",
    )


class PhoneCode(OwnAddress):
    """A code to a phone number of the person. A subclass says how it gets there."""

    rides_on = Carrier.PHONE
    destination = Field("destination", Text("Your whole number"), autocomplete="tel")
    added_already = Text("You've added this number already.")
    Settings = PhoneSettings
    settings: PhoneSettings

    def asks(self, ctx: Context) -> Prompt:
        fields = (
            Field("region", Text("Country or region")),
            Field("destination", Text("Phone number"), Text("With or without the first 0."), autocomplete="tel"),
        )
        text = Text("We'll check it now with a code, so that it works when you need it.")
        return Prompt(Text("Add a phone"), text, fields, "phone", {"calling_code": self.settings.country_code})

    def data(self, answer: Mapping[str, str]) -> Mapping[str, str]:
        return {"to": e164(answer.get("destination", ""), self.settings.country_code) or ""}

    def unfit(self, to: str, names: Sequence[str]) -> Text | None:
        return None if to else Text("Type your whole number")

    def addresses(self, person: Person) -> Sequence[str]:
        numbers = (e164(phone, self.settings.country_code) for phone in person.phones)
        return [number for number in numbers if number is not None]

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
