"""Files by mail: a report or the events, every week or month, to addresses of the organisation's own."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms import RadioField

from ..core.contracts.errors import NotAllowed
from ..core.contracts.text import Text
from ..core.service.administrators.actor import Role
from ..core.service.reporting.file_post import EVENTS, REPORT
from ..core.service.reporting.file_schedules import NO_ADDRESS, Every, FileSchedules
from ..core.service.reporting.record_room import READERS
from .access import Screen
from .forms import ConsoleForm, WhyForm, needed
from .rule_inputs import Lines, listed
from .taken import takes

WHAT: Mapping[str, Text] = {
    REPORT: Text("Report: sums of each day, about nobody in particular"),
    EVENTS: Text("Events, with pseudonyms and without personal details"),
}
OFTEN: Mapping[str, Text] = {
    Every.WEEK.value: Text("Every Monday, about the seven days before"),
    Every.MONTH.value: Text("On the first of each month, about the month before"),
}


class FileForm(WhyForm):
    """What is mailed, how often and to whom."""

    what = RadioField(Text("What?"), choices=listed(WHAT), default=REPORT)
    every = RadioField(Text("How often?"), choices=listed(OFTEN), default=Every.WEEK.value)
    to = Lines(
        Text("To"), validators=[needed(NO_ADDRESS)], render_kw={"rows": 3},
        description=Text("One address a line. It must be of a domain that keyback.toml names."),
    )  # fmt: skip


class FileScreen(Screen):
    """Administrators set them up and end them; auditors see which there are."""

    key = "files"
    label = Text("Files by mail")
    group = "people"
    icon = "channels"
    sees = READERS
    changes = frozenset({Role.ADMINISTRATOR})

    @property
    def files(self) -> FileSchedules:
        """What this screen asks."""
        return self.console.files

    @expose("/")
    def index(self) -> Response:
        """All of them."""
        return self.show("console/files.html", listed=self.files.all(), what=WHAT, often=OFTEN)

    @expose("/new")
    def new(self) -> Response:
        """An empty form."""
        if not self.may_change:
            abort(403)
        return self._form(self.form(FileForm))

    @expose("/new", methods=["POST"])
    @takes(FileForm)
    def make(self) -> Response:
        """Set one up."""
        form = self.form(FileForm)
        if not form.validate():
            return self._form(form, 422)
        try:
            self.files.make(self.actor, form.what.data, Every(form.every.data), form.to.data or (), form.why.data or "")
        except NotAllowed as refused:
            for place, reason in (refused.at or {"": refused.reason}).items():
                form.wrong(place, reason)
            return self._form(form, 422)
        return self.go()

    @expose("/<schedule>/end", methods=["GET", "POST"])
    def end(self, schedule: str) -> Response:
        """A page that asks, then it is mailed no more."""
        if not self.may_change:
            abort(403)
        found = self.files.look(schedule)
        if request.method == "POST":
            self.files.end(self.actor, found.id)
            return self.go()
        text = Text("To {to}. Nothing more is mailed from now on.", to=", ".join(found.to))
        page: dict[str, object] = {"title": Text("Mail this no more?"), "text": text, "button": Text("End it")}
        page |= {"back": url_for(f"{self.key}.index"), "form": ConsoleForm(), "remove": True}
        return self.show("console/confirm.html", 200, **page)

    def _form(self, form: FileForm, status: int = 200) -> Response:
        return self.show("console/file_new.html", status, title=Text("Mail a file"), form=form)
