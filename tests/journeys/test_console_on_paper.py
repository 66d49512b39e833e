"""The console on paper, and in the few colours that somebody's system forces on it."""

from __future__ import annotations

from typing import Any

import pytest
from servers.demo import Visitor, enter_console

from keyback.config.demo.people import OWENS

# A4 between its margins.
PAPER = {"width": 718, "height": 1000}
# Of each link: the colour of this edge, and whether it is the page one is on.
EDGES = """
([links, edge]) => [...document.querySelectorAll(links)].map((it) => [getComputedStyle(it)[edge], !!it.ariaCurrent])
"""


def visitor(chromium: Any, demo: str, **screen: Any) -> Visitor:
    """The auditor, at Home."""
    return enter_console(Visitor(chromium, demo, locale="en", **screen), "owen", OWENS)


@pytest.mark.parametrize("screen", ["", "reports/", "stranded/", "records/"])
def test_on_paper_it_is_dark_on_white_whole_and_without_what_is_pressed(chromium: Any, demo: str, screen: str) -> None:
    page = visitor(chromium, demo, viewport=PAPER, color_scheme="dark").page
    page.goto(f"{demo}/admin/{screen}")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(19, 32, 31)"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.querySelectorAll('main .wide')].every((it) => it.scrollWidth <= it.clientWidth)")
    for pressed in page.locator("button, nav a:not(.crumbs a), summary").all():
        assert not pressed.is_visible()
    for table in page.locator("main table").all():
        assert table.is_visible()


def test_in_forced_colours_only_the_page_one_is_on_is_marked(chromium: Any, demo: str) -> None:
    page = visitor(chromium, demo, viewport={"width": 1280, "height": 900}, forced_colors="active").page
    page.goto(f"{demo}/admin/records/")
    for links, edge in ((".side a", "borderLeftColor"), (".tabs a", "borderBottomColor")):
        colours = page.evaluate(EDGES, [links, edge])
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert [marked for colour, marked in colours if (colour != ground) != marked] == []
        assert sum(marked for _, marked in colours) == 1
