"""After a sign-in: "Before you go on: one more method", and "Is this still right?"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

from flask import abort, redirect, url_for
from werkzeug.wrappers import Response

from ..contracts.errors import NotAllowed
from ..contracts.text import Text
from ..recovery.renewals import Later
from ..service.enrolling.address_checks import AddressChecks
from ..service.enrolling.fresh_proofs import TooEarly
from ..service.enrolling.renewal import Due, Renewal
from ..service.enrolling.signed_in import SignedIn
from . import dates
from .for_signed_in import ForSignedIn, Rule
from .headers import has_form
from .language import spoken
from .listed import listed
from .settings import PortalSettings
from .sign_in_pages import place

FIELDS = ("token", "move", "which")
MONTH = timedelta(days=30)
# My methods, by whatever door.
MINE = re.compile(r"(?:/go/[^/]+)?/methods")


class RenewalPages:
    """`to` in the address is the page that somebody wanted: they are there as soon as nothing is asked any more."""

    def __init__(self, renewal: Renewal, checks: AddressChecks, desk: ForSignedIn, settings: PortalSettings) -> None:
        self._renewal = renewal
        self._checks = checks
        self._desk = desk
        self._settings = settings
        self._moves: Mapping[str, Callable[[SignedIn, str], str]] = {
            "add": self._add,
            "later": self._later,
            "yes": self._yes,
            "remove": self._remove,
        }

    def rules(self) -> tuple[Rule, ...]:
        """Address, name, page and verb."""
        return self._desk.rules(
            ("/methods/asked", "asked", self._ask, "GET"),
            ("/methods/asked", "asked_move", self._move, "POST"),
        )

    def first(self, who: SignedIn, to: str) -> str:
        """Where somebody goes after a sign-in: to the page that they wanted, or first to what they are asked.

        Whoever wants My methods sees there what is missing, and is where it is added.
        """
        due = self._renewal.due(who)
        asks = due.old or (due.adding and not MINE.match(to))
        return url_for("portal.asked", to=to) if asks else to

    def _ask(self, who: SignedIn) -> Response:
        due = self._renewal.due(who)
        if due.adding:
            return self._desk.page("asked.html", who, later=_left(due.adding))
        if due.old:
            return self._desk.page("still_right.html", who, months=self._months(due), lines=[*map(listed, due.old)])
        self._renewal.enough(who)
        self._renewal.want(who, "")
        return _go(place())

    def _move(self, who: SignedIn) -> Response:
        form = self._desk.form(who, FIELDS)
        move = self._moves.get(form.get("move", ""))
        if move is None:
            abort(400, "not our button")
        return _go(move(who, form.get("which", "")))

    def _add(self, who: SignedIn, _which: str) -> str:
        self._renewal.want(who, place())
        return url_for("portal.methods_add")

    def _later(self, who: SignedIn, _which: str) -> str:
        try:
            self._renewal.put_off(who)
        except NotAllowed:
            # From a page of another day: it says now that it can't be put off.
            return url_for("portal.asked", to=place())
        return place()

    def _yes(self, who: SignedIn, which: str) -> str:
        if way := self._checks.way_of(who, which):
            return self._send(who, way)
        self._renewal.confirm(who, which)
        return url_for("portal.asked", to=place())

    def _send(self, who: SignedIn, way: str) -> str:
        """An address is right when the code that goes there comes back."""
        with suppress(TooEarly):
            self._checks.begin(who, way, language=spoken())
        return url_for("portal.check_answer", value=way, to=place())

    def _remove(self, who: SignedIn, which: str) -> str:
        self._renewal.want(who, place())
        return url_for("portal.methods_remove", enrolment_id=which)

    def _months(self, due: Due) -> Text | None:
        """For how long nobody looked at the one that was looked at last; nothing is said of less than a month."""
        ages = [self._settings.now() - mine.old_since for mine in due.old if mine.old_since]
        months = min(ages) // MONTH
        return _been(months) if months else None


def _been(months: int) -> Text:
    return Text.plural(
        "It's been {n} month. Check each one once.", "It's been {n} months. Check each one once.", n=months
    )


def _left(later: Later) -> Text | None:
    if not later.left:
        return None
    return Text.plural(
        'You can choose "Later" once more, until {date}.',
        'You can choose "Later" {n} more times, until {date}.',
        n=later.left,
        date=dates.day(later.until),
    )


def _go(address: str) -> Response:
    """By GET, from a page whose Referer may be asked for."""
    has_form()
    return redirect(address, 303)
