"""Tells the person, on every address we know, what happened to their account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    Wording,
    e164,
    events,
    hookimpl,
    mailbox,
    short_name,
)

_DAYS = (
    Text("Monday"), Text("Tuesday"), Text("Wednesday"), Text("Thursday"),
    Text("Friday"), Text("Saturday"), Text("Sunday"),
)  # fmt: skip
_MONTHS = (
    Text("January"), Text("February"), Text("March"), Text("April"), Text("May"), Text("June"),
    Text("July"), Text("August"), Text("September"), Text("October"), Text("November"), Text("December"),
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

    subject: Text
    mail: Text
    text: Text
    # With the link where this mailbox may carry it, and without.
    say_so: Text = Text("Wasn't you? This wasn't me {wasnt_me}\nor call {help_desk} at once.")
    call: Text = Text("Wasn't you? Call {help_desk} at once.")


_STARTED = _Words(
    Text("Somebody started a password reset"),
    Text("One proof was given for your {company} account on {date}, {time} (UTC)."),
    Text("Somebody gave a proof to reset your {company} password at {time} UTC. Not you? Call {help_desk} now."),
    Text("If it was you, there's nothing to do. If not: This wasn't me {wasnt_me}\nor call {help_desk}."),
    Text("If it was you, there's nothing to do. If not: call {help_desk}."),
)
_UNLOCK_STARTED = replace(
    _STARTED,
    subject=Text("Somebody started to unlock your account"),
    text=Text("Somebody gave a proof to unlock your {company} account at {time} UTC. Not you? Call {help_desk} now."),
)
_PASSWORD_SET = _Words(
    Text("Your new password is set"),
    Text("Your {company} password was reset for {accounts} on {date}, {time} (UTC)."),
    Text("Your {company} password was reset at {time} UTC. Not you? Call {help_desk} now."),
)
_SIGNED_OUT = Text("You were signed out everywhere. Some apps notice it within an hour.")
_PASSWORD_CHANGED = _Words(
    Text("Your password is changed"),
    Text("Your {company} password was changed for {accounts} on {date}, {time} (UTC)."),
    Text("Your {company} password was changed at {time} UTC. Not you? Call {help_desk} now."),
)
_UNLOCKED = _Words(
    Text("Your account was unlocked"),
    Text("Your {company} account was unlocked on {date}, {time} (UTC). Your password is the same as before."),
    Text("Your {company} account was unlocked at {time} UTC. Not you? Call {help_desk} now."),
)
_CODES_ISSUED = _Words(
    Text("Saved codes were added to your account"),
    Text(
        "They can be used to reset your {company} password from {date}, {time} (UTC). "
        "Codes you had before no longer work."
    ),
    Text("Saved codes were added to your {company} account at {time} UTC. Not you? Call {help_desk} now."),
)
_ADDED = _Words(
    Text("{method} was added to your account"),
    Text("It can be used to reset your {company} password from {date}, {time} (UTC)."),
    Text("{method} was added to your {company} account at {time} UTC. Not you? Call {help_desk} now."),
)
_REMOVED = _Words(
    Text("{method} was removed from your account"),
    Text("Since {date}, {time} (UTC), it can no longer be used to reset your {company} password."),
    Text("{method} was removed from your {company} account at {time} UTC. Not you? Call {help_desk} now."),
)
_LINKED = _Words(
    Text("Two of your accounts were joined"),
    Text("{accounts}: from {date}, {time} (UTC), one reset can set a new {company} password for both."),
    Text("Two of your {company} accounts were joined at {time} UTC. Not you? Call {help_desk} now."),
)
_PARTED = _Words(
    Text("Two of your accounts were parted"),
    Text("{accounts}: since {date}, {time} (UTC), each {company} password is reset on its own."),
    Text("Two of your {company} accounts were parted at {time} UTC. Not you? Call {help_desk} now."),
)
_FEW_LEFT = _Words(
    Text("You have {left} saved codes left"),
    Text(
        "One was used for your {company} account on {date}, {time} (UTC). Sign in and make new ones under My methods."
    ),
    Text("You have {left} saved codes left for your {company} account. Not you? Call {help_desk} now."),
)
_LAST_USED = _Words(
    Text("That was your last saved code"),
    Text("It was used for your {company} account on {date}, {time} (UTC). Sign in and make new ones under My methods."),
    Text("Your last saved code for {company} was used at {time} UTC. Not you? Call {help_desk} now."),
)
_QUICKER = Text("The help desk will be in touch; call {help_desk} to be quicker.")
_STOPPED = _Words(
    Text("Self-service is stopped for your account"),
    Text('Because you told us "this wasn\'t me".'),
    Text("Self-service is stopped for your {company} account. Call {help_desk} to be quicker."),
    # Nothing is left to be stopped.
    _QUICKER,
    _QUICKER,
)


_QUESTIONS = Text("Questions? Call {help_desk}.")
_INVITED = _Words(
    Text("Two minutes now, no call later"),
    Text(
        "If you forget your {company} password, you can't get back in by yourself yet. "
        "Add a method: sign in at {address}."
    ),
    Text("You can't reset your {company} password by yourself yet. Add a method: sign in at {address}"),
    _QUESTIONS,
    _QUESTIONS,
)
_ANNOUNCED = _Words(
    Text("You will be asked for a new password"),
    Text(
        "From {date}, {time} (UTC), you must choose a new {company} password when you sign in ({accounts}). "
        "To do it sooner, type {address} into your browser; then you are not asked again.\n\n"
        "Nobody will ever ask you for your password: not by e-mail, not by text, not on the phone."
    ),
    Text("From {date} you must choose a new {company} password when you sign in. Questions? Call {help_desk}."),
    _QUESTIONS,
    _QUESTIONS,
)


def _moment(at: datetime) -> Mapping[str, object]:
    return {"date": _date(at), "time": f"{at:%H:%M}"}


def _date(at: datetime) -> Text:
    return Text("{weekday}, {day} {month}", weekday=_DAYS[at.weekday()], day=at.day, month=_MONTHS[at.month - 1])


_SOME_DAY = datetime(2026, 3, 2, 10, 31, tzinfo=UTC)


def _wording(key: str, words: _Words) -> Wording:
    """What a company may say otherwise: what happened. How to object stays ours."""
    examples = {"accounts": "jfrost", "method": Text("Text message"), "left": 2, "address": "reset.example.org/methods"}
    return Wording(key, words.subject, words.mail, words.text, words.call, {**examples, **_moment(_SOME_DAY)})


_BY_KEY = {
    "announced": _ANNOUNCED,
    "invited": _INVITED,
    "password-set": _PASSWORD_SET,
    "password-changed": _PASSWORD_CHANGED,
    "unlocked": _UNLOCKED,
    "started": _STARTED,
    "unlock-started": _UNLOCK_STARTED,
    "codes-issued": _CODES_ISSUED,
    "added": _ADDED,
    "removed": _REMOVED,
    "few-left": _FEW_LEFT,
    "last-used": _LAST_USED,
    "linked": _LINKED,
    "parted": _PARTED,
    "stopped": _STOPPED,
}


class AccountNotice(Notifier):
    """One notice to each of the person's numbers and mailboxes."""

    key = "account_notice"
    label = Text("Notices to the person")
    wants = frozenset(
        {
            *("proof.given", "password.set", "password.changed", "account.unlocked"),
            *("enrolment", "link", "self-service.stopped", "campaign.change-announced"),
        }
    )
    wordings = tuple(_wording(key, words) for key, words in _BY_KEY.items())
    Settings = AccountNoticeSettings
    settings: AccountNoticeSettings

    def hears(self, event: events.Event) -> bool:
        return super().hears(event) and _words_for(event) is not None

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
            "method": happening.method or "",
            "left": happening.event.left if isinstance(happening.event, events.MethodRunningOut) else "",
            "help_desk": happening.help_desk or Text("the help desk"),
            "date": _date(_since(happening)),
            "address": _address(happening.event, ctx),
        }
        if address.kind is ContactKind.PHONE:
            number = e164(address.value, self.settings.country_code)
            return (
                Message("sms", number, words.text.filled(company=short_name(ctx.company), **values)) if number else None
            )
        to = mailbox(address.value)
        accounts = ", ".join(happening.accounts) or Text("your account")
        link = happening.wasnt_me.get(address.value, "")
        values = {**values, **_moment(_since(happening))}
        told = words.mail.filled(company=ctx.company, accounts=accounts, **values)
        if happening.signed_out:
            told = Text("{told} {more}", told=told, more=_SIGNED_OUT)
        end = (words.say_so if link else words.call).filled(wasnt_me=link, **values)
        return (
            Message("email", to, Text("{told}\n\n{end}", told=told, end=end), words.subject.filled(**values))
            if to
            else None
        )


def _words_for(event: events.Event) -> _Words | None:
    match event:
        case events.ProofGiven(enough=False, purpose=purpose):
            # The last proof is told together with what came of it.
            return _UNLOCK_STARTED if purpose == "unlock" else _STARTED
        case events.PasswordSet():
            return _PASSWORD_SET
        case events.PasswordChanged():
            return _PASSWORD_CHANGED
        case events.AccountUnlocked():
            return _UNLOCKED
        case events.CodesIssued():
            return _CODES_ISSUED
        case events.MethodAdded(method="saved_codes"):
            # One set, many codes.
            return _CODES_ISSUED
        case events.MethodAdded():
            return _ADDED
        case events.MethodRemoved():
            return _REMOVED
        case events.AccountLinked():
            return _LINKED
        case events.AccountParted(why="self"):
            return _PARTED
        case events.MethodRunningOut(method="saved_codes", left=left):
            return _FEW_LEFT if left else _LAST_USED
        case events.SelfServiceStopped():
            return _STOPPED
        case events.PersonInvited():
            return _INVITED
        case events.ChangeAnnounced():
            return _ANNOUNCED
    return None


def _address(event: events.Event, ctx: Context) -> str:
    """To be typed: whoever follows links in mails and texts learns to follow anybody's."""
    page = "change" if isinstance(event, events.ChangeAnnounced) else "methods"
    return f"{ctx.origin.partition('://')[2]}/{page}"


def _since(happening: Happening) -> datetime:
    """The moment that a mail is about: when it happened, or when what was added begins to count."""
    match happening.event:
        case (
            events.MethodAdded(usable_from=moment)
            | events.AccountLinked(counts_from=moment)
            | events.ChangeAnnounced(begins=moment)
        ):
            return datetime.fromisoformat(moment).astimezone(UTC)
    return happening.at.astimezone(UTC)


@hookimpl
def keyback_notifiers() -> list[type[Notifier]]:
    return [AccountNotice]
