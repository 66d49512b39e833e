"""What a client may fetch is fetched once, by whoever brings the code first, and only by the client it is for."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from servers.grants import a_grant
from sqlalchemy import func, select, update

from keyback.core.db.bridge_tables import oidc_grant as table
from keyback.core.db.grants import Grant, Grants
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database

MINUTE = timedelta(minutes=1)


@pytest.fixture
def grants(database: Database, keyring: Keyring, now: datetime) -> Grants:
    grants = Grants(keyring)
    with database.write() as tx:
        grants.put(tx, "code", a_grant(), now + MINUTE)
    return grants


def take(grants: Grants, database: Database, now: datetime, *, entry: str = "idp", code: str = "code") -> Grant | None:
    with database.write() as tx:
        return grants.take(tx, entry, code, token="token", until=now + 5 * MINUTE, now=now)


def said(grants: Grants, database: Database, now: datetime, bearer: str = "token") -> Grant | None:
    with database.read() as tx:
        return grants.of_token(tx, bearer, now)


def test_the_first_gets_it_and_nobody_after(grants: Grants, database: Database, now: datetime) -> None:
    assert take(grants, database, now) == a_grant()
    assert take(grants, database, now) is None


def test_another_client_gets_nothing_and_spoils_nothing(grants: Grants, database: Database, now: datetime) -> None:
    assert take(grants, database, now, entry="other") is None
    with database.write() as tx:
        assert grants.revoke(tx, "other", "code") == ""
    assert take(grants, database, now) == a_grant()


def test_after_a_minute_it_is_gone(grants: Grants, database: Database, now: datetime) -> None:
    assert take(grants, database, now + MINUTE) is None


def test_a_token_says_the_same_for_as_long(grants: Grants, database: Database, now: datetime) -> None:
    assert said(grants, database, now) is None
    take(grants, database, now)
    assert said(grants, database, now + 5 * MINUTE - timedelta(seconds=1)) == a_grant()
    assert said(grants, database, now + 5 * MINUTE) is None
    assert said(grants, database, now, "") is None


def test_a_code_that_comes_again_ends_the_token(grants: Grants, database: Database, now: datetime) -> None:
    with database.write() as tx:
        assert grants.revoke(tx, "idp", "code") == ""
    take(grants, database, now)
    with database.write() as tx:
        assert grants.revoke(tx, "idp", "code") == "recovery-1"
    assert said(grants, database, now) is None


def test_a_newer_code_of_the_same_recovery_ends_the_older_one(
    grants: Grants, database: Database, now: datetime
) -> None:
    with database.write() as tx:
        grants.put(tx, "newer", a_grant(), now + MINUTE)
    assert take(grants, database, now) is None
    assert take(grants, database, now, code="newer") == a_grant()


def test_one_that_was_moved_to_another_client_is_refused(grants: Grants, database: Database, now: datetime) -> None:
    with database.write() as tx:
        tx.execute(update(table).values(entry="other"))
    with pytest.raises(SealBroken):
        take(grants, database, now, entry="other")


def test_neither_code_nor_token_stands_in_its_row(grants: Grants, database: Database, now: datetime) -> None:
    take(grants, database, now)
    with database.read() as tx:
        row = tx.execute(select(table.c.code, table.c.token)).one()
    assert not {"code", "token"} & set(row)


def test_what_is_old_is_forgotten(grants: Grants, database: Database, now: datetime) -> None:
    with database.write() as tx:
        assert grants.purge(tx, now + MINUTE - timedelta(seconds=1)) == 0
        assert grants.purge(tx, now + MINUTE) == 1
        assert tx.scalar(select(func.count()).select_from(table)) == 0
