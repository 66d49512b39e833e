"""Each method lives its whole life in a real browser: added, used, guessed at, and removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from servers.colleague import Colleague, is_asked
from servers.demo import Visitor, joins
from servers.story import NEW
from servers.ways import App, Paper, Way
from servers.ways_outside import WAYS

OLD = "seven rainy sundays"
# Whose pages and limits are like those of another, which is lived every day; theirs is a long run.
LIKE_ANOTHER = {"email", "voice", "saved_codes"}
LIVES = [pytest.param(way, id=way.key, marks=[pytest.mark.slow] * (way.key in LIKE_ANOTHER)) for way in WAYS]
# Wrong answers that are judged in one recovery, whatever the method.
MOST = 5


@dataclass
class Life:
    """Of one way: its owner, who has another one beside it, and a stranger who knows the name."""

    way: Way
    beside: Way
    owner: Colleague
    stranger: Visitor


@pytest.fixture(params=LIVES)
def life(request: pytest.FixtureRequest, chromium: Any, demo: str, demo_folder: Path) -> Iterator[Life]:
    way, beside = request.param(), App() if request.param is Paper else Paper()
    at_home, elsewhere = Visitor(chromium, demo), Visitor(chromium, demo)
    yield Life(way, beside, Colleague(at_home, joins(demo_folder, OLD), OLD), elsewhere)
    for visitor in (at_home, elsewhere):
        # A page that is refused says so in the console; nothing else may.
        assert [said for said in visitor.complaints if "status of 4" not in said] == []
        visitor.context.close()


def test_it_is_added_brings_its_owner_back_keeps_strangers_out_and_is_removed(life: Life) -> None:
    owner, stranger, way = life.owner, life.stranger, life.way
    owner.sign_in()
    owner.add(way)
    assert not owner.could_get_back
    owner.add(life.beside)
    assert owner.could_get_back
    owner.sign_out()

    is_asked(owner.visitor, owner.name, way, life.beside)
    way.err(owner.visitor)
    way.is_told(owner.visitor)
    way.answer(owner.visitor)
    if way.first:
        owner.visitor.sees("choosing")
        owner.proves(life.beside)
    owner.renew(NEW)

    way.is_copied_by(stranger)
    is_asked(stranger, owner.name, way, life.beside)
    assert way.guess_on(stranger) <= MOST
    assert not way.opens(stranger)

    owner.sign_in()
    owner.remove(way)
    assert not owner.could_get_back
    owner.sign_out()
    if way.first:
        is_asked(owner.visitor, owner.name, way, life.beside)
        way.is_worth_nothing(owner.visitor)
    else:
        assert not owner.is_offered(way, life.beside)
