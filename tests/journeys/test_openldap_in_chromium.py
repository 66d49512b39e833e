"""People of an OpenLDAP in a real browser: reset, unlocked, changed; the directory itself lets them in afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from servers.front import Front, Guest, running_front
from servers.slapd import PASSWORD, Slapd, Someone
from servers.story import NEW, Post


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, chromium: Any, post: Post, slapd: Slapd) -> Iterator[Front]:
    """A Keyback in front of it."""
    stores = {"store.openldap": slapd.settings()}
    with running_front(tmp_path_factory.mktemp("openldap"), chromium, post, stores) as running:
        yield running


def guest_of(front: Front, slapd: Slapd, person: Someone) -> AbstractContextManager[Guest]:
    """Them, at a browser."""
    (phone,) = slapd.read(person.dn, "mobile")["mobile"]
    return front.guest(phone, f"{person.uid}@alderwick.example")


def opens(slapd: Slapd, person: Someone, password: str) -> bool:
    code, _ = slapd.bind(person.dn, password)
    return code == 0


def test_somebody_gets_a_new_password(front: Front, slapd: Slapd) -> None:
    person = slapd.person()
    with guest_of(front, slapd, person) as guest:
        guest.begins("/recover", person.uid)
        guest.gives_both_proofs("renewing")
        guest.renew(NEW)
        guest.sees("done")
    assert opens(slapd, person, NEW)
    assert not opens(slapd, person, PASSWORD)
    assert slapd.writes(person.dn) == 1


def test_somebody_who_is_locked_out_is_unlocked_and_keeps_the_password(front: Front, slapd: Slapd) -> None:
    person = slapd.person()
    slapd.lock(person)
    assert not opens(slapd, person, PASSWORD)
    with guest_of(front, slapd, person) as guest:
        guest.begins("/unlock", person.uid)
        guest.gives_both_proofs("done")
        said = guest.page.locator("main").inner_text()
        assert "Your password is the same as before." in said
        assert "Too many wrong passwords locked it" in said
    assert opens(slapd, person, PASSWORD)
    assert slapd.writes(person.dn) == 0


@pytest.mark.parametrize("why", ["must change it", "it has run out"])
def test_a_password_that_opens_nothing_any_more_is_changed(front: Front, slapd: Slapd, why: str) -> None:
    person = slapd.person(pwdReset="TRUE") if why == "must change it" else slapd.person(policy="expired")
    with guest_of(front, slapd, person) as guest:
        guest.begins("/change", person.uid)
        guest.sees("change")
        guest.changes("not the one I have", NEW, "#current_password[aria-invalid=true]")
        guest.changes(PASSWORD, NEW, "[data-outcome=set]")
    assert opens(slapd, person, NEW)
    assert not opens(slapd, person, PASSWORD)
