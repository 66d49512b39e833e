"""A recovery weighs the same whoever it is for, and whom it carries meanwhile is nobody."""

from __future__ import annotations

import pytest
from servers.small_house import SmallHouse

from keyback.core.db import value_json


def _weight(house: SmallHouse, name: str, *, looked_up: bool) -> int:
    visit = house.start(name)
    if looked_up:
        house.work()
        assert visit.recovery.found
    return len(value_json.RECOVERY.dump_json(visit.recovery))


@pytest.mark.parametrize("looked_up", [False, True])
def test_what_is_opened_with_each_page_is_as_large_for_nobody(house: SmallHouse, looked_up: bool) -> None:
    house.add("kim")
    # Saved codes are the only thing that a stand-in lacks.
    nobody, somebody = (_weight(house, name, looked_up=looked_up) for name in ("xyz", "kim"))
    assert nobody > 1500
    assert abs(nobody - somebody) < 700


def test_somebody_who_is_found_takes_its_place(house: SmallHouse) -> None:
    visit = house.start()
    house.work()
    assert visit.recovery.subject is not None
    assert visit.recovery.stand_in is None


def test_it_can_prove_nothing_and_is_sent_nothing(house: SmallHouse) -> None:
    visit = house.start("xyz")
    house.work()
    for method, destination in (("email", ""), ("sms", "+12025550100")):
        visit.pick(method, destination)
        house.work()
        assert visit.answer(visit.code()).reason == "wrong"
    assert house.channel.sent == []
    assert visit.recovery.proofs == ()
