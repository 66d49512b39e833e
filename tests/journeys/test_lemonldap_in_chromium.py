"""LemonLDAP::NG sends people here, by a link and by OpenID Connect, and vouches for them: set up as the manual says."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from servers import lemonldap
from servers.authority import Authority
from servers.front import Front, Guest, running_front
from servers.lemonldap import LemonLdap
from servers.lemonldap_contents import Recipe
from servers.ports import free_port
from servers.slapd import PASSWORD, Slapd, Someone
from servers.story import NEW, Post

BACK = "Back to the sign-in page"
# Its words for every error, also for one that is no fault.
FAILED = "Error during authentication with OpenID Provider"


@dataclass
class Place:
    """Keyback, LemonLDAP::NG, and the directory behind both."""

    front: Front
    idp: LemonLdap
    slapd: Slapd

    def guest(self, person: Someone) -> Guest:
        """Them, at a browser that may go to both."""
        (phone,) = self.slapd.read(person.dn, "mobile")["mobile"]
        guest = Guest(self.front.chromium, self.front.url, self.front.post, phone, f"{person.uid}@alderwick.example")
        guest.known.append(self.idp.url)
        return guest

    def tries(self, guest: Guest, person: Someone, password: str) -> None:
        """To sign in with this password at its page, which is there."""
        guest.page.get_by_placeholder("Login").fill(person.uid)
        guest.page.get_by_placeholder("Password").fill(password)
        guest.page.get_by_role("button", name="Connect").locator("visible=true").click()

    def forgot(self, guest: Guest) -> None:
        """By its second tab."""
        guest.page.goto(self.idp.url)
        guest.page.get_by_role("link", name="Forgot my password").click()
        guest.page.get_by_role("button", name="Connect").locator("visible=true").click()

    def knows(self, guest: Guest, person: Someone) -> None:
        """Waits until it says that they are signed in."""
        guest.page.get_by_text(f"Connected as {person.uid}").wait_for()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, chromium: Any, post: Post, slapd: Slapd) -> Iterator[Place]:
    if why := lemonldap.missing():
        pytest.skip(why)
    folder, port, secret = tmp_path_factory.mktemp("lemonldap"), free_port(), secrets.token_urlsafe(32)
    authority, portal = Authority(folder / "authority"), f"https://127.0.0.1:{port}/"
    ours = Recipe(portal, secret).toml
    ours["sign_in"]["ca_file"] = str(authority.ca_file)
    stores = {"store.openldap": slapd.settings()}
    with (
        running_front(folder, chromium, post, stores, authority=authority, **ours) as front,
        lemonldap.lemonldap(authority, slapd, port, Recipe(portal, secret, front.url)) as idp,
    ):
        yield Place(front, idp, slapd)


def _gets_a_new_password(guest: Guest, person: Someone) -> None:
    guest.sees("start")
    guest.page.get_by_label("Work e-mail or user name").fill(person.uid)
    guest.press("Continue")
    guest.gives_both_proofs("renewing")
    guest.renew(NEW)
    guest.sees("done")
    guest.page.get_by_role("link", name=BACK).click()


def test_its_link_leads_to_a_new_password_and_back_to_where_it_lets_them_in(place: Place) -> None:
    person = place.slapd.person()
    guest = place.guest(person)
    guest.page.goto(place.idp.url)
    guest.page.get_by_role("link", name="Reset my password").click()
    _gets_a_new_password(guest, person)
    place.tries(guest, person, PASSWORD)
    guest.page.get_by_text("Wrong credentials").wait_for()
    place.tries(guest, person, NEW)
    place.knows(guest, person)
    assert guest.complaints == []
    guest.context.close()


def test_by_openid_connect_it_verifies_who_got_back_in_and_lets_them_in(place: Place) -> None:
    person = place.slapd.person()
    guest = place.guest(person)
    place.forgot(guest)
    _gets_a_new_password(guest, person)
    place.knows(guest, person)
    assert place.slapd.bind(person.dn, NEW)[0] == 0
    assert place.slapd.bind(person.dn, PASSWORD)[0] != 0
    assert guest.complaints == []
    guest.context.close()


def test_who_gives_up_is_at_its_page_again_and_not_let_in(place: Place) -> None:
    person = place.slapd.person()
    guest = place.guest(person)
    place.forgot(guest)
    guest.sees("start")
    guest.page.get_by_role("link", name="Cancel").click()
    guest.page.get_by_text(FAILED).wait_for()
    guest.page.goto(place.idp.url)
    place.tries(guest, person, PASSWORD)
    place.knows(guest, person)
    guest.context.close()


@pytest.mark.slow
def test_it_believes_no_key_that_it_did_not_read_when_it_started(place: Place) -> None:
    """What the manual warns of: keys are turned over, and nobody comes back until it was restarted."""
    place.front.keyback.command("keys", "rotate", "tokens", "--at-once")
    unlucky, later = place.slapd.person(), place.slapd.person()
    guest = place.guest(unlucky)
    place.forgot(guest)
    _gets_a_new_password(guest, unlucky)
    guest.page.get_by_text(FAILED).wait_for()
    guest.context.close()
    place.idp.restart()
    guest = place.guest(later)
    place.forgot(guest)
    _gets_a_new_password(guest, later)
    place.knows(guest, later)
    guest.context.close()


def test_it_vouches_for_people_who_look_after_their_methods(place: Place) -> None:
    person = place.slapd.person()
    guest = place.guest(person)
    guest.page.goto(f"{place.front.url}/methods")
    place.tries(guest, person, PASSWORD)
    guest.sees("methods")
    guest.page.get_by_role("link", name="Sign out").click()
    guest.press("Sign out")
    guest.page.get_by_role("heading", name="You’re signed out").wait_for()
    assert guest.complaints == []
    guest.context.close()
