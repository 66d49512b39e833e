"""Who could not get back in by themselves, grouped by what they have and lack."""

from __future__ import annotations

from typing import Any

from flask import abort, request
from flask_admin import expose
from werkzeug.wrappers import Response

from ..core.contracts.text import Text
from ..core.service.reporting.capable import capable
from ..core.service.reporting.record_room import READERS
from ..core.service.ruling.stranded import PAGE, Group, Stranded
from . import reach_words
from .access import Role, Screen


class StrandedScreen(Screen):
    """The numbers are everybody's who looks here; names are shown by a page of their own."""

    key = "stranded"
    label = Text("Stranded people")
    group = "people"
    icon = "people"
    sees = frozenset({Role.ADMINISTRATOR, Role.HELP_DESK, Role.AUDITOR})
    changes = frozenset({Role.ADMINISTRATOR})
    # It reads, and brings nearer what is done every day anyway.
    asks = frozenset({"count"})

    @expose("/")
    def index(self) -> Response:
        """The three numbers and the groups."""
        desk = self.desk_of_people
        groups = desk.today()
        return self._page(
            "console/stranded.html",
            figures=capable(desk),
            groups=[group for group in groups if not group.refusal],
            refused=[group for group in groups if group.refusal],
            census=desk.census(),
        )

    @expose("/count", methods=["POST"])
    def count(self) -> Response:
        """Count everybody as soon as possible."""
        if not self.may_change:
            abort(403)
        self.desk_of_people.count_again()
        return self.go()

    @expose("/<group>")
    def people(self, group: str) -> Response:
        """Who they are, fifty at a time."""
        if not self.may_read_names:
            abort(403)
        found = self._group(group)
        people = self.desk_of_people.people(found.digests, request.args.get("after", ""))
        more = people[-1].place if len(people) == PAGE else ""
        return self._page("console/stranded_people.html", group=found, people=people, more=more, name=group)

    @property
    def may_read_names(self) -> bool:
        """The help desk finds people one by one, counted and recorded: no list of all, nor of the mighty (I9)."""
        return self.actor.has_any(READERS)

    @property
    def desk_of_people(self) -> Stranded:
        """Who knows."""
        return self.console.staff.stranded

    def _group(self, digest: str) -> Group:
        """By one of the combinations in it: it is found again when others came or went meanwhile."""
        found = next((group for group in self.desk_of_people.today() if digest in group.digests), None)
        return found or abort(404)

    def _page(self, template: str, **values: Any) -> Response:  # noqa: ANN401 - what templates show
        console = self.console
        return self.show(
            template,
            words=reach_words,
            called=lambda keys: reach_words.called(console, keys),
            stores=console.snapshots.current.store_names,
            **values,
        )
