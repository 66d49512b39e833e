"""Every page wears the company's brand as it is now, and the same for whoever comes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from pretend_portal import Portal, brand_of, open_portal

from keyback.core.contracts.brand import Brand, Logo

PLAIN = brand_of(company="Alderwick")
RED = replace(PLAIN, company="Alderwick & Sons", accent="#c8102e", logo=Logo("logo.png", b"\x89PNG red"))


class Worn:
    """What pages wear, and what they learn when they look again."""

    def __init__(self) -> None:
        self.now = self.newest = PLAIN
        self.looked = 0

    def __call__(self) -> Brand:
        return self.now

    def look_again(self) -> None:
        self.looked += 1
        self.now = self.newest


@pytest.fixture
def worn() -> Worn:
    return Worn()


@pytest.fixture
def portal(worn: Worn) -> Portal:
    return open_portal(brand=worn, look_again=worn.look_again)


def sheets(page: str) -> list[str]:
    return re.findall(r'<link rel="stylesheet" href="([^"]+)" nonce="[^"]+">', page)


@pytest.mark.parametrize("address", ["/", "/recover"])
def test_a_new_brand_is_on_the_next_page(worn: Worn, portal: Portal, address: str) -> None:
    assert len(sheets(portal.get(address).text)) == 1
    worn.now = RED
    page = portal.get(address).text
    assert "Alderwick &amp; Sons" in page
    _, colours = sheets(page)
    sent = portal.get(colours)
    assert "--accent:#c8102e" in sent.text
    assert (sent.content_type, sent.headers["X-Content-Type-Options"]) == ("text/css; charset=utf-8", "nosniff")
    assert "immutable" in sent.headers["Cache-Control"]
    assert "unsafe" not in portal.get("/").headers["Content-Security-Policy"]


def test_a_page_from_before_still_finds_what_it_wears(worn: Worn, portal: Portal) -> None:
    worn.now = RED
    colours = sheets(portal.get("/").text)[1]
    worn.now = replace(RED, accent="#0b5a70")
    assert sheets(portal.get("/").text)[1] != colours
    assert portal.get(colours).status_code == 200


def test_a_process_that_is_behind_looks_again_when_it_is_asked_for_what_it_does_not_know(worn: Worn) -> None:
    ahead = open_portal(brand=lambda: RED)
    page = ahead.get("/").text
    picture = re.findall(r'<img src="([^"]+)"', page)[0]
    behind = open_portal(brand=worn, look_again=worn.look_again)
    worn.newest = RED
    for path in (sheets(page)[1], picture):
        assert behind.get(path).status_code == 200
    assert worn.looked == 1


@pytest.mark.parametrize("name", ["brand.0123456789ab.css", "logo.x.png", "logo.../../etc/passwd", "other.css"])
def test_what_nobody_wears_is_not_there(worn: Worn, portal: Portal, name: str) -> None:
    assert portal.get(f"/static/{name}").status_code == 404


def test_pages_that_are_kept_as_moulds_are_made_anew_for_a_new_brand(worn: Worn, portal: Portal) -> None:
    assert portal.get("/recover").status_code == 200
    worn.now = replace(RED, wordings={"en": {"Your password is changed": "It is new"}})
    page = portal.get("/recover")
    assert (page.status_code, "Alderwick &amp; Sons" in page.text) == (200, True)
    assert len(sheets(page.text)) == 2
