"""Joining an account by its password, where a real OpenLDAP counts wrong ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from servers.slapd import PASSWORD, Slapd
from servers.small_house import SmallHouse, small_house
from signed_in_sessions import InSession, sign_in

from keyback.core.contracts.errors import MustWait
from keyback.core.contracts.text import Secret
from keyback.core.db.session import Database
from keyback.core.service.enrolling.other_account import NotTheirs
from keyback.core.testing import a_context
from keyback.plugins.stores.openldap import OpenLdap


@pytest.fixture
def house(tmp_path: Path, migrated: Path, store: OpenLdap) -> Iterator[SmallHouse]:
    """Jo is in a directory of the test's; the other account is in OpenLDAP."""
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    house = small_house(database, methods=[cast("Any", store)])
    # The directory's marks have its own clock.
    house.clock.time = datetime.now(UTC)
    yield house
    database.close()


def join(house: SmallHouse, jo: InSession, name: str, password: str) -> None:
    house.staff.linking.join(jo.who, "openldap", name, Secret(password))


def test_it_is_joined_by_its_password(house: SmallHouse, slapd: Slapd) -> None:
    person, jo = slapd.person(), sign_in(house)
    join(house, jo, person.uid, PASSWORD)
    _, other = house.staff.linking.accounts.look(jo.who)
    assert (other.name, other.key.store) == (person.uid, "openldap")


def test_no_number_of_wrong_passwords_locks_its_owner_out(house: SmallHouse, slapd: Slapd, store: OpenLdap) -> None:
    person, jo = slapd.person(), sign_in(house)
    for _ in range(12):
        with pytest.raises((NotTheirs, MustWait)):
            join(house, jo, person.uid, "not the password")
    account = store.find(person.uid, a_context())
    assert account is not None
    counted = store.lockout(account, ctx=a_context())
    assert counted is not None
    assert not account.state.locked
    assert counted.threshold == 0 or counted.counted < counted.threshold - 1
    assert slapd.bind(person.dn, PASSWORD)[0] == 0
