"""What came by another way than the page: one answer to a challenge, whoever sends it and however often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from keyback.core.db import tables
from keyback.core.db.heard import HeardAnswer, HeardAnswers
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database

Tamper = Callable[..., None]


@pytest.fixture
def said(now: datetime) -> HeardAnswer:
    return HeardAnswer("challenge-1", {"pressed": "canary-key"}, True, now + timedelta(minutes=5))


@pytest.fixture
def heard(database: Database, keyring: Keyring, said: HeardAnswer) -> HeardAnswers:
    """One answer came."""
    keeper = HeardAnswers(keyring)
    with database.write() as tx:
        assert keeper.put(tx, said)
    return keeper


def test_it_comes_back_as_it_was_heard(database: Database, heard: HeardAnswers, said: HeardAnswer) -> None:
    with database.read() as tx:
        assert heard.of(tx, "challenge-1") == said
        assert heard.of(tx, "challenge-2") is None


def test_the_first_one_counts(database: Database, heard: HeardAnswers, said: HeardAnswer) -> None:
    with database.write() as tx:
        assert not heard.put(tx, HeardAnswer("challenge-1", {}, False, said.expires_at + timedelta(days=1)))
        assert heard.of(tx, "challenge-1") == said


def test_a_refusal_cannot_be_made_a_proof_in_the_table(
    database: Database, keyring: Keyring, tamper: Tamper, now: datetime
) -> None:
    keeper = HeardAnswers(keyring)
    with database.write() as tx:
        keeper.put(tx, HeardAnswer("challenge-2", {}, False, now))
    tamper(tables.heard, {"challenge": "challenge-2"}, passed=True)
    with database.read() as tx, pytest.raises(SealBroken):
        keeper.of(tx, "challenge-2")


def test_it_is_forgotten_with_its_challenge(database: Database, heard: HeardAnswers, said: HeardAnswer) -> None:
    with database.write() as tx:
        assert heard.purge(tx, said.expires_at - timedelta(seconds=1)) == 0
        assert heard.purge(tx, said.expires_at) == 1
        assert heard.of(tx, "challenge-1") is None
