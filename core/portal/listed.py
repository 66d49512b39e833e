"""What a line of My methods says: its tags, and the sentences below the name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..contracts.text import Text
from ..service.enrolling.my_methods import Mine
from . import dates
from .get_back import HAVE, all_of

# What nobody can pass on to a page that looks alike.
SAFEST = "webauthn"
# Below so many it is time for new ones.
FEW = 3
# A text and a call reach one phone; beside each other they go by what they are.
BESIDE = {**HAVE, "sms": Text("a text message"), "voice": Text("a phone call")}
# How it looks, and its word.
Tag = tuple[str, Text]


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `used_up`: it can't be used any more, and new ones can be made."""

    mine: Mine
    tags: tuple[Tag, ...]
    texts: tuple[Text, ...]
    used_up: bool = False

    @property
    def can_be_default(self) -> bool:
        """Whether there is anything to choose by it."""
        return bool(self.mine.way) and not self.mine.default


def listed(mine: Mine) -> Line:
    """In words."""
    if mine.off:
        return Line(mine, (("refused", Text("Switched off by your organisation")),), (Text("It does not count."),))
    if mine.waits_until:
        counts = Text("Counts from {moment}.", moment=dates.moment(mine.waits_until))
        return Line(mine, (("unknown", Text("Waiting")),), (counts,))
    if mine.unproven:
        return Line(mine, (("unknown", Text("Not confirmed")),), (_since(mine),))
    if mine.left == 0:
        return Line(
            mine, (("refused", Text("Used up")),), (_since(mine), Text("That was your last saved code")), used_up=True
        )
    texts = [_since(mine), *_good_for(mine)]
    if mine.left is not None and mine.left <= FEW:
        texts.insert(1, Text.plural("You have {n} code left.", "You have {n} codes left.", n=mine.left))
    return Line(mine, tuple(_tags(mine)), tuple(texts))


def _tags(mine: Mine) -> Iterator[Tag]:
    if mine.method == SAFEST:
        yield "set", Text("Safest")
    if mine.default:
        yield "set", Text("Default")


def _good_for(mine: Mine) -> Iterator[Text]:
    yield Text("Good as first or second proof.") if mine.first else Text("Good as second proof only.")
    if mine.shares:
        yield Text(
            "Together with {things} it counts once.", things=all_of([BESIDE.get(key, key) for key in mine.shares])
        )


def _since(mine: Mine) -> Text:
    if mine.added is None:
        return Text("From your organisation")
    added = dates.day(mine.added)
    if mine.used is None:
        return Text("Added {day}", day=added)
    return Text("Added {day}, last used {used}", day=added, used=dates.day(mine.used))
