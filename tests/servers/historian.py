"""Asks the witnesses of a person's history, once nothing is under way any more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from .event_log import half_done, ledger, recorded
from .history import HEALED, History, Told, violations
from .persistent import Persistent
from .slapd import PASSWORD, Slapd
from .story import wait_until

# How a notice begins, in a mail's subject and in a text, and which event it is about.
ABOUT = {
    "Somebody started a password reset": "proof.given",
    "Your new password is set": "password.set",
    "Somebody gave a proof": "proof.given",
    r"Your .* password was reset at": "password.set",
}


def assert_true(slapd: Slapd, browsers: Sequence[Persistent], *, faults: Sequence[float] = ()) -> None:
    """Nobody at these browsers was told a lie, and nothing is lost, doubled, unrecorded or stuck."""
    keyback = browsers[0].story.keyback
    wait_until(lambda: not half_done(keyback), "what is half done to be settled", HEALED)
    chain = keyback.command("audit", "verify")
    # Somebody may have been at two browsers.
    people = [[one for one in browsers if one.dn == dn] for dn in {one.dn: None for one in browsers}]
    wrong = [problem for person in people for problem in violations(_history(slapd, person, faults, chain))]
    assert not wrong, "\n".join([*wrong, *(f"{one.story.name}: {one.troubles}" for one in browsers if one.troubles)])


def _history(slapd: Slapd, browsers: Sequence[Persistent], faults: Sequence[float], chain: str) -> History:
    story, dn = browsers[0].story, browsers[0].dn
    recoveries = [recovery for one in browsers for recovery in one.recoveries]
    tried = {PASSWORD: None, **{password: None for one in browsers for password in one.every_password}}
    return History(
        name=story.name,
        told=sorted((told for one in browsers for told in _told(one)), key=lambda told: told.at),
        spent=tuple(spent for one in browsers for spent in one.spent),
        opens=frozenset(password for password in tried if _opens(slapd, dn, password)),
        old=PASSWORD,
        writes=slapd.writes(dn),
        events={one: recorded(story.keyback, one) for one in recoveries},
        ledger={one: ledger(story.keyback, one) for one in recoveries},
        arrived={
            "mail": _arrived(story.post.mails(story.mail)),
            "text": _arrived(story.post.texts_to(story.phone)),
        },
        faults=tuple(faults),
        chain=chain,
        half_done=tuple(half_done(story.keyback)),
    )


def _opens(slapd: Slapd, dn: str, password: str) -> bool:
    # Five wrong ones would lock the right one out.
    slapd.mark(dn, pwdAccountLockedTime=None, pwdFailureTime=None)
    return slapd.bind(dn, password)[0] == 0


def _told(person: Persistent) -> Iterator[Told]:
    """What each page said that showed where one of the person's recoveries stands."""
    for page in person.story.browser.history:
        of, stage = page.url.partition("?")[0].rpartition("/")[2], page.stage
        if of in person.recoveries and stage:
            wishes = [wish.password for wish in person.wishes if wish.recovery == of and wish.at <= page.at]
            yield Told(page.at, of, stage, wishes[-1] if wishes else "")


def _arrived(words: Sequence[str]) -> Counter[str]:
    return Counter(event for said in words for start, event in ABOUT.items() if re.match(start, said))
