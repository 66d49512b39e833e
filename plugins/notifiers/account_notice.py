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
    """One notice: the mail's subject and text, how the mail ends, and the text message, which never holds a link."""

    subject: str
    mail: str
    text: str
    # With the link where this mailbox may carry it, and without.
    say_so: str = "Wasn't you? This wasn't me {wasnt_me}\nor call {help_desk} at once."
    call: str = "Wasn't you? Call {help_desk} at once."


_STARTED = _Words(
    "Somebody started a password reset",
    "One proof was given for your {company} account on {date}, {time} (UTC).",
    "Somebody gave a proof to reset your {company} password at {time} UTC. Not you? Call {help_desk} now.",
    "If it was you, there's nothing to do. If not: This wasn't me {wasnt_me}\nor call {help_desk}.",
    "If it was you, there's nothing to do. If not: call {help_desk}.",
)
_PASSWORD_SET = _Words(
    "Your new password is set",
    "Your {company} password was reset for {accounts} on {date}, {time} (UTC).",
    "Your {company} password was reset at {time} UTC. Not you? Call {help_desk} now.",
)
_UNLOCKED = _Words(
    "Your account was unlocked",
    "Your {company} account was unlocked on {date}, {time} (UTC). Your password is the same as before.",
    "Your {company} account was unlocked at {time} UTC. Not you? Call {help_desk} now.",
)
_CODES_ISSUED = _Words(
    "Saved codes were added to your account",
    "They can be used to reset your {company} password from {date}, {time} (UTC). Codes you had before no longer work.",
    "Saved codes were added to your {company} account at {time} UTC. Not you? Call {help_desk} now.",
)
_QUICKER = "The help desk will be in touch; call {help_desk} to be quicker."
_STOPPED = _Words(
    "Self-service is stopped for your account",
    'Because you told us "this wasn\'t me".',
    "Self-service is stopped for your {company} account. Call {help_desk} to be quicker.",
    # Nothing is left to be stopped.
    _QUICKER,
    _QUICKER,
)


class AccountNotice(Notifier):
    """One notice to each of the person's numbers and mailboxes."""

    key = "account_notice"
    label = Text("Notices to the person")
    wants = frozenset({"proof.given", "password.set", "account.unlocked", "enrolment", "self-service.stopped"})
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
        link = happening.wasnt_me.get(address.value, "")
        told = Text(words.mail, company=ctx.company, accounts=accounts, date=_date(at), **values)
        end = Text(words.say_so if link else words.call, wasnt_me=link, **values)
        return Message("email", to, Text("{told}\n\n{end}", told=told, end=end), Text(words.subject)) if to else None


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
        case events.SelfServiceStopped():
            return _STOPPED
    return None


def _date(at: datetime) -> Text:
    return Text("{weekday}, {day} {month}", weekday=_DAYS[at.weekday()], day=at.day, month=_MONTHS[at.month - 1])


@hookimpl
def keyback_notifiers() -> list[type[Notifier]]:
    return [AccountNotice]
