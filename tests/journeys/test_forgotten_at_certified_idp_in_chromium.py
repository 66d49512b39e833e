"""On the way to an application somebody notices that they forgot their password, and arrives there all the same."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from servers import openid_client
from servers.authority import Authority
from servers.certified_idp import CertifiedIdp, certified_idp, missing
from servers.front import Front, Guest, running_front
from servers.openid_client import Client
from servers.ports import free_port
from servers.slapd import PASSWORD, Slapd, Someone
from servers.story import NEW, Post


@dataclass
class Place:
    """The application, the identity provider that it believes, and Keyback; the directory behind both of these."""

    front: Front
    idp: CertifiedIdp
    application: Client
    slapd: Slapd


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, chromium: Any, post: Post, slapd: Slapd) -> Iterator[Place]:
    if why := missing() or openid_client.missing() or _without_ldap_utils():
        pytest.skip(why)
    folder, port, secret = tmp_path_factory.mktemp("forgotten"), free_port(), secrets.token_urlsafe(32)
    authority, home = Authority(folder / "authority"), f"https://localhost:{port}"
    # What the identity provider knows of the application.
    known = {"client_id": "idp", "client_secret": secret, "redirect_uris": [f"{home}/callback"]}
    entries = {"idp": {"name": "the intranet", "home_url": f"{home}/start"}}
    stores = {"store.openldap": slapd.settings()}
    with (
        running_front(folder, chromium, post, stores, authority=authority, entries=entries) as front,
        certified_idp(authority, [known], forgot=f"{front.url}/go/idp", slapd=slapd) as idp,
        openid_client.openid_client(authority, idp.issuer, port, secret=secret) as application,
    ):
        yield Place(front, idp, application, slapd)


def _without_ldap_utils() -> str:
    return "" if shutil.which("ldapwhoami") else "ldapwhoami is not installed (Debian: apt-get install ldap-utils)"


def _tries(guest: Guest, person: Someone, password: str) -> None:
    guest.page.wait_for_selector("main[data-page=idp]")
    guest.page.get_by_label("Login").fill(person.uid)
    guest.page.get_by_label("Secret").fill(password)
    guest.page.get_by_role("button", name="Sign in").click()


def test_who_forgot_it_at_the_sign_in_page_sets_a_new_one_and_arrives_where_they_were_going(place: Place) -> None:
    person = place.slapd.person()
    (phone,) = place.slapd.read(person.dn, "mobile")["mobile"]
    with place.front.guest(phone, f"{person.uid}@alderwick.example") as guest:
        guest.known += [place.idp.issuer, place.application.url]
        guest.page.goto(f"{place.application.url}/start")
        guest.page.get_by_role("link", name="Forgot my password").click()
        guest.sees("start")
        guest.page.get_by_label("Work e-mail or user name").fill(person.uid)
        guest.press("Continue")
        guest.gives_both_proofs("renewing")
        guest.renew(NEW)
        guest.sees("done")
        guest.page.get_by_role("link", name="Back to the intranet").click()
        # Keyback signs nobody in: the identity provider asks, by its own rules, for the new one.
        _tries(guest, person, PASSWORD)
        guest.page.get_by_role("alert").wait_for()
        _tries(guest, person, NEW)
        assert place.application.heard(guest.page)["claims"]["sub"] == person.uid
