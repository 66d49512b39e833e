"""One person's account in a Windows domain and in an OpenLDAP, in a real browser: the second stops in the middle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from servers.front import Guest, running_front
from servers.linked import key_of, key_of_domain, link
from servers.samba import SambaAd, running_samba
from servers.samba_contents import DOMAIN
from servers.samba_contents import PASSWORD as IN_THE_DOMAIN
from servers.slapd import PASSWORD as IN_OPENLDAP
from servers.slapd import Slapd, Someone, running_slapd
from servers.story import Post

CALLED = {"active_directory": "Windows sign-in", "openldap": "Research"}
FIRST = "Seven rainy sundays, 3 in the north"
SECOND = "Copper lanterns, 4 of them, hum at noon"


def test_both_are_told_truly_while_one_is_stopped_and_trying_again_finishes_it(
    tmp_path: Path, chromium: Any, post: Post
) -> None:
    with running_samba() as ad, running_slapd() as slapd:
        stores = {
            "store.active_directory": ad.settings(called=CALLED["active_directory"]),
            "store.openldap": slapd.settings(called=CALLED["openldap"]),
        }
        in_domain = ad.person()
        phone = ad.read(in_domain.dn, "mobile")["mobile"][0].decode()
        in_openldap = slapd.person("robin.research", mobile=phone)
        with running_front(tmp_path, chromium, post, stores) as front:
            link(front.keyback, key_of_domain(ad, in_domain.dn), key_of(slapd, in_openldap.dn))
            with front.guest(phone, f"{in_domain.uid}@alderwick.example") as guest:
                guest.begins("/recover", f"{DOMAIN}\\{in_domain.uid}")
                guest.gives_both_proofs("renewing")
                _stops(guest, ad, in_domain, slapd, in_openldap)
                guest.page.get_by_role("link", name=f"Try again for {CALLED['openldap']}").click()
                guest.sees("renewing")
                guest.renew(SECOND)
                guest.sees("done")
                assert guest.page.locator("h1").inner_text() == "Both passwords are set"
        # Only what had failed was written again, and each directory says so itself.
        assert ad.opens(in_domain, FIRST)
        assert not ad.opens(in_domain, IN_THE_DOMAIN)
        assert slapd.bind(in_openldap.dn, SECOND)[0] == 0
        assert (ad.writes(in_domain), slapd.writes(in_openldap.dn)) == (1, 1)


def _stops(guest: Guest, ad: SambaAd, in_domain: Someone, slapd: Slapd, in_openldap: Someone) -> None:
    """OpenLDAP is gone when the password is typed, and back afterwards; what the page says meanwhile is true."""
    slapd.stop(kill=True)
    guest.renew(FIRST)
    guest.sees("outcomes")
    slapd.start()
    assert guest.page.locator("h1").inner_text() == "One of two passwords is set"
    told = guest.page.locator("[data-outcome]").evaluate_all(
        "all => all.map(({dataset: d}) => `${d.store} ${d.outcome}`)"
    )
    # What is left to do stands first, though the stricter directory was asked first.
    assert told == ["openldap not-set", "active_directory set"]
    assert ad.opens(in_domain, FIRST)
    assert slapd.bind(in_openldap.dn, IN_OPENLDAP)[0] == 0
