"""Every address of the console in Chromium, as its administrator: nothing that axe or the browser complains about.

The addresses are the screens' own. Every day each is looked at in one of the looks; `make faults` asks for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, NamedTuple

import pytest
from servers.demo import Visitor, enter_console
from servers.walk import ASK

from keyback.admin import SCREENS
from keyback.config.demo.people import ROTHS


class Look(NamedTuple):
    """How wide, how bright, in which language."""

    width: int
    scheme: str
    language: str


LOOKS = (Look(1280, "light", "en"), Look(320, "dark", "de"), Look(1280, "dark", "de"), Look(390, "light", "en"))
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
# A label leads to the first of two fields that have the same id.
TWICE = "[...document.querySelectorAll('[id]')].map(({ id }) => id).filter((id, at, all) => all.indexOf(id) < at)"
# Words smaller than 13 pixels, in pictures too. The brand's preview is a page at a distance: nobody reads it there.
TINY = """
[...document.querySelectorAll("body *:not(.sheet *, title, desc)")]
    .filter((one) => one.getClientRects().length)
    .filter((one) => [...one.childNodes].some((part) => part.nodeType === 3 && part.data.trim()))
    .filter((one) => {
        const scale = one.ownerSVGElement ? one.getScreenCTM().a : 1;
        return parseFloat(getComputedStyle(one).fontSize) * scale < 12.9;
    })
    .map((one) => one.textContent)
"""
# Where the first link to something with a gap in its address stands. What is not there yet is an address all the same.
LISTS = {
    "group": "/admin/stranded/",
    "event_id": "/admin/records/",
    "handle": "",
    "campaign": "/admin/campaigns/",
    "message": "/admin/messages/",
    "schedule": "/admin/files/",
}
KEYS = {"method": "email", "store": "embedded", "channel": "outbox", "notifier": "account_notice", "": "alderwick"}
SOME_KEY = "proof_of_work"
OTHERS = {"kind": "oidc", "what": "retire"}
# A picture is no page.
FILES = {"/admin/brand/logo/picture"}


def addresses() -> Iterator[str]:
    """Each page that a screen answers a GET with, gaps and all."""
    for screen in SCREENS:
        for path, _, verbs in screen._urls:
            if "GET" in verbs and screen.address() + path not in FILES:
                yield screen.address() + path


def sign_in(chromium: Any, demo: str, look: Look) -> Visitor:
    """The administrator, at Home."""
    screen = {"viewport": {"width": look.width, "height": 900}, "color_scheme": look.scheme}
    return enter_console(Visitor(chromium, demo, look.language, locale=look.language, **screen), "roth", ROTHS)


def filled(visitor: Visitor, address: str) -> str:
    """The address with something in each gap: what a list shows, or else something that nobody has."""
    page = visitor.page
    kind = address.removeprefix("/admin/plugins/").partition("/")[0]
    if "<handle>" in address:
        page.goto(f"{visitor.base}/admin/people/")
        page.locator("main input:not([type=hidden])").fill("maya")
        page.locator("main form button").click()
        page.wait_for_url(re.compile("/person/"))
        address = address.replace("<handle>", page.url.rpartition("/")[2])
    address = address.replace("<int:", "<")
    for gap in re.findall("<([a-z_]+)>", address):
        if gap == "key":
            found = KEYS.get(kind, SOME_KEY)
        else:
            found = first_link(visitor, LISTS[gap], address.partition("<")[0]) if gap in LISTS else OTHERS.get(gap, "1")
        address = address.replace(f"<{gap}>", found)
    return address


def first_link(visitor: Visitor, where: str, begins: str) -> str:
    """What the first link there that begins so leads to."""
    visitor.page.goto(visitor.base + where)
    links = visitor.page.locator(f"main a[href^='{begins}']")
    href = str(links.first.get_attribute("href")) if links.count() else f"{begins}1"
    return href.removeprefix(begins)


def faults(visitor: Visitor, address: str, language: str) -> list[str]:
    """What is wrong with this page in this look."""
    page = visitor.page
    page.goto(visitor.base + filled(visitor, address))
    page.evaluate(f"{AXE}; 0")
    found = [f"{address}: {one}" for one in page.evaluate(ASK)]
    found += [f"{address}: two things are called {one}" for one in page.evaluate(TWICE)]
    found += [f"{address}: too small to read: {one}" for one in page.evaluate(TINY)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{address}: wider than the window")
    if page.locator("html").get_attribute("lang") != language:
        found.append(f"{address}: in another language")
    return found


def walk(chromium: Any, demo: str, looks: dict[Look, list[str]]) -> list[str]:
    """These addresses in these looks."""
    found = []
    for look, places in looks.items():
        visitor = sign_in(chromium, demo, look)
        for address in places:
            found += [f"{look}: {fault}" for fault in faults(visitor, address, look.language)]
        # A page that is not there says so in the browser's console too.
        found += [said for said in visitor.complaints if "status of 404" not in said and "status of 403" not in said]
        visitor.context.close()
    return found


def test_every_page_of_the_console_is_clean_in_one_of_its_looks(chromium: Any, demo: str) -> None:
    places = sorted(addresses())
    assert len(places) > 30
    assert walk(chromium, demo, {look: places[number :: len(LOOKS)] for number, look in enumerate(LOOKS)}) == []


@pytest.mark.slow
def test_every_page_of_the_console_is_clean_in_every_look(chromium: Any, demo: str) -> None:
    assert walk(chromium, demo, dict.fromkeys(LOOKS, sorted(addresses()))) == []
