"""What is wrong with rules, what changed in them and how likely they are guessed, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from ..core.contracts.text import Text
from ..core.recovery.flaws import Fault, Flaw
from ..core.recovery.weaker import Weaker, Weakness
from ..core.service.ruling.policy_desk import Counted

FAULTS: Mapping[Fault, Text] = {
    Fault.REQUIRED_OFF: Text("Required, but switched off: {names}. Switch it on first, or make it optional."),
    Fault.NO_PROOF: Text("At least one proof is needed."),
    Fault.TOO_FEW: Text(
        "More proofs are needed ({n}) than there are different things that the methods which are on ride on ({m})."
    ),
    Fault.SHOWN_TOO_EARLY: Text("These may not come first, because their page depends on the person: {names}."),
    Fault.NONE_COMES_FIRST: Text("None of these methods may come first, so nobody could begin."),
    Fault.NONE_SHOWN: Text("The first page shows none of these methods, so nobody could begin."),
    Fault.SHORT_ALONE: Text("Passwords under 15 characters need two proofs."),
    Fault.LENGTHS: Text("{n} characters at least, and as many as {m} must be allowed."),
    Fault.BANNED_WORDS: Text("A word has 4 to 16 characters, and there are at most 1,000 words."),
    Fault.LESS_THAN_NOTHING: Text("This can't be less than nothing."),
    Fault.UNASKED: Text("0 to {n} days."),
    Fault.COOL_DOWN: Text("0 to {n} days."),
    Fault.KNOWN_ALONE: Text("What is only known can be guessed or looked up. It needs a second proof: {names}."),
    Fault.KNOWN_FOR_PRIVILEGED: Text("What is only known proves nothing for administrators of a directory: {names}."),
    Fault.NO_PURPOSE: Text("People must be able to come for something."),
    Fault.UNHEARD: Text("People must be told when their password was set: choose how."),
    Fault.NAME: Text("A name has 1 to {n} characters."),
    Fault.SAME_NAME: Text("Another policy has this name."),
    Fault.NOT_FOR_ALL: Text("The last policy must be for everybody."),
    Fault.UNREACHED: Text("These would never be reached, because everybody fits the policy above them: {names}."),
    Fault.SHOWS_NOTHING: Text("The first page must show a method that is on."),
    Fault.LIFETIME: Text("A try lasts {n} to {m} minutes, and nobody may be idle for longer than that."),
    Fault.MOMENTS: Text("{n} to {m} seconds."),
    Fault.PER_TRY: Text("{n} to {m}."),
    Fault.WAITS: Text("Waits grow, from 30 seconds to 15 minutes, and there is at least one."),
    Fault.NO_WHY: Text("Say why, in a line of at most {n} characters."),
    Fault.NO_CANARY: Text(
        "Directory {names} needs an account that is read for unknown names: [canaries] in keyback.toml."
    ),
    Fault.FEW_SHAPES: Text(
        "Made-up ends are drawn from too few people ({n} of {m}). Run `keyback decoys freeze` first."
    ),
}
WEAKNESSES: Mapping[Weakness, Text] = {
    Weakness.SINGLE: Text("{policy}: one thing alone would be enough to get in."),
    Weakness.PRIVILEGED: Text("{policy}: administrators of a directory would be let in."),
    Weakness.GROUP_LET_IN: Text("{policy}: a group that is left out today could be let in."),
}


def of_flaw(flaw: Flaw, labels: Mapping[str, Text]) -> Text:
    """What is wrong, with methods called by their labels."""
    said = FAULTS[flaw.fault].filled(names=_listed(flaw.names, labels), n=flaw.n, m=flaw.m)
    return Text("{policy}: {said}", policy=flaw.policy, said=said) if flaw.policy else said


def of_weaker(weaker: Weaker) -> Text:
    """Why a second administrator must agree."""
    return WEAKNESSES[weaker.weakness].filled(policy=weaker.policy)


def of_counted(counted: Counted, labels: Mapping[str, Text]) -> Text:
    """For what somebody answers with their organisation's name."""
    method = labels.get(counted.method, counted.method)
    return Text("{policy}: {method} would open more than before.", policy=counted.policy, method=method)


def about(weaker: Sequence[Weaker]) -> Text:
    """What a second administrator is asked to agree to, in one line."""
    said, *others = map(of_weaker, weaker)
    for one in others:
        said = Text("{one} {other}", one=said, other=one)
    return said


def _listed(names: tuple[str, ...], labels: Mapping[str, Text]) -> Text | str:
    if not names:
        return ""
    first, *others = names
    said: Text | str = labels.get(first, first)
    for name in others:
        said = Text("{one}, {other}", one=said, other=labels.get(name, name))
    return said


def of_risk(risk: float, accounts: int) -> Text:
    """The guessing risk of one policy: of so many accounts one falls in a year, 0 for none."""
    if not accounts:
        return Text("No account falls to guessing at these limits.")
    if accounts >= 1_000_000_000:
        return Text("Less than 1 account in a billion per year at these limits, if somebody tries every day.")
    if risk >= 1:
        return Text("Every account may fall within a year at these limits, if somebody tries every day.")
    return Text("1 account in {n} per year at these limits, if somebody tries every day.", n=_counted(accounts))


def _counted(accounts: int) -> Text | str:
    if accounts >= 1_000_000:
        return Text.plural("a million", "{n} million", n=accounts // 1_000_000)
    return Text("{n} thousand", n=accounts // 1000) if accounts >= 10_000 else str(accounts)


def of_span(span: timedelta) -> Text:
    """How long, in the largest unit that it has whole."""
    seconds = int(span.total_seconds())
    if seconds and seconds % 86400 == 0:
        return Text.plural("{n} day", "{n} days", n=seconds // 86400)
    if seconds and seconds % 3600 == 0:
        return Text.plural("{n} hour", "{n} hours", n=seconds // 3600)
    if seconds and seconds % 60 == 0:
        return Text.plural("{n} minute", "{n} minutes", n=seconds // 60)
    return Text.plural("{n} second", "{n} seconds", n=seconds)
