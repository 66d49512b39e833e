"""The last few pictures and sounds."""

from __future__ import annotations

from keyback.core.contracts.human_check import Part
from keyback.core.service.drawn import MOST, Drawn


def test_the_last_few_are_kept_and_the_oldest_is_forgotten() -> None:
    drawn = Drawn()
    parts = [Part("image/png", bytes([number])) for number in range(MOST + 1)]
    for number, part in enumerate(parts):
        assert drawn.keep(f"{number}", part) is part
    assert drawn.get("0") is None
    assert [drawn.get(f"{number}") for number in range(1, MOST + 1)] == parts[1:]
