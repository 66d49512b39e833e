"""What pages say to somebody who came to unlock. Only ever asked once something is proven."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..contracts.store import Outcome, OutcomeKind
from ..contracts.text import Text
from ..recovery.state import Subject
from ..service.tickets import Target
from ..service.writing.write import NO_ANSWER
from . import words
from .outcomes import Row
from .set_it_for import called

UNLOCKED = Text("Your account is unlocked")
TAGS: Mapping[OutcomeKind, Text] = {
    OutcomeKind.SET: Text("Unlocked"),
    OutcomeKind.REFUSED: Text("Still locked"),
    OutcomeKind.NOT_SET: Text("Still locked"),
    OutcomeKind.UNKNOWN: Text("Being checked"),
}
SENTENCES: Mapping[OutcomeKind, Text] = {
    OutcomeKind.SET: Text("Your password is the same as before."),
    OutcomeKind.REFUSED: Text("Your organisation unlocks this account by hand. Call the help desk."),
    OutcomeKind.NOT_SET: Text("{account} didn't confirm it. Nothing was changed there."),
    OutcomeKind.UNKNOWN: Text("{account} took the request but didn't confirm it. This page tells you when we know."),
}


def rows(targets: Sequence[Target], outcomes: Sequence[Outcome], company: str) -> tuple[Row, ...]:
    """A row for every account that was to be unlocked; none for whoever has proven nothing, and so has no targets."""
    by_key = {target.key: target for target in targets}
    return tuple(
        _row(outcome, by_key[outcome.account], targets, company) for outcome in outcomes if outcome.account in by_key
    )


def heading(outcomes: Sequence[Outcome]) -> Text:
    """The heading counts."""
    done, every = sum(outcome.kind is OutcomeKind.SET for outcome in outcomes), len(outcomes)
    if every <= 1:
        return UNLOCKED
    return Text.plural("{n} of {m} accounts is unlocked", "{n} of {m} accounts are unlocked", n=done, m=every)


def locked_ago(known: Subject | None, outcomes: Sequence[Outcome], now: datetime) -> Text | None:
    """Why it was locked, and since when, as far as the directory told when the person was found."""
    done = {outcome.account for outcome in outcomes if outcome.kind is OutcomeKind.SET}
    accounts = known.person.accounts if known else ()
    since = [a.state.locked_since for a in accounts if a.key in done and a.state.locked_since is not None]
    if not since:
        return None
    seconds = max(1, round((now - min(since)).total_seconds()))
    return Text("Too many wrong passwords locked it {time} ago.", time=words.duration(seconds))


def _row(outcome: Outcome, target: Target, targets: Sequence[Target], company: str) -> Row:
    kind, several = outcome.kind, len(targets) > 1
    account = called(target, targets) if several else Text("{company}'s directory", company=company)
    own_words = outcome.reasons if outcome.reasons != (NO_ANSWER,) else ()
    texts = own_words or (SENTENCES[kind].filled(account=account),)
    title, name = (account, target.name) if several else (target.name, "")
    return Row(outcome.account.store, title, name, kind.value, TAGS[kind], texts)
