"""A code by text message."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from ...core import Context, Field, Method, Prompt, Text, fits_one_text, hookimpl, mask_phone, short_name
from ._phone_code import PhoneCode


class Sms(PhoneCode):
    """A code to a phone number of the person."""

    key = "sms"
    label = Text("Text message")
    medium = "sms"
    summary = Text("We text a code to the number you type")

    def sent(self, end: str) -> Text:
        digits = self.settings.digits
        return Text("{end} gets a text with {digits} digits. It can take a minute.", end=end, digits=digits)

    def masked(self, address: str) -> Text:
        return Text("We send a code to {end}", end=mask_phone(address))

    def prompt(self, field: Field) -> Prompt:
        hint = Text("Good for {time}. Spaces don't matter.", time=self.good_for)
        sentence = Text(
            "If that number is yours, it gets a text with {digits} digits. It can take a minute.",
            digits=self.settings.digits,
        )
        shown = replace(field, label=Text("Code from the text message"), hint=hint)
        return Prompt(Text("Enter the code we texted"), sentence, (shown,))

    def words(self, code: str, ctx: Context) -> tuple[Text | None, Text]:
        values = {"code": code, "company": short_name(ctx.company), "time": self.good_for}
        # Only what we know ourselves goes into the text: a name that somebody typed could hold a link.
        said = Text(
            "{code} is your {company} code, good for {time}. Nobody from {company} will ask for it.",
            **values,
        )
        # Browsers fill the code in by themselves, and only on this host, when the last line reads like this.
        filling = Text("{said}\n\n@{host} #{code}", said=said, host=urlsplit(ctx.origin).hostname or "", code=code)
        return None, filling if fits_one_text(filling.render(ctx.language)) else said


@hookimpl
def keyback_methods() -> list[type[Method]]:
    return [Sms]
