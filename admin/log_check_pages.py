"""Whether the log is whole: a page of the records, with what all their pages share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from ..core.contracts.text import Text
from ..core.service.reporting.record_room import RecordRoom
from .access import Screen


class LogCheckPages(Screen):
    """How the last verification ended, how far one is, and the button that begins it."""

    @property
    def room(self) -> RecordRoom:
        """Where the records are."""
        return self.console.record_room

    @expose("/log")
    def log(self) -> Response:
        """Whether the log is whole, as far as it was verified."""
        checking = self.room.checking
        values = {"under_way": checking.under_way(), "last": checking.last()}
        title = Text("Is the log whole?")
        return self.show("console/records_log.html", 200, title=title, moment=moment, tabs=tabs_of("log"), **values)

    @expose("/log", methods=["POST"])
    def check(self) -> Response:
        """Have the back office verify all of it."""
        self.room.checking.begin(self.actor)
        return self.go("log")


def moment(at: datetime | None) -> str:
    """To the second, in UTC, the same in every language; the page says that it is UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def tabs_of(current: str) -> Sequence[tuple[Text, str, bool]]:
    """The lists, and the log's own page."""
    parts = (
        ("events", Text("Events"), "index"),
        ("recoveries", Text("Tries"), "tries"),
        ("messages", Text("Messages"), "messages"),
        ("jobs", Text("Jobs"), "jobs"),
        ("log", Text("Is the log whole?"), "log"),
    )
    return [(words, url_for(f"records.{view}"), key == current) for key, words, view in parts]
