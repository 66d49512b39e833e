"""Every save is kept whole, with who, when and why; nobody who saves at once overwrites another unknowingly."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from keyback.core.db import tables, value_json
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database
from keyback.core.db.settings_store import PLUGINS, POLICIES, PUBLIC_RULES, SavedMeanwhile, SettingsStore
from keyback.core.recovery.policy import Policy, PublicRules

ONE, TWO = (Policy("everybody"),), (Policy("nurses", 10), Policy("everybody", 20))


@pytest.fixture
def settings(keyring: Keyring) -> SettingsStore:
    return SettingsStore(keyring)


def save(database: Database, settings: SettingsStore, policies: tuple[Policy, ...], **said: Any) -> int:
    with database.write() as tx:
        return settings.save_policies(tx, policies, **{"who": "ines", "why": "because", **said})


def test_a_save_comes_back_whole_with_who_when_and_why(
    database: Database, settings: SettingsStore, now: datetime
) -> None:
    save(database, settings, ONE, at=now)
    save(database, settings, TWO, who="noor", why="nurses share phones", at=now)
    with database.read() as tx:
        last, first = settings.history.page(tx, POLICIES, "")
    assert (first.version, first.who, first.why, first.at) == (1, "ines", "because", now)
    assert (last.version, last.who, last.why) == (2, "noor", "nurses share phones")
    assert value_json.POLICIES.validate_json(first.what) == ONE
    assert value_json.POLICIES.validate_json(last.what) == TWO


def test_older_saves_come_page_by_page(database: Database, settings: SettingsStore) -> None:
    for number in range(5):
        save(database, settings, ONE, why=str(number))
    with database.read() as tx:
        newest = settings.history.page(tx, POLICIES, "", most=2)
        older = settings.history.page(tx, POLICIES, "", before=newest[-1].version, most=9)
    assert [one.version for one in (*newest, *older)] == [5, 4, 3, 2, 1]


def test_a_history_is_of_one_thing(database: Database, settings: SettingsStore) -> None:
    with database.write() as tx:
        settings.save_policies(tx, ONE, who="ines", why="policies")
        settings.save_public_rules(tx, PublicRules(), who="ines", why="rules")
        settings.save_plugin(tx, "channel", "smtp", enabled=True, settings={"port": 25}, who="ines", why="mail")
        assert [one.why for one in settings.history.page(tx, PUBLIC_RULES, "house")] == ["rules"]
        assert settings.history.of(tx, POLICIES, "", 2) is None
        (mail,) = settings.history.page(tx, PLUGINS, "channel/smtp")
        assert json.loads(mail.what) == {"enabled": True, "settings": {"port": 25}}
        assert settings.last_save(tx, PLUGINS, "channel/smtp") == 3
        assert settings.last_save(tx, PLUGINS, "channel/sns") == 0


def test_whoever_saves_from_an_older_version_is_told(database: Database, settings: SettingsStore) -> None:
    read = save(database, settings, ONE)
    assert save(database, settings, TWO, after=read) == read + 1
    with pytest.raises(SavedMeanwhile):
        save(database, settings, ONE, after=read)
    with database.read() as tx:
        assert settings.policies(tx) == TWO
        assert settings.version(tx) == read + 1


def test_of_ten_who_save_at_once_from_the_same_version_one_does(
    database: Database, settings: SettingsStore, at_once: Callable[..., list[bool]]
) -> None:
    read = save(database, settings, ONE)

    def try_to_save(number: int) -> bool:
        try:
            save(database, settings, (Policy(f"policy {number}"),), after=read)
        except SavedMeanwhile:
            return False
        return True

    assert sum(at_once(10, try_to_save)) == 1


def test_nobody_reads_names_reasons_or_secrets_in_the_table(database: Database, settings: SettingsStore) -> None:
    with database.write() as tx:
        token = {"token": "canary-token"}
        settings.save_plugin(tx, "channel", "smtp", enabled=True, settings=token, who="canary-name", why="canary-why")
        settings.save_policies(tx, ONE, who="canary-name", why="canary-why")
        settings.save_public_rules(tx, PublicRules(), who="canary-name", why="canary-why")
        for table in (tables.settings_save, tables.plugin, tables.policy, tables.public_rules):
            assert "canary" not in str([tuple(row) for row in tx.execute(select(table))])
        (kept,) = settings.history.page(tx, PLUGINS, "channel/smtp")
    assert "canary" not in repr(kept)


@pytest.mark.parametrize("changed", [{"version": 7}, {"kind": "plugin"}, {"key": "other"}])
def test_a_save_that_was_moved_elsewhere_does_not_open(
    database: Database, settings: SettingsStore, tamper: Callable[..., None], changed: dict[str, Any]
) -> None:
    version = save(database, settings, ONE)
    tamper(tables.settings_save, {"version": version}, **changed)
    where = {"kind": POLICIES, "key": "", **changed}
    with pytest.raises(SealBroken), database.read() as tx:
        settings.history.page(tx, where["kind"], where["key"])
