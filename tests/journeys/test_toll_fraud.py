"""Toll fraud over HTTP: many names, many addresses, few texts; and every page is the same, byte for byte (C1, P4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from servers.browser import Page
from servers.event_log import events
from servers.keyback import Keyback
from servers.outfit import SWIFT, a_story, pins
from servers.slapd import Slapd
from servers.story import Post, Story, solve_on, wait_until

ALLOWED, ASKED = 3, 12
FRESH = r"\b[0-9a-f]{32,}\b|nonce(?:=\"|-)[A-Za-z0-9_-]{22}|reference [0-9A-F]{8}|data-(?:seconds|warn-in)=\"\d+\""


@pytest.fixture(scope="module")
def keyback(tmp_path_factory: pytest.TempPathFactory, post: Post, slapd: Slapd) -> Iterator[Keyback]:
    """Two processes that may spend the price of three texts together."""
    budget = {"sms": {"usual_price": 0.1, "money_per_day": 0.1 * ALLOWED, "per_region_hour": 1000}}
    more = {"media": budget}
    with Keyback(tmp_path_factory.mktemp("toll"), {**pins(post, slapd), **SWIFT}, processes=2, more=more) as server:
        yield server


def ask_for_a_text(keyback: Keyback, story: Story) -> tuple[str, list[str]]:
    """What the browser was shown from the first click to the page of the code, and what was written down of it."""
    browser, shown = keyback.browser(), list[Page]()
    browser.get("/recover?language=en")
    start = browser.get("/recover")
    answers = {"identifier": story.name, "proof_of_work": solve_on(start)}
    shown.append(browser.post("/recover", answers, follow=False))
    path = shown[-1].headers["Location"].removeprefix(browser.origin)
    recovery = path.rpartition("/")[2]
    wait_until(lambda: "person." in " ".join(events(keyback, recovery)), "the look-up")
    for fields in ({"offer": "sms"}, {"offer": "sms", "destination": story.phone}, {"move": "again"}):
        token = browser.get(path).form.fields["token"]
        shown.append(browser.post(path, {"token": token, "move": "continue", **fields}, follow=False))
        shown.append(browser.get(path))
    wait_until(lambda: "message." in " ".join(events(keyback, recovery)), "the message's end")
    shown.append(browser.get(path))
    return "\n".join(_without_what_is_new(page) for page in shown), events(keyback, recovery)


def _without_what_is_new(page: Page) -> str:
    headers = "\n".join(
        f"{name}: {value}" for name, value in page.headers.items() if name not in ("Date", "Retry-After")
    )
    told = re.sub(FRESH, lambda fresh: "x" * len(fresh[0]), f"{page.status}\n{headers}\n\n{page.html}")
    return re.sub(r"\b\d{1,2}(?= seconds?)", "N", told)


def test_no_more_texts_leave_than_the_money_allows_and_nobody_can_tell(
    keyback: Keyback, post: Post, slapd: Slapd
) -> None:
    before = len(post.texts.asked)
    somebody = [a_story(keyback, post, slapd) for _ in range(ASKED)]
    nobody = Story.of(keyback, post, "nobody.was.ever.called.this", phone="+436649999999")
    pages, ends = zip(*(ask_for_a_text(keyback, story) for story in [*somebody, nobody]), strict=True)
    assert len(post.texts.asked) - before == ALLOWED
    assert sum("message.sent" in happened for happened in ends) == ALLOWED
    assert set(pages) == {pages[0]}


def test_a_texts_way_back_still_works_by_mail(keyback: Keyback, post: Post, slapd: Slapd) -> None:
    story = a_story(keyback, post, slapd)
    story.start()
    story.pick_mail()
    assert story.type_code(post.mail_code(story.mail)).status == 200
