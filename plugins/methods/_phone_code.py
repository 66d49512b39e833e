"""What codes by text and by call share: which numbers are the person's, and whether a typed one is among them."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field as Setting

from ...core import Carrier, CodeSettings, Field, Offer, OneTimeCode, Person, Text, e164, fold_number


class PhoneSettings(CodeSettings):
    """How long a code is and how long it is good, and how numbers without a country are read."""

    country_code: str = Setting(
        "",
        title="Country code",
        description="For numbers that are kept without one, for example 44. Empty: such numbers get no code.",
        pattern=r"^([1-9][0-9]{0,2})?$",
    )


class PhoneCode(OneTimeCode):
    """A code to a phone number of the person. A subclass says how it gets there."""

    rides_on = Carrier.PHONE
    destination = Field("destination", Text("Your whole number"), autocomplete="tel")
    Settings = PhoneSettings
    settings: PhoneSettings

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

    @property
    def minutes(self) -> int:
        """How long a code is good, as people are told."""
        return int(self.settings.lifetime.total_seconds() // 60)
