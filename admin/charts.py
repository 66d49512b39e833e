"""Charts as numbers of pixels: bars over days. What they show stands beside them in words and in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, TOP, FOOT = 720, 224, 44, 16, 36
# A digit of the scale where the style makes it largest, and what stands between it and the bars.
DIGIT, GAP = 16, 8
# Where it stands beside something else, and the last day must be seen without scrolling: on a phone it is drawn at half
# this width, with words twice as large.
SMALL = 480
MOST_LABELS = 14


@dataclass(frozen=True, slots=True)
class Piece:
    """One rectangle. `series`: which colour it has."""

    series: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Words at an axis, and where."""

    words: str
    at: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacked bars with a scale."""

    pieces: tuple[Piece, ...]
    scale: tuple[Mark, ...]
    below: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def bars(names: Sequence[str], stacks: Sequence[Sequence[int]], width: int = WIDTH) -> Chart:
    """One bar for each name, of as many parts as `stacks` has numbers for it; two pixels between the parts."""
    top = _top(max((sum(stack) for stack in stacks), default=0))
    left = max(LEFT, len(str(top)) * DIGIT + GAP)
    room, floor = (width - left) / max(1, len(names)), HEIGHT - FOOT
    pieces = []
    for number, stack in enumerate(stacks):
        x, y = left + number * room + room * 0.15, float(floor)
        for series, value in zip(("one", "two", "three", "four"), stack, strict=False):
            # Once among millions is still to be seen.
            height = max(1, value / top * (floor - TOP))
            if value:
                pieces.append(Piece(series, _round(x), _round(y - height), _round(room * 0.7), _round(height)))
                y -= height + 2
    step = max(1, -(-len(names) // MOST_LABELS))
    below = [Mark(name, _round(left + (number + 0.5) * room)) for number, name in enumerate(names)][::step]
    scale = [Mark(str(top * part // 4), _round(floor - part / 4 * (floor - TOP))) for part in range(5)]
    return Chart(tuple(pieces), tuple(scale), tuple(below), width, left=left)


def _top(most: int) -> int:
    """The next number above that four steps divide evenly and people read easily."""
    top = 4
    for factor in (2, 2.5, 2) * 8:
        if top >= most:
            break
        top = int(top * factor)
    return top - top % 4


def _round(value: float) -> float:
    return round(value, 1)
