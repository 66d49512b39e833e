"""Home: what needs somebody, and how the house stands."""

from __future__ import annotations

from flask_admin import expose
from werkzeug.wrappers import Response

from ..core.contracts.text import Text
from ..core.service.reporting.today import Day, Today, TodaysNumbers
from .access import ALL, Screen
from .charts import SMALL, Chart, bars
from .home_words import BUDGETS, NORMS, Line, line_of


class HomeScreen(Screen):
    """What is broken comes first."""

    key = "home"
    label = Text("Home")
    icon = "home"
    sees = ALL

    @classmethod
    def address(cls) -> str:
        return "/admin"

    @expose("/")
    def index(self) -> Response:
        """The page that everybody comes to first."""
        today = TodaysNumbers(records=self.console.records, around=self.console.around).now()
        answered = [part for part in self.console.parts.all() if part.answered_by]
        return self.show(
            "console/home.html",
            lines=self._lines(today),
            by_link=self.desk.someone_by_link(),
            answered=answered,
            today=today,
            stores=self.console.snapshots.current.store_names,
            budgets=BUDGETS,
            standings=self.console.concerns.alerts.standings,
            norms=NORMS,
            chart_of_days=_chart(today.days),
            checked=self.console.concerns.checking.last(),
        )

    def _lines(self, today: Today) -> list[Line]:
        methods = self.console.snapshots.current.plugins.methods
        labels = {key: method.label for key, method in methods.items()}
        return [line_of(concern, labels) for concern in self.console.concerns.now(today)]


def _chart(days: tuple[Day, ...]) -> Chart:
    """Who got in, on top of them who proved it and got no further, then who only asked. Whoever asked before midnight
    and got in afterwards makes one day's difference less than nothing."""
    stacks = [
        (day.finished, max(0, day.proven - day.finished), max(0, day.asked - max(day.proven, day.finished)))
        for day in days
    ]
    return bars([str(day.day.day) for day in days], stacks, SMALL)
