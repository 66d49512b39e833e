"""What one process counted, timed and measured. Adding a number costs a microsecond; nothing is written anywhere."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import TypeAlias

from .figures import BUCKETS, Figure

# The name of a series, the values of its labels, and for times which bucket, "sum" or nothing.
Series: TypeAlias = tuple[str, tuple[str, ...], str]
Numbers: TypeAlias = dict[Series, float]
Reading: TypeAlias = tuple[Figure, tuple[str, ...], float]

_EDGES = (*(f"{edge:g}" for edge in BUCKETS), "+Inf")


class Meter:
    """Numbers that only grow, and questions that are asked when somebody reads them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._totals: Numbers = {}
        self._questions: list[Callable[[], Iterable[Reading]]] = []

    def count(self, figure: Figure, *labels: str) -> None:
        """One more."""
        with self._lock:
            self._add((figure.name, labels, ""), 1.0)

    def time(self, figure: Figure, seconds: float, *labels: str) -> None:
        """One more that took so long."""
        edge = _EDGES[bisect_left(BUCKETS, seconds)]
        with self._lock:
            self._add((figure.name, labels, edge), 1.0)
            self._add((figure.name, labels, "sum"), seconds)

    def ask(self, question: Callable[[], Iterable[Reading]]) -> None:
        """Have this measured whenever the numbers are read."""
        self._questions.append(question)

    def go_on_from(self, totals: Mapping[Series, float]) -> None:
        """Count on where another process ended, so that no total ever falls."""
        with self._lock:
            for series, value in totals.items():
                self._add(series, value)

    @property
    def totals(self) -> Numbers:
        """What was counted and timed."""
        with self._lock:
            return dict(self._totals)

    @property
    def measured(self) -> Numbers:
        """What the questions say now."""
        readings = [reading for question in self._questions for reading in question()]
        return {(figure.name, labels, ""): value for figure, labels, value in readings}

    def _add(self, series: Series, value: float) -> None:
        self._totals[series] = self._totals.get(series, 0.0) + value


def together(several: Iterable[Mapping[Series, float]]) -> Numbers:
    """The sum of what several processes say."""
    sums: Numbers = {}
    for numbers in several:
        for series, value in numbers.items():
            sums[series] = sums.get(series, 0.0) + value
    return sums


def prometheus(figures: Iterable[Figure], numbers: Mapping[Series, float]) -> str:
    """The numbers in Prometheus' text format. A figure nobody has counted yet is named all the same."""
    by_name: dict[str, list[tuple[tuple[str, ...], str, float]]] = {}
    for (name, labels, part), value in sorted(numbers.items()):
        by_name.setdefault(name, []).append((labels, part, value))
    lines: list[str] = []
    for figure in figures:
        lines += [f"# HELP {figure.name} {figure.meaning}.", f"# TYPE {figure.name} {figure.kind}"]
        rows = by_name.get(figure.name, [])
        lines += _histogram(figure, rows) if figure.kind == "histogram" else [_line(figure, *row) for row in rows]
    return "\n".join(lines) + "\n"


def _histogram(figure: Figure, rows: list[tuple[tuple[str, ...], str, float]]) -> Iterable[str]:
    for labels in dict.fromkeys(labels for labels, _, _ in rows):
        parts = {part: value for its, part, value in rows if its == labels}
        so_far = 0.0
        for edge in _EDGES:
            so_far += parts.get(edge, 0.0)
            yield _written(f"{figure.name}_bucket", (*figure.labels, "le"), (*labels, edge), so_far)
        yield _written(f"{figure.name}_sum", figure.labels, labels, parts["sum"])
        yield _written(f"{figure.name}_count", figure.labels, labels, so_far)


def _line(figure: Figure, labels: tuple[str, ...], _part: str, value: float) -> str:
    return _written(figure.name, figure.labels, labels, value)


def _written(name: str, labels: tuple[str, ...], values: tuple[str, ...], number: float) -> str:
    said = ",".join(f'{label}="{_quoted(value)}"' for label, value in zip(labels, values, strict=True))
    return f"{name}{{{said}}} {number:.12g}" if said else f"{name} {number:.12g}"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
