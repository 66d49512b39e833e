"""Recoveries in their table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from keyback.core.db import tables
from keyback.core.db.recoveries import Recoveries
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database
from keyback.core.recovery.policy import Policy, PublicRules
from keyback.core.recovery.state import Recovery, Stage

DIGEST = b"d" * 32


@pytest.fixture
def recoveries(keyring: Keyring) -> Recoveries:
    return Recoveries(keyring)


@pytest.fixture
def kept(database: Database, recoveries: Recoveries, recovery: Recovery) -> Recovery:
    with database.write() as tx:
        recoveries.insert(tx, recovery, DIGEST)
    return recovery


def load(database: Database, recoveries: Recoveries, recovery_id: str = "recovery-1") -> Recovery | None:
    with database.read() as tx:
        return recoveries.load(tx, recovery_id)


def test_a_recovery_comes_back_exactly_as_it_was_saved(
    database: Database, recoveries: Recoveries, kept: Recovery
) -> None:
    assert load(database, recoveries) == kept
    assert load(database, recoveries, "no such") is None


def test_it_is_opened_for_its_key_alone_and_the_settings_version_comes_with_it(
    database: Database, recoveries: Recoveries, kept: Recovery
) -> None:
    with database.read() as tx:
        assert recoveries.load_for(tx, kept.id, DIGEST) == (kept, 0)
        assert recoveries.load_for(tx, kept.id, b"m" * 32) is None
        assert recoveries.load_for(tx, "no such", DIGEST) is None


def test_of_two_saves_at_once_the_second_is_refused(database: Database, recoveries: Recoveries, kept: Recovery) -> None:
    with database.write() as tx:
        saved = recoveries.save(tx, replace(kept, stage=Stage.RENEWING, turn=2))
        assert saved is not None
        assert saved.version == kept.version + 1
        assert recoveries.save(tx, replace(kept, stage=Stage.CLOSED)) is None
    assert load(database, recoveries) == saved


def test_twenty_saves_of_the_same_version_are_one(
    database: Database, recoveries: Recoveries, kept: Recovery, at_once: Callable[..., list[Any]]
) -> None:
    def save(number: int) -> Recovery | None:
        with database.write() as tx:
            return recoveries.save(tx, replace(kept, turn=100 + number))

    winners = [saved for saved in at_once(20, save) if saved is not None]
    assert [load(database, recoveries)] == winners


def test_a_new_key_replaces_the_old_one(database: Database, recoveries: Recoveries, kept: Recovery) -> None:
    with database.write() as tx:
        saved = recoveries.save(tx, kept, key_digest=b"e" * 32)
        assert recoveries.load_for(tx, kept.id, b"e" * 32) == (saved, 0)
        assert recoveries.load_for(tx, kept.id, DIGEST) is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("stage", "renewing"),
        ("turn", 7),
        ("tries", 0),
        ("sends", 0),
        ("person_ref", "somebody-else"),
        ("picked", "sms"),
        ("entry", "another"),
        ("closed_because", "x"),
        ("purpose", "unlock"),
        ("deadline", None),
    ],
)
def test_a_clear_column_that_was_edited_is_refused(
    database: Database, recoveries: Recoveries, kept: Recovery, tamper: Callable[..., None], column: str, value: object
) -> None:
    tamper(tables.recovery, {"id": kept.id}, **{column: value})
    with pytest.raises(SealBroken):
        load(database, recoveries)


def test_a_recovery_that_is_given_more_time_offline_is_refused(
    database: Database, recoveries: Recoveries, kept: Recovery, tamper: Callable[..., None]
) -> None:
    tamper(tables.recovery, {"id": kept.id}, expires_at=kept.expires_at + timedelta(days=1))
    with pytest.raises(SealBroken):
        load(database, recoveries)


def test_an_edited_blob_is_refused(
    database: Database, recoveries: Recoveries, kept: Recovery, tamper: Callable[..., None], column: Callable[..., Any]
) -> None:
    blob = bytearray(column(tables.recovery, "sealed", id=kept.id))
    blob[-20] ^= 1
    tamper(tables.recovery, {"id": kept.id}, sealed=bytes(blob))
    with pytest.raises(SealBroken):
        load(database, recoveries)


def test_a_blob_from_another_row_is_refused(
    database: Database,
    recoveries: Recoveries,
    kept: Recovery,
    another: Recovery,
    tamper: Callable[..., None],
    column: Callable[..., Any],
) -> None:
    with database.write() as tx:
        recoveries.insert(tx, another, DIGEST)
    tamper(tables.recovery, {"id": kept.id}, sealed=column(tables.recovery, "sealed", id=another.id))
    with pytest.raises(SealBroken):
        load(database, recoveries)


def test_the_digest_of_somebody_elses_key_is_refused(
    database: Database, recoveries: Recoveries, kept: Recovery, tamper: Callable[..., None]
) -> None:
    tamper(tables.recovery, {"id": kept.id}, key_digest=b"m" * 32)
    with pytest.raises(SealBroken), database.read() as tx:
        recoveries.load_for(tx, kept.id, b"m" * 32)


def test_only_the_persons_other_open_recoveries_are_listed(
    database: Database, recoveries: Recoveries, kept: Recovery, another: Recovery
) -> None:
    nobody = replace(another, id="recovery-3", subject=None)
    done = replace(another, id="recovery-4", stage=Stage.DONE)
    with database.write() as tx:
        for one in (another, nobody, done):
            recoveries.insert(tx, one, DIGEST)
        assert recoveries.open_of(tx, "person-pseudonym-1", but_not=kept.id) == [another.id]
        assert recoveries.open_of(tx, "", but_not=kept.id) == []


def test_what_is_overdue_is_open_and_past_its_deadline(
    database: Database, recoveries: Recoveries, kept: Recovery, another: Recovery
) -> None:
    closed = replace(another, stage=Stage.CLOSED, closed_because="cancelled")
    with database.write() as tx:
        recoveries.insert(tx, closed, DIGEST)
        assert recoveries.overdue(tx, kept.deadline - timedelta(microseconds=1)) == []
        assert recoveries.overdue(tx, kept.deadline) == [kept.id]


def test_a_purge_forgets_what_ended_and_keeps_what_did_not(
    database: Database, recoveries: Recoveries, kept: Recovery, another: Recovery, now: datetime
) -> None:
    with database.write() as tx:
        recoveries.insert(tx, replace(another, stage=Stage.DONE), DIGEST)
        assert recoveries.purge(tx, another.expires_at) == 0
        assert recoveries.purge(tx, now + timedelta(days=1)) == 1
        assert recoveries.load(tx, kept.id) == kept


def test_every_rule_that_can_be_set_survives(database: Database, recoveries: Recoveries, kept: Recovery) -> None:
    rules = PublicRules(methods=("sms",), lifetime=timedelta(microseconds=1), resend_waits=(timedelta(days=400),))
    policy = Policy("other", cool_down=timedelta(hours=1, microseconds=3))
    assert kept.subject is not None
    changed = replace(kept, rules=rules, subject=replace(kept.subject, policy=policy))
    with database.write() as tx:
        assert recoveries.load(tx, kept.id) == kept
        saved = recoveries.save(tx, changed)
        assert recoveries.load(tx, kept.id) == saved


def test_nothing_private_is_in_the_repr_of_a_broken_seal(
    database: Database, recoveries: Recoveries, kept: Recovery, tamper: Callable[..., None]
) -> None:
    tamper(tables.recovery, {"id": kept.id}, stage="choosing")
    with pytest.raises(SealBroken) as broken:
        load(database, recoveries)
    assert broken.value.table == "recovery"
    assert broken.value.__cause__ is None
    assert "canary" not in repr(broken.value)
