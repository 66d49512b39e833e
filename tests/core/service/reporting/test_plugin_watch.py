"""Files of plugins that are others than at the start before are told, once, and stand on Home for a week."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any

import pytest
from servers.desk import happened
from servers.small_house import SmallHouse
from sqlalchemy import update

from keyback.core.db.sealing import SealBroken
from keyback.core.db.tables import public_rules
from keyback.core.service.reporting.plugin_watch import PluginWatch, Seen

SMS = ("method", "sms")


@pytest.fixture
def works(on_either: SmallHouse) -> dict[str, Any]:
    return {"records": on_either.records, "snapshots": on_either.snapshots, "around": on_either.around}


def starts(house: SmallHouse, works: dict[str, Any], digest: str) -> None:
    """A process with these files."""
    house.snapshots.host.files = MappingProxyType({SMS: digest})
    watch = PluginWatch(**works)
    for _ in range(2):
        watch.look(house.clock())


def seen(house: SmallHouse, works: dict[str, Any]) -> Seen:
    with house.records.db.read() as tx:
        return PluginWatch(**works).seen(tx)[SMS]


def test_the_first_start_only_remembers(on_either: SmallHouse, works: dict[str, Any]) -> None:
    starts(on_either, works, "a" * 64)
    assert seen(on_either, works) == Seen("a" * 64)
    assert happened(on_either, "plugin.files-changed") == []


def test_other_files_are_an_event_and_keep_since_when(on_either: SmallHouse, works: dict[str, Any]) -> None:
    starts(on_either, works, "a" * 64)
    on_either.clock.forward(days=1)
    changed = on_either.clock()
    for _ in range(2):
        starts(on_either, works, "b" * 64)
        on_either.clock.forward(hours=1)
    assert seen(on_either, works) == Seen("b" * 64, changed)
    assert happened(on_either, "plugin.files-changed") == [f"plugin.files-changed {'b' * 64} method sms"]


def test_of_processes_that_start_at_once_one_writes_it_down(on_either: SmallHouse, works: dict[str, Any]) -> None:
    starts(on_either, works, "a" * 64)
    on_either.snapshots.host.files = MappingProxyType({SMS: "b" * 64})
    at_once = [PluginWatch(**works) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda watch: watch.look(on_either.clock()), at_once))
    assert len(happened(on_either, "plugin.files-changed")) == 1


def test_a_plugin_that_is_not_loaded_for_a_while_is_remembered(on_either: SmallHouse, works: dict[str, Any]) -> None:
    starts(on_either, works, "a" * 64)
    on_either.snapshots.host.files = MappingProxyType({})
    PluginWatch(**works).look(on_either.clock())
    starts(on_either, works, "b" * 64)
    assert len(happened(on_either, "plugin.files-changed")) == 1


def test_nobody_without_the_key_makes_new_files_look_old(on_either: SmallHouse, works: dict[str, Any]) -> None:
    starts(on_either, works, "a" * 64)
    forged = json.dumps({"method/sms": {"digest": "b" * 64, "since": None}})
    with on_either.records.db.write() as tx:
        tx.execute(update(public_rules).where(public_rules.c.key == "plugin-files").values(rules=forged))
    with pytest.raises(SealBroken):
        seen(on_either, works)
