"""Passwords arrive byte for byte, and appear nowhere else."""

from __future__ import annotations

import base64
import logging
import subprocess
import traceback
from collections.abc import Callable

import pytest
from servers.fault_proxy import FaultProxy, Mode
from servers.slapd import SERVICE_PASSWORD, Slapd, Someone

from keyback.core import Account, KeybackError, PasswordRefused, Secret
from keyback.core.testing import a_context
from keyback.plugins.stores.openldap import OpenLdap

MakeStore = Callable[..., OpenLdap]
Found = Callable[[Someone], Account]

# Compatibility characters, combining marks, unusual spaces and signs: what a library may "normalise" on the way.
FAITHFUL = (
    "Пароль-1ñ€😀x",
    "ﬁsh-Ⅸ-1aB",
    "e\u0301-decomposed-\u00e9",
    "full-width-ＡＢＣ",
    "no\u00a0break\u2003spaces\u202f!",
    ' leading and trailing and "quotes" ',
    "back\\slash \\2a *()&|!=~<>",
    "zero\u200bwidth\u200djoined\u2060x",
    "\u202ebidi override\u202c",
    "soft\u00adhyphen and long ſ",
    "'; DROP TABLE people; --",
    "ß and ẞ and ı and İ",
    "😀" * 30,
    "x" * 128,
    "#starts like hex",
    "ends with a brace }",
)
REFUSED = (
    "",
    "with\x00nul inside",
    "a\ttab inside",
    "a line\nbreak",
    "del\x7fete it",
    "lone \ud800 half",
    "\x85 next line",
    "{SSHA}bm90IGEgaGFzaA==",
    "{CLEARTEXT}password",
)


@pytest.mark.parametrize("password", FAITHFUL)
def test_case_22_a_password_is_set_byte_for_byte(store: OpenLdap, slapd: Slapd, found: Found, password: str) -> None:
    person = slapd.person()
    store.set_password(found(person), Secret(password), unlock=True, ctx=a_context())
    assert slapd.bind(person.dn, password.encode())[0] == 0
    assert store.accepts(found(person), Secret(password), ctx=a_context()) is True
    assert _opens_with_the_servers_own_tool(slapd, person, password)


@pytest.mark.parametrize("password", REFUSED)
def test_case_22_what_could_not_be_used_is_refused_before_it_is_sent(
    store: OpenLdap, slapd: Slapd, found: Found, password: str
) -> None:
    person = slapd.person()
    with pytest.raises(PasswordRefused):
        store.set_password(found(person), Secret(password), unlock=True, ctx=a_context())
    assert slapd.writes(person.dn) == 0


def _opens_with_the_servers_own_tool(slapd: Slapd, person: Someone, password: str) -> bool:
    secret = slapd.folder / "typed"
    secret.touch(mode=0o600)
    secret.write_bytes(password.encode())
    command = ["ldapwhoami", "-x", "-H", f"ldaps://127.0.0.1:{slapd.port}", "-D", person.dn, "-y", str(secret)]
    try:
        ran = subprocess.run(command, env={"LDAPTLS_CACERT": str(slapd.ca_file)}, capture_output=True, timeout=20)
    except FileNotFoundError:
        pytest.skip("ldapwhoami is not installed (Debian: apt-get install ldap-utils)")
    return ran.returncode == 0


def test_case_35_no_password_is_in_a_log_an_error_or_a_repr(
    make_store: MakeStore, slapd: Slapd, caplog: pytest.LogCaptureFixture
) -> None:
    canary = "canary-5d1e rides the wire"
    caplog.set_level(logging.DEBUG)
    told = _everything_that_can_happen(make_store, slapd, canary)
    spoken = caplog.text + told
    assert "refused a write" in spoken
    for secret in (canary, SERVICE_PASSWORD):
        assert [form for form in _encoded(secret) if form in spoken] == []


def test_case_35_a_planted_password_would_be_found(caplog: pytest.LogCaptureFixture) -> None:
    # By name too: a test that configured the house's logging may have quietened ldap3.
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="ldap3")
    logging.getLogger("ldap3").debug("request: %r", {"userPassword": [b"canary-5d1e rides the wire"]})
    assert [form for form in _encoded("canary-5d1e rides the wire") if form in caplog.text]


def test_no_password_stays_on_a_connection_that_is_kept(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    canary = "canary-77c0 stays nowhere"
    store.set_password(found(slapd.person()), Secret(canary), unlock=True, ctx=a_context())
    kept = [wire._connection for wire in store._pool._idle]
    assert len(kept) == 1
    for name in ("request", "response", "result"):
        assert canary not in repr(getattr(kept[0], name))


def _everything_that_can_happen(make_store: MakeStore, slapd: Slapd, canary: str) -> str:
    """Every kind of answer once, with the passwords in it; whatever was raised, with its traceback."""
    told: list[str] = []

    def attempt(act: Callable[[], object]) -> None:
        try:
            told.append(repr(act()))
        except KeybackError as problem:
            told.append(repr(problem) + "".join(traceback.format_exception(problem)))

    with FaultProxy(("127.0.0.1", slapd.port)) as proxy:
        store = make_store(servers=(f"ldaps://127.0.0.1:{proxy.port}",), receive_timeout="PT0.5S")
        for person in (slapd.person(), Someone("boss", "")):
            account = store.find(person.uid, a_context())
            assert account is not None
            for mode, skip in (
                (Mode.STALL, 1),
                (Mode.SWALLOW_REQUEST, 1),
                (Mode.REFUSE, 0),
                (Mode.PASS, 0),
                (Mode.PASS, 0),
            ):
                proxy.drop_all() if mode is Mode.REFUSE else store.find("warm-up", a_context())
                proxy.fault(mode, skip=skip)
                attempt(lambda a=account: store.set_password(a, Secret(canary), unlock=True, ctx=a_context()))  # type: ignore[misc]
                proxy.heal()
                attempt(lambda a=account: store.changed_since(a, ctx=a_context()))  # type: ignore[misc]
                attempt(lambda a=account: store.accepts(a, Secret(canary), ctx=a_context()))  # type: ignore[misc]
            attempt(lambda a=account: store.set_password(a, Secret(canary + "\x00"), unlock=True, ctx=a_context()))  # type: ignore[misc]
        told.append(f"{store!r} {store.settings!r} {store._service!r} {store._pool._idle!r}")
    attempt(lambda: make_store(bind_password=canary).check())
    attempt(lambda: make_store(ca_file="/etc/hostname"))
    return "\n".join(told)


def _encoded(secret: str) -> tuple[str, ...]:
    raw = secret.encode()
    return (
        secret,
        repr(raw)[2:-1],
        raw.hex(),
        base64.b64encode(raw).decode().rstrip("="),
        secret.encode("utf-16-le").hex(),
        secret.replace(" ", "%20"),
    )
