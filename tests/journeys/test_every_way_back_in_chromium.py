"""What a visitor of the demo does who wants to see everything: adds every method, and comes back by each in turn."""

from __future__ import annotations

from pathlib import Path

from servers.colleague import Colleague
from servers.demo import Visitor, joins
from servers.ways import Way
from servers.ways_outside import WAYS


def test_somebody_adds_every_method_and_comes_back_by_each(visitor: Visitor, demo_folder: Path) -> None:
    colleague = Colleague(visitor, joins(demo_folder, "seven rainy sundays"), "seven rainy sundays")
    ways = [way() for way in WAYS]
    colleague.sign_in()
    for way in ways:
        colleague.add(way)
    assert colleague.could_get_back
    assert {way.key for way in ways} == _listed(visitor)
    colleague.sign_out()

    for number, (first, second) in enumerate(_pairs(ways)):
        visitor.forgot(colleague.name)
        colleague.proves(first)
        visitor.sees("choosing")
        colleague.proves(second)
        colleague.renew(f"violet anchors drift homeward {number}")
        visitor.page.goto(f"{visitor.base}/demo")
        assert visitor.signs_in(colleague.name, colleague.password)


def _pairs(ways: list[Way]) -> list[tuple[Way, Way]]:
    """Each once at least, those that may not come first as the second."""
    first = [way for way in ways if way.first]
    late = [way for way in ways if not way.first]
    if (len(first) + len(late)) % 2:
        first.append(first[0])
    halves = (len(first) + len(late)) // 2
    return list(zip(first[:halves], [*first[halves:], *late], strict=True))


def _listed(visitor: Visitor) -> set[str]:
    rows = visitor.page.locator("main [data-method]").all()
    return {str(row.get_attribute("data-method")) for row in rows}
