"""What people call what they have, and which way is shown first."""

from __future__ import annotations

from flask import abort, redirect, url_for
from werkzeug.wrappers import Response

from ..contracts.errors import NotAllowed
from ..service.enrolling.arrange import Arranging
from ..service.enrolling.my_methods import Mine
from ..service.enrolling.signed_in import SignedIn
from .for_signed_in import ForSignedIn, Rule
from .headers import has_form
from .prompt_form import Problem
from .said import NOTHING, Said

FIELDS = ("token", "move", "called", "way")


class ArrangingPages:
    """Nothing here asks for a fresh sign-in: it opens nothing."""

    def __init__(self, arranging: Arranging, desk: ForSignedIn) -> None:
        self._arranging = arranging
        self._desk = desk

    def rules(self) -> tuple[Rule, ...]:
        """Address, name, page and verb."""
        return self._desk.rules(
            ("/methods/rename/<enrolment_id>", "methods_rename", self._ask, "GET"),
            ("/methods/rename/<enrolment_id>", "methods_call", self._rename, "POST"),
            ("/methods/default", "methods_default", self._prefer, "POST"),
            behind=True,
        )

    def _ask(self, who: SignedIn, enrolment_id: str, said: Said = NOTHING) -> Response:
        mine = self._named(who, enrolment_id)
        return self._desk.page("rename_method.html", who, said, label=mine.label, called=mine.end)

    def _rename(self, who: SignedIn, enrolment_id: str) -> Response:
        form = self._desk.form(who, FIELDS)
        if form.get("move") != "rename":
            abort(400, "not our button")
        try:
            self._arranging.rename(who, enrolment_id, form.get("called", ""))
        except NotAllowed as wrong:
            problems = tuple(Problem(field, text) for field, text in wrong.at.items())
            return self._ask(who, enrolment_id, Said(problems, typed=form, status=422))
        return self._back()

    def _prefer(self, who: SignedIn) -> Response:
        self._arranging.prefer(who, self._desk.form(who, FIELDS).get("way", ""))
        return self._back()

    def _back(self) -> Response:
        has_form()
        return redirect(url_for("portal.methods"), 303)

    def _named(self, who: SignedIn, enrolment_id: str) -> Mine:
        found = [one for one in self._arranging.mine.look(who).mine if one.id == enrolment_id and one.has_name]
        if not found:
            abort(404)
        return found[0]
