"""Which key signs for clients, and which are believed still."""

from __future__ import annotations

from datetime import timedelta

import pytest
from servers.client_house import KeyMaker
from servers.small_house import SmallHouse

from keyback.core.service.clients.client_keys import ClientKeys


@pytest.fixture
def keys(on_either: SmallHouse) -> ClientKeys:
    return ClientKeys(records=on_either.records, around=on_either.around, make=KeyMaker())


def names(keys: ClientKeys) -> list[str]:
    return [key.kid for key in keys.shown()]


def test_the_first_is_made_when_somebody_asks_and_only_once(keys: ClientKeys) -> None:
    first = keys.signing()
    assert names(keys) == [first.kid]
    assert keys.signing() == first


def test_the_first_signs_though_time_goes_on_while_it_is_made(on_either: SmallHouse) -> None:
    class Slow(KeyMaker):
        def __call__(self) -> tuple[str, bytes]:
            on_either.clock.forward(seconds=1)
            return super().__call__()

    keys = ClientKeys(records=on_either.records, around=on_either.around, make=Slow())
    assert keys.signing() == keys.shown()[0]


def test_the_first_signs_also_where_its_maker_s_clock_is_ahead(on_either: SmallHouse, keys: ClientKeys) -> None:
    first = keys.signing()
    on_either.clock.forward(seconds=-1)
    assert keys.signing() == first


def test_another_process_uses_the_same(keys: ClientKeys) -> None:
    first = keys.signing()
    elsewhere = ClientKeys(records=keys.records, around=keys.around, make=KeyMaker(5))
    assert elsewhere.signing() == first


def test_of_two_that_are_made_at_the_same_moment_one_is_kept_by_all(keys: ClientKeys) -> None:
    """A client reads it from the process that was quicker, and asks no more for five minutes."""

    class Overtaken(KeyMaker):
        def __call__(self) -> tuple[str, bytes]:
            self.read_by_a_client = names(keys)
            return super().__call__()

    maker = Overtaken(5)
    elsewhere = ClientKeys(records=keys.records, around=keys.around, make=maker)
    assert [elsewhere.signing().kid] == maker.read_by_a_client == names(keys)


def test_a_new_one_is_shown_before_it_signs_and_the_old_one_until_its_last_token_is_over(
    on_either: SmallHouse, keys: ClientKeys
) -> None:
    old = keys.signing().kid
    new = keys.rotate().kid
    assert (keys.signing().kid, names(keys)) == (old, [old, new])
    on_either.clock.forward(minutes=9, seconds=59)
    assert keys.signing().kid == old
    on_either.clock.forward(seconds=1)
    assert (keys.signing().kid, names(keys)) == (new, [old, new])
    on_either.clock.forward(minutes=9, seconds=59)
    assert names(keys) == [old, new]
    on_either.clock.forward(seconds=1)
    assert names(keys) == [new]


def test_one_that_is_over_is_forgotten_by_the_next_rotation(on_either: SmallHouse, keys: ClientKeys) -> None:
    first = keys.signing().kid
    keys.rotate()
    on_either.clock.forward(hours=1)
    keys.rotate()
    with on_either.records.db.read() as tx:
        assert first not in [key.kid for key in on_either.records.token_keys.all(tx)]


def test_after_a_theft_nothing_is_believed_that_the_old_ones_signed(keys: ClientKeys) -> None:
    keys.signing()
    keys.rotate()
    new = keys.rotate(at_once=True)
    assert (keys.signing(), names(keys)) == (new, [new.kid])


def test_two_rotations_in_a_row_lose_nobody(on_either: SmallHouse, keys: ClientKeys) -> None:
    signed_by = [keys.signing().kid]
    keys.rotate()
    on_either.clock.forward(minutes=5)
    keys.rotate()
    for _ in range(40):
        on_either.clock.forward(minutes=1)
        signed_by.append(keys.signing().kid)
        # What was signed in the last six minutes is verified by a key that is shown.
        assert set(signed_by[-6:]) <= set(names(keys))
    assert len(set(signed_by)) == 3


def test_the_private_half_stands_nowhere_in_the_clear(on_either: SmallHouse, keys: ClientKeys) -> None:
    key = keys.signing()
    assert "private" not in repr(key) or key.private.decode() not in repr(key)
    with on_either.records.db.read() as tx:
        (row,) = tx.exec_driver_sql("SELECT private FROM token_key").all()
    assert b'"kty"' not in bytes(row[0])


def test_what_is_believed_outlives_what_it_signed() -> None:
    from keyback.core.service.clients.client_desk import TOKEN_LIFE
    from keyback.core.service.clients.client_keys import BELIEVED_AFTER, KEYS_FOR, SHOWN_AHEAD

    assert BELIEVED_AFTER > TOKEN_LIFE
    assert KEYS_FOR + timedelta(seconds=60) < SHOWN_AHEAD
