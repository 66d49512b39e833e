"""A real slapd and a real Samba for all tests of this folder, and stores that use them as accounts with few rights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from servers.samba import SambaAd, running_samba
from servers.slapd import Slapd, Someone, running_slapd

from keyback.core import Account, Context
from keyback.core.testing import a_context
from keyback.plugins.stores._active_directory_settings import ActiveDirectorySettings
from keyback.plugins.stores._openldap_settings import OpenLdapSettings
from keyback.plugins.stores.active_directory import ActiveDirectory
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


@pytest.fixture(scope="session")
def ad() -> Iterator[SambaAd]:
    with running_samba() as running:
        yield running


@pytest.fixture
def make_ad_store(ad: SambaAd) -> Iterator[Callable[..., ActiveDirectory]]:
    """A store with these settings on top; closed after the test."""
    made: list[ActiveDirectory] = []

    def make(**more: Any) -> ActiveDirectory:
        made.append(ActiveDirectory(ActiveDirectorySettings(**ad.settings(**more))))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def ad_store(make_ad_store: Callable[..., ActiveDirectory]) -> ActiveDirectory:
    return make_ad_store()


@pytest.fixture
def now() -> Callable[..., Context]:
    """A context of this moment: a directory counts by the real clock."""
    return lambda seed="", seconds=10: a_context(seed, now=datetime.now(UTC), seconds=seconds)


@pytest.fixture
def seen(ad_store: ActiveDirectory, now: Callable[..., Context]) -> Found:
    """The account of somebody who must be there, in Active Directory."""

    def find(person: Someone) -> Account:
        account = ad_store.find(person.uid, now())
        assert account is not None
        return account

    return find
