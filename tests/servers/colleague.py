"""Somebody of the pretend company who knows their password: adds ways, forgets it, and comes back by them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .demo import Visitor
from .ways import Way


@dataclass
class Colleague:
    """At a browser of their own."""

    visitor: Visitor
    name: str
    password: str = field(repr=False)

    def sign_in(self) -> None:
        """At the company, on the way to My methods."""
        page = self.visitor.page
        page.goto(f"{self.visitor.base}/methods")
        self.visitor.sees("demo-sign-in")
        page.get_by_label("User name").fill(self.name)
        page.get_by_label("Password").fill(self.password)
        self.visitor.press("Sign in")
        self.visitor.sees("methods")

    def sign_out(self) -> None:
        self.visitor.page.get_by_role("link", name="Sign out").click()
        self.visitor.press("Sign out")
        self.visitor.page.get_by_role("heading", name="You’re signed out").wait_for()

    def add(self, way: Way) -> None:
        self.visitor.page.get_by_role("link", name="Add a method").click()
        self.visitor.choose(way.label)
        way.enrol(self.visitor)
        self.visitor.page.get_by_role("heading", name=f"{way.label} is added").wait_for()

    def remove(self, way: Way) -> None:
        mine = self.visitor.page.locator(f"[data-method={way.key}]")
        mine.get_by_role("link", name="Remove").click()
        self.visitor.press("Remove")
        self.visitor.page.get_by_role("heading", name="is removed").wait_for()
        assert mine.count() == 0

    @property
    def could_get_back(self) -> bool:
        """As the list of methods says it."""
        return self.visitor.page.locator("[data-get-back=yes]").count() == 1

    def proves(self, way: Way) -> None:
        """On the page where ways are chosen."""
        self.visitor.choose(way.label)
        way.reach(self.visitor)
        way.answer(self.visitor)

    def is_offered(self, way: Way, before: Way) -> bool:
        """Whether it may be chosen, once the other one has proven something."""
        self.visitor.forgot(self.name)
        self.proves(before)
        self.visitor.page.wait_for_selector("main[data-page=choosing], main[data-page=closed]")
        return bool(self.visitor.page.get_by_label(way.label).count())

    def renew(self, password: str) -> None:
        self.visitor.sees("renewing")
        self.visitor.renew(password)
        self.visitor.sees("done")
        self.password = password


def is_asked(visitor: Visitor, name: str, way: Way, before: Way) -> None:
    """For this way, as early as it may come; `before` proves first where it must."""
    visitor.forgot(name)
    if not way.first:
        visitor.choose(before.label)
        before.reach(visitor)
        before.answer(visitor)
        visitor.sees("choosing")
    visitor.choose(way.label)
    way.reach(visitor)
