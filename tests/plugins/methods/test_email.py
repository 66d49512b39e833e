"""A code by e-mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from keyback.core import Contact, ContactKind, Context, Enrolment, Person
from keyback.plugins.methods.email import Email, EmailSettings


def person(*addresses: str) -> Person:
    return Person("p", (), tuple(Contact(ContactKind.MAIL, address) for address in addresses))


def enrolled(address: str, ctx: Context) -> Enrolment:
    return Enrolment("e1", "email", "mine", {"to": address}, ctx.now, ctx.now)


def test_eight_digits_good_for_fifteen_minutes(ctx: Context) -> None:
    challenge = Email(EmailSettings()).begin(None, ctx)
    assert len(challenge.secret["code"]) == 8
    assert challenge.lifetime == timedelta(minutes=15)


def test_the_mail_reads_as_promised(ctx: Context) -> None:
    email = Email(EmailSettings())
    (offer,) = email.offers(person("ada@example.org"), (), ctx)
    challenge = email.begin(None, ctx)
    message = email.message(offer, challenge, ctx)
    code = challenge.secret["code"]
    assert message is not None
    assert (message.medium, message.to) == ("email", "ada@example.org")
    assert str(message.subject) == f"{code} is your Alderwick code"
    assert str(message.text) == (
        f"{code}\n\nType it on the page where you asked for it. Good for 15 minutes. "
        "Nobody from Alderwick will ask you for it.\n\n"
        "Didn't ask? Ignore this e-mail; without the code nothing changes."
    )


def test_the_offer_shows_the_masked_end_only(ctx: Context) -> None:
    (offer,) = Email(EmailSettings()).offers(person("ada@example.org"), (), ctx)
    assert str(offer.label) == "We send a code to a••••@ex••••.org"
    assert "ada" not in repr(offer)


@pytest.mark.parametrize(
    ("own", "address"),
    [
        ("alderwick.example", "a@alderwick.example"),
        (" @Alderwick.EXAMPLE ", "a@alderwick.example"),
        ("alderwick.example", "a@ALDERWICK.example"),
        ("alderwick.example", "a@mail.alderwick.example"),
        ("älderwick.example", "a@xn--lderwick-zza.example"),
        ("xn--lderwick-zza.example", "a@Älderwick.example"),
    ],
)
def test_a_mailbox_that_opens_with_this_very_password_is_not_offered(own: str, address: str, ctx: Context) -> None:
    email = Email(EmailSettings(own_domains=(own,)))
    offers = email.offers(person(address, "a@example.org"), (enrolled(address, ctx),), ctx)
    assert [offer.private["to"] for offer in offers] == ["a@example.org"]


def test_a_domain_that_only_ends_alike_is_another_domain(ctx: Context) -> None:
    email = Email(EmailSettings(own_domains=("wick.example",)))
    assert len(email.offers(person("a@alderwick.example"), (), ctx)) == 1


def test_an_empty_domain_rules_nothing_out(ctx: Context) -> None:
    assert len(Email(EmailSettings(own_domains=("", "."))).offers(person("a@b.example"), (), ctx)) == 1


@pytest.mark.parametrize("value", ["a@b.org,c@d.org", "a@b.org; c@d.org", "A <a@b.org>", "a@b.org\r\nBcc: c@d.org", ""])
def test_a_value_that_is_not_one_address_is_not_offered(value: str, ctx: Context) -> None:
    assert Email(EmailSettings()).offers(person(value), (), ctx) == []


def test_an_enrolled_address_counts_only_after_its_wait(ctx: Context) -> None:
    later = replace(enrolled("a@b.org", ctx), usable_from=ctx.now + timedelta(hours=72))
    assert Email(EmailSettings()).offers(person(), (later,), ctx) == []
    assert len(Email(EmailSettings()).offers(person(), (later,), replace(ctx, now=later.usable_from))) == 1
