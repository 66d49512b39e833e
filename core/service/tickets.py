"""What pages hold and what they get back."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..contracts.masking import spoken
from ..contracts.method import Field
from ..contracts.people import AccountKey
from ..contracts.text import Text
from ..recovery.state import Recovery


@dataclass(frozen=True, slots=True)
class Ticket:
    """Which recovery a browser holds; `key` is the cookie's secret and is renewed after every proof.

    `language`: how the page speaks from which the person moves, so that messages speak alike. `seen`: the recovery as
    this request has just looked at it; a move is tried on that first.
    """

    recovery_id: str
    key: str = field(repr=False)
    language: str = field(default="", compare=False)
    seen: Recovery | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of "How will you prove it's you?". `value` names it in the form and says nothing else."""

    value: str
    method: str
    label: Text
    summary: Text
    destination: Field | None = None

    @property
    def heard(self) -> Text:
        """The summary for the ear, without the dots of a masked end."""
        return spoken(self.summary)


@dataclass(frozen=True, slots=True)
class Target:
    """One account of the person, as a page shows it. `value` names it in the form and says nothing else."""

    value: str
    key: AccountKey
    called: Text | str
    name: str = field(repr=False)
    is_set: bool = False
    # What directories are called that take its password over by themselves, a little later.
    mirrors: tuple[Text | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an answer. `reason`: "", "wrong", "expired", or "not-yet" when nothing was judged or counted.

    Where the answer comes by another way: "not-heard" while there is none, "declined" when it was no.
    """

    recovery: Recovery
    ticket: Ticket
    reason: str = ""
