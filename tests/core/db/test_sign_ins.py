"""People on their way to the identity provider: each way back belongs to one browser, and is good once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from keyback.core.db import tables
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database
from keyback.core.db.sign_ins import Departure, SignIns, digest

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sign_ins(keyring: Keyring) -> SignIns:
    return SignIns(keyring)


def a_departure(now: datetime, state: str = "state-1") -> Departure:
    return Departure(state, "the-nonce", "the-verifier", now, now + 10 * MINUTE, "/methods", fresh=True, ends="old")


def test_who_set_out_gets_back_what_was_sent_and_nobody_a_second_time(
    database: Database, sign_ins: SignIns, now: datetime
) -> None:
    with database.write() as tx:
        sign_ins.put(tx, "browser", a_departure(now))
        assert sign_ins.take(tx, "browser", "state-1") == a_departure(now)
        assert sign_ins.take(tx, "browser", "state-1") is None


def test_of_twenty_at_once_one_comes_back(
    database: Database, other_process: Database, sign_ins: SignIns, now: datetime, at_once: Callable[..., list[Any]]
) -> None:
    with database.write() as tx:
        sign_ins.put(tx, "browser", a_departure(now))

    def take(number: int) -> bool:
        with (database, other_process)[number % 2].write() as tx:
            return sign_ins.take(tx, "browser", "state-1") is not None

    assert sum(at_once(20, take)) == 1


def test_another_browser_neither_gets_nor_spoils_it(database: Database, sign_ins: SignIns, now: datetime) -> None:
    with database.write() as tx:
        sign_ins.put(tx, "browser", a_departure(now))
        assert sign_ins.take(tx, "somebody-else", "state-1") is None
        assert sign_ins.take(tx, "browser", "state-1") is not None


def test_when_the_cookie_is_renewed_the_other_tabs_come_back_with_the_new_one(
    database: Database, sign_ins: SignIns, now: datetime
) -> None:
    with database.write() as tx:
        sign_ins.put(tx, "old", a_departure(now))
        sign_ins.put(tx, "elsewhere", a_departure(now, "state-2"))
        sign_ins.hand_on(tx, "old", "new")
        assert sign_ins.take(tx, "old", "state-1") is None
        assert sign_ins.take(tx, "new", "state-2") is None
        assert sign_ins.take(tx, "new", "state-1") == a_departure(now)


def test_the_row_holds_neither_state_nor_cookie_nor_verifier(
    database: Database, sign_ins: SignIns, now: datetime
) -> None:
    with database.write() as tx:
        sign_ins.put(tx, "browser-cookie", a_departure(now))
        row = str(dict(tx.execute(tables.sign_in.select()).mappings().one()))
    assert not [secret for secret in ("state-1", "browser-cookie", "the-nonce", "the-verifier") if secret in row]


@pytest.mark.parametrize("change", [{"browser": digest("mine")}, {"sealed": b"x" * 60}])
def test_a_row_that_was_changed_without_the_key_is_refused(
    database: Database, sign_ins: SignIns, now: datetime, tamper: Callable[..., None], change: dict[str, Any]
) -> None:
    with database.write() as tx:
        sign_ins.put(tx, "mine" if "sealed" in change else "theirs", a_departure(now))
    tamper(tables.sign_in, {"state": digest("state-1")}, **change)
    with database.write() as tx, pytest.raises(SealBroken):
        sign_ins.take(tx, "mine", "state-1")


def test_who_does_not_come_back_is_forgotten(database: Database, sign_ins: SignIns, now: datetime) -> None:
    with database.write() as tx:
        sign_ins.put(tx, "browser", a_departure(now))
        assert sign_ins.purge(tx, now + 10 * MINUTE - timedelta(seconds=1)) == 0
        assert sign_ins.purge(tx, now + 10 * MINUTE) == 1
