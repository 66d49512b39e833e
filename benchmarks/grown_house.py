"""A house that is as old as its tables: what administrators set up, and what chores have summed up."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from past import COMBINATIONS, Past, having_of
from servers.small_console import SmallConsole
from servers.small_house import SmallHouse

from keyback.core.contracts.people import AccountKey
from keyback.core.db import census_rounds, daily_sums
from keyback.core.db.campaigns import Campaign, Kind, Plan, State, Turn
from keyback.core.db.value_json import HAVING
from keyback.core.recovery.policy import Audience, Policy

WHOSE = 7919
FILE = {"what": "report", "every": "week", "to": "it@acme.example", "why": "the steering group reads it"}
RECEIVER = {
    "key": "siem", "name": "Our SIEM", "audience": "https://siem.example.org", "store": "fake", "naming": "mail",
    "issuer": "", "endpoint": "https://siem.example.org/events", "why": "the SOC asked for it",
}  # fmt: skip


def furnish(house: SmallHouse, console: SmallConsole, past: Past) -> None:
    """Jo is one of the million, and everything a screen can list is there."""
    _sums_of_a_year(house)
    _counted(house, past)
    with house.records.db.write() as tx:
        house.records.links.link(tx, past.ref(WHOSE), AccountKey("fake", "id-of-jo"), "signed in", house.clock())
        house.records.campaigns.add(tx, _campaign(house, past.people))
        policies = [Policy(f"group {n}", n, Audience(groups=frozenset({f"group-{n}"}))) for n in range(20)]
        house.records.settings.save_policies(tx, [*policies, Policy("everybody", 99)], who="admin", why="as always")
    assert console.post("/admin/files/new", FILE).status_code == 303
    assert console.post("/admin/signals/new", RECEIVER).status_code == 200


def _sums_of_a_year(house: SmallHouse) -> None:
    """Forty sums for each day, as a busy house has them."""
    whats = [(what, f"reason-{number}") for what in ("set", "closed", "proof", "nobody") for number in range(10)]
    for ago in range(365):
        day = (house.clock() - timedelta(days=ago)).date().isoformat()
        with house.records.db.write() as tx:
            daily_sums.add(tx, {(day, *each): 17 for each in whats})


def _counted(house: SmallHouse, past: Past) -> None:
    """The sums of a census whose people are there."""
    keeper, each = house.records.census, [having_of(number) for number in range(COMBINATIONS)]
    havings = {house.records.keyring.pseudonym("having", HAVING.dump_json(one).decode()): one for one in each}
    with house.records.db.write() as tx:
        keeper._add_havings(tx, havings)
        keeper._count(tx, Counter(dict.fromkeys(havings, past.people // COMBINATIONS)))
        census_rounds.begin(tx, "fake", 1, {f"group-{number}" for number in range(50)}, house.clock())
        census_rounds.saw(tx, "fake", past.people)
        census_rounds.end(tx, "fake", house.clock())


def _campaign(house: SmallHouse, people: int) -> Campaign:
    now = house.clock()
    times = {"opens_at": now - timedelta(days=30), "closes_at": now + timedelta(days=30)}
    plan = Plan(kind=Kind.INVITE, stores=("fake",), groups=(), people=people, **times)
    tally = {str(Turn.DONE): people * 49 // 50, f"{Turn.FAILED}:no-address": people // 50}
    return Campaign("c-0", plan, "ada", "Ada", "a drive", now - timedelta(days=30), state=State.RUNNING, tally=tally)
