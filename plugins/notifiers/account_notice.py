"""Tells the person, on every address we know, what happened to their account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import Field as Setting

from ...core import (
    Contact,
    ContactKind,
    Context,
    Happening,
    Message,
    Notifier,
    PluginSettings,
    Text,
    e164,
    events,
    hookimpl,
    mailbox,
    short_name,
)

_DAYS = tuple(map(Text, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")))
_MONTHS = tuple(
    map(
        Text,
        (
            "January", "February", "March", "April", "May", "June",
            "July", "August", "September", "October", "November", "December",
        ),
    )
)  # fmt: skip


class AccountNoticeSettings(PluginSettings):
    """How numbers without a country are read."""

    country_code: str = Setting(
        "",
        title="Country code",
        description="For numbers that are kept without one, for example 44. Empty: such numbers get no notice.",
        pattern=r"^([1-9][0-9]{0,2})?$",
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """One notice: the mail's subject and text, and the text message. No links: they teach people to follow them."""

    subject: str
    mail: str
    text: str


_STARTED = _Words(
    "Somebody started a password reset",
    "One proof was given for your {company} account on {date}, {time} (UTC).\n\n"
    "If it was you, there's nothing to do. If not: call {help_desk}.",
    "Somebody gave a proof to reset your {company} password at {time} UTC. Not you? Call {help_desk} now.",
)
_PASSWORD_SET = _Words(
    "Your new password is set",
    "Your {company} password was reset for {accounts} on {date}, {time} (UTC).\n\n"
    "Wasn't you? Call {help_desk} at once.",
    "Your {company} password was reset at {time} UTC. Not you? Call {help_desk} now.",
)
_UNLOCKED = _Words(
    "Your account was unlocked",
    "Your {company} account was unlocked on {date}, {time} (UTC). Your password is the same as before.\n\n"
    "Wasn't you? Call {help_desk} at once.",
    "Your {company} account was unlocked at {time} UTC. Not you? Call {help_desk} now.",
)
_CODES_ISSUED = _Words(
    "Saved codes were added to your account",
    "They can be used to reset your {company} password from {date}, {time} (UTC). "
    "Codes you had before no longer work.\n\n"
    "Wasn't you? Call {help_desk} at once.",
    "Saved codes were added to your {company} account at {time} UTC. Not you? Call {help_desk} now.",
)


class AccountNotice(Notifier):
    """One notice to each of the person's numbers and mailboxes."""

    key = "account_notice"
    label = Text("Notices to the person")
    wants = frozenset({"proof.given", "password.set", "account.unlocked", "enrolment"})
    Settings = AccountNoticeSettings
    settings: AccountNoticeSettings

    def notify(self, happening: Happening, ctx: Context) -> Sequence[Message]:
        words = _words_for(happening.event)
        if words is None:
            return ()
        messages = [self._message(address, words, happening, ctx) for address in happening.addresses]
        # Two directories may know the same number.
        return tuple({(m.medium, m.to): m for m in messages if m is not None}.values())

    def _message(self, address: Contact, words: _Words, happening: Happening, ctx: Context) -> Message | None:
        at = happening.at.astimezone(UTC)
        values: Mapping[str, object] = {
            "time": f"{at:%H:%M}",
            "help_desk": happening.help_desk or Text("the help desk"),
        }
        if address.kind is ContactKind.PHONE:
            number = e164(address.value, self.settings.country_code)
            return (
                Message("sms", number, Text(words.text, company=short_name(ctx.company), **values)) if number else None
            )
        to = mailbox(address.value)
        accounts = ", ".join(happening.accounts) or Text("your account")
        text = Text(words.mail, company=ctx.company, accounts=accounts, date=_date(at), **values)
        return Message("email", to, text, Text(words.subject)) if to else None


def _words_for(event: events.Event) -> _Words | None:
    match event:
        case events.ProofGiven(enough=False):
            # The last proof is told together with what came of it.
            return _STARTED
        case events.PasswordSet():
            return _PASSWORD_SET
        case events.AccountUnlocked():
            return _UNLOCKED
        case events.CodesIssued():
            return _CODES_ISSUED
    return None


def _date(at: datetime) -> Text:
    return Text("{weekday}, {day} {month}", weekday=_DAYS[at.weekday()], day=at.day, month=_MONTHS[at.month - 1])


@hookimpl
def keyback_notifiers() -> list[type[Notifier]]:
    return [AccountNotice]
