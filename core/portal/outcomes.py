"""What a page says of each account's password. Only ever asked once something is proven."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ..contracts.store import Outcome, OutcomeKind
from ..contracts.text import Text
from ..recovery.state import Subject
from ..service.tickets import Target
from ..service.writing.accounts import BY_HAND, OTHER_PROOFS
from ..service.writing.write import NO_ANSWER, NOT_ASKED
from . import words
from .set_it_for import called

TAGS: Mapping[OutcomeKind, Text] = {
    OutcomeKind.SET: Text("Set"),
    OutcomeKind.REFUSED: Text("Refused"),
    OutcomeKind.NOT_SET: Text("Not set"),
    OutcomeKind.UNKNOWN: Text("Being checked"),
}
SENTENCES: Mapping[OutcomeKind, Text] = {
    OutcomeKind.SET: Text("The new password works now."),
    OutcomeKind.REFUSED: Text("{account} refused it. Choose another password."),
    OutcomeKind.NOT_SET: Text("{account} didn't answer. Nothing was changed there, and your old password still works."),
    OutcomeKind.UNKNOWN: Text(
        "{account} took the request but didn't confirm it. Try the new password first, then the old one. "
        "This page tells you when we know."
    ),
}
# What another password or another try does not change.
FINAL = (BY_HAND, OTHER_PROOFS)


@dataclass(frozen=True, slots=True)
class Row:
    """One account: what it is called, a tag, what that means now, and a button where something can be done.

    `asks`: the values of the accounts that the button begins with.
    """

    store: str
    called: Text | str
    name: str
    kind: str
    tag: Text
    texts: tuple[Text, ...]
    button: Text | None = None
    asks: str = ""


def rows(targets: Sequence[Target], outcomes: Sequence[Outcome], company: str) -> tuple[Row, ...]:
    """A row for every account that was written; none for whoever has proven nothing, and so has no targets."""
    by_key = {target.key: target for target in targets}
    told = [outcome for outcome in outcomes if outcome.account in by_key]
    again = " ".join(by_key[outcome.account].value for outcome in told if _may_be_tried_again(outcome))
    return tuple(_row(outcome, by_key[outcome.account], targets, company, again) for outcome in told)


def _row(outcome: Outcome, target: Target, targets: Sequence[Target], company: str, again: str) -> Row:
    kind, store = outcome.kind, outcome.account.store
    if len(targets) == 1:
        directory = Text("{company}'s directory", company=company)
        return Row(store, target.name, "", kind.value, TAGS[kind], _texts(outcome, directory))
    account = called(target, targets)
    button, asks = _button(outcome, account, target.value, again)
    texts = (*_texts(outcome, account), *taken_over([target]))
    return Row(store, account, target.name, kind.value, TAGS[kind], texts, button, asks)


def _texts(outcome: Outcome, account: Text | str) -> tuple[Text, ...]:
    own_words = outcome.reasons if outcome.reasons != (NO_ANSWER,) else ()
    if own_words and (outcome.kind in (OutcomeKind.SET, OutcomeKind.NOT_SET) or own_words[0] in FINAL):
        return own_words
    return (SENTENCES[outcome.kind].filled(account=account), *own_words)


def _button(outcome: Outcome, account: Text | str, value: str, again: str) -> tuple[Text | None, str]:
    """One that was not asked has no button: it goes along with the one that refused."""
    if not _may_be_tried_again(outcome) or NOT_ASKED in outcome.reasons:
        return None, ""
    if outcome.kind is OutcomeKind.REFUSED:
        return Text("Choose another password"), again
    return Text("Try again for {account}", account=account), value


def _may_be_tried_again(outcome: Outcome) -> bool:
    final = any(reason in FINAL for reason in outcome.reasons)
    return outcome.kind in (OutcomeKind.REFUSED, OutcomeKind.NOT_SET) and not final


def taken_over(targets: Sequence[Target]) -> tuple[Text, ...]:
    """Of directories that were not written to, because they take the password over by themselves."""
    called = dict.fromkeys(mirror for target in targets if target.is_set for mirror in target.mirrors)
    return tuple(Text("{account} accepts the new password within a few minutes.", account=each) for each in called)


def heading(outcomes: Sequence[Outcome]) -> Text | None:
    """The heading counts."""
    done, every = sum(outcome.kind is OutcomeKind.SET for outcome in outcomes), len(outcomes)
    if not outcomes:
        return None
    if not done:
        return Text("No password was changed")
    if every == 1:
        return Text("Your new password is set")
    if every == 2:
        return Text("Both passwords are set") if done == 2 else Text("One of two passwords is set")
    return Text.plural("{n} of {m} passwords is set", "{n} of {m} passwords are set", n=done, m=every)


def again_for(left: timedelta) -> Text:
    """How long the proofs are still good; never more than is true."""
    minutes = words.kept_for(left)
    if not minutes:
        return Text("For a few seconds you can try again without proving who you are.")
    return Text.plural(
        "For the next {n} minute you can try again without proving who you are.",
        "For the next {n} minutes you can try again without proving who you are.",
        n=minutes,
    )


def set_in(stores: Collection[str], outcomes: tuple[Outcome, ...]) -> bool:
    """Whether a password was set in one of these stores."""
    return any(outcome.kind is OutcomeKind.SET and outcome.account.store in stores for outcome in outcomes)


def told_by(known: Subject | None) -> Text | None:
    """By which means the person is told of it: only those the policy uses and the person has."""
    if known is None or not known.policy.notices.on_done:
        return None
    mail = bool(known.person.mails) and "email" in known.policy.notices.media
    phone = bool(known.person.phones) and "sms" in known.policy.notices.media
    if mail and phone:
        return Text("We're also telling you by e-mail and text.")
    if mail:
        return Text("We're also telling you by e-mail.")
    return Text("We're also telling you by text.") if phone else None
