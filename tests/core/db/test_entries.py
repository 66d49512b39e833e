"""Entries that administrators saved are as they saved them, or none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from servers.grants import IDP
from sqlalchemy import select, update

from keyback.core.contracts.entry import Entry
from keyback.core.db.bridge_tables import entry as table
from keyback.core.db.entries import SavedEntries, Seen
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database

LINK = Entry("intranet", "Intranet", ("https://intranet.example/out",), "https://intranet.example/")


@pytest.fixture
def entries(database: Database, keyring: Keyring) -> SavedEntries:
    entries = SavedEntries(keyring)
    with database.write() as tx:
        entries.save(tx, IDP, 1)
        entries.save(tx, LINK, 2)
    return entries


def test_each_is_as_it_was_saved(entries: SavedEntries, database: Database) -> None:
    with database.read() as tx:
        assert entries.all(tx) == {"idp": IDP, "intranet": LINK}


def test_a_later_save_takes_its_place(entries: SavedEntries, database: Database) -> None:
    with database.write() as tx:
        entries.save(tx, replace(LINK, name="Our intranet"), 3)
        assert entries.all(tx)["intranet"].name == "Our intranet"
        assert entries.drop(tx, "intranet")
        assert not entries.drop(tx, "intranet")
        assert set(entries.all(tx)) == {"idp"}


def test_the_digest_of_a_secret_is_encrypted(entries: SavedEntries, database: Database) -> None:
    with database.read() as tx:
        row = tx.execute(select(table).where(table.c.key == "idp")).one()
    assert "canary" not in row.rules
    assert b"canary" not in row.secret


@pytest.mark.parametrize("changed", [{"rules": "{}"}, {"key": "other"}, {"version": 9}, {"secret": b"0" * 60}])
def test_one_that_was_changed_without_the_key_is_refused(
    entries: SavedEntries, database: Database, changed: dict[str, Any]
) -> None:
    with database.write() as tx:
        tx.execute(update(table).where(table.c.key == "idp").values(changed))
    with pytest.raises(SealBroken), database.read() as tx:
        entries.all(tx)


def test_what_was_seen_of_each_is_kept_apart(entries: SavedEntries, database: Database, now: datetime) -> None:
    with database.write() as tx:
        entries.note(tx, "idp", "arrived_at", now)
        entries.note(tx, "idp", "refused_at", now, "invalid_scope")
        entries.note(tx, "idp", "answered_at", now)
        entries.note(tx, "intranet", "arrived_at", now)
        assert entries.seen(tx) == {"idp": Seen(now, now, now, "invalid_scope"), "intranet": Seen(now)}
