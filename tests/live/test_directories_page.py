"""docs/directories.md sets an OpenLDAP up from nothing, by its own words, and what comes of it needs no mending."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.fresh_slapd import ADMIN_PASSWORD, SUFFIX, FreshSlapd, running_fresh_slapd

from keyback.core import PasswordRefused, Secret
from keyback.core.testing import a_context
from keyback.plugins.stores._openldap_settings import OpenLdapSettings
from keyback.plugins.stores.openldap import OpenLdap

PAGE = Path(__file__).parents[2] / "docs" / "directories.md"


@pytest.fixture(scope="module")
def fresh() -> Iterator[FreshSlapd]:
    """A directory on which the page's commands were typed, all in one go."""
    with running_fresh_slapd() as slapd:
        _type(slapd, "\n".join(_blocks("bash")))
        yield slapd


@pytest.fixture
def store(fresh: FreshSlapd) -> Iterator[OpenLdap]:
    """What the page's settings make."""
    (written,) = _blocks("toml")
    text = written.replace("ldaps://ldap.example.org", fresh.url).replace("/etc/ldap/tls", str(fresh.tls))
    settings: dict[str, Any] = tomllib.loads(text)["pin"]["store"]["openldap"]
    password = (fresh.folder / "keyback.password").read_text()
    store = OpenLdap(OpenLdapSettings(**settings, bind_password=password))
    yield store
    store.close()


def test_the_check_has_nothing_to_say(store: OpenLdap) -> None:
    assert store.check() == ()


def test_the_account_for_trying_is_reset_and_its_rules_are_known(store: OpenLdap, fresh: FreshSlapd) -> None:
    account = store.find("keyback.test@example.org", a_context())
    assert account is not None
    assert store.rules(account, a_context()).min_length == 12
    first = Secret((fresh.folder / "passwords").read_text().splitlines()[0])
    assert store.accepts(account, first, ctx=a_context()) is True
    with pytest.raises(PasswordRefused, match="too short"):
        store.set_password(account, Secret("eleven char"), unlock=True, ctx=a_context())
    store.set_password(account, Secret("twelve chars and more"), unlock=True, ctx=a_context())
    assert store.accepts(account, first, ctx=a_context()) is False


def test_an_administrator_is_refused_by_the_directory_too(store: OpenLdap, fresh: FreshSlapd) -> None:
    group = f"cn=admins,ou=Groups,{SUFFIX}"
    boss = f"uid=boss,ou=People,{SUFFIX}"
    _as_admin(
        fresh, "ldapadd", f"dn: {boss}\nobjectClass: inetOrgPerson\nuid: boss\ncn: B\nsn: B\nuserPassword: {'x' * 12}\n"
    )
    _as_admin(fresh, "ldapmodify", f"dn: {group}\nchangetype: modify\nadd: member\nmember: {boss}\n")
    account = store.find("boss", a_context())
    assert account is not None
    assert account.privileged
    with pytest.raises(PasswordRefused, match="by hand"):
        store.set_password(account, Secret("twelve chars and more"), unlock=True, ctx=a_context())


def test_a_right_that_is_missing_is_named(store: OpenLdap, fresh: FreshSlapd) -> None:
    lock = f'to dn.subtree="ou=People,{SUFFIX}" attrs=pwdAccountLockedTime by * none'
    order = f"dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nadd: olcAccess\nolcAccess: {{0}}{lock}\n"
    _run(fresh, ["ldapmodify", "-Q", "-Y", "EXTERNAL"], order)
    try:
        assert any("nobody can unlock without a reset" in str(remark) for remark in store.check())
    finally:
        _run(
            fresh,
            ["ldapmodify", "-Q", "-Y", "EXTERNAL"],
            order.replace("add: olcAccess", "delete: olcAccess").replace(lock, ""),
        )


def _blocks(language: str) -> list[str]:
    """What the OpenLDAP part says to type."""
    part = PAGE.read_text(encoding="utf-8").partition("\n## OpenLDAP\n")[2].partition("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", part, re.DOTALL)


def _type(slapd: FreshSlapd, script: str) -> None:
    """As it stands, but for where this server listens and keeps its certificate."""
    script = script.replace("ldapi:///", slapd.local).replace("/etc/ldap/tls", str(slapd.tls))
    _run(slapd, ["bash", "-c", script], f"{ADMIN_PASSWORD}\n")


def _as_admin(slapd: FreshSlapd, command: str, entry: str) -> None:
    _run(slapd, [command, "-x", "-D", f"cn=admin,{SUFFIX}", "-w", ADMIN_PASSWORD], entry)


def _run(slapd: FreshSlapd, command: list[str], said: str) -> None:
    done = subprocess.run(
        command, cwd=slapd.folder, input=said, capture_output=True, text=True, check=False,
        env={**os.environ, "LDAPURI": slapd.local, "PATH": f"{os.environ['PATH']}:/usr/sbin"},
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout, done.stderr)
