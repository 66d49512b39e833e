"""Records: what happened, whose tries there were, what became of messages and jobs, and whether the log is whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Response as Stream
from flask import abort, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import Optional

from ..core.contracts.errors import MustWait, NotAllowed, StoreUnavailable
from ..core.contracts.text import Text
from ..core.recovery.state import Stage
from ..core.service.reporting.microsoft_names import MICROSOFT
from ..core.service.reporting.record_room import LOUD, NAMES, READERS, Asked, Page, Row, Span
from .forms import ConsoleForm, needed
from .log_check_pages import LogCheckPages, moment, tabs_of
from .rule_inputs import Day
from .taken import takes

# Without a date: so far back, or a list that nobody narrowed would begin with last year.
USUAL = timedelta(days=7)
MONTH = timedelta(days=30)
WAITS = Text("Too many look-ups for now. Wait a few minutes.")
SILENT = Text("The directory doesn't answer. Try again.")
ANY = Text("All")
STATES = ("trying", "unknown", "accepted", "sent", "delivered", "failed")
NARROWED = ("name", "state", "medium", "channel", "region", "lane")
MEDIA = ("sms", "voice", "email", "push")
LONGEST_LINE = 200


WAITING = [SelectChoice("", Text("Waiting")), SelectChoice("given-up", Text("Given up"))]


def _choices(keys: Sequence[str], *more: SelectChoice) -> list[SelectChoice]:
    return [SelectChoice("", ANY), *more, *(SelectChoice(key, key) for key in keys)]


HAPPENED = _choices(NAMES, SelectChoice(LOUD, Text("What deserves an eye")))
HINT = Text("Sign-in name or e-mail. Looking somebody up is kept in the log.")


class PeriodForm(ConsoleForm):
    """From one day to another, both included, in UTC."""

    since = Day(Text("From"), [Optional()], description=Text("A date such as 2026-11-30"))
    until = Day(Text("Until"), [Optional()], description=Text("This day too"))

    def span(self) -> Span:
        """What the two days mean."""
        since, until = self.since.data, self.until.data
        return Span(_midnight(since) if since else None, _midnight(until) + timedelta(days=1) if until else None)


class EventsForm(PeriodForm):
    """What happened."""

    name = SelectField(Text("What happened"), default="", choices=HAPPENED)


class TriesForm(PeriodForm):
    """Where a try stands."""

    state = SelectField(Text("Stage"), default="", choices=_choices([each.value for each in Stage]))


class MessagesForm(PeriodForm):
    """What became of a message, and where it went."""

    state = SelectField(Text("State"), default="", choices=_choices(STATES))
    medium = SelectField(Text("Kind"), default="", choices=_choices(MEDIA))
    region = StringField(Text("Region"), description=Text("Two letters, such as DE"))
    channel = StringField(Text("Channel"), description=Text("Its key, such as twilio"))


class JobsForm(PeriodForm):
    """Which jobs."""

    state = SelectField(Text("State"), default="", choices=WAITING)
    lane = StringField(Text("Lane"), description=Text("A directory's or a channel's key, or house"))


def narrowed(what: str) -> type[PeriodForm]:
    """How one of the lists is narrowed."""
    kinds = {"events": EventsForm, "recoveries": TriesForm, "messages": MessagesForm, "jobs": JobsForm}
    return kinds[what] if what in kinds else abort(404)


class NameForm(ConsoleForm):
    """Whose records."""

    name = StringField(Text("Person"), [needed(Text("Enter a name"))], description=HINT, id="whose")


class RecordScreen(LogCheckPages):
    """Four lists and the log's own proof. Reading details and taking a file away need a fresh sign-in."""

    key = "records"
    label = Text("Records")
    group = "people"
    icon = "records"
    sees = READERS
    # Whoever reads may have it read out, written into a file and verified: nothing is changed by that.
    asks = frozenset({"find", "details", "file", "check"})

    @expose("/")
    def index(self) -> Response:
        """Events, the newest first."""
        return self._list("events", EventsForm, self.room.events)

    @expose("/tries")
    def tries(self) -> Response:
        """Recoveries, by when they began."""
        return self._list("recoveries", TriesForm, self.room.recoveries)

    @expose("/messages")
    def messages(self) -> Response:
        """Attempts to hand a message to a provider."""
        return self._list("messages", MessagesForm, self.room.messages)

    @expose("/jobs")
    def jobs(self) -> Response:
        """What waits for the back office, or what it gave up."""
        return self._list("jobs", JobsForm, self.room.jobs)

    @expose("/events/<event_id>")
    def event(self, event_id: str) -> Response:
        """One event; its personal details stay closed."""
        return self._event(event_id)

    @expose("/events/<event_id>", methods=["POST"])
    def details(self, event_id: str) -> Response:
        """The same with its details, which is kept in the log."""
        return self._event(event_id, opened=True, details=self.room.details(self.actor, event_id))

    @expose("/tries/<recovery_id>")
    def recovery(self, recovery_id: str) -> Response:
        """One try, and what happened in it."""
        found = self.room.recovery(recovery_id)
        page = self.room.events(Asked(recovery=recovery_id), _before())
        if found is None and not page.rows:
            abort(404)
        return self.show(
            "console/records_try.html", 200, title=Text("One try"), recovery=found, page=page, **_shared(page)
        )

    @expose("/find", methods=["POST"])
    @takes(NameForm)
    def find(self) -> Response:
        """Whose records somebody of this name has: the address then holds a pseudonym and no name."""
        form = NameForm(request.form)
        if form.validate():
            try:
                return self.go("index", person=self.room.person(self.actor, form.name.data))
            except NotAllowed as error:
                form.wrong("name", error.reason)
            except MustWait:
                form.wrong("name", WAITS)
            except StoreUnavailable:
                form.wrong("name", SILENT)
        return self.show("console/records_person.html", 422, form=form, title=Text("Records of one person"))

    @expose("/file/<what>", methods=["POST"])
    @takes(lambda _, what: narrowed(what)(), "person")
    def file(self, what: str) -> Response:
        """The list that was on the page, as a file for a spreadsheet."""
        form = narrowed(what)(request.form)
        if not form.validate():
            abort(400)
        lines = self.room.file(self.actor, what, _asked(form, request.form.get("person", "")))
        named = {"Content-Disposition": f'attachment; filename="keyback-{what}.csv"'}
        return Stream(lines, headers=named, content_type="text/csv; charset=utf-8")

    def _handle_view(self, name: str, **parts: object) -> Response | None:
        """Personal details, and files, are for whoever proved who they are a moment ago."""
        refused = super()._handle_view(name, **parts)
        stale = refused is None and name in {"details", "file"} and not self.who.is_fresh(self.desk.now())
        return self._again(self.who) if stale else refused

    def _list(self, what: str, kind: type[PeriodForm], read: Callable[[Asked, str], Page[Row]]) -> Response:
        form = kind(request.args) if request.args else kind(data={"since": self._week_ago(USUAL)})
        person, status = request.args.get("person", "")[:64], 200
        page: Page[Row] = Page(())
        if request.args and not form.validate():
            status = 422
        else:
            page = read(_asked(form, person), _before())
        values = {"what": what, "form": form, "person": person, "page": page, "title": TITLES[what]}
        values |= {"name_form": NameForm(), "tabs": tabs_of(what), "month": self._month(), **_shared(page)}
        return self.show(f"console/records_{what}.html", status, **values)

    def _month(self) -> str:
        """The same list over thirty days, for a page on which nothing stands."""
        others = {"since", "until", "before"}
        asked: dict[str, Any] = {name: value for name, value in request.args.items() if name not in others}
        return url_for(request.endpoint or "", since=self._week_ago(MONTH).isoformat(), **asked)

    def _week_ago(self, ago: timedelta) -> date:
        return (self.desk.now() - ago).astimezone(UTC).date()

    def _event(self, event_id: str, **values: object) -> Response:
        found = self.room.event(event_id)
        if found is None:
            abort(404)
        values |= {"event": found, "data": json.loads(found["data"]), "moment": moment}
        microsoft = MICROSOFT.get(found["name"], "")
        return self.show("console/records_event.html", 200, title=Text("One event"), microsoft=microsoft, **values)


TITLES = {
    "events": Text("Records"),
    "recoveries": Text("Records: tries"),
    "messages": Text("Records: messages"),
    "jobs": Text("Records: jobs"),
}


def _shared(page: Page[Row]) -> dict[str, object]:
    """What every list's page needs: the time as words, and where the older ones are."""
    asked: dict[str, Any] = {name: value for name, value in request.args.items() if name != "before"}
    older = url_for(request.endpoint or "", **{**(request.view_args or {}), **asked, "before": page.older})
    return {"moment": moment, "older": older if page.older else "", "said": _said, "asked": asked}


def _said(data: str) -> str:
    """What an event says, as far as a list has room for it; its own page says all of it."""
    told = {name: _plain(value) for name, value in json.loads(data).items()}
    line = ", ".join(f"{name}: {value}" for name, value in told.items() if value)
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} …"


def _plain(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _asked(form: PeriodForm, person: str) -> Asked:
    named = {name: (form[name].data or "").strip() for name in NARROWED if name in form}
    return Asked(span=form.span(), person=person, **named)


def _before() -> str:
    return request.args.get("before", "")[:100]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
