"""What the person is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from keyback.core import Contact, ContactKind, Context, Happening, Message, events, fits_one_text
from keyback.plugins.notifiers.account_notice import AccountNotice, AccountNoticeSettings

AT = datetime(2026, 11, 21, 10, 31, tzinfo=UTC)
PHONE = Contact(ContactKind.PHONE, "+44 1632 960123")
MAIL = Contact(ContactKind.MAIL, "ada@example.org")


def told(event: events.Event, ctx: Context, *addresses: Contact, **changed: object) -> Sequence[Message]:
    happening = Happening(event, AT, "r1", addresses or (MAIL, PHONE), ("jfrost",), "+441632960100")
    return AccountNotice(AccountNoticeSettings()).notify(replace(happening, **changed), ctx)  # type: ignore[arg-type]


def test_a_new_password_is_told_on_every_address(ctx: Context) -> None:
    mail, text = told(events.PasswordSet("openldap"), ctx)
    assert (mail.medium, mail.to, str(mail.subject)) == ("email", "ada@example.org", "Your new password is set")
    assert str(mail.text) == (
        "Your Alderwick password was reset for jfrost on Saturday, 21 November, 10:31 (UTC).\n\n"
        "Wasn't you? Call +441632960100 at once."
    )
    assert (text.medium, text.to, text.subject) == ("sms", "+441632960123", None)
    assert str(text.text) == "Your Alderwick password was reset at 10:31 UTC. Not you? Call +441632960100 now."


def test_the_first_proof_is_told_and_the_last_one_is_not(ctx: Context) -> None:
    mail, _ = told(events.ProofGiven("sms", enough=False), ctx)
    assert str(mail.subject) == "Somebody started a password reset"
    assert str(mail.text) == (
        "One proof was given for your Alderwick account on Saturday, 21 November, 10:31 (UTC).\n\n"
        "If it was you, there's nothing to do. If not: call +441632960100."
    )
    assert told(events.ProofGiven("sms", enough=True), ctx) == ()


LINK = "https://reset.alderwick.example/wasnt-me/abc234"


def test_a_mailbox_that_may_carry_the_link_gets_it_and_a_text_never_does(ctx: Context) -> None:
    other = Contact(ContactKind.MAIL, "else@example.org")
    links = {MAIL.value: LINK, PHONE.value: LINK}
    mail, text, elsewhere = told(events.PasswordSet("openldap"), ctx, MAIL, PHONE, other, wasnt_me=links)
    assert str(mail.text).endswith(f"Wasn't you? This wasn't me {LINK}\nor call +441632960100 at once.")
    assert "wasnt-me" not in f"{text.text} {elsewhere.text}"
    mail, text = told(events.ProofGiven("sms", enough=False), ctx, wasnt_me=links)
    assert f"If not: This wasn't me {LINK}\nor call +441632960100." in str(mail.text)
    assert "wasnt-me" not in str(text.text)


BEGINS = events.ChangeAnnounced("c1", "2026-11-30T07:00:00+00:00")


def test_a_reset_is_announced_with_its_day_and_nothing_that_can_be_followed(ctx: Context) -> None:
    mail, text = told(BEGINS, ctx, wasnt_me={MAIL.value: LINK})
    there = f"{ctx.origin.partition('//')[2]}/change"
    assert str(mail.subject) == "You will be asked for a new password"
    assert str(mail.text) == (
        "From Monday, 30 November, 07:00 (UTC), you must choose a new Alderwick password when you sign in (jfrost). "
        f"To do it sooner, type {there} into your browser; then you are not asked again.\n\n"
        "Nobody will ever ask you for your password: not by e-mail, not by text, not on the phone.\n\n"
        "Questions? Call +441632960100."
    )
    assert "://" not in str(mail.text)
    assert str(text.text) == (
        "From Monday, 30 November you must choose a new Alderwick password when you sign in. "
        "Questions? Call +441632960100."
    )


def test_the_stop_is_told_without_another_link(ctx: Context) -> None:
    mail, text = told(events.SelfServiceStopped("password.set"), ctx, wasnt_me={MAIL.value: LINK})
    assert str(mail.subject) == "Self-service is stopped for your account"
    assert str(mail.text) == (
        'Because you told us "this wasn\'t me".\n\nThe help desk will be in touch; call +441632960100 to be quicker.'
    )
    assert str(text.text) == "Self-service is stopped for your Alderwick account. Call +441632960100 to be quicker."


EVENTS = [
    events.ProofGiven("sms", enough=False),
    events.ProofGiven("sms", enough=False, purpose="unlock"),
    events.PasswordSet("openldap"),
    events.AccountUnlocked("openldap"),
    events.CodesIssued(10),
    events.AccountLinked(("openldap", "cloud"), "password", "2030-06-04T12:00:00+00:00"),
    events.AccountParted(("openldap", "cloud"), "self"),
    events.SelfServiceStopped("password.set"),
    events.MethodRunningOut("saved_codes", 3),
    events.MethodRunningOut("saved_codes", 0),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_every_notice_says_whom_to_call_and_holds_no_link(event: events.Event, ctx: Context) -> None:
    for message in told(event, ctx):
        words = f"{message.subject or ''} {message.text}"
        assert "+441632960100" in words
        assert "http" not in words
        assert ctx.origin.partition("//")[2] not in words


@pytest.mark.parametrize("event", [*EVENTS, BEGINS], ids=lambda event: event.name)
def test_every_text_fits_one_message_whatever_the_company_is_called(event: events.Event, ctx: Context) -> None:
    (text,) = told(event, replace(ctx, company="The Worshipful Company of Łódź"), PHONE)
    assert fits_one_text(str(text.text))


@pytest.mark.parametrize("event", [*EVENTS, BEGINS], ids=lambda event: event.name)
def test_the_notice_wants_what_it_can_tell(event: events.Event) -> None:
    assert any(event.name.startswith(wanted) for wanted in AccountNotice.wants)


@pytest.mark.parametrize(
    "event",
    [events.PasswordNotSet("openldap", "refused"), events.NobodyFound("unknown"), events.RecoveryClosed("expired"),
     events.MethodRenamed("saved_codes"), events.MethodRunningOut("of-somebody-else", 0)],
)  # fmt: skip
def test_nothing_else_is_told(event: events.Event, ctx: Context) -> None:
    assert told(event, ctx) == ()


def test_one_number_in_two_spellings_is_told_once(ctx: Context) -> None:
    again = Contact(ContactKind.PHONE, "0044 1632 960123")
    assert len(told(events.PasswordSet("openldap"), ctx, PHONE, again)) == 1


def test_nobody_is_told_nothing(ctx: Context) -> None:
    notice = AccountNotice(AccountNoticeSettings())
    assert notice.notify(Happening(events.PasswordSet("openldap"), AT), ctx) == ()


def test_times_are_utc_wherever_the_server_stands(ctx: Context) -> None:
    there = AT.astimezone(timezone(timedelta(hours=14)))
    (text,) = told(events.PasswordSet("openldap"), ctx, PHONE, at=there)
    assert "10:31 UTC" in str(text.text)


def test_without_a_number_to_call_the_help_desk_is_named(ctx: Context) -> None:
    (text,) = told(events.PasswordSet("openldap"), ctx, PHONE, help_desk="")
    assert str(text.text).endswith("Call the help desk now.")


def test_what_is_not_one_address_is_left_out(ctx: Context) -> None:
    broken = (Contact(ContactKind.MAIL, "a@b.org,c@d.org"), Contact(ContactKind.PHONE, "ext. 7"), MAIL)
    assert [message.to for message in told(events.PasswordSet("openldap"), ctx, *broken)] == ["ada@example.org"]


def test_a_number_without_a_country_is_told_where_the_country_is_known(ctx: Context) -> None:
    notice = AccountNotice(AccountNoticeSettings(country_code="44"))
    at_home = Contact(ContactKind.PHONE, "01632 960123")
    (text,) = notice.notify(Happening(events.PasswordSet("openldap"), AT, addresses=(at_home,)), ctx)
    assert text.to == "+441632960123"
