"""`keyback limits`: every limit there is, as it holds now."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import timedelta

from ...core.recovery import limits
from ...core.recovery.limits import Limit, Quota
from ...core.recovery.ordinary import pausing
from ...core.service.norms import OF_A_DAY, Norms
from ...core.service.sending.media import PARTS, PHONE_MEDIA
from ..house import House
from .opened import Subparsers, opened

UNITS = (
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
    (timedelta(seconds=1), "s"),
)


def add(subparsers: Subparsers) -> None:
    """Its line in `keyback --help`."""
    parser = subparsers.add_parser("limits", help="every limit and what it is now, learned or fixed")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """One line each: its name, and how much it lets through."""
    with opened() as house:
        for name, text in _lines(house):
            print(f"{name:28}{text}")
    return 0


def _lines(house: House) -> Iterator[tuple[str, str]]:
    norms = Norms(house.records, house.around)
    norms.learn(house.around.now())
    for name, limit in vars(limits).items():
        if isinstance(limit, Limit):
            yield name.lower().replace("_", "-"), _text(limit)
    for ceiling in (limit for limit in vars(limits).values() if isinstance(limit, Quota) and limit.name in OF_A_DAY):
        alert = norms.usual(ceiling)
        yield f"{ceiling.name}, alert", _text(alert)
        yield f"{ceiling.name}, pause", _text(pausing(alert))
    for medium in PHONE_MEDIA:
        for quota in house.around.rules_of(medium).quotas(medium):
            yield quota.name, _text(quota)


def _text(limit: Limit) -> str:
    within = _long(limit.window)
    if isinstance(limit, Quota):
        most = f"{limit.most / PARTS:g} of your currency" if limit.name.endswith("-money") else str(limit.most)
        return f"{most} in {within}"
    waits = ", ".join(_long(wait) for wait in limit.waits)
    return f"{limit.free} in {within}, then waits of {waits}"


def _long(span: timedelta) -> str:
    size, unit = next((size, unit) for size, unit in UNITS if not span % size)
    return f"{span // size} {unit}"
