"""What goes wrong between the store and a real domain controller, and a proxy that fails on purpose."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from pydantic import ValidationError
from servers.authority import Authority
from servers.fault_proxy import FaultProxy, Mode
from servers.samba import SambaAd
from servers.samba_contents import PASSWORD
from servers.slapd import Someone
from servers.story import wait_until

from keyback.core import Account, Context, OutcomeUnknown, PasswordRefused, PluginError, Secret, StoreUnavailable
from keyback.plugins.stores.active_directory import ActiveDirectory

Now = Callable[..., Context]
MakeStore = Callable[..., ActiveDirectory]

NEW = "Four words, 1 by 1, apart"
OTHER = "Another 4 words in a row"
# A reset by a store that knows its server: where the account is, what it is, and the write. Each is one chunk.
BEFORE_THE_WRITE = 2


@pytest.fixture
def proxy(ad: SambaAd) -> Iterator[FaultProxy]:
    with FaultProxy((ad.address, 636), listen=(ad.address, 0)) as proxy:
        yield proxy


@pytest.fixture
def store(make_ad_store: MakeStore, proxy: FaultProxy) -> ActiveDirectory:
    """A store that meets its server through the proxy, with little patience."""
    url = f"ldaps://{proxy.host}:{proxy.port}"
    return make_ad_store(servers=(url,), connect_timeout="PT3S", receive_timeout="PT1.5S")


@pytest.fixture
def known(store: ActiveDirectory, now: Now) -> Callable[[Someone], Account]:
    """As this store sees them, and once it has asked its server all that it asks once."""

    def find(person: Someone) -> Account:
        account = store.find(person.uid, now())
        assert account is not None
        store.rules(account, now())
        return account

    return find


Known = Callable[[Someone], Account]


def reset(store: ActiveDirectory, account: Account, ctx: Context, password: str = NEW) -> None:
    store.set_password(account, Secret(password), unlock=True, ctx=ctx)


# TLS --------------------------------------------------------------------------------------------------------------


def test_case_15_passwords_never_travel_in_the_clear(make_ad_store: MakeStore, ad: SambaAd, now: Now) -> None:
    with pytest.raises(ValidationError, match="in the clear"):
        make_ad_store(servers=(ad.plain_url,), start_tls=False)
    person = ad.person()
    over_start_tls = make_ad_store(servers=(ad.plain_url,))
    account = over_start_tls.find(person.uid, now())
    assert account is not None
    reset(over_start_tls, account, now())
    assert ad.opens(person, NEW)


def test_a_global_catalog_is_refused(make_ad_store: MakeStore, ad: SambaAd) -> None:
    with pytest.raises(ValidationError, match="global catalog"):
        make_ad_store(servers=(f"{ad.url}:3269",))


def test_case_16_a_certificate_for_this_address_is_taken_and_others_are_refused(
    make_ad_store: MakeStore, ad: SambaAd, tmp_path: Path
) -> None:
    ad.person()
    make_ad_store().check()
    stranger = Authority(tmp_path / "stranger")
    with FaultProxy((ad.address, 636)) as by_another_name:
        elsewhere = f"ldaps://{by_another_name.host}:{by_another_name.port}"
        for wrong in ({"ca_file": str(stranger.ca_file)}, {"servers": (elsewhere,)}):
            with pytest.raises(PluginError, match="certificate"):
                make_ad_store(**wrong).check()


# Lost answers -------------------------------------------------------------------------------------------------------


def test_case_17_a_lost_reply_is_unknown_and_then_known_to_be_set(
    store: ActiveDirectory, ad: SambaAd, proxy: FaultProxy, known: Known, now: Now
) -> None:
    person = ad.person()
    account = known(person)
    proxy.fault(Mode.SWALLOW_REPLY, skip=BEFORE_THE_WRITE)
    with pytest.raises(OutcomeUnknown):
        reset(store, account, now())
    proxy.heal()
    # The proxy hangs up when it sees the reply, so it is written by now.
    assert store.changed_since(account, ctx=now()) is True
    assert store.accepts(account, Secret(NEW), ctx=now()) is True
    assert store.accepts(account, Secret(OTHER), ctx=now()) is False
    assert ad.writes(person) == 1


def test_case_18_a_lost_request_is_unknown_and_then_known_not_to_be_set(
    store: ActiveDirectory, ad: SambaAd, proxy: FaultProxy, known: Known, now: Now
) -> None:
    person = ad.person()
    account = known(person)
    proxy.fault(Mode.SWALLOW_REQUEST, skip=BEFORE_THE_WRITE)
    with pytest.raises(OutcomeUnknown):
        reset(store, account, now())
    proxy.heal()
    assert store.changed_since(account, ctx=now()) is False
    assert ad.writes(person) == 0
    reset(store, account, now())
    assert ad.opens(person, NEW)


@pytest.mark.parametrize("mode", [Mode.SWALLOW_REQUEST, Mode.SWALLOW_REPLY, Mode.STALL])
def test_what_fails_before_the_write_is_surely_not_set(
    store: ActiveDirectory, ad: SambaAd, proxy: FaultProxy, known: Known, now: Now, mode: Mode
) -> None:
    person = ad.person()
    account = known(person)
    proxy.fault(mode)
    with pytest.raises(StoreUnavailable):
        reset(store, account, now())
    proxy.heal()
    assert store.changed_since(account, ctx=now()) is False
    assert ad.writes(person) == 0


def test_case_19_a_frozen_server_ends_in_time_and_writes_late(
    store: ActiveDirectory, ad: SambaAd, proxy: FaultProxy, known: Known, now: Now
) -> None:
    person = ad.person()
    account = known(person)
    # Frozen at the moment in which the write is on its way.
    chunks = count()
    proxy.on_bytes = lambda _: ad.freeze() if next(chunks) == BEFORE_THE_WRITE else None
    began = time.monotonic()
    try:
        with pytest.raises(OutcomeUnknown):
            reset(store, account, now())
        assert time.monotonic() - began < 6
        with pytest.raises(StoreUnavailable):
            store.changed_since(account, ctx=now(seconds=3))
    finally:
        proxy.on_bytes = None
        ad.thaw()
    wait_until(lambda: ad.writes(person) == 1, "the server to wake up", 30)
    assert store.changed_since(account, ctx=now()) is True
    assert store.accepts(account, Secret(NEW), ctx=now()) is True
    with pytest.raises(PasswordRefused):
        reset(store, account, now(), OTHER)
    assert ad.writes(person) == 1


def test_a_password_that_is_changed_is_not_lost_either(
    store: ActiveDirectory, ad: SambaAd, proxy: FaultProxy, known: Known, now: Now
) -> None:
    person = ad.person()
    account = known(person)
    proxy.fault(Mode.SWALLOW_REPLY, skip=BEFORE_THE_WRITE)
    with pytest.raises(OutcomeUnknown):
        store.change_password(account, Secret(PASSWORD), Secret(NEW), ctx=now())
    proxy.heal()
    assert store.changed_since(account, ctx=now()) is True
    assert ad.opens(person, NEW)


# Several controllers ------------------------------------------------------------------------------------------------


def test_the_next_controller_takes_over_and_the_first_rests(
    make_ad_store: MakeStore, ad: SambaAd, proxy: FaultProxy, now: Now
) -> None:
    person = ad.person()
    with FaultProxy((ad.address, 636), listen=(ad.address, 0)) as second:
        urls = tuple(f"ldaps://{one.host}:{one.port}" for one in (proxy, second))
        store = make_ad_store(servers=urls, connect_timeout="PT3S", receive_timeout="PT1.5S")
        account = store.find(person.uid, now())
        assert account is not None
        assert account.server == urls[0]
        proxy.fault(Mode.REFUSE)
        proxy.drop_all()
        again = store.find(person.uid, now())
        assert again is not None
        assert again.server == urls[1]
        # What was read on one server is written on no other: their marks need not agree.
        with pytest.raises(StoreUnavailable):
            reset(store, account, now())
        reset(store, again, now())
        proxy.heal()
        rested = proxy.connections
        assert store.find(person.uid, now()) is not None
        assert proxy.connections == rested
    assert ad.writes(person) == 1
