"""Keys, encryption, seals and pseudonyms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from keyback.core.contracts.errors import SettingsInvalid
from keyback.core.db import tables
from keyback.core.db.encoding import Value, encode
from keyback.core.db.sealing import KeyPurpose, Keyring, SealBroken
from keyback.core.db.session import Database

PLACE = {"table": "enrolment", "column": "sealed", "row": "1"}
NEW_KEK = b"n" * 32


def test_what_is_sealed_opens_in_its_place_alone(keyring: Keyring) -> None:
    sealed = keyring.seal(KeyPurpose.CONTACT, b"canary", **PLACE)
    assert keyring.open(KeyPurpose.CONTACT, sealed, **PLACE) == b"canary"
    assert b"canary" not in sealed
    for other in ({"table": "job"}, {"column": "label"}, {"row": "2"}):
        with pytest.raises(SealBroken):
            keyring.open(KeyPurpose.CONTACT, sealed, **PLACE | other)
    with pytest.raises(SealBroken):
        keyring.open(KeyPurpose.RECOVERY, sealed, **PLACE)


@pytest.mark.parametrize("broken", [b"", b"\x00", b"\x00\x01", b"\x00\x01" + b"n" * 12, b"\xff\xff" + b"n" * 40])
def test_what_was_never_sealed_does_not_open(keyring: Keyring, broken: bytes) -> None:
    with pytest.raises(SealBroken):
        keyring.open(KeyPurpose.CONTACT, broken, **PLACE)


def test_the_same_value_is_never_sealed_the_same_way_twice(keyring: Keyring) -> None:
    assert keyring.seal(KeyPurpose.CONTACT, b"x", **PLACE) != keyring.seal(KeyPurpose.CONTACT, b"x", **PLACE)


values = st.lists(st.none() | st.text() | st.binary() | st.integers(), max_size=4)


@given(values, values)
def test_different_values_never_encode_alike(one: list[Value], other: list[Value]) -> None:
    alike = [type(v) for v in one] == [type(v) for v in other] and one == other
    assert (encode(*one) == encode(*other)) is alike


def test_a_row_seal_covers_every_value_and_the_table(keyring: Keyring) -> None:
    seal = keyring.row_seal("proof", "a", 1, None, b"x")
    keyring.check_row("proof", seal, "a", 1, None, b"x")
    for table, changed in (
        ("account", ("a", 1, None, b"x")),
        ("proof", ("a", 2, None, b"x")),
        ("proof", ("a1", None, b"x")),
    ):
        with pytest.raises(SealBroken):
            keyring.check_row(table, seal, *changed)
    with pytest.raises(SealBroken):
        keyring.check_row("proof", b"", "a", 1, None, b"x")


def test_a_mac_is_checked_with_the_key_that_made_it(keyring: Keyring, database: Database) -> None:
    before = keyring.mac(KeyPurpose.FORM, "recovery-1", "3")
    assert keyring.rotate(KeyPurpose.FORM) == 2
    after = keyring.mac(KeyPurpose.FORM, "recovery-1", "3")
    assert before != after
    for made in (before, after):
        assert keyring.check_mac(KeyPurpose.FORM, made, "recovery-1", "3")
        assert not keyring.check_mac(KeyPurpose.FORM, made, "recovery-13", "")
        assert not keyring.check_mac(KeyPurpose.PEPPER, made, "recovery-1", "3")
    assert not keyring.check_mac(KeyPurpose.FORM, b"", "recovery-1", "3")


def test_a_pseudonym_stays_the_same_and_says_nothing(database: Database, keyring: Keyring, kek: bytes) -> None:
    pseudonym = keyring.pseudonym("openldap", "canary-uuid")
    assert Keyring.load(database, kek).pseudonym("openldap", "canary-uuid") == pseudonym
    assert len(pseudonym) == 27
    assert pseudonym.replace("-", "").replace("_", "").isalnum()
    assert pseudonym != keyring.pseudonym("openldapcanary", "-uuid")


@pytest.mark.parametrize("purpose", [KeyPurpose.PSEUDONYM, KeyPurpose.DECOY])
def test_what_people_are_known_by_is_never_rotated(database: Database, keyring: Keyring, purpose: KeyPurpose) -> None:
    with pytest.raises(SettingsInvalid, match=purpose):
        keyring.rotate(purpose)


def test_a_wrong_key_refuses_to_start_and_says_which(database: Database, keyring: Keyring) -> None:
    with pytest.raises(SettingsInvalid, match="does not open the data key for"):
        Keyring.load(database, NEW_KEK)


@pytest.mark.parametrize("kek", [b"", b"short", b"x" * 31, b"x" * 33])
def test_a_key_of_the_wrong_length_refuses_to_start(database: Database, kek: bytes) -> None:
    with pytest.raises(SettingsInvalid, match="32 bytes"):
        Keyring.load(database, kek)


def test_a_new_outer_key_opens_everything_once_the_previous_one_is_given(
    database: Database, keyring: Keyring, kek: bytes
) -> None:
    sealed = keyring.seal(KeyPurpose.CONTACT, b"canary", **PLACE)
    assert Keyring.load(database, NEW_KEK, kek).open(KeyPurpose.CONTACT, sealed, **PLACE) == b"canary"
    assert Keyring.load(database, NEW_KEK).open(KeyPurpose.CONTACT, sealed, **PLACE) == b"canary"
    with pytest.raises(SettingsInvalid):
        Keyring.load(database, kek)


def test_a_data_key_moved_to_another_purpose_refuses_to_start(
    database: Database, keyring: Keyring, kek: bytes, tamper: Callable[..., None], column: Callable[..., bytes]
) -> None:
    stolen = column(tables.data_key, "wrapped", purpose="cookie")
    tamper(tables.data_key, {"purpose": "seal"}, wrapped=stolen)
    with pytest.raises(SettingsInvalid, match="seal"):
        Keyring.load(database, kek)


def test_a_missing_data_key_is_made_and_the_others_stay(database: Database, keyring: Keyring, kek: bytes) -> None:
    with database.write() as tx:
        tx.execute(delete(tables.data_key).where(tables.data_key.c.purpose == "job"))
    again = Keyring.load(database, kek)
    assert again.pseudonym("a", "b") == keyring.pseudonym("a", "b")
    with database.read() as tx:
        assert tx.scalar(select(func.count()).select_from(tables.data_key)) == len(KeyPurpose)


def test_ten_that_start_at_once_agree_on_the_keys(
    database: Database, kek: bytes, at_once: Callable[..., list[Keyring]]
) -> None:
    keyrings = at_once(10, lambda _number: Keyring.load(database, kek))
    assert len({keyring.mac(KeyPurpose.SEAL, "x") for keyring in keyrings}) == 1


def test_a_process_learns_of_a_rotation_from_the_first_thing_it_meets(
    database: Database, other_process: Database, keyring: Keyring, kek: bytes
) -> None:
    there = Keyring.load(other_process, kek)
    keyring.rotate(KeyPurpose.CONTACT)
    keyring.rotate(KeyPurpose.SEAL)
    sealed = keyring.seal(KeyPurpose.CONTACT, b"canary", **PLACE)
    assert there.open(KeyPurpose.CONTACT, sealed, **PLACE) == b"canary"
    there.check_row("proof", keyring.row_seal("proof", 1), 1)


def test_no_key_is_in_a_repr(keyring: Keyring, kek: bytes) -> None:
    shown = repr(keyring) + repr(vars(keyring)["_keys"])
    assert "raw" not in shown
    assert repr(kek) not in shown
