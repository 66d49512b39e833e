"""A code by e-mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from pydantic import Field as Setting

from ...core import (
    Carrier,
    CodeSettings,
    Context,
    Enrolment,
    Field,
    Method,
    Offer,
    OwnAddress,
    Person,
    Prompt,
    Text,
    hookimpl,
    mailbox,
    mask_mail,
)


class EmailSettings(CodeSettings):
    """How long a code is and how long it is good, and which mailboxes prove nothing."""

    lifetime: timedelta = Setting(
        timedelta(minutes=15), title="Good for", description="How long a code can be used after it was asked for."
    )
    own_domains: tuple[str, ...] = Setting(
        (),
        title="Domains of this directory's own mail",
        description="Mailboxes that open with the very password being reset. No codes go there.",
    )


class Email(OwnAddress):
    """A code to a mailbox of the person."""

    key = "email"
    label = Text("E-mail")
    rides_on = Carrier.MAILBOX
    medium = "email"
    summary = Text("If this account has an e-mail address, it gets a code")
    added_already = Text("You've added this address already.")
    Settings = EmailSettings
    settings: EmailSettings

    def asks(self, ctx: Context) -> Prompt:
        text = Text("One you can read without your {company} password.", company=ctx.company)
        field = Field("destination", Text("E-mail address"), autocomplete="email")
        return Prompt(Text("Add an e‑mail"), text, (field,), "address")

    def data(self, answer: Mapping[str, str]) -> Mapping[str, str]:
        name, _, domain = (mailbox(answer.get("destination", "")) or "").rpartition("@")
        # Capitals in a domain say nothing; what they say in a name is known to its mail server alone.
        return {"to": f"{name}@{domain.lower()}" if domain else ""}

    def unfit(self, to: str, names: Sequence[str]) -> Text | None:
        if not to:
            return Text("Type your whole e-mail address")
        # Whoever signs in as jo@example.org reads mail there by the same password, as far as anybody can tell.
        if not self._opens_with_this_password(to, *(name.rpartition("@")[2] for name in names if "@" in name)):
            return None
        return Text("This mailbox opens with the password you'd be resetting, so it doesn't count. Use a private one.")

    def sent(self, end: str) -> Text:
        digits = self.settings.digits
        return Text("{end} gets an e-mail with {digits} digits. Look in the junk folder too.", end=end, digits=digits)

    def addresses(self, person: Person) -> Sequence[str]:
        addresses = (mailbox(mail) for mail in person.mails)
        return [address for address in addresses if address is not None]

    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        # Enrolled addresses are asked too: a mailbox may have become the directory's own since.
        every = super().offers(person, enrolments, ctx)
        return [offer for offer in every if not self._opens_with_this_password(offer.private["to"])]

    def _opens_with_this_password(self, address: str, *domains: str) -> bool:
        domain, owned = _folded(address.rpartition("@")[2]), (*self.settings.own_domains, *domains)
        return any(domain == own or domain.endswith(f".{own}") for own in map(_folded, owned) if own)

    def masked(self, address: str) -> Text:
        return Text("We send a code to {end}", end=mask_mail(address))

    def prompt(self, field: Field) -> Prompt:
        hint = Text("Good for {time}. Spaces don't matter.", time=self.good_for)
        sentence = Text(
            "If this account has an e-mail address, it gets an e-mail with {digits} digits. "
            "Look in the junk folder too.",
            digits=self.settings.digits,
        )
        shown = replace(field, label=Text("Code from the e-mail"), hint=hint)
        return Prompt(Text("Enter the code we e‑mailed"), sentence, (shown,))

    def words(self, code: str, ctx: Context) -> tuple[Text | None, Text]:
        subject = Text("{code} is your {company} code", code=code, company=ctx.company)
        text = Text(
            "{code}\n\n"
            "Type it on the page where you asked for it. Good for {time}. "
            "Nobody from {company} will ask you for it.\n\n"
            "Didn't ask? Ignore this e-mail; without the code nothing changes.",
            code=code,
            company=ctx.company,
            time=self.good_for,
        )
        return subject, text


def _folded(domain: str) -> str:
    """One spelling per domain: small letters, and the letters that the name system knows."""
    plain = domain.strip().strip("@.").casefold()
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain


@hookimpl
def keyback_methods() -> list[type[Method]]:
    return [Email]
