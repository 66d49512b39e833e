"""The doors by which people come from a sign-in page: links, and clients of OpenID Connect."""

from __future__ import annotations

from flask import abort, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField

from ..core.contracts.text import Secret, Text
from ..core.db.settings_store import SavedMeanwhile
from ..core.service.clients.entry_desk import Door, EntryDesk, InUse, Kept, Unfit
from ..core.service.ruling.kept_rules import Change
from .access import Role, Screen
from .entry_form import ClientForm, LinkForm, data_of, kind_of, mark, read, with_choices
from .entry_snippets import address_of, of_client, of_link
from .forms import WhyForm
from .plugin_screens import MEANWHILE, PAGE
from .policy_wish import number
from .taken import takes

KINDS = {"link": LinkForm, "oidc": ClientForm}
TITLES = {"link": Text("A new link"), "oidc": Text("A new OpenID Connect client")}
IN_USE = Text("People came by it in the last 24 hours. Tick this if it shall end all the same.")
IN_FILE = Text("Set in keyback.toml and can only be changed there.")


class SureForm(WhyForm):
    """Why, of something that ends at once."""

    anyway = BooleanField(Text("Retire it all the same"))
    version = HiddenField()


class EntryScreen(Screen):
    """What stands in keyback.toml is shown, and is not this screen's to change."""

    key = "entries"
    label = Text("Entries")
    group = "parts"
    icon = "entries"
    sees = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    changes = frozenset({Role.ADMINISTRATOR})

    @property
    def doors(self) -> EntryDesk:
        """What this screen asks."""
        return self.console.entries

    @expose("/")
    def index(self) -> Response:
        """Every door, and when somebody last came by it."""
        return self.show("console/entries.html", doors=self.doors.all())

    @expose("/new/<kind>")
    def new(self, kind: str) -> Response:
        """An empty form."""
        return self._new_page(kind, self.form(self._kind(kind)))

    @expose("/new/<kind>", methods=["POST"])
    @takes(lambda self, kind: self._kind(kind)())
    def make(self, kind: str) -> Response:
        """A new door; its client's secret is shown on the page that answers, and never again."""
        form = self.form(self._kind(kind))
        self._with_choices(form)
        if not form.validate():
            return self._new_page(kind, form, 422)
        try:
            kept = self.doors.make(read(form, form.door.data or ""), self._change(form))
        except Unfit as unfit:
            mark(form, unfit.problems)
            return self._new_page(kind, form, 422)
        except SavedMeanwhile:
            form.wrong("", MEANWHILE)
            return self._new_page(kind, form, 409)
        return self._kept(form.door.data or "", kept)

    @expose("/one/<key>")
    def one(self, key: str) -> Response:
        """What it is set to, and how it stands."""
        door = self._door(key)
        return self._page(door, self.form(kind_of(door.entry), data=data_of(door.entry, door.version)))

    @expose("/one/<key>", methods=["POST"])
    @takes(lambda self, key: self._without_key(self._mine(key)))
    def save(self, key: str) -> Response:
        """Keep what was typed, or say what is wrong with it."""
        door = self._mine(key)
        form = self._with_choices(self.form(kind_of(door.entry)))
        del form.door
        if not form.validate():
            return self._page(door, form, 422)
        try:
            return self._kept(key, self.doors.change(read(form, key), self._change(form)))
        except Unfit as unfit:
            mark(form, unfit.problems)
            return self._page(door, form, 422)
        except SavedMeanwhile:
            form.wrong("", MEANWHILE)
            return self._page(self._door(key), form, 409)

    @expose("/one/<key>/setup")
    def setup(self, key: str) -> Response:
        """What to write at the identity provider."""
        door, origin = self._door(key), self.console.around.origin
        return self.show(
            "console/entry_setup.html",
            title=Text("Set up: {name}", name=door.entry.name),
            door=door,
            address=address_of(door.entry, origin),
            told=list(of_client(door.entry, origin)),
            links=list(of_link(door.entry, origin)),
        )

    @expose("/one/<key>/test", methods=["POST"])
    def test(self, key: str) -> Response:
        """Ask its addresses, and say what was seen."""
        door = self._door(key)
        checks = self.console.entry_checks.test(door.entry, self.actor)
        title = Text("Test: {name}", name=door.entry.name)
        return self.show("console/entry_test.html", title=title, door=door, checks=checks)

    @expose("/one/<key>/history")
    def history(self, key: str) -> Response:
        """Who changed it, when and why."""
        door = self._door(key)
        saves = self.doors.past(key, before=number(request.args, "before") or None, most=PAGE + 1)
        older = url_for(".history", key=key, before=saves[PAGE - 1].version) if len(saves) > PAGE else ""
        title = Text("History: {name}", name=door.entry.name)
        return self.show("console/entry_history.html", title=title, door=door, saves=saves[:PAGE], older=older)

    @expose("/one/<key>/<what>")
    def sure(self, key: str, what: str) -> Response:
        """A page that names what will end."""
        door = self._mine(key)
        return self._sure_page(door, what, self.form(SureForm, data={"version": str(door.version)}))

    @expose("/one/<key>/<what>", methods=["POST"])
    @takes(SureForm)
    def end(self, key: str, what: str) -> Response:
        """Retire it, or end its client's secret."""
        door, form = self._mine(key), self.form(SureForm)
        if not form.validate():
            return self._sure_page(door, what, form, 422)
        try:
            if what == "secret":
                return self._kept(key, self.doors.new_secret(key, self._change(form)))
            self.doors.retire(key, self._change(form), anyway=bool(form.anyway.data))
        except InUse:
            form.wrong("anyway", IN_USE)
            return self._sure_page(door, what, form, 422)
        except SavedMeanwhile:
            form.wrong("", MEANWHILE)
            return self._sure_page(self._mine(key), what, form, 409)
        return self.go()

    @staticmethod
    def _kind(kind: str) -> type[LinkForm]:
        if kind not in KINDS:
            abort(404)
        return KINDS[kind]

    def _with_choices(self, form: LinkForm, door: Door | None = None) -> LinkForm:
        stores = dict(self.console.snapshots.current.store_names)
        if door and door.entry.client:
            # One that is switched off stays chosen.
            stores.setdefault(door.entry.client.store, door.entry.client.store)
        return with_choices(form, stores, self.console.around.languages.names)

    @staticmethod
    def _without_key(door: Door) -> LinkForm:
        """Its address stands in other people's settings: a key stays what it is."""
        form = kind_of(door.entry)()
        del form.door
        return form

    def _door(self, key: str) -> Door:
        found = self.doors.one(key)
        if found is None:
            abort(404)
        return found

    def _mine(self, key: str) -> Door:
        door = self._door(key)
        if door.pinned:
            abort(404)
        return door

    def _change(self, form: LinkForm | SureForm) -> Change:
        return Change(self.actor, str(form.why.data), number({"n": form.version.data or ""}, "n"))

    def _new_page(self, kind: str, form: LinkForm, status: int = 200) -> Response:
        self._with_choices(form)
        return self.show("console/entry_new.html", status, title=TITLES[kind], form=form)

    def _page(self, door: Door, form: LinkForm, status: int = 200) -> Response:
        self._with_choices(form, door)
        # Its address stands in other people's settings: a key stays what it is.
        if "door" in form:
            del form.door
        return self.show(
            "console/entry.html",
            status,
            title=door.entry.name,
            door=door,
            form=form,
            address=address_of(door.entry, self.console.around.origin),
            pinned=IN_FILE if door.pinned else "" if self.may_change else Text("Your role can't change this."),
            saved="saved" in request.args,
        )

    def _kept(self, key: str, kept: Kept) -> Response:
        if kept.secret is None:
            return self.go("one", key=key, saved=1)
        return self._secret_page(self._door(key), kept.secret)

    def _secret_page(self, door: Door, secret: Secret) -> Response:
        title = Text("The secret of {name}", name=door.entry.name)
        return self.show("console/entry_secret.html", title=title, door=door, secret=secret.reveal())

    def _sure_page(self, door: Door, what: str, form: SureForm, status: int = 200) -> Response:
        if what not in {"retire", "secret"}:
            abort(404)
        if what == "secret" and (door.entry.client is None or door.entry.client.has_own_key):
            abort(404)
        if what == "secret" or not self.doors.used_lately(door):
            del form.anyway
        title = Text("Retire {name}?", name=door.entry.name)
        if what == "secret":
            title = Text("A new secret for {name}?", name=door.entry.name)
        return self.show("console/entry_end.html", status, title=title, door=door, form=form, what=what)
