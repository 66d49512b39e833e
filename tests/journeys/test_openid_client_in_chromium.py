"""An identity provider sends somebody here by OpenID Connect, in a real browser, and verifies what it hears back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from servers import openid_client
from servers.authority import Authority
from servers.front import Front, Guest, running_front
from servers.openid_client import Client
from servers.ports import free_port
from servers.slapd import PASSWORD, Slapd, Someone
from servers.story import NEW, Post


@dataclass
class Place:
    """Keyback, its client, and the directory."""

    front: Front
    client: Client
    slapd: Slapd

    def guest(self, person: Someone) -> Guest:
        """Them, at a browser that may go to both."""
        (phone,) = self.slapd.read(person.dn, "mobile")["mobile"]
        mail = f"{person.uid}@alderwick.example"
        guest = Guest(self.front.chromium, self.front.url, self.front.post, phone, mail)
        guest.known.append(self.client.url)
        return guest

    def opens(self, person: Someone, password: str) -> bool:
        code, _ = self.slapd.bind(person.dn, password)
        return code == 0


def _with_a_secret(_folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    secret = f"{secrets.token_urlsafe(32)}+%:"
    return {"client_secret": secret}, {"secret": secret}


def _with_a_key(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    key, file = ECKey.generate_key("P-256"), folder / "client.jwks"
    file.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    return {"client_keys_file": str(file)}, {"private_key": key.as_dict(private=True)}


@pytest.fixture(scope="module", params=[_with_a_secret, _with_a_key], ids=["secret", "key"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, chromium: Any, post: Post, slapd: Slapd
) -> Iterator[Place]:
    """The client proves who it is by a secret, or by a key of its own."""
    if why := openid_client.missing():
        pytest.skip(why)
    folder, port = tmp_path_factory.mktemp("openid"), free_port()
    authority = Authority(folder / "authority")
    ours, theirs = request.param(folder)
    entry = {"name": "Alderwick", "home_url": f"https://localhost:{port}/", "store": "openldap", **ours}
    entry["redirect_uris"] = [f"https://localhost:{port}/callback"]
    stores = {"store.openldap": slapd.settings()}
    with (
        running_front(folder, chromium, post, stores, authority=authority, entries={"idp": entry}) as front,
        openid_client.openid_client(authority, front.url, port, **theirs) as client,
    ):
        yield Place(front, client, slapd)


def test_somebody_comes_from_there_and_goes_back_with_a_new_password(place: Place) -> None:
    person = place.slapd.person()
    guest = place.guest(person)
    guest.page.goto(f"{place.client.url}/start?login_hint={person.uid}&acr_values=urn:keyback:reset:2")
    guest.sees("start")
    assert guest.page.get_by_label("Work e-mail or user name").input_value() == person.uid
    guest.press("Continue")
    guest.gives_both_proofs("renewing")
    guest.renew(NEW)
    guest.sees("done")
    # By the keyboard, as everything.
    guest.page.get_by_role("link", name="Back to Alderwick").focus()
    guest.page.keyboard.press("Enter")
    heard = place.client.heard(guest.page)
    claims = heard["claims"]
    assert (claims["iss"], claims["aud"], claims["acr"]) == (place.front.url, "idp", "urn:keyback:reset:2")
    assert (claims["preferred_username"], set(claims["amr"])) == (person.uid, {"otp", "sms", "mca"})
    (account,) = claims["urn:keyback:done"]["accounts"]
    assert account == {"store": "openldap", "id": claims["sub"], "name": person.uid}
    assert heard["said"]["sub"] == claims["sub"]
    assert place.opens(person, NEW)
    assert not place.opens(person, PASSWORD)
    assert guest.complaints == []
    guest.context.close()


def test_somebody_who_is_locked_out_is_let_in_again_and_the_client_hears_of_that(place: Place) -> None:
    person = place.slapd.person()
    place.slapd.lock(person)
    guest = place.guest(person)
    guest.page.goto(f"{place.client.url}/start?acr_values=urn:keyback:unlock")
    guest.page.get_by_label("Work e-mail or user name").fill(person.uid)
    guest.press("Continue")
    guest.gives_both_proofs("done")
    guest.page.get_by_role("link", name="Back to Alderwick").click()
    assert place.client.heard(guest.page)["claims"]["urn:keyback:done"]["purpose"] == "unlock"
    assert place.opens(person, PASSWORD)
    guest.context.close()


def test_who_gives_up_is_led_back_from_each_page_and_the_client_is_told(place: Place) -> None:
    guest = place.guest(place.slapd.person())
    guest.page.goto(f"{place.client.url}/start")
    guest.page.get_by_role("link", name="Cancel").click()
    assert place.client.was_refused(guest.page) == {"error": "access_denied", "why": "cancelled"}
    guest.page.goto(f"{place.client.url}/start")
    guest.page.get_by_label("Work e-mail or user name").fill("nobody.at.all")
    guest.press("Continue")
    guest.sees("choosing")
    guest.press("Cancel")
    guest.sees("closed")
    guest.page.get_by_role("link", name="Back to Alderwick").click()
    assert place.client.was_refused(guest.page) == {"error": "access_denied", "why": "cancelled"}
    guest.context.close()


def test_the_language_that_was_spoken_there_is_spoken_here_and_changing_it_loses_nothing(place: Place) -> None:
    guest = place.guest(place.slapd.person())
    guest.page.goto(f"{place.client.url}/start?ui_locales=de&login_hint=maya")
    guest.page.get_by_role("heading", name="Wer sind Sie?").wait_for()
    guest.page.locator("details.languages summary").click()
    guest.page.get_by_role("link", name="English").click()
    guest.page.get_by_role("heading", name="Who are you?").wait_for()
    guest.page.get_by_role("link", name="Cancel").click()
    assert place.client.was_refused(guest.page)["error"] == "access_denied"
    guest.context.close()
