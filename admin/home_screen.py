"""Home: what needs somebody, and how the house stands."""

from __future__ import annotations

from flask_admin import expose
from werkzeug.wrappers import Response

from ..core.contracts.text import Text
from ..core.service.today import TodaysNumbers
from .access import ALL, Screen

# What a budget counts: messages, or money in the currency of the prices.
MEDIA = {
    ("sms", "count"): Text("Text messages"),
    ("voice", "count"): Text("Calls"),
    ("sms", "money"): Text("Money for text messages"),
    ("voice", "money"): Text("Money for calls"),
}


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
        broken = self.console.snapshots.current.plugins.broken
        today = TodaysNumbers(records=self.console.records, around=self.console.around).now()
        by_link = self.desk.someone_by_link()
        answered = [part for part in self.console.parts.all() if part.answered_by]
        return self.show(
            "console/home.html", broken=broken, by_link=by_link, today=today, media=MEDIA, answered=answered
        )
