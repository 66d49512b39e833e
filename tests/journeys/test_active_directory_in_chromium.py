"""People of a Windows domain in a real browser: reset, unlocked, changed; Kerberos says what their password is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from servers.front import Front, Guest, running_front
from servers.samba import SambaAd, running_samba
from servers.samba_contents import DOMAIN, PASSWORD
from servers.slapd import Someone
from servers.story import Post

SIMPLE = "seven rainy sundays in the north"
NEW = "Seven rainy sundays, 3 in the north"


@pytest.fixture(scope="module")
def ad() -> Iterator[SambaAd]:
    """A domain that these people belong to."""
    with running_samba() as running:
        yield running


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, chromium: Any, post: Post, ad: SambaAd) -> Iterator[Front]:
    """A Keyback in front of it."""
    stores = {"store.active_directory": ad.settings()}
    with running_front(tmp_path_factory.mktemp("domain"), chromium, post, stores) as running:
        yield running


def guest_of(front: Front, ad: SambaAd, person: Someone) -> AbstractContextManager[Guest]:
    """Them, at a browser."""
    phone = ad.read(person.dn, "mobile")["mobile"][0].decode()
    return front.guest(phone, f"{person.uid}@alderwick.example")


def test_somebody_who_is_locked_out_gets_a_new_password(front: Front, ad: SambaAd) -> None:
    person = ad.person()
    ad.lock(person)
    with guest_of(front, ad, person) as guest:
        guest.begins("/recover", f"{DOMAIN}\\{person.uid}")
        guest.gives_both_proofs("renewing")
        # What the domain insists on stands there before anything is typed, and what it refuses is said in words.
        assert guest.page.get_by_text("Three of these: small letters, capitals, digits, other signs").count() == 1
        guest.renew(SIMPLE)
        guest.page.wait_for_selector("[data-outcome=refused]")
        assert "doesn’t meet its rules" in guest.page.locator("main").inner_text()
        assert ad.writes(person) == 0
        guest.renew(NEW)
        guest.sees("done")
    assert ad.opens(person, NEW)
    assert not ad.opens(person, PASSWORD)
    assert ad.writes(person) == 1


def test_somebody_who_is_locked_out_is_unlocked_and_keeps_the_password(front: Front, ad: SambaAd) -> None:
    person = ad.person()
    ad.lock(person)
    assert not ad.opens(person, PASSWORD)
    with guest_of(front, ad, person) as guest:
        guest.begins("/unlock", f"{DOMAIN}\\{person.uid}")
        guest.gives_both_proofs("done")
        said = guest.page.locator("main").inner_text()
        assert "Your password is the same as before." in said
        assert "Too many wrong passwords locked it" in said
    assert ad.opens(person, PASSWORD)
    assert ad.writes(person) == 0


def test_somebody_who_must_change_the_password_does_so_by_the_one_they_have(front: Front, ad: SambaAd) -> None:
    person = ad.person()
    ad.mark(person, pwdLastSet="0")
    assert not ad.opens(person, PASSWORD)
    with guest_of(front, ad, person) as guest:
        guest.begins("/change", f"{DOMAIN}\\{person.uid}")
        guest.sees("change")
        guest.changes("not the one I have", NEW, "#current_password[aria-invalid=true]")
        guest.changes(PASSWORD, NEW, "[data-outcome=set]")
    assert ad.opens(person, NEW)
    assert not ad.opens(person, PASSWORD)
