"""One generated screen for every plugin of every kind, ours or a third party's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import starmap
from typing import ClassVar

from flask import abort, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField, SelectField
from wtforms.fields import SelectChoice

from ..core.contracts.text import Text
from ..core.db.settings_store import SavedMeanwhile
from ..core.service.reporting.plugin_watch import Seen
from ..core.service.ruling.needed import Lost, Need
from ..core.service.ruling.part_values import Fixed, is_secret
from ..core.service.ruling.parts import Needed, NotOffered, Part, State, Switch, Unfit
from .access import Role
from .forms import WhyForm
from .policy_wish import number
from .settings_form import SET, SettingsForm, change_of, filled, form_for, shown
from .settings_words import say
from .taken import takes
from .trial_pages import TrialPages, lines_of

MEANWHILE = Text("Somebody else saved this while you were here. Look at what holds now, then save again.")
PAGE = 20

STATES: Mapping[State, tuple[str, Text]] = {
    State.ON: ("ok", Text("On")),
    State.OFF: ("soon", Text("Off")),
    State.BROKEN: ("bad", Text("Broken")),
    State.NOT_SET_UP: ("soon", Text("Not set up")),
}
WHERE: Mapping[Fixed, Text] = {
    Fixed.PINNED: Text("Set in keyback.toml and can only be changed there."),
    Fixed.ACCEPTED: Text("Says who turned this on and answers for it."),
    Fixed.ONLY_IN_FILE: Text("Can only be set in keyback.toml: it widens what this server may do."),
}
LOST: Mapping[Lost, Text] = {
    Lost.LAST_STORE: Text("It is the only directory that works. Without one nobody could be helped."),
    Lost.POLICY: Text("The policy {what} could no longer be met by what is left."),
    Lost.METHOD: Text("Nothing else carries the messages of: {what}."),
}
HOURS: Mapping[str, Text] = {
    "0": Text("until I switch it on"),
    "1": Text("for 1 hour"),
    "4": Text("for 4 hours"),
    "24": Text("for a day"),
    "168": Text("for a week"),
}


class SwitchForm(WhyForm):
    """For how long, and why."""

    hours = SelectField(Text("How long?"), choices=list(starmap(SelectChoice, HOURS.items())), default="0")
    anyway = BooleanField(Text("Switch it off all the same"))
    version = HiddenField()


class OnForm(WhyForm):
    """Why it is switched on."""

    version = HiddenField()


class PartScreen(TrialPages):
    """The plugins of one kind: a list, and for each its settings, its switch and its history."""

    group = "parts"
    sees = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    changes = frozenset({Role.ADMINISTRATOR})
    kind: ClassVar[str]

    @classmethod
    def address(cls) -> str:
        return f"/admin/plugins/{cls.kind}"

    @expose("/")
    def index(self) -> Response:
        """Every plugin of this kind that is loaded, and what is not."""
        desk = self.console.parts
        parts = sorted((part for part in desk.all() if part.kind == self.kind), key=lambda part: str(part.label))
        return self.show("console/plugins.html", parts=parts, states=STATES, left_out=desk.left_out,
                         unusable=desk.unusable)  # fmt: skip

    @expose("/<key>")
    def one(self, key: str) -> Response:
        """Its settings, as they hold."""
        part = self._part(key)
        return self._page(part, filled(self.form(form_for(part), data=shown(part)), part))

    @expose("/<key>", methods=["POST"])
    @takes(lambda self, key: form_for(self._part(key))(), "version")
    def save(self, key: str) -> Response:
        """Keep what was typed, or say what is wrong with it."""
        part = self._part(key)
        form = filled(self.form(form_for(part), data=shown(part)), part)
        if not form.validate():
            return self._page(part, form, 422)
        if request.form.get("version") != str(part.version):
            form.wrong("", MEANWHILE)
            return self._page(part, form, 409)
        try:
            self.console.parts.save(self.actor, part, change_of(form, part))
        except Unfit as unfit:
            say(form, unfit.faults)
            return self._page(part, form, 422)
        except SavedMeanwhile:
            form.wrong("", MEANWHILE)
            return self._page(self._part(key), form, 409)
        return self.go("one", key=key, saved=1)

    @expose("/<key>/switch")
    def asks_switch(self, key: str) -> Response:
        """A page that names what will happen."""
        part = self._part(key)
        if part.accepted_in and part.state is not State.ON:
            return redirect(url_for("questions.accept"), 303)
        form = self.form(self._switched(part), data={"version": str(part.version)})
        return self._switch_page(part, form)

    @expose("/<key>/switch", methods=["POST"])
    @takes(lambda self, key: self._switched(self._part(key))())
    def switch(self, key: str) -> Response:
        """Off, with its end and why; or on again."""
        part = self._part(key)
        form = self.form(self._switched(part))
        if not form.validate():
            return self._switch_page(part, form, 422)
        if form.version.data != str(part.version):
            form.wrong("", MEANWHILE)
            return self._switch_page(part, form, 409)
        try:
            self.console.parts.switch(self.actor, part, self._to(part, form))
        except NotOffered:
            abort(400)
        except Needed:
            form.wrong("anyway", Text("Read what will no longer work, then tick this."))
            return self._switch_page(part, form, 422)
        except SavedMeanwhile:
            form.wrong("", MEANWHILE)
            return self._switch_page(self._part(key), form, 409)
        return self.go("one", key=key)

    @expose("/<key>/history")
    def history(self, key: str) -> Response:
        """Who changed it, when and why."""
        part = self._part(key)
        before = number(request.args, "before") or None
        saves = self.console.parts.history(part, before=before, most=PAGE + 1)
        older = url_for(f"{self.key}.history", key=key, before=saves[PAGE - 1].version) if len(saves) > PAGE else ""
        return self.show("console/plugin_history.html", title=part.label, part=part, saves=saves[:PAGE], older=older)

    def is_secret(self, field: str) -> bool:
        """Also what a third party calls by another name than ours."""
        found = self.console.parts.one(self.kind, str((request.view_args or {}).get("key", "")))
        name = field.removeprefix(SET)
        return found is None or name not in found.settings.model_fields or is_secret(found.settings, name)

    def _part(self, key: str) -> Part:
        found = self.console.parts.one(self.kind, key)
        if found is None:
            abort(404)
        return found

    @staticmethod
    def _switched(part: Part) -> type[SwitchForm] | type[OnForm]:
        return SwitchForm if part.state is not State.OFF else OnForm

    def _to(self, part: Part, form: SwitchForm | OnForm) -> Switch:
        why = str(form.why.data).strip()
        if not isinstance(form, SwitchForm):
            return Switch(on=True, why=why)
        hours = int(form.hours.data)
        until = self.console.around.now() + timedelta(hours=hours) if hours else None
        return Switch(on=False, why=why, until=until, anyway=bool(form.anyway.data))

    def _page(self, part: Part, form: SettingsForm, status: int = 200) -> Response:
        where = {SET + name: WHERE[why] for name, why in part.fixed.items()}
        kept = {SET + name for name in part.kept}
        last = self.console.trials.last(part)
        return self.show("console/plugin.html", status, title=part.label, part=part, form=form, states=STATES,
                         where=where, kept=kept, saved="saved" in request.args, last=last, lines=lines_of(last),
                         failures=self.console.failures.of(part), files=self._files(part))  # fmt: skip

    def _files(self, part: Part) -> Seen:
        """What runs here, and since when it is other than it was."""
        with self.console.records.db.read() as tx:
            seen = self.console.concerns.watch.seen(tx).get(part.name)
        here = self.console.snapshots.host.files.get(part.name, "")
        return seen if seen and seen.digest == here else Seen(here)

    def _switch_page(self, part: Part, form: SwitchForm | OnForm, status: int = 200) -> Response:
        needs = self.console.parts.needs(part) if isinstance(form, SwitchForm) else ()
        if isinstance(form, SwitchForm) and not needs and "anyway" in form:
            del form.anyway
        title = Text("Switch off: {name}?", name=part.label)
        if isinstance(form, OnForm):
            title = Text("Switch on: {name}?", name=part.label)
        return self.show("console/plugin_switch.html", status, title=title, part=part, form=form,
                         lost=list(map(_lost, needs)), forbidden=any(need.forbids for need in needs))  # fmt: skip


def _lost(need: Need) -> Text:
    return LOST[need.lost].filled(what=need.what)


class MethodsScreen(PartScreen):
    """How people prove who they are."""

    key, label, icon, kind = "methods", Text("Methods"), "methods", "method"


class DirectoriesScreen(PartScreen):
    """Where passwords are."""

    key, label, icon, kind = "directories", Text("Directories"), "directories", "store"


class ChannelsScreen(PartScreen):
    """What carries messages."""

    key, label, icon, kind = "channels", Text("Channels"), "channels", "channel"


class NotifiersScreen(PartScreen):
    """What tells others of events."""

    key, label, icon, kind = "notifiers", Text("Notices and logs"), "plugins", "notifier"


class HumanChecksScreen(PartScreen):
    """What keeps robots out."""

    key, label, icon, kind = "human_checks", Text("Robot checks"), "plugins", "human_check"


PART_SCREENS: tuple[type[PartScreen], ...] = (
    MethodsScreen,
    DirectoriesScreen,
    ChannelsScreen,
    NotifiersScreen,
    HumanChecksScreen,
)
