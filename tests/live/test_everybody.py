"""Everybody who is in a directory, page by page, as a census asks for them: on a real slapd and a real Samba."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from servers.samba import SambaAd
from servers.slapd import SERVICE, SUFFIX, Slapd, running_slapd

from keyback.core import Account, CanList, Context, StoreUnavailable
from keyback.core.testing import a_context
from keyback.plugins.stores import _ldap_store
from keyback.plugins.stores._openldap_settings import OpenLdapSettings
from keyback.plugins.stores.active_directory import ActiveDirectory
from keyback.plugins.stores.openldap import OpenLdap

Seen = Callable[[], Context]


@pytest.fixture
def by_threes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ldap_store, "PAGE", 3)


@pytest.fixture
def miserly() -> Iterator[Slapd]:
    """A server that gives our account four objects at most, however many pages it asks for."""
    with running_slapd(extra=f'limits dn.exact="{SERVICE}" size.soft=4 size.hard=4 size.prtotal=hard') as running:
        yield running


def everybody(store: OpenLdap | ActiveDirectory) -> list[Account]:
    assert isinstance(store, CanList)
    return [account for page in store.everybody(ctx=a_context()) for account in page]


def test_openldap_says_who_is_there_everybody_once(store: OpenLdap, slapd: Slapd, by_threes: None) -> None:
    person, *_ = [slapd.person(telephoneNumber="+14440000001") for _ in range(7)]
    pages = list(store.everybody(ctx=a_context()))
    assert max(map(len, pages)) == 3
    there = {account.key: account for page in pages for account in page}
    assert len(there) == sum(map(len, pages)) >= 7
    asked = store.find(person.uid, a_context())
    assert asked is not None
    assert there[asked.key] == asked


def test_a_list_that_a_server_cuts_is_no_list(miserly: Slapd, by_threes: None) -> None:
    for _ in range(7):
        miserly.person()
    store = OpenLdap(OpenLdapSettings(**miserly.settings()))
    with pytest.raises(StoreUnavailable, match="limit"):
        everybody(store)
    store.close()


def test_a_place_that_is_not_there_is_no_empty_directory(make_store: Callable[..., OpenLdap]) -> None:
    with pytest.raises(StoreUnavailable, match="not there"):
        everybody(make_store(base=f"ou=nowhere,{SUFFIX}"))


def test_others_are_served_while_everybody_is_listed(
    make_store: Callable[..., OpenLdap], slapd: Slapd, by_threes: None
) -> None:
    people = [slapd.person() for _ in range(7)]
    store = make_store(connections=1)
    pages = store.everybody(ctx=a_context())
    first = next(pages)
    assert store.find(people[0].uid, a_context()) is not None
    assert len(list(pages)) >= 2
    assert first


def test_a_domain_says_who_is_there_with_the_groups_that_hold_theirs(
    ad_store: ActiveDirectory, ad: SambaAd, by_threes: None
) -> None:
    person, *_ = [ad.person() for _ in range(7)]
    there = everybody(ad_store)
    assert len({account.key for account in there}) == len(there) >= 7
    asked = ad_store.find(person.uid, a_context())
    assert asked is not None
    assert asked in there
