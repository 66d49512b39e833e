"""Home: what needs somebody, and how the house stands."""

from __future__ import annotations

from flask_admin import expose
from werkzeug.wrappers import Response

from ..core.contracts.text import Text
from .access import ALL, Screen


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
        return self.show("console/home.html", broken=broken, by_link=self.desk.someone_by_link())
