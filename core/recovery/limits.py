"""How much is too much: counts in, Allowed or Wait(until) out. The counting itself is done by the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
EVER = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Quota:
    """So many in a window, then nothing more until the window is over."""

    name: str
    most: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Ladder:
    """Growing waits. Every `free` failures earn the next one; from the last rung on, every single failure earns it."""

    name: str
    free: int
    waits: tuple[timedelta, ...]
    window: timedelta


Limit: TypeAlias = Quota | Ladder


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before then."""

    until: datetime


Decision: TypeAlias = Allowed | Wait


def decide(limit: Limit, count: int, window_start: datetime, locked_until: datetime | None, now: datetime) -> Decision:
    """The verdict on something that was just counted: `count` includes it. A ladder's Wait is to be kept as a lock."""
    if locked_until is not None and locked_until > now:
        return Wait(locked_until)
    if isinstance(limit, Quota):
        return Wait(window_start + limit.window) if count > limit.most else Allowed()
    wait = earned(limit, count)
    return Allowed() if wait is None else Wait(now + wait)


def ahead(limit: Limit, count: int, window_start: datetime, locked_until: datetime | None, now: datetime) -> Decision:
    """Whether one more would be let through, without counting it. A ladder stops only by its lock."""
    if locked_until is not None and locked_until > now:
        return Wait(locked_until)
    over = window_start + limit.window
    if isinstance(limit, Quota) and count >= limit.most and now < over:
        return Wait(over)
    return Allowed()


def earned(ladder: Ladder, count: int) -> timedelta | None:
    """The wait that the failure with this number brings.

    Once the longest wait is reached there are no more free failures: five per quarter of an hour would be 480 guesses a
    day, and the risk that administrators are shown is computed from about a hundred.
    """
    if count < 1:
        return None
    rung, beyond = divmod(count, ladder.free)
    if rung >= len(ladder.waits):
        return ladder.waits[-1]
    return ladder.waits[rung - 1] if beyond == 0 else None


# The defaults. Subjects are a person and a method, or a canonical name and a method where nobody was found, so that
# both run out at the same place; each exists once per lane. No wait is ever longer than fifteen minutes in the
# unknown-browser lane: a stranger who empties it must not keep the owner out for longer.
SUBJECT_MISSES = Ladder(
    "subject-misses",
    free=5,
    waits=(
        timedelta(seconds=30),
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=5),
        timedelta(minutes=15),
    ),
    window=DAY,
)
# Wrong passwords that were sent for one account, by any name, browser and page, so that all of them together stay below
# what locks it. Also where the directory counts none of ours: nobody shall guess here more often than there.
ACCOUNT_PASSWORDS = Quota("account-passwords", most=10, window=HOUR)
# What is known is asked after another proof only, so no stranger can empty this one; and it is the easiest to guess.
KNOWN_MISSES = Ladder("subject-misses", free=5, waits=(DAY,), window=DAY)
# In all, for what was registered at one time: then only registering anew helps.
KNOWN_MISSES_EVER = Ladder("known-misses-ever", free=20, waits=(EVER,), window=EVER)
# Nobody's phone is to be flooded, however slowly.
DESTINATION_SENDS_QUARTER = Quota("destination-sends-quarter", most=3, window=timedelta(minutes=15))
DESTINATION_SENDS_DAY = Quota("destination-sends-day", most=6, window=DAY)
# What may be typed on a phone for one request: a thousand numbers, and no owner needs more than three tries.
PHONE_NUMBERS = Quota("phone-numbers", most=3, window=HOUR)
# A phone that rings is worse than one that shows a text.
DESTINATION_CALLS_DAY = Quota("destination-calls-day", most=3, window=DAY)
# One person's texts and calls together, to whichever of their numbers. By lane, so strangers use up only their own.
PERSON_CODES_DAY = Quota("person-codes-day", most=5, window=DAY)
# One number's texts and calls together, in all lanes and while it is being added. Each lane keeps its own however often
# a stranger asks: four times five, and what adding may send (six texts, three calls), fit into it.
NUMBER_SENDS = Quota("number-sends", most=29, window=DAY)
SOURCE_STARTS = Quota("source-starts", most=300, window=HOUR)
# By a human check that programs pass about as easily as people do. A source's wrong answers count like its starts;
# everybody's budget counts starts alone, or a few sources could empty it with nonsense.
WEAK_SOURCE_TRIES = Quota("weak-source-tries", most=20, window=HOUR)
WEAK_SYSTEM_STARTS = Quota("weak-system-starts", most=1000, window=HOUR)
# Pictures and sounds to draw: each costs as much as twenty or a hundred pages. Three for each try.
SOURCE_DRAWINGS = Quota("source-drawings", most=60, window=HOUR)
SYSTEM_DRAWINGS = Quota("system-drawings", most=3000, window=HOUR)
# Setting out to sign in leaves a row for ten minutes. A whole office may do so after lunch.
SOURCE_SIGN_INS = Quota("source-sign-ins", most=600, window=HOUR)
SYSTEM_SIGN_INS = Quota("system-sign-ins", most=20_000, window=HOUR)
# What somebody signed in may begin to add within the hour.
ADDITIONS = Quota("additions", most=20, window=HOUR)
# Codes that somebody signed in may have sent to addresses of their own choice, whichever these are.
NEW_ADDRESS_SENDS = Quota("new-address-sends", most=10, window=DAY)
# Passwords of another account that somebody signed in may try, whichever account it is.
LINK_TRIES = Quota("link-tries", most=10, window=HOUR)
# And for one account, whoever tries: fewer than the directories that lock accounts allow.
LINK_TRIES_ACCOUNT = Quota("link-tries-account", most=3, window=DAY)
# Names that one agent of the help desk looks up, and callers for whom they start. More is a list being worked off, or
# somebody else at their desk: it stops, and it is loud.
DESK_LOOKS = Quota("desk-looks", most=120, window=HOUR)
DESK_STARTS = Quota("desk-starts", most=20, window=HOUR)
# Callers who are one person, whichever agent they talk into it.
CALLER_STARTS = Quota("caller-starts", most=5, window=DAY)
# Lock-outs that are lifted for one person, by all agents together: each gives whoever guesses all their tries again.
LIFTS = Quota("lifts", most=3, window=DAY)
# People whom one administrator may look at in the simulator: it shows what a person has, by masked ends.
SIMULATIONS = Quota("simulations", most=60, window=HOUR)
SYSTEM_MISSES = Quota("system-misses", most=2000, window=HOUR)
SYSTEM_SENDS = Quota("system-sends", most=5000, window=HOUR)

# How many times harder the human check is for everybody while the system's misses are over their quota.
UNDER_ATTACK = 5
# From so many starts an hour on, a source pays this many times the usual proof of work: about 1, 5 and 20 seconds.
EFFORTS = ((30, 2), (100, 10), (200, 40))


def effort(count: int) -> int:
    """How many times the usual proof of work a source pays that started so often within the hour."""
    return next((times for starts, times in reversed(EFFORTS) if count > starts), 1)
