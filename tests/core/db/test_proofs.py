"""The proof ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from keyback.core.db import tables
from keyback.core.db.proofs import Proofs
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database
from keyback.core.recovery.policy import Proof

PROOF = Proof("email", "mailbox", "credential-1", "challenge-1")


@pytest.fixture
def proofs(keyring: Keyring) -> Proofs:
    return Proofs(keyring)


@pytest.fixture
def given(database: Database, proofs: Proofs, now: datetime) -> Proof:
    with database.write() as tx:
        assert proofs.consume(tx, "recovery-1", "person-1", PROOF, now)
    return PROOF


def test_a_proof_is_kept_for_its_recovery_and_its_person_alone(
    database: Database, proofs: Proofs, given: Proof
) -> None:
    with database.read() as tx:
        assert proofs.of(tx, "recovery-1", "person-1") == (given,)
        assert proofs.of(tx, "recovery-1", "person-2") == ()
        assert proofs.of(tx, "recovery-2", "person-1") == ()


def test_a_challenge_is_worthless_a_second_time_whoever_spends_it(
    database: Database, proofs: Proofs, given: Proof, now: datetime
) -> None:
    with database.write() as tx:
        assert not proofs.consume(tx, "recovery-1", "person-1", given, now)
        assert not proofs.consume(tx, "recovery-2", "person-2", replace(given, method="sms"), now)
        assert proofs.of(tx, "recovery-2", "person-2") == ()


def test_a_challenge_that_twenty_spend_at_once_is_spent_once(
    database: Database, other_process: Database, proofs: Proofs, now: datetime, at_once: Callable[..., list[bool]]
) -> None:
    def spend(number: int) -> bool:
        with (database, other_process)[number % 2].write() as tx:
            return proofs.consume(tx, f"recovery-{number}", "person-1", PROOF, now)

    assert sum(at_once(20, spend)) == 1


def test_a_proof_written_without_the_key_is_refused(database: Database, proofs: Proofs, given: Proof) -> None:
    with database.write() as tx:
        mine = dict(tx.execute(select(tables.proof)).mappings().one())
        tx.execute(insert(tables.proof), mine | {"challenge": "forged", "method": "sms"})
    with pytest.raises(SealBroken), database.read() as tx:
        proofs.of(tx, "recovery-1", "person-1")


@pytest.mark.parametrize("changed", [{"recovery_id": "recovery-2"}, {"person_ref": "person-2"}])
def test_a_proof_that_was_moved_to_somebody_else_is_refused(
    database: Database, proofs: Proofs, given: Proof, tamper: Callable[..., None], changed: dict[str, Any]
) -> None:
    tamper(tables.proof, {"challenge": given.challenge}, **changed)
    moved = {"recovery_id": "recovery-1", "person_ref": "person-1"} | changed
    with pytest.raises(SealBroken), database.read() as tx:
        proofs.of(tx, moved["recovery_id"], moved["person_ref"])


def test_old_proofs_are_forgotten(database: Database, proofs: Proofs, given: Proof, now: datetime) -> None:
    with database.write() as tx:
        assert proofs.purge(tx, now) == 0
        assert proofs.purge(tx, now + timedelta(days=30)) == 1
        assert proofs.of(tx, "recovery-1", "person-1") == ()
