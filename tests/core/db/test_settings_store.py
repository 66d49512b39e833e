"""Settings, policies and public rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from keyback.core.db import tables
from keyback.core.db.rotation import reseal
from keyback.core.db.sealing import NEVER_ROTATED, KeyPurpose, Keyring, SealBroken
from keyback.core.db.session import Database
from keyback.core.db.settings_store import SettingsStore
from keyback.core.recovery.decoys import Seen, freeze
from keyback.core.recovery.policy import Audience, Policy, ProofRules, PublicRules

SMTP = {"host": "mail.example.org", "password": "canary-password", "ports": [25, 465], "tls": True}
STAFF = Policy("staff", 10, Audience(groups=frozenset({"staff", "it"})), cool_down=timedelta(hours=1))
ALL = Policy("all", 20, proof=ProofRules(at_least=3))


@pytest.fixture
def settings(keyring: Keyring) -> SettingsStore:
    return SettingsStore(keyring)


@pytest.fixture
def saved(database: Database, settings: SettingsStore) -> SettingsStore:
    with database.write() as tx:
        settings.save_plugin(tx, "channel", "smtp", enabled=True, settings=SMTP)
        settings.save_policies(tx, [ALL, STAFF], who="admin", why="first")
        settings.save_public_rules(tx, PublicRules(methods=("sms",)), who="admin", why="first")
    return settings


def test_before_the_first_save_there_are_the_defaults(database: Database, settings: SettingsStore) -> None:
    with database.read() as tx:
        assert settings.version(tx) == 0
        assert settings.plugin_rows(tx) == ()
        assert settings.policies(tx) == ()
        assert settings.public_rules(tx) == PublicRules()


def test_everything_comes_back_as_it_was_saved(database: Database, saved: SettingsStore) -> None:
    with database.read() as tx:
        (row,) = saved.plugin_rows(tx)
        assert (row.kind, row.key, row.enabled, row.settings) == ("channel", "smtp", True, SMTP)
        assert saved.policies(tx) == (STAFF, ALL)
        assert saved.public_rules(tx) == PublicRules(methods=("sms",))


def test_every_save_raises_the_version(database: Database, saved: SettingsStore) -> None:
    with database.write() as tx:
        assert saved.version(tx) == 3
        assert saved.save_plugin(tx, "channel", "smtp", enabled=False, settings={}) == 4
        assert saved.save_policies(tx, [ALL], who="admin", why="fewer") == 5
        assert saved.save_public_rules(tx, PublicRules(), who="admin", why="back") == 6
        assert not saved.plugin_rows(tx)[0].enabled
        assert saved.policies(tx) == (ALL,)
        assert saved.public_rules(tx) == PublicRules()


def test_administrators_who_save_at_once_do_it_one_after_the_other(
    database: Database, saved: SettingsStore, at_once: Callable[..., list[int]]
) -> None:
    def save(number: int) -> int:
        with database.write() as tx:
            return saved.save_plugin(tx, "method", f"plugin-{number}", enabled=True, settings={})

    assert sorted(at_once(10, save)) == list(range(4, 14))
    with database.read() as tx:
        assert len(saved.plugin_rows(tx)) == 11


def test_shapes_stand_beside_the_public_rules_and_are_encrypted(database: Database, saved: SettingsStore) -> None:
    shapes = freeze([("jo", (Seen("email", "k••••@ca••••.museum"), Seen("sms", "+XX XXXXXXX05")))] * 50)
    with database.write() as tx:
        assert saved.shapes(tx) is None
        assert saved.save_shapes(tx, shapes, who="admin", why="first") == 4
        assert saved.shapes(tx) == shapes
        assert saved.public_rules(tx) == PublicRules(methods=("sms",))
        kept = tx.execute(select(tables.public_rules.c.rules)).scalars().all()
    assert not [row for row in kept if "museum" in row or b"museum".hex() in row]


def test_shapes_survive_every_rotation(database: Database, saved: SettingsStore, keyring: Keyring) -> None:
    shapes = freeze([("jo", (Seen("sms", "+XX XXXXXXX05"),))] * 50)
    with database.write() as tx:
        saved.save_shapes(tx, shapes, who="admin", why="first")
    for purpose in set(KeyPurpose) - NEVER_ROTATED:
        keyring.rotate(purpose)
        reseal(database, keyring, purpose, lambda moved, seen: None)
    with database.read() as tx:
        assert saved.shapes(tx) == shapes


@pytest.mark.parametrize(
    ("table", "where", "changed"),
    [
        (tables.policy, {"name": "all"}, {"rules": '{"name": "all", "proof": {"at_least": 1}}'}),
        (tables.policy, {"name": "all"}, {"position": 1}),
        (tables.policy, {"name": "all"}, {"why": "forged"}),
        (tables.public_rules, {"key": "house"}, {"rules": "{}"}),
        (tables.plugin, {"key": "smtp"}, {"enabled": False}),
        (tables.settings_version, {"key": "settings"}, {"policies": 1}),
        (tables.settings_version, {"key": "settings"}, {"version": 99}),
    ],
)
def test_an_edited_setting_is_refused(
    database: Database, saved: SettingsStore, tamper: Callable[..., None], table: Any, where: Any, changed: Any
) -> None:
    tamper(table, where, **changed)

    def read_all() -> None:
        with database.read() as tx:
            saved.plugin_rows(tx)
            saved.policies(tx)
            saved.public_rules(tx)

    with pytest.raises(SealBroken):
        read_all()


def test_a_deleted_policy_is_missed(database: Database, saved: SettingsStore) -> None:
    with database.write() as tx:
        tx.execute(delete(tables.policy).where(tables.policy.c.name == "staff"))
    with pytest.raises(SealBroken), database.read() as tx:
        saved.policies(tx)


def test_a_policy_that_was_put_back_is_one_too_many(database: Database, saved: SettingsStore) -> None:
    with database.write() as tx:
        old = dict(tx.execute(select(tables.policy).where(tables.policy.c.name == "staff")).mappings().one())
        saved.save_policies(tx, [ALL], who="admin", why="staff is gone")
        tx.execute(insert(tables.policy), old)
    with pytest.raises(SealBroken), database.read() as tx:
        saved.policies(tx)


def test_removing_the_count_does_not_hide_what_was_removed(database: Database, saved: SettingsStore) -> None:
    with database.write() as tx:
        tx.execute(delete(tables.settings_version))
    with pytest.raises(SealBroken), database.read() as tx:
        saved.policies(tx)


def test_settings_moved_to_another_plugin_are_refused(
    database: Database, saved: SettingsStore, tamper: Callable[..., None], column: Callable[..., Any]
) -> None:
    with database.write() as tx:
        saved.save_plugin(tx, "channel", "gateway", enabled=True, settings={})
    tamper(tables.plugin, {"key": "gateway"}, settings=column(tables.plugin, "settings", key="smtp"))
    with pytest.raises(SealBroken), database.read() as tx:
        saved.plugin_rows(tx)


def test_settings_are_not_in_the_repr_of_their_row(database: Database, saved: SettingsStore) -> None:
    with database.read() as tx:
        assert "canary" not in repr(saved.plugin_rows(tx))
