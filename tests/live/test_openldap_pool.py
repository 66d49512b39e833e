"""How the store keeps its connections, and finds a server that answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from servers.fault_proxy import FaultProxy, Mode
from servers.slapd import Slapd, Someone
from servers.story import wait_until
from servers.together import all_at_once

from keyback.core import Account, Secret, StoreUnavailable
from keyback.core.testing import a_context
from keyback.plugins.stores import _ldap_pool
from keyback.plugins.stores.openldap import OpenLdap

NEW = "four words that belong apart"

MakeStore = Callable[..., OpenLdap]


@pytest.fixture
def proxies(slapd: Slapd) -> Iterator[tuple[FaultProxy, FaultProxy]]:
    """Two doors to one directory: a first server and a second."""
    with FaultProxy(("127.0.0.1", slapd.port)) as first, FaultProxy(("127.0.0.1", slapd.port)) as second:
        yield first, second


@pytest.fixture
def store(make_store: MakeStore, proxies: tuple[FaultProxy, FaultProxy]) -> OpenLdap:
    urls = tuple(f"ldaps://127.0.0.1:{proxy.port}" for proxy in proxies)
    return make_store(servers=urls, connect_timeout="PT5S", receive_timeout="PT1S")


def seen(store: OpenLdap, person: Someone) -> Account:
    account = store.find(person.uid, a_context())
    assert account is not None
    return account


def reset(store: OpenLdap, account: Account) -> None:
    store.set_password(account, Secret(NEW), unlock=True, ctx=a_context())


def test_connections_are_kept_and_the_last_used_is_lent_first(
    store: OpenLdap, slapd: Slapd, proxies: tuple[FaultProxy, FaultProxy]
) -> None:
    person = slapd.person()
    for _ in range(20):
        seen(store, person)
    reset(store, seen(store, person))
    assert (proxies[0].connections, proxies[1].connections) == (1, 0)


def test_no_more_connections_than_allowed_and_nobody_gets_anothers_entry(
    make_store: MakeStore, slapd: Slapd, proxies: tuple[FaultProxy, FaultProxy]
) -> None:
    store = make_store(servers=(f"ldaps://127.0.0.1:{proxies[0].port}",), connections=4)
    people = [slapd.person() for _ in range(8)]
    mixed: list[str] = []

    def look(n: int) -> None:
        names = [seen(store, people[n]).name for _ in range(25)]
        mixed.extend(name for name in names if name != people[n].uid)

    assert all_at_once(8, look) == ["set"] * 8
    assert mixed == []
    assert proxies[0].connections <= 4


def test_a_busy_pool_refuses_soon_and_does_nothing(
    make_store: MakeStore, slapd: Slapd, proxies: tuple[FaultProxy, FaultProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_ldap_pool, "BUSY_AFTER", 0.1)
    store = make_store(servers=(f"ldaps://127.0.0.1:{proxies[0].port}",), connections=1)
    person = slapd.person()
    account = seen(store, person)
    proxies[0].fault(Mode.STALL)
    slow = threading.Thread(target=store.find, args=(person.uid, a_context()))
    slow.start()
    assert proxies[0].bytes_seen.wait(5)
    with pytest.raises(StoreUnavailable, match="in use"):
        reset(store, account)
    proxies[0].heal()
    slow.join(10)
    reset(store, account)
    assert slapd.writes(person.dn) == 1


def test_an_idle_connection_that_a_firewall_cut_is_replaced(
    store: OpenLdap, slapd: Slapd, proxies: tuple[FaultProxy, FaultProxy]
) -> None:
    person = slapd.person()
    account = seen(store, person)
    proxies[0].drop_all()
    reset(store, account)
    proxies[0].drop_all()
    assert seen(store, person).stamp != account.stamp


@pytest.mark.parametrize("limit", ["MAX_AGE", "MAX_IDLE"])
def test_an_old_connection_is_replaced(
    store: OpenLdap,
    slapd: Slapd,
    proxies: tuple[FaultProxy, FaultProxy],
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
) -> None:
    person = slapd.person()
    seen(store, person)
    monkeypatch.setattr(_ldap_pool, limit, 0.0)
    seen(store, person)
    assert proxies[0].connections == 2


def test_the_next_server_takes_over_and_the_first_rests(
    store: OpenLdap, slapd: Slapd, proxies: tuple[FaultProxy, FaultProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = proxies
    person = slapd.person()
    first.fault(Mode.REFUSE)
    assert seen(store, person).server == f"ldaps://127.0.0.1:{second.port}"
    first.heal()
    second.drop_all()
    assert seen(store, person).server == f"ldaps://127.0.0.1:{second.port}"
    monkeypatch.setattr(time, "monotonic", lambda began=time.monotonic: began() + _ldap_pool.REST + 1)
    second.drop_all()
    assert seen(store, person).server == f"ldaps://127.0.0.1:{first.port}"


def test_a_server_that_hangs_is_left_for_the_next_one(
    store: OpenLdap, slapd: Slapd, proxies: tuple[FaultProxy, FaultProxy]
) -> None:
    person = slapd.person()
    assert seen(store, person).server == f"ldaps://127.0.0.1:{proxies[0].port}"
    proxies[0].fault(Mode.STALL)
    assert seen(store, person).server == f"ldaps://127.0.0.1:{proxies[1].port}"


def test_servers_that_all_rest_are_asked_again(
    store: OpenLdap, slapd: Slapd, proxies: tuple[FaultProxy, FaultProxy]
) -> None:
    person = slapd.person()
    for proxy in proxies:
        proxy.fault(Mode.REFUSE)
    with pytest.raises(StoreUnavailable):
        store.find(person.uid, a_context())
    for proxy in proxies:
        proxy.heal()
    assert seen(store, person).name == person.uid


def test_a_write_goes_to_the_server_that_was_read_or_nowhere(
    store: OpenLdap, slapd: Slapd, proxies: tuple[FaultProxy, FaultProxy]
) -> None:
    person = slapd.person()
    account = seen(store, person)
    proxies[0].drop_all()
    proxies[0].fault(Mode.REFUSE)
    with pytest.raises(StoreUnavailable):
        reset(store, account)
    assert slapd.writes(person.dn) == 0


def test_a_closed_store_leaves_no_connection(
    store: OpenLdap, slapd: Slapd, proxies: tuple[FaultProxy, FaultProxy]
) -> None:
    seen(store, slapd.person())
    store.close()
    with slapd.root():
        wait_until(lambda: not proxies[0].open_connections, "the connection to close", 5)


def test_case_34_a_restarted_server_is_used_at_once(make_store: MakeStore, slapd: Slapd) -> None:
    store = make_store()
    person = slapd.person()
    assert store.find(person.uid, a_context()) is not None
    slapd.stop()
    with pytest.raises(StoreUnavailable):
        store.find(person.uid, a_context())
    slapd.start()
    account = store.find(person.uid, a_context())
    assert account is not None
    slapd.stop()
    slapd.start()
    reset(store, account)
    assert slapd.bind(person.dn, NEW)[0] == 0


def test_case_34_a_killed_server_keeps_every_confirmed_password(make_store: MakeStore, slapd: Slapd) -> None:
    store = make_store(connections=8)
    people = [slapd.person() for _ in range(64)]
    confirmed: list[Someone] = []
    left = iter(people)

    def work(_: int) -> None:
        for person in left:
            account = store.find(person.uid, a_context())
            assert account is not None
            reset(store, account)
            confirmed.append(person)
            if len(confirmed) == 20:
                slapd.stop(kill=True)

    outcomes = all_at_once(8, work)
    slapd.start()
    assert len(confirmed) >= 20
    assert set(outcomes) <= {"set", "StoreUnavailable", "Dropped", "OutcomeUnknown"}
    assert [slapd.bind(person.dn, NEW)[0] for person in confirmed] == [0] * len(confirmed)
