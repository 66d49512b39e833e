"""What goes wrong between the store and its servers, with a real slapd and a proxy that fails on purpose."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from pydantic import ValidationError
from servers.authority import Authority
from servers.fault_proxy import FaultProxy, Mode
from servers.slapd import CHANGED, Slapd, Someone
from servers.story import wait_until
from servers.together import all_at_once

from keyback.core import Account, OutcomeUnknown, PasswordRefused, PluginError, Secret, StoreUnavailable
from keyback.core.testing import a_context
from keyback.plugins.stores.openldap import OpenLdap

NEW = "four words that belong apart"
OTHER = "another four words in a row"

MakeStore = Callable[..., OpenLdap]
Found = Callable[[Someone], Account]

# A reset on a connection that is open: a read, and the write. Each small request is one chunk.
BEFORE_THE_WRITE = 1


@pytest.fixture
def proxy(slapd: Slapd) -> Iterator[FaultProxy]:
    with FaultProxy(("127.0.0.1", slapd.port)) as proxy:
        yield proxy


@pytest.fixture
def store(make_store: MakeStore, proxy: FaultProxy) -> OpenLdap:
    """A store that meets its server through the proxy, with little patience."""
    return make_store(servers=(f"ldaps://127.0.0.1:{proxy.port}",), connect_timeout="PT2S", receive_timeout="PT1S")


def reset(store: OpenLdap, account: Account, password: str = NEW) -> None:
    store.set_password(account, Secret(password), unlock=True, ctx=a_context())


def seen(store: OpenLdap, person: Someone) -> Account:
    """As this store sees them, on its own server."""
    account = store.find(person.uid, a_context())
    assert account is not None
    return account


def moved(store: OpenLdap, account: Account) -> bool | None:
    return store.changed_since(account, ctx=a_context())


def moved_at_last(store: OpenLdap, account: Account) -> bool | None:
    """As `moved`, of a server that may still be waking up."""
    try:
        return moved(store, account)
    except StoreUnavailable:
        return None


# TLS --------------------------------------------------------------------------------------------------------------


def test_case_15_passwords_never_travel_in_the_clear(make_store: MakeStore, slapd: Slapd, found: Found) -> None:
    with pytest.raises(ValidationError, match="in the clear"):
        make_store(servers=(slapd.plain_url,), start_tls=False)
    person = slapd.person()
    over_start_tls = make_store(servers=(slapd.plain_url,))
    account = over_start_tls.find(person.uid, a_context())
    assert account is not None
    reset(over_start_tls, account)
    assert slapd.bind(person.dn, NEW)[0] == 0


def test_a_server_that_does_not_start_tls_gets_no_password(make_store: MakeStore) -> None:
    heard = bytearray()
    refusal = bytes.fromhex("300c02010178070a010204000400")
    with _a_listener(refusal, heard) as port, pytest.raises(StoreUnavailable):
        make_store(servers=(f"ldap://127.0.0.1:{port}",)).find("jfrost", a_context())
    assert b"1.3.6.1.4.1.1466.20037" in heard
    assert b"canary" not in heard


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_case_16_a_certificate_for_this_name_or_address_is_taken(
    make_store: MakeStore, slapd: Slapd, host: str
) -> None:
    make_store(servers=(f"ldaps://{host}:{slapd.port}",)).check()
    make_store(servers=(f"ldap://{host}:{slapd.plain_port}",)).check()


def test_case_16_an_unknown_authority_and_a_wrong_name_are_refused(
    make_store: MakeStore, slapd: Slapd, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger")
    ours_by_another_name = f"ldaps://127.0.0.2:{slapd.port}"
    with FaultProxy(("127.0.0.1", slapd.port), listen=("127.0.0.2", 0)) as proxy:
        ours_by_another_name = f"ldaps://127.0.0.2:{proxy.port}"
        for wrong in ({"ca_file": str(stranger.ca_file)}, {"servers": (ours_by_another_name,)}):
            with pytest.raises(PluginError, match="certificate"):
                make_store(**wrong).check()


def test_a_missing_or_empty_authority_is_refused(make_store: MakeStore, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="no such file"):
        make_store(ca_file=str(tmp_path / "nothing.pem"))
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(PluginError, match="no certificates"):
        make_store(ca_file=str(tmp_path / "empty.pem"))


@pytest.mark.parametrize("url", ["", "slapd.test", "http://slapd.test", "ldaps://", "ldaps://u:p@slapd.test/x"])
def test_a_server_must_be_a_bare_ldap_url(make_store: MakeStore, url: str) -> None:
    with pytest.raises(ValidationError):
        make_store(servers=(url,))


def test_a_trusted_contact_must_be_a_contact(make_store: MakeStore) -> None:
    with pytest.raises(ValidationError, match="must be among phones and mail"):
        make_store(trusted_contacts=("homePhone",))


def test_a_server_that_speaks_no_ldap_is_unavailable(make_store: MakeStore) -> None:
    with _a_listener(b"HTTP/1.1 400 Bad Request\r\n\r\n", bytearray()) as port, pytest.raises(StoreUnavailable):
        make_store(servers=(f"ldap://127.0.0.1:{port}",)).find("jfrost", a_context())


@contextmanager
def _a_listener(reply: bytes, heard: bytearray) -> Iterator[int]:
    """Answers every connection with the same bytes."""

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                client.settimeout(2)
                try:
                    heard.extend(client.recv(4096))
                    client.sendall(reply)
                    heard.extend(client.recv(4096))
                except OSError:
                    continue

    listener = socket.create_server(("127.0.0.1", 0))
    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    serving.join(5)


# Lost answers -------------------------------------------------------------------------------------------------------


def test_case_17_a_lost_reply_is_unknown_and_then_known_to_be_set(
    store: OpenLdap, slapd: Slapd, proxy: FaultProxy, found: Found
) -> None:
    person = slapd.person()
    account = found(person)
    proxy.fault(Mode.SWALLOW_REPLY, skip=BEFORE_THE_WRITE)
    with pytest.raises(OutcomeUnknown):
        reset(store, account)
    proxy.heal()
    assert moved(store, account) is True
    assert store.accepts(account, Secret(NEW), ctx=a_context()) is True
    assert store.accepts(account, Secret(OTHER), ctx=a_context()) is False
    assert slapd.writes(person.dn) == 1


def test_case_18_a_lost_request_is_unknown_and_then_known_not_to_be_set(
    store: OpenLdap, slapd: Slapd, proxy: FaultProxy, found: Found
) -> None:
    person = slapd.person()
    account = found(person)
    proxy.fault(Mode.SWALLOW_REQUEST, skip=BEFORE_THE_WRITE)
    with pytest.raises(OutcomeUnknown):
        reset(store, account)
    proxy.heal()
    assert moved(store, account) is False
    assert slapd.writes(person.dn) == 0
    reset(store, account)
    assert slapd.bind(person.dn, NEW)[0] == 0


@pytest.mark.parametrize("mode", [Mode.SWALLOW_REQUEST, Mode.SWALLOW_REPLY, Mode.STALL])
def test_what_fails_before_the_write_is_surely_not_set(
    store: OpenLdap, slapd: Slapd, proxy: FaultProxy, found: Found, mode: Mode
) -> None:
    person = slapd.person()
    account = found(person)
    proxy.fault(mode)
    with pytest.raises(StoreUnavailable):
        reset(store, account)
    proxy.heal()
    assert moved(store, account) is False
    assert slapd.writes(person.dn) == 0


def test_case_19_a_frozen_server_ends_in_time_and_may_write_late(
    store: OpenLdap, slapd: Slapd, proxy: FaultProxy, found: Found
) -> None:
    person = slapd.person()
    account = found(person)
    # Frozen at the moment in which the write is on its way.
    chunks = count()
    proxy.on_bytes = lambda _: slapd.freeze() if next(chunks) == BEFORE_THE_WRITE else None
    began = time.monotonic()
    try:
        with pytest.raises(OutcomeUnknown):
            reset(store, account)
        assert time.monotonic() - began < 6
        with pytest.raises(StoreUnavailable):
            moved(store, account)
    finally:
        proxy.on_bytes = None
        slapd.thaw()
    wait_until(lambda: moved_at_last(store, account), "the server to wake up", 30)
    assert store.accepts(account, Secret(NEW), ctx=a_context()) is True
    with pytest.raises(PasswordRefused):
        reset(store, account, OTHER)
    assert slapd.writes(person.dn) == 1


def test_a_frozen_server_ends_reads_in_time_too(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person()
    found(person)
    with slapd.frozen():
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            store.find(person.uid, a_context(seconds=3))
        assert time.monotonic() - began < 5
    assert found(person).name == person.uid


# Writers that meet ----------------------------------------------------------------------------------------------------


def test_a_writer_overtaken_on_the_wire_is_refused_by_the_server(
    store: OpenLdap, slapd: Slapd, proxy: FaultProxy, found: Found
) -> None:
    person = slapd.person()
    account = found(person)
    chunks = count()

    def overtake(_: bytes) -> None:
        """Between our last look and the arrival of our write somebody else resets: only the assertion can tell."""
        if next(chunks) == BEFORE_THE_WRITE:
            with slapd.root() as root:
                root.extend.standard.modify_password(person.dn, None, OTHER.encode())

    proxy.on_bytes = overtake
    with pytest.raises(PasswordRefused) as refusal:
        reset(store, account)
    assert str(refusal.value.reasons[0]) == "Somebody else just changed this password. Start again."
    assert slapd.bind(person.dn, OTHER)[0] == 0


def test_a_password_that_was_never_changed_is_test_and_set_too(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person(pwdChangedTime=None)
    stale = found(person)
    assert stale.stamp is None
    reset(store, stale)
    assert moved(store, stale) is True
    with pytest.raises(PasswordRefused):
        reset(store, stale, OTHER)
    assert slapd.writes(person.dn) == 1


def test_two_resets_in_a_row_leave_two_marks(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person()
    reset(store, found(person))
    first = found(person)
    reset(store, first, OTHER)
    assert moved(store, first) is True
    fresh = found(person)
    with pytest.raises(StoreUnavailable, match="no time to wait"):
        store.set_password(fresh, Secret(NEW), unlock=True, ctx=a_context(seconds=1))


def test_eight_resets_at_once_are_one_write(make_store: MakeStore, slapd: Slapd) -> None:
    person = slapd.person()
    stores = [make_store() for _ in range(2)]
    account = seen(stores[0], person)
    outcomes = all_at_once(8, lambda n: reset(stores[n % 2], account, f"password number {n} of eight"))
    assert outcomes.count("set") == 1
    assert set(outcomes) <= {"set", "PasswordRefused"}
    assert slapd.writes(person.dn) == 1


def test_wrong_sign_ins_by_strangers_stop_no_reset(make_store: MakeStore, slapd: Slapd) -> None:
    store = make_store()
    person = slapd.person()
    over = threading.Event()

    def storm() -> None:
        while not over.is_set():
            slapd.bind(person.dn, "wrong")

    stranger = threading.Thread(target=storm, daemon=True)
    stranger.start()
    try:
        for n in range(10):
            slapd.mark(person.dn, pwdChangedTime=CHANGED)
            reset(store, seen(store, person), f"password number {n} in the storm")
    finally:
        over.set()
        stranger.join(10)
    store.unlock(seen(store, person), ctx=a_context())
    assert slapd.bind(person.dn, "password number 9 in the storm")[0] == 0
    assert slapd.writes(person.dn) == 10
