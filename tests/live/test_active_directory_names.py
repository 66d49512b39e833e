"""Names, passwords and crowds as an Active Directory spells and counts them."""

from __future__ import annotations

import base64
import logging
import subprocess
import traceback
from collections.abc import Callable

import pytest
from servers.fault_proxy import FaultProxy, Mode
from servers.samba import SambaAd
from servers.samba_contents import DOMAIN_DN, PASSWORD, SERVICE_PASSWORD
from servers.slapd import Someone

from keyback.core import Account, Context, KeybackError, PasswordRefused, Secret
from keyback.plugins.stores import _active_directory_facts as facts
from keyback.plugins.stores._budget import Budget
from keyback.plugins.stores.active_directory import ActiveDirectory

Seen = Callable[[Someone], Account]
Now = Callable[..., Context]
MakeStore = Callable[..., ActiveDirectory]

NEW = "Four words, 1 by 1, apart"
CANARY = "Canary-5d1e rides the wire"

ODD_PASSWORDS = (
    "Пароль-1ñ€😀x",
    "ﬁsh-Ⅸ-1aB of full width ＡＢ",
    "no\N{NO-BREAK SPACE}break 1A",
    'with "quotes" inside 1A',
    " Spaces around 1 ",
    "e\N{COMBINING ACUTE ACCENT}t\N{LATIN SMALL LETTER E WITH ACUTE} apart 1A",
    "{SSHA}looks like a hash 1A",
    "back\\slash and 'quote' 1A",
    "L" + "o" * 120 + "ng 1",
)


def test_case_20_a_dn_full_of_odd_signs_is_written_to_as_the_server_spells_it(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    person = ad.person(cn=r"O\, Brien \"x\" \#1\+é \<b\>")
    ad_store.set_password(seen(person), Secret(NEW), unlock=True, ctx=now())
    assert ad.opens(person, NEW)


@pytest.mark.parametrize("password", ODD_PASSWORDS)
def test_case_22_a_password_is_set_sign_for_sign(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now, password: str
) -> None:
    person = ad.person()
    account = seen(person)
    ad_store.set_password(account, Secret(password), unlock=True, ctx=now())
    assert ad_store.accepts(account, Secret(password), ctx=now()) is True
    assert ad.opens(person, password)
    assert _opens_with_another_client(ad, person, password)
    assert not _opens_with_another_client(ad, person, password + ".")


@pytest.mark.parametrize(
    "password", ["", "tab\tinside 1A", "nul\x00inside 1A", "half a sign \ud800 1A", "line\nbreak 1A"]
)
def test_case_22_what_could_never_be_typed_is_refused_before_it_is_sent(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now, password: str
) -> None:
    person = ad.person()
    account = seen(person)
    for write in (
        lambda: ad_store.set_password(account, Secret(password), unlock=True, ctx=now()),
        lambda: ad_store.change_password(account, Secret(PASSWORD), Secret(password), ctx=now()),
    ):
        with pytest.raises(PasswordRefused):
            write()
    assert ad.writes(person) == 0


def _opens_with_another_client(ad: SambaAd, person: Someone, password: str) -> bool:
    secret = ad.folder / "typed"
    secret.touch(mode=0o600)
    secret.write_bytes(password.encode())
    command = [
        "ldapsearch",
        "-x",
        "-H",
        ad.url,
        "-D",
        person.dn,
        "-y",
        str(secret),
        "-s",
        "base",
        "-b",
        person.dn,
        "dn",
    ]
    try:
        ran = subprocess.run(command, env={"LDAPTLS_CACERT": str(ad.ca_file)}, capture_output=True, timeout=20)
    except FileNotFoundError:
        pytest.skip("ldapsearch is not installed (Debian: apt-get install ldap-utils)")
    return ran.returncode == 0


def test_case_23_a_crowd_is_read_whole_and_referrals_are_nobody(
    ad_store: ActiveDirectory, ad: SambaAd, now: Now
) -> None:
    _read_whole(ad_store, ad, now(seconds=60), 300, size=100)


@pytest.mark.slow
def test_case_23_five_thousand_people_are_read_whole(ad_store: ActiveDirectory, ad: SambaAd, now: Now) -> None:
    _read_whole(ad_store, ad, now(seconds=60), 5_000, size=500)


def _read_whole(store: ActiveDirectory, ad: SambaAd, ctx: Context, people: int, *, size: int) -> None:
    ad.crowd(people)
    wire = store._pool.connect(Budget.of(ctx))
    try:
        condition = f"(&{facts.PEOPLE}(sAMAccountName=crowd{people}-*))"
        # Over the whole domain, where the server adds rows that point elsewhere.
        pages = list(wire.pages(DOMAIN_DN, condition, ["sAMAccountName"], size=size))
    finally:
        wire.close()
    names = [entry.text("sAMAccountName") for page in pages for entry in page]
    assert max(map(len, pages)) <= size
    assert len(names) == len(set(names)) == people


def test_case_35_no_password_is_in_a_log_an_error_or_a_repr(
    make_ad_store: MakeStore, ad: SambaAd, now: Now, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = _everything_that_can_happen(make_ad_store, ad, now)
    spoken = caplog.text + told
    assert "refuses the service account" in spoken
    assert "OutcomeUnknown" in spoken
    for secret in (CANARY, SERVICE_PASSWORD):
        assert [form for form in _encoded(secret) if form in spoken] == []


def test_case_35_no_password_stays_on_a_connection_that_is_kept(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    ad_store.set_password(seen(ad.person()), Secret(CANARY), unlock=True, ctx=now())
    kept = [wire._connection for wire in ad_store._pool._idle]
    assert len(kept) == 1
    for name in ("request", "response", "result"):
        assert [form for form in _encoded(CANARY) if form in repr(getattr(kept[0], name))] == []


def _everything_that_can_happen(make_store: MakeStore, ad: SambaAd, now: Now) -> str:
    """Every kind of answer once, with the passwords in it; whatever was raised, with its traceback."""
    told: list[str] = []

    def attempt(act: Callable[[], object]) -> None:
        try:
            told.append(repr(act()))
        except KeybackError as problem:
            told.append(repr(problem) + "".join(traceback.format_exception(problem)))

    with FaultProxy((ad.address, 636), listen=(ad.address, 0)) as proxy:
        store = make_store(servers=(f"ldaps://{proxy.host}:{proxy.port}",), receive_timeout="PT0.7S")
        for person in (ad.person(), ad.person(userAccountControl="514")):
            account = store.find(person.uid, now())
            assert account is not None
            store.rules(account, now())
            for mode, skip in ((Mode.SWALLOW_REQUEST, 2), (Mode.STALL, 2), (Mode.REFUSE, 0), (Mode.PASS, 0)):
                if mode is Mode.REFUSE:
                    proxy.drop_all()
                proxy.fault(mode, skip=skip)
                attempt(lambda a=account: store.set_password(a, Secret(CANARY), unlock=True, ctx=now()))  # type: ignore[misc]
                attempt(lambda a=account: store.change_password(a, Secret(CANARY), Secret(CANARY), ctx=now()))  # type: ignore[misc]
                proxy.heal()
                attempt(lambda a=account: store.accepts(a, Secret(CANARY), ctx=now()))  # type: ignore[misc]
            attempt(lambda a=account: store.set_password(a, Secret(CANARY + "\x00"), unlock=True, ctx=now()))  # type: ignore[misc]
        told.append(f"{store!r} {store.settings!r} {store._service!r} {store._pool._idle!r}")
    attempt(lambda: make_store(bind_password=CANARY).check())
    return "\n".join(told)


def _encoded(secret: str) -> tuple[str, ...]:
    raw, wide = secret.encode(), secret.encode("utf-16-le")
    plain = (secret, repr(raw)[2:-1], raw.hex(), base64.b64encode(raw).decode().rstrip("="), secret.replace(" ", "%20"))
    return (*plain, repr(wide)[2:-1], wide.hex(), base64.b64encode(wide).decode().rstrip("="))
