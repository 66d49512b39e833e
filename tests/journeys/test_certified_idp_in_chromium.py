"""People sign in at a certified identity provider, in a real browser, and Keyback believes it as far as it must."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from servers import certified_idp
from servers.company import Company, company
from servers.demo import Visitor
from servers.slapd import Slapd, Someone
from servers.story import Post, wait_until

MINUTES, HOURS = 60, 3600


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, post: Post, slapd: Slapd) -> Iterator[Company]:
    """One company for all; Keyback proves who it is by a key of its own."""
    if why := certified_idp.missing():
        pytest.skip(why)
    with company(tmp_path_factory.mktemp("company"), post, slapd, own_key=True) as place:
        yield place


@dataclass
class Colleague:
    """Somebody who knows their password, at a browser."""

    place: Company
    who: Someone
    visitor: Visitor

    @property
    def page(self) -> Any:
        return self.visitor.page

    def opens(self, path: str) -> None:
        self.page.goto(f"{self.place.url}{path}")

    def proves_it(self, page: Any = None) -> None:
        """At the identity provider."""
        page = page or self.page
        page.wait_for_selector("main[data-page=idp]")
        page.get_by_label("Login").fill(self.who.uid)
        page.get_by_label("Secret").fill(self.who.password)
        page.get_by_role("button", name="Sign in").click()

    def signs_in(self) -> None:
        self.opens("/methods")
        self.proves_it()
        self.visitor.sees("methods")

    def is_sent_back_to(self) -> str:
        """Where the identity provider's answer leads, before the browser goes there."""
        self.page.wait_for_selector("main[data-page=idp]")
        asked, proof = self.visitor.context.request, {"login": self.who.uid, "password": self.who.password}
        answer = asked.post(self.page.url, form=proof, max_redirects=0)
        while not (there := str(answer.headers["location"])).startswith(self.place.url):
            answer = asked.get(there, max_redirects=0)
        return there

    def wants_to_add_codes(self) -> None:
        self.opens("/methods/add")
        self.visitor.choose("Saved code")

    def is_asked_who_they_are(self) -> bool:
        """By the identity provider, on the way to a page of somebody who is signed in."""
        self.opens("/methods")
        self.page.wait_for_selector("main[data-page=methods], main[data-page=idp]")
        return self.visitor.stage == "idp"

    def is_refused(self) -> bool:
        self.page.get_by_role("heading", name="We couldn’t sign you in.").wait_for()
        return not [one for one in self.visitor.context.cookies() if one["name"] == "__Host-kb_s"]


@pytest.fixture
def colleague(place: Company, chromium: Any) -> Iterator[Colleague]:
    somebody = at_a_browser(place, chromium)
    yield somebody
    place.idp.is_ahead(0)
    # A page that says no is a 403, which the console tells; nothing else may be said there.
    assert [said for said in somebody.visitor.complaints if "status of 403" not in said] == []
    somebody.visitor.context.close()


def at_a_browser(place: Company, chromium: Any) -> Colleague:
    visitor = Visitor(chromium, place.url, ignore_https_errors=True)
    visitor.known.append(place.idp.issuer)
    return Colleague(place, place.somebody(), visitor)


def test_they_sign_in_there_and_out_again_here_and_there(colleague: Colleague) -> None:
    page = colleague.page
    colleague.signs_in()
    assert page.locator("[data-get-back]").count() == 1
    page.get_by_role("link", name="Sign out").click()
    colleague.visitor.press("Sign out")
    page.get_by_role("link", name="Sign out there too").click()
    page.get_by_role("button", name="Sign out").click()
    # Sent back to us, which knows nobody any more.
    page.get_by_role("heading", name="You’re signed out").wait_for()
    assert page.url.startswith(f"{colleague.place.url}/sign-out")
    assert colleague.is_asked_who_they_are()


def test_a_password_that_both_know_does_as_well_as_a_key(
    chromium: Any, tmp_path: Path, post: Post, slapd: Slapd, place: Company
) -> None:
    with company(tmp_path, post, slapd, own_key=False) as other:
        somebody = at_a_browser(other, chromium)
        somebody.signs_in()
        assert somebody.visitor.complaints == []
        somebody.visitor.context.close()


def test_who_signs_out_there_is_signed_out_here(colleague: Colleague) -> None:
    colleague.signs_in()
    there = colleague.visitor.outbox
    there.goto(f"{colleague.place.idp.issuer}/session/end")
    there.get_by_role("button", name="Sign out").click()
    there.get_by_role("heading", name="You have signed out").wait_for()
    wait_until(colleague.is_asked_who_they_are, "the logout token's work")


def test_who_is_known_there_is_not_asked_again_and_is_only_as_fresh_as_their_proof(colleague: Colleague) -> None:
    colleague.place.idp.is_ahead(-10 * MINUTES)
    colleague.signs_in()
    colleague.place.idp.is_ahead(0)
    colleague.wants_to_add_codes()
    again = colleague.page.get_by_role("heading", name="Sign in again")
    again.wait_for()
    # A plain sign-in is not enough: nobody proves anything there, so the moment stays the old one.
    colleague.opens("/sign-in?to=/methods")
    colleague.visitor.sees("methods")
    colleague.wants_to_add_codes()
    again.wait_for()
    colleague.page.locator("main").get_by_role("link", name="Sign in", exact=True).click()
    colleague.proves_it()
    colleague.visitor.sees("add-method")
    colleague.wants_to_add_codes()
    colleague.visitor.sees("saved-codes")


def test_a_proof_that_is_older_than_a_working_day_is_asked_for_anew(colleague: Colleague) -> None:
    colleague.place.idp.is_ahead(-9 * HOURS)
    # Their morning: another page of the company, which asks for nothing more.
    colleague.opens("/sign-in")
    colleague.proves_it()
    assert colleague.is_refused()
    colleague.place.idp.is_ahead(0)
    assert colleague.is_asked_who_they_are()
    colleague.proves_it()
    colleague.visitor.sees("methods")


def test_two_tabs_both_arrive(colleague: Colleague) -> None:
    first, second = colleague.page, colleague.visitor.outbox
    first.goto(f"{colleague.place.url}/sign-in?to=/methods")
    second.goto(f"{colleague.place.url}/sign-in?to=/methods")
    for tab in (second, first):
        tab.bring_to_front()
        colleague.proves_it(tab)
        tab.wait_for_selector("main[data-page=methods]")


@pytest.mark.parametrize("iss", ["https://another.example", None], ids=["another", "none"])
def test_an_answer_in_another_s_name_is_not_believed(colleague: Colleague, iss: str | None) -> None:
    """RFC 9207: this one says that it names itself in every answer."""
    colleague.opens("/sign-in?to=/methods")
    there, _, query = colleague.is_sent_back_to().partition("?")
    answer = dict(parse_qsl(query))
    assert answer.pop("iss") == colleague.place.idp.issuer
    colleague.page.goto(f"{there}?{urlencode({**answer, **({'iss': iss} if iss else {})})}")
    assert colleague.is_refused()


def test_an_answer_that_comes_twice_opens_nothing_and_ends_nothing(colleague: Colleague) -> None:
    answers: list[str] = []
    colleague.page.on("request", lambda asked: answers.append(asked.url) if "/callback?" in asked.url else None)
    colleague.signs_in()
    (answer,) = answers
    colleague.page.goto(answer)
    assert not colleague.is_refused()
    assert not colleague.is_asked_who_they_are()


def test_a_clock_that_is_two_minutes_ahead_lets_nobody_in_until_it_is_right(colleague: Colleague) -> None:
    colleague.place.idp.is_ahead(2 * MINUTES)
    colleague.opens("/sign-in")
    colleague.proves_it()
    assert colleague.is_refused()
    colleague.place.idp.is_ahead(0)
    colleague.opens("/sign-in?to=/methods&again=yes")
    colleague.proves_it()
    colleague.visitor.sees("methods")
