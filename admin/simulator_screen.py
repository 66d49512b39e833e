"""As this person, what happens? Asked by POST, so that no name stands in an address."""

from __future__ import annotations

from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField

from ..core.contracts.errors import MustWait, StoreUnavailable
from ..core.contracts.text import Text
from ..core.recovery.names import LONGEST
from ..core.recovery.policy import Purpose
from ..core.service.ruling.simulated import Simulated
from . import reach_words
from .access import Role, Screen
from .forms import ConsoleForm, longest, needed
from .rule_inputs import listed
from .taken import takes


class Question(ConsoleForm):
    """Who, and what for."""

    name = StringField(Text("As this person"), description=Text("A sign-in name or an address, as people type it."))
    purpose = SelectField(Text("Who wants to"), choices=listed(reach_words.PURPOSES))

    def validate_name(self, field: StringField) -> None:
        needed(Text("Type a name."))(self, field)
        longest(LONGEST)(self, field)


class SimulatorScreen(Screen):
    """It shows by which ways somebody could be attacked, so only administrators look."""

    key = "simulator"
    label = Text("Simulator")
    group = "rules"
    icon = "simulator"
    sees = frozenset({Role.ADMINISTRATOR})
    asks = frozenset({"ask"})

    @expose("/")
    def index(self) -> Response:
        """An empty question."""
        return self._page(Question())

    @expose("/", methods=["POST"])
    @takes(Question)
    def ask(self) -> Response:
        """The answer, below the question."""
        form = self.form(Question)
        if not form.validate():
            return self._page(form, status=422)
        try:
            told = self.console.staff.simulator.look(self.actor, form.name.data, Purpose(form.purpose.data))
        except MustWait:
            form.wrong("name", Text("You have looked at very many people within this hour. Go on later."))
            return self._page(form, status=429)
        except StoreUnavailable:
            form.wrong("", Text("A directory doesn't answer, so nothing can be said. Try again in a minute."))
            return self._page(form, status=503)
        return self._page(form, told)

    def _page(self, form: Question, told: Simulated | None = None, status: int = 200) -> Response:
        console = self.console
        return self.show(
            "console/simulator.html",
            status,
            form=form,
            told=told,
            words=reach_words,
            called=lambda keys: reach_words.called(console, keys),
            stores=console.snapshots.current.store_names,
        )
