"""What waits for a moment is handed on then, in order, whatever came before or after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from servers.story import wait_until

from keyback.core.service.moments import Moments


class Desk:
    """Notes what was handed on, and chokes on what it is told to."""

    def __init__(self) -> None:
        self.came: list[tuple[str, datetime]] = []
        self.moments: Moments[str] = Moments(lambda: datetime.now(UTC), self._take)

    def _take(self, thing: str) -> None:
        if thing == "poison":
            raise RuntimeError("poison")
        self.came.append((thing, datetime.now(UTC)))

    @property
    def things(self) -> list[str]:
        return [thing for thing, _ in self.came]


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    desk.moments.start()
    yield desk
    desk.moments.stop()


def after(milliseconds: int) -> datetime:
    return datetime.now(UTC) + timedelta(milliseconds=milliseconds)


def test_things_are_handed_on_in_the_order_of_their_moments_and_none_before_its_own(desk: Desk) -> None:
    moments = {"late": after(120), "soon": after(40), "overdue": after(-1000)}
    for thing, moment in moments.items():
        assert desk.moments.keep(thing, moment)
    wait_until(lambda: desk.moments.idle and len(desk.came) == 3, "all to be handed on")
    assert desk.things == ["overdue", "soon", "late"]
    assert all(at >= moments[thing] for thing, at in desk.came)


def test_what_cannot_be_handed_on_holds_up_nobody(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.moments.keep("poison", after(0))
    desk.moments.keep("next", after(10))
    wait_until(lambda: desk.things == ["next"], "the next one")
    assert "handing on" in caplog.text


def test_who_stops_gives_back_what_waits_and_takes_no_more(desk: Desk) -> None:
    desk.moments.keep("second", after(60_000))
    desk.moments.keep("first", after(50_000))
    assert desk.moments.stop() == ["first", "second"]
    assert not desk.moments.keep("third", after(0))
    assert desk.things == []
