"""Somebody of a Windows domain, locked out, comes back in a real browser and signs in there by Kerberos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from servers.authority import Authority
from servers.demo import Visitor
from servers.domain_house import running_domain_house
from servers.ports import free_port
from servers.round_robin import RoundRobin
from servers.samba import SambaAd, running_samba
from servers.samba_contents import DOMAIN, PASSWORD
from servers.slapd import Someone
from servers.story import Post

SIMPLE = "seven rainy sundays in the north"
NEW = "Seven rainy sundays, 3 in the north"


def test_somebody_of_a_domain_is_unlocked_and_gets_a_new_password(tmp_path: Path, chromium: Any, post: Post) -> None:
    port = free_port()
    url, front = f"https://localhost:{port}", Authority(tmp_path / "front").issue("localhost")
    with (
        running_samba() as ad,
        running_domain_house(tmp_path / "keyback", post, ad, portal_url=url) as keyback,
        RoundRobin([keyback.port], port=port, tls=front),
    ):
        person = ad.person()
        ad.lock(person)
        visitor = Visitor(chromium, url, ignore_https_errors=True)
        _comes_back(visitor, post, ad, person)
        assert ad.opens(person, NEW)
        assert not ad.opens(person, PASSWORD)
        assert ad.writes(person) == 1
        # Chromium notes in the console what a status already says.
        assert [said for said in visitor.complaints if "status of 422" not in said] == []
        visitor.context.close()


def _comes_back(visitor: Visitor, post: Post, ad: SambaAd, person: Someone) -> None:
    page = visitor.page
    page.goto(f"{visitor.base}/recover")
    page.get_by_label("Work e-mail or user name").fill(f"{DOMAIN}\\{person.uid}")
    visitor.press("Continue")
    visitor.sees("choosing")
    visitor.choose("E-mail")
    visitor.sees("answering")
    visitor.type_code(post.mail_code(f"{person.uid}@alderwick.example"))
    visitor.sees("choosing")
    visitor.choose("Text message")
    visitor.sees("answering")
    visitor.type_code(post.text_code(ad.read(person.dn, "mobile")["mobile"][0].decode()))
    visitor.sees("renewing")
    # What the domain insists on stands there before anything is typed, and what it refuses is said in words.
    assert page.get_by_text("Three of these: small letters, capitals, digits, other signs").count() == 1
    visitor.renew(SIMPLE)
    page.wait_for_selector("[data-outcome=refused]")
    assert "doesn’t meet its rules" in page.locator("main").inner_text()
    assert ad.writes(person) == 0
    visitor.renew(NEW)
    visitor.sees("done")
