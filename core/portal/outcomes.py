"""What a page says of each account's password. Only ever asked once something is proven."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..contracts.store import Outcome, OutcomeKind
from ..contracts.text import Text
from ..recovery.state import Subject

TAGS: Mapping[OutcomeKind, Text] = {
    OutcomeKind.SET: Text("Set"),
    OutcomeKind.REFUSED: Text("Refused"),
    OutcomeKind.NOT_SET: Text("Not set"),
    OutcomeKind.UNKNOWN: Text("Being checked"),
}
SENTENCES: Mapping[OutcomeKind, Text] = {
    OutcomeKind.SET: Text("The new password works now."),
    OutcomeKind.REFUSED: Text("{company}'s directory refused it. Choose another password."),
    OutcomeKind.NOT_SET: Text(
        "{company}'s directory didn't answer. Nothing was changed there, and your old password still works."
    ),
    OutcomeKind.UNKNOWN: Text(
        "{company}'s directory took the request but didn't confirm it. Try the new password first, then the old one. "
        "This page tells you when we know."
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One account: its sign-in name, a tag, and what that means now."""

    store: str
    name: str
    kind: str
    tag: Text
    text: Text
    reasons: tuple[Text, ...]


def rows(known: Subject | None, outcomes: tuple[Outcome, ...], company: str) -> tuple[Row, ...]:
    """A row for every account that was written; none for whoever has proven nothing."""
    if known is None:
        return ()
    names = {account.key: account.name for account in known.person.accounts}
    return tuple(
        Row(
            outcome.account.store,
            names.get(outcome.account, ""),
            outcome.kind.value,
            TAGS[outcome.kind],
            SENTENCES[outcome.kind].filled(company=company),
            outcome.reasons,
        )
        for outcome in outcomes
    )


def heading(outcomes: tuple[Outcome, ...]) -> Text | None:
    """The heading counts."""
    done = sum(outcome.kind is OutcomeKind.SET for outcome in outcomes)
    if not outcomes:
        return None
    if not done:
        return Text("No password was changed")
    return Text.plural("{n} of {m} passwords is set", "{n} of {m} passwords are set", n=done, m=len(outcomes))


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
