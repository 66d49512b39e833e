"""Every field of a policy that a page may change, in the order in which the page shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from wtforms import BooleanField
from wtforms.fields.core import UnboundField

from ..core.contracts.text import Text
from ..core.recovery.flaws import LEAST_LONGEST, LONGEST_NAME
from ..core.recovery.passwords import CAP, FLOOR
from ..core.recovery.policy import Purpose
from .forms import needed
from .rule_inputs import Lines, Span, Ticks, Whole, Word

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One field of the rules, by its path, and how it is asked for. `make` turns what was read into what is kept."""

    path: str
    field: UnboundField[Any]
    make: Callable[[Any], Any] = lambda data: data

    @property
    def name(self) -> str:
        """What the form calls it."""
        return self.path.replace(".", "__")


@dataclass(frozen=True, slots=True)
class Section:
    """A panel of the page."""

    heading: Text
    rows: tuple[Row, ...]
    hint: Text | None = None


PURPOSES: Mapping[Purpose, Text] = {
    Purpose.RESET: Text("Reset a password"),
    Purpose.UNLOCK: Text("Unlock an account"),
}
MEDIA: Mapping[str, Text] = {"email": Text("E-mail"), "sms": Text("Text message")}
NAME = Row("name", Word(Text("Name"), validators=[needed(Text("Type a name."))], longest=LONGEST_NAME))


def _purposes(chosen: list[str]) -> frozenset[Purpose]:
    return frozenset(map(Purpose, chosen))


def sections(stores: Mapping[str, object], *, for_all: bool) -> tuple[Section, ...]:
    """The panels, besides the one of the proofs. `for_all`: the last policy, whose audience is everybody."""
    return (*(() if for_all else (_audience(stores),)), _WHAT_FOR, _PASSWORD, _NOTICES, _ASKING, _SCOPE)


def _audience(stores: Mapping[str, object]) -> Section:
    return Section(
        Text("Audience"),
        (
            Row("audience.stores", Ticks(Text("Directories"), choices=stores), frozenset),
            Row(
                "audience.groups",
                Lines(
                    Text("Groups"),
                    description=Text("One a line, as the directory names them. Whoever is in any of them."),
                ),
                frozenset,
            ),
        ),
        Text("Nothing chosen means everybody. The first policy that fits somebody is theirs."),
    )


_WHAT_FOR = Section(
    Text("What people may come for"),
    (
        Row(
            "purposes",
            Ticks(Text("They may"), choices=PURPOSES),
            _purposes,
        ),
        Row("unlock_on_reset", BooleanField(Text("A new password also unlocks the account"))),
    ),
)
_PASSWORD = Section(
    Text("New passwords"),
    (
        Row("password.min_length", Whole(Text("Characters at least"), low=FLOOR, high=CAP)),
        Row(
            "password.directory_floor",
            Whole(
                Text("Characters at least where the directory rules the length"),
                low=FLOOR,
                high=CAP,
                description=Text("Then the directory's own number counts, and never fewer than this."),
            ),
        ),
        Row("password.max_length", Whole(Text("Characters at most"), low=LEAST_LONGEST, high=CAP)),
        Row("password.forbid_name_parts", BooleanField(Text("Not their own name"))),
        Row("password.forbid_breached", BooleanField(Text("Not one from a known data leak"))),
        Row(
            "password.banned_words",
            Lines(Text("Words worth next to nothing"), description=Text("One a line, 4 to 16 characters.")),
        ),
    ),
)
_NOTICES = Section(
    Text("Notices"),
    (
        Row("notices.on_start", BooleanField(Text("Tell people when somebody begins with one of their proofs"))),
        Row("notices.media", Ticks(Text("By"), choices=MEDIA), frozenset),
    ),
    Text("Whoever gets a new password is always told, on every address that we know."),
)
_ASKING = Section(
    Text("Setting up methods"),
    (
        Row(
            "enrolment.methods_needed",
            Whole(
                Text("Kinds of proof people are asked to set up"),
                low=0,
                high=5,
                description=Text("They are asked after a sign-in. 0: nobody is asked."),
            ),
        ),
        Row("enrolment.later_allowed", Whole(Text('How often they may say "Later"'), low=0, high=100)),
        Row("enrolment.later_for", Span(Text('Days in which they may say "Later"'), unit=DAY, low=0, high=365)),
        Row(
            "enrolment.confirm_again_after",
            Span(
                Text("Days until they are asked whether it is still right"),
                unit=DAY,
                low=0,
                high=730,
                description=Text("0: never."),
            ),
        ),
        Row(
            "cool_down",
            Span(
                Text("Hours until a new method or a changed number counts"),
                unit=HOUR,
                low=0,
                high=720,
                description=Text("In that time its owner can read the notices and say that it wasn't them."),
            ),
        ),
    ),
)
_SCOPE = Section(
    Text("Who is left out"),
    (
        Row("scope.privileged", BooleanField(Text("Let administrators of a directory in"))),
        Row("scope.disabled", BooleanField(Text("Let disabled accounts in"))),
        Row("scope.expired", BooleanField(Text("Let expired accounts in"))),
        Row(
            "scope.forbidden_groups",
            Lines(Text("Groups that are left out"), description=Text("One a line, as the directory names them.")),
            frozenset,
        ),
    ),
    Text("Whoever is left out is nobody to the outside; the records say why."),
)
