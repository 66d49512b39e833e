"""Reports: how people got back in, where they stopped, and what it was worth."""

from __future__ import annotations

from datetime import UTC, timedelta

from flask import Response as Stream
from flask import abort, request
from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms.validators import Optional

from ..core.contracts.text import Text
from ..core.db.settings_store import SavedMeanwhile
from ..core.service.reporting.record_room import READERS
from ..core.service.reporting.report import LONGEST, Report, ReportRoom
from ..core.service.reporting.ticket_costs import TicketCost
from ..core.service.ruling.kept_rules import PAGE, Change, Kept
from ..core.service.sending.numbers import region_name
from . import reach_words
from .access import Role, Screen
from .charts import Chart, bars
from .forms import ConsoleForm
from .language import spoken
from .plugin_screens import MEANWHILE
from .policy_wish import number
from .rule_inputs import Day
from .taken import takes
from .ticket_form import TicketForm

USUAL = timedelta(days=29)
TOO_LONG = Text("At most {n} days, and the first not after the last.", n=LONGEST.days)


class ReportForm(ConsoleForm):
    """From one day to another, both included, in UTC."""

    since = Day(Text("From"), [Optional()], description=Text("A date such as 2026-11-30"))
    until = Day(Text("Until"), [Optional()], description=Text("This day too"))


class ReportScreen(Screen):
    """Numbers of everybody together; nobody's name is in them."""

    key = "reports"
    label = Text("Reports")
    group = "people"
    icon = "reports"
    sees = READERS
    changes = frozenset({Role.ADMINISTRATOR})
    asks = frozenset({"file"})

    @property
    def room(self) -> ReportRoom:
        """Where the sums are."""
        return self.console.reports

    @expose("/")
    def index(self) -> Response:
        """The last thirty days, or those that were chosen."""
        form = self._form(request.args)
        if not self._fits(form):
            return self.show("console/reports.html", 422, form=form, report=None)
        report = self.room.report(form.since.data, form.until.data)
        values = {"cost": self.room.costs.now().rules, "per_day": _per_day(report), "place": _place}
        return self.show("console/reports.html", 200, form=form, report=report, called=self._called, **values)

    @expose("/file", methods=["POST"])
    @takes(None, "since", "until")
    def file(self) -> Response:
        """The sums of these days for a spreadsheet."""
        form = self._form(request.form)
        if not self._fits(form):
            abort(400)
        lines = self.room.file(self.actor, form.since.data, form.until.data)
        named = {"Content-Disposition": 'attachment; filename="keyback-report.csv"'}
        return Stream(lines, headers=named, content_type="text/csv; charset=utf-8")

    @expose("/ticket")
    def ticket(self) -> Response:
        """What a ticket costs, and who said so."""
        kept = self.room.costs.now()
        return self._ticket(self.form(TicketForm, amount=kept.rules.amount or None, currency=kept.rules.currency), kept)

    @expose("/ticket", methods=["POST"])
    @takes(TicketForm, "after")
    def save_ticket(self) -> Response:
        """Reckon with another amount, or with none."""
        form = self.form(TicketForm)
        if form.validate():
            try:
                change = Change(self.actor, str(form.why.data), number(request.form, "after"))
                return self.go("ticket", saved=self.room.costs.save(form.cost, change))
            except SavedMeanwhile:
                form.wrong("", MEANWHILE)
        return self._ticket(form, self.room.costs.now(), 422)

    def _ticket(self, form: TicketForm, kept: Kept[TicketCost], status: int = 200) -> Response:
        return self.show(
            "console/report_ticket.html",
            status,
            title=Text("What a ticket costs"),
            form=form,
            kept=kept,
            saves=self.room.costs.ledger.past()[:PAGE],
            saved="saved" in request.args,
        )

    def _called(self, key: str) -> str:
        # What carries codes has the key of the method that it carries them for.
        return reach_words.called(self.console, [key])[0]

    def _form(self, sent: object) -> ReportForm:
        form = ReportForm(sent)
        today = self.desk.now().astimezone(UTC).date()
        given = [field.raw_data and field.raw_data[0].strip() for field in (form.until, form.since)]
        if not given[0]:
            form.until.data = today
        if not given[1] and form.until.data:
            form.since.data = form.until.data - USUAL
        return form

    @staticmethod
    def _fits(form: ReportForm) -> bool:
        since, until = form.since.data, form.until.data
        if not form.validate():
            return False
        if not timedelta(0) <= until - since < LONGEST:
            form.wrong("since", TOO_LONG)
            return False
        return True


def _per_day(report: Report) -> Chart:
    """The picture; its table and its sentence stand on the page."""
    names = [f"{day.day:%m-%d}" for day in report.days]
    return bars(names, [(day.finished, day.not_finished) for day in report.days])


def _place(region: str) -> str:
    return region_name(region, spoken()) if region else "–"
