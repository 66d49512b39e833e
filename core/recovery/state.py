"""What a recovery is: where it stands, whose it is, and what was proven."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ..contracts.method import Challenge, Offer
from ..contracts.people import Account, AccountKey, Person
from ..contracts.store import DirectoryRules, Outcome
from .policy import Policy, Proof, PublicRules, Purpose


class Stage(StrEnum):
    """What we wait for."""

    CHOOSING = "choosing"
    ANSWERING = "answering"
    RENEWING = "renewing"
    WRITING = "writing"
    UNSETTLED = "unsettled"
    DONE = "done"
    CLOSED = "closed"


OPEN = frozenset({Stage.CHOOSING, Stage.ANSWERING, Stage.RENEWING})


class Lane(StrEnum):
    """Which budget pays for wrong answers: strangers can only empty the first."""

    UNKNOWN_BROWSER = "unknown-browser"
    KNOWN_BROWSER = "known-browser"
    # An agent of the help desk started it and is on the telephone with whoever typed their code.
    HELP_DESK = "help-desk"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a recovery is for, the policy as it was when they were found, and their offers."""

    person: Person
    policy: Policy
    offers: tuple[Offer, ...]
    lane: Lane = Lane.UNKNOWN_BROWSER
    directory: DirectoryRules = DirectoryRules()
    # Linked accounts whose stores have not answered yet: nothing of them is known, so none of them is written.
    unseen: tuple[AccountKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Pick:
    """The method that was picked, and its challenge. `offer` is empty before the first proof."""

    method: str
    challenge_id: str
    challenge: Challenge
    at: datetime
    offer: str = ""
    destination: str = field(default="", repr=False)
    tries: int = 0

    @property
    def expires_at(self) -> datetime:
        """When its challenge stops being good."""
        return self.at + self.challenge.lifetime


@dataclass(frozen=True, slots=True)
class Sent:
    """One send of this recovery, whether or not anybody got it."""

    method: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Recovery:
    """One attempt to get back in."""

    id: str
    purpose: Purpose
    stage: Stage
    name: str = field(repr=False)
    rules: PublicRules
    started_at: datetime
    expires_at: datetime
    moved_at: datetime
    entry: str = ""
    return_to: str = ""
    # How its messages speak: as the page did from which the person moved last. Never taken from the directory (P4).
    language: str = ""
    browser: str = field(default="", repr=False)
    # What an agent of the help desk read out to whoever began it; empty for everybody who came without one.
    desk_code: str = field(default="", repr=False)
    turn: int = 1
    version: int = 1
    found: bool = False
    found_at: datetime | None = None
    # In `masked`, what is offered before the first proof: the person's own, or decoys. Decided once, so that nothing
    # that changes meanwhile shows.
    shown: tuple[Offer, ...] = field(default=(), repr=False)
    # Which stores are asked for the name, and what those said that answered before the last one did.
    asked: tuple[str, ...] = ()
    answers: tuple[tuple[str, Account | None], ...] = field(default=(), repr=False)
    subject: Subject | None = None
    # Somebody made up, until there is a subject: what is opened and saved with every page weighs the same (P4).
    stand_in: Subject | None = None
    pick: Pick | None = None
    sent: tuple[Sent, ...] = ()
    # The method of each wrong answer: another code does not make them undone (NIST SP 800-63B-4, 3.1.3.2).
    missed: tuple[str, ...] = ()
    used_up: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()
    extended: bool = False
    # It can prove nothing any more, and looks as if it could (see Superseded).
    void: bool = False
    intents: tuple[Account, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    closed_because: str = ""

    @property
    def deadline(self) -> datetime:
        """When it closes if nobody moves."""
        return min(self.expires_at, self.moved_at + self.rules.idle)

    @property
    def is_open(self) -> bool:
        """Whether the person can still move it."""
        return self.stage in OPEN
