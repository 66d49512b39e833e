"""docs/directories.md gives Keyback's account in an Active Directory its rights, by its own words, and they suffice."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers.samba import SambaAd
from servers.samba_contents import DNS_DOMAIN, DOMAIN, DOMAIN_DN, ELSEWHERE, ON_PEOPLE, ON_RULES
from servers.samba_domain import PATH

from keyback.core import Context, Lockout, Secret
from keyback.plugins.stores._active_directory_settings import ActiveDirectorySettings
from keyback.plugins.stores.active_directory import ActiveDirectory

PAGE = Path(__file__).parents[2] / "docs" / "directories.md"
TYPED = "The password 2 type for keyback"


def _blocks(language: str) -> list[str]:
    """What the Active Directory part says to type."""
    part = PAGE.read_text(encoding="utf-8").partition("\n## Active Directory\n")[2].partition("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", part, re.DOTALL)


def _here(text: str) -> str:
    """For this domain, in which an account of that name and people in that place are there already."""
    text = text.replace("OU=People,DC=example,DC=org", ELSEWHERE).replace("DC=example,DC=org", DOMAIN_DN)
    text = text.replace("example.org", DNS_DOMAIN).replace("EXAMPLE", DOMAIN)
    return re.sub(r"\bkeyback\b", "keyback-by-hand", text)


@pytest.fixture(scope="module")
def by_hand(ad: SambaAd, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The page's commands, typed on the controller."""
    folder = tmp_path_factory.mktemp("bin")
    # On a controller of one's own the tool knows by itself where the domain is.
    tool = folder / "samba-tool"
    tool.write_text(f'#!/bin/sh\nexec /usr/bin/samba-tool "$@" --configfile={ad.folder}/smb.conf\n')
    tool.chmod(0o755)
    typed = subprocess.run(
        ["bash", "-c", _here("\n".join(_blocks("bash")))],
        env={**os.environ, "PATH": f"{folder}:{PATH}"}, input=f"{TYPED}\n{TYPED}\n", text=True,
        # Without a terminal the password is read from where we type.
        capture_output=True, start_new_session=True, check=False,
    )  # fmt: skip
    assert typed.returncode == 0, typed.stdout + typed.stderr


@pytest.fixture
def store(ad: SambaAd, by_hand: None) -> Iterator[ActiveDirectory]:
    """What the page's settings make."""
    (written,) = map(_here, _blocks("toml"))
    written = written.replace(f"ldaps://dc1.{DNS_DOMAIN}", ad.url)
    written = re.sub(r'ca_file = ".*"', f'ca_file = "{ad.ca_file}"', written)
    settings = tomllib.loads(written)["pin"]["store"]["active_directory"]
    store = ActiveDirectory(ActiveDirectorySettings(**settings, bind_password=TYPED))
    yield store
    store.close()


def test_the_check_passes_and_a_reset_works(store: ActiveDirectory, ad: SambaAd, now: Callable[..., Context]) -> None:
    person = ad.person(under=ELSEWHERE)
    store.check()
    account = store.find(f"{DOMAIN}\\{person.uid}", now())
    assert account is not None
    assert store.rules(account, now()).min_length == 8
    assert store.lockout(account, ctx=now()) == Lockout(5, 0)
    ad.lock(person)
    store.set_password(account, Secret("Four words, 1 by 1, apart"), unlock=True, ctx=now())
    assert ad.opens(person, "Four words, 1 by 1, apart")


def test_no_stranger_can_lock_keyback_out(store: ActiveDirectory, ad: SambaAd, now: Callable[..., Context]) -> None:
    for _ in range(8):
        assert ad.bind(f"keyback-by-hand@{DNS_DOMAIN}", "wrong") == "52e"
    store.close()
    assert store.find("nobody-of-this-name", now()) is None


def test_the_tests_use_the_rights_of_the_page() -> None:
    typed = "\n".join(_blocks("bash")).replace("$sid", "SID").replace("$user", ON_PEOPLE[0].split(";")[4])
    assert re.findall(r'--sddl="(.*?)"', typed) == [*ON_PEOPLE, ON_RULES]
