"""Where somebody stands who is adding something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..contracts.channel import Message
from ..contracts.method import Challenge


@dataclass(frozen=True, slots=True)
class Posted:
    """What was sent for it, in which language, and the name by which we know it when a carrier tells us of it."""

    message: Message
    language: str
    name: str


@dataclass(frozen=True, slots=True)
class Begun:
    """What is asked now. Once something was sent: when, and the step before it with its answer, to be asked again.

    `undelivered`: the carrier refused what was posted last. `instead_of`: which of theirs it shall take the place of.
    """

    challenge: Challenge
    before: Challenge | None = None
    answer: Mapping[str, str] = field(default_factory=dict, repr=False)
    sent: tuple[datetime, ...] = ()
    posted: Posted | None = None
    undelivered: bool = False
    instead_of: str = ""
