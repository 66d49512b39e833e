"""What a name that nobody has seems to have: ends and methods that cannot be told from a real person's.

A decoy has a *shape*, the whole tuple of one real person's offers: methods drawn one by one make combinations that no
real person has. It follows from the name and a key that never rotates, so every process shows the same one, for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from math import log
from typing import NamedTuple, Protocol, TypeAlias

from ..contracts.masking import PHONE, is_masked_phone

# Fewer would be recognised again: a colleague knows who has which shape.
FEWEST_PEOPLE = 50
# Steps are counted from here. Another day would give everybody a new decoy at once.
ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
# How long a real person keeps a number or an address, on average.
USUAL_CHANGE = timedelta(days=900)


class Draw(Protocol):
    """A keyed digest of some words; equal words give equal bytes."""

    def __call__(self, *words: str) -> bytes: ...


class Seen(NamedTuple):
    """What one offer shows: its method, and its masked end if it has one."""

    method: str
    end: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One offer of a shape. `end` is without what is drawn: a number's digits, an address's first letter.

    `which` counts the different ends, so that a text and a call to one number stay one number.
    """

    method: str
    end: str = ""
    own_letter: bool = False
    which: int = 0


Shape: TypeAlias = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Shapes:
    """The enrolled population at one moment: how many people have which shape, and with which letters mail begins."""

    counted: tuple[tuple[Shape, int], ...]
    letters: str = ""
    change_every: timedelta = USUAL_CHANGE

    @property
    def people(self) -> int:
        """How many had anything to offer."""
        return sum(count for _, count in self.counted)

    def only(self, methods: Sequence[str]) -> Shapes:
        """The same people where these methods alone are shown, in this order."""
        counted: Counter[Shape] = Counter()
        for shape, count in self.counted:
            left = tuple(part for method in methods for part in shape if part.method == method)
            counted[left] += count
        del counted[()]
        return replace(self, counted=tuple(sorted(counted.items())))


def freeze(people: Iterable[tuple[str, Sequence[Seen]]], change_every: timedelta = USUAL_CHANGE) -> Shapes:
    """The shapes of these people, each given by name and what their offers show. Those without offers have none."""
    counted: Counter[Shape] = Counter()
    letters = ""
    for name, seen in people:
        if seen:
            shape = shape_of(name, seen)
            counted[shape] += 1
            pairs = zip(seen, shape, strict=True)
            letters += "".join({one.end[0] for one, part in pairs if _is_mail(part) and not part.own_letter})
    # Sorted: the order of the list must not say whose letter or shape it was.
    return Shapes(tuple(sorted(counted.items())), "".join(sorted(letters)), change_every)


def shape_of(name: str, seen: Sequence[Seen]) -> Shape:
    """The shape of what a person's offers show."""
    different = list(dict.fromkeys(one.end for one in seen))
    return tuple(_part(name, one, different.index(one.end)) for one in seen)


def decoy(shapes: Shapes, draw: Draw, name: str, now: datetime) -> tuple[Seen, ...]:
    """What a name that nobody has seems to have at this time. `name` must be canonical."""

    def end(part: Part) -> str:
        which = str(part.which)
        if part.end == PHONE:
            turn = _steps(shapes, draw, now, name, "digits", which)
            return f"{PHONE}{int(_fraction(draw, name, 'digits', which, str(turn)) * 100):02}"
        return _letter(shapes, draw, name, part) + part.end if _is_mail(part) else ""

    return tuple(Seen(part.method, end(part)) for part in _shape(shapes, draw, name, now))


def _part(name: str, seen: Seen, which: int) -> Part:
    if not seen.end:
        return Part(seen.method)
    if is_masked_phone(seen.end):
        return Part(seen.method, PHONE, which=which)
    return Part(seen.method, seen.end[1:], seen.end[0] == name[:1], which)


def _is_mail(part: Part) -> bool:
    return part.end not in ("", PHONE)


def _letter(shapes: Shapes, draw: Draw, name: str, part: Part) -> str:
    others = shapes.letters.replace(name[0], "")
    if part.own_letter or not others:
        return name[0]
    return others[int(_fraction(draw, name, "letter", str(part.which)) * len(others))]


def _shape(shapes: Shapes, draw: Draw, name: str, now: datetime) -> Shape:
    """Real people change one thing at a time, so a step leads only to a shape that differs in one part.

    Both directions of such a step are equally likely, which keeps each shape as frequent as it is among real people.
    """
    shape = _drawn(shapes, draw, name, 0)
    for step in range(1, _steps(shapes, draw, now, name, "shape") + 1):
        other = _drawn(shapes, draw, name, step)
        if _one_part_apart(shape, other):
            shape = other
    return shape


def _drawn(shapes: Shapes, draw: Draw, name: str, step: int) -> Shape:
    """By a race in which a shape that is twice as frequent wins twice as often.

    Each shape runs by itself: when the table is frozen anew, only those names change whose winner did.
    """

    seed = draw(name, "shape", str(step))

    def lap(counted: tuple[Shape, int]) -> float:
        shape, count = counted
        words = ",".join(f"{part.method} {part.end} {part.own_letter} {part.which}" for part in shape)
        return -log(1 - _between(blake2b(words.encode(), key=seed).digest())) / count

    return min(shapes.counted, key=lap)[0]


def _steps(shapes: Shapes, draw: Draw, now: datetime, *words: str) -> int:
    """How often this has changed until now: once in each span, at a moment of it that only the key knows."""
    span, into = divmod(now - ORIGIN, shapes.change_every)
    return span + (into >= shapes.change_every * _fraction(draw, *words, "moment", str(span)))


def _one_part_apart(one: Shape, other: Shape) -> bool:
    lost, gained = Counter(one) - Counter(other), Counter(other) - Counter(one)
    return lost.total() <= 1 and gained.total() <= 1 and one != other


def _fraction(draw: Draw, *words: str) -> float:
    return _between(draw(*words))


def _between(digest: bytes) -> float:
    """Between 0 and 1, never 1."""
    return int.from_bytes(digest[:6]) / 2**48
