"""What the company's identity provider is asked, and what it answers. `idp_bridge.sign_in` asks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ...contracts.errors import NotAllowed, StoreUnavailable
from ...contracts.text import Text
from ...db.sign_ins import Departure

__all__ = ["CompanyIdp", "Departure", "SignInRefused", "SignInUnavailable", "SignedOut", "Vouched"]


class SignInUnavailable(StoreUnavailable):
    """The identity provider does not answer, or not so that anybody could sign in. `why` is for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the identity provider cannot be used: {why}")
        self.why = why


class SignInRefused(NotAllowed):
    """What came back vouches for nobody whom we may let in. `why` is a word of ours, for the log and the events."""

    def __init__(self, why: str, reason: Text | None = None) -> None:
        super().__init__(reason or Text("Try again, or call the help desk."))
        self.why = why


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom it vouches for. `name`: what our store knows them by; `at`: when they proved who they are, there."""

    issuer: str
    subject: str = field(repr=False)
    name: str = field(repr=False)
    at: datetime
    id_token: str = field(repr=False)
    sid: str = field(default="", repr=False)
    # Where the claim of groups is asked for: their names, letter by letter.
    groups: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class SignedOut:
    """What the identity provider says is over: one session of its own, or everything of a subject. `once` names it."""

    issuer: str
    subject: str = field(repr=False)
    sid: str = field(repr=False)
    once: str
    good_until: datetime


class CompanyIdp(Protocol):
    """The company's own sign-in. Raises SignInUnavailable or SignInRefused, and nothing else."""

    def address_for(self, departure: Departure, language: str) -> str:
        """Where the browser is sent, with what must come back."""

    def vouch(self, answer: Mapping[str, str], departure: Departure, now: datetime) -> Vouched:
        """Whom the answer that a browser brought back vouches for."""

    def way_out(self, id_token: str) -> str:
        """Where somebody signs out there too; empty where that is not possible."""

    def told(self, logout_token: str, now: datetime) -> SignedOut:
        """What a logout token of the identity provider says."""

    def check(self) -> None:
        """Raise SignInUnavailable if nobody could sign in now."""
