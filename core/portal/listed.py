"""What a line of My methods says: its tags, and the sentences below the name."""

from __future__ import annotations

from dataclasses import dataclass

from ..contracts.text import Text
from ..service.my_methods import Mine
from . import dates

# Below so many it is time for new ones.
FEW = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `used_up`: it can't be used any more, and new ones can be made."""

    mine: Mine
    tags: tuple[Text, ...]
    texts: tuple[Text, ...]
    used_up: bool = False


def listed(mine: Mine) -> Line:
    """In words."""
    if mine.off:
        return Line(mine, (Text("Switched off by your organisation"),), (Text("It does not count."),))
    if mine.waits_until:
        counts = Text("Counts from {moment}.", moment=dates.moment(mine.waits_until))
        return Line(mine, (Text("Waiting"),), (counts,))
    if mine.left == 0:
        return Line(mine, (Text("Used up"),), (_since(mine), Text("That was your last saved code")), used_up=True)
    if mine.left is None or mine.left > FEW:
        return Line(mine, (), (_since(mine),))
    left = Text.plural("You have {n} code left.", "You have {n} codes left.", n=mine.left)
    return Line(mine, (), (_since(mine), left))


def _since(mine: Mine) -> Text:
    if mine.added is None:
        return Text("From your organisation")
    added = dates.day(mine.added)
    if mine.used is None:
        return Text("Added {day}", day=added)
    return Text("Added {day}, last used {used}", day=added, used=dates.day(mine.used))
