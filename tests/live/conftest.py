"""A real slapd for all tests of this folder, and a store that uses it as the least-privilege account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from servers.slapd import Slapd, Someone, running_slapd

from keyback.core import Account
from keyback.core.testing import a_context
from keyback.plugins.stores._openldap_settings import OpenLdapSettings
from keyback.plugins.stores.openldap import OpenLdap

Found = Callable[[Someone], Account]


@pytest.fixture(scope="session")
def slapd() -> Iterator[Slapd]:
    with running_slapd() as running:
        yield running


@pytest.fixture
def make_store(slapd: Slapd) -> Iterator[Callable[..., OpenLdap]]:
    """A store with these settings on top; closed after the test."""
    made: list[OpenLdap] = []

    def make(**more: Any) -> OpenLdap:
        made.append(OpenLdap(OpenLdapSettings(**slapd.settings(**more))))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(make_store: Callable[..., OpenLdap]) -> OpenLdap:
    return make_store()


@pytest.fixture
def found(store: OpenLdap) -> Found:
    """The account of somebody who must be there."""

    def find(person: Someone) -> Account:
        account = store.find(person.uid, a_context())
        assert account is not None
        return account

    return find
