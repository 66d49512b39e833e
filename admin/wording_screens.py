"""What notices say: a list, and for each its sentences in every language, as people would get them."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, request
from flask_admin import expose
from werkzeug.wrappers import Response

from ..core.contracts.text import Text
from ..core.contracts.wording import Wording
from ..core.db.settings_store import SavedMeanwhile
from ..core.service.ruling.house_brand import Words
from ..core.service.ruling.kept_rules import Change, Kept
from ..core.service.ruling.wording_desk import Place, WordingDesk, differences
from .access import Role
from .forms import WhyForm
from .history_screen import Bench, HistoryScreen
from .plugin_screens import MEANWHILE
from .policy_wish import number
from .rule_changes import Changes, Line
from .taken import takes
from .wording_form import form_for, name_of, said_of, typed

WORDS = Changes({}, {}, {})
OLDER = "console/wording_version.html"


class WordingBench(Bench[Words]):
    """What a page of messages works at."""

    @property
    def desk(self) -> WordingDesk:
        """Who reads and saves."""
        return self.console.wordings

    @property
    def first(self) -> Words:
        """Every sentence is ours."""
        return {}

    def lines(self, before: Words, after: Words) -> Sequence[Line]:
        """What is between two versions, sentence by sentence."""
        return WORDS.lines(differences(before, after))


class WordingScreen(HistoryScreen[Words]):
    """Messages in the company's words. How to object, links and codes stay Keyback's."""

    key = "messages"
    label = Text("Messages")
    group = "looks"
    icon = "channels"
    sees = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    changes = frozenset({Role.ADMINISTRATOR})

    def bench(self) -> WordingBench:
        """What holds."""
        return WordingBench(self.console)

    @property
    def words(self) -> WordingDesk:
        """Where they are kept."""
        return self.console.wordings

    @expose("/")
    def index(self) -> Response:
        """Every message, and where a language still lacks the company's words."""
        now, names = self.words.now(), self.console.around.languages.names
        rows = [
            (key, one.called, [names[tag] for tag in self.words.lacking(one, now.rules)], self._is_theirs(one, now))
            for key, one in self.words.wordings().items()
        ]
        return self.show("console/wordings.html", rows=rows, now=now, saved="saved" in request.args)

    @expose("/one/<message>")
    def one(self, message: str) -> Response:
        """Its sentences as they are now."""
        wording, now = self._wording(message), self.words.now()
        places = self.words.words(wording, now.rules)
        form = self.form(form_for(wording, places), data={name_of(place): words for place, words in places.items()})
        return self._page(wording, form, places, now)

    @expose("/one/<message>", methods=["POST"])
    @takes(lambda self, message: self._form(self._wording(message))(), "after", "press")
    def save(self, message: str) -> Response:
        """Keep them; or show how they read, which keeps nothing."""
        wording, now = self._wording(message), self.words.now()
        places = self.words.words(wording, now.rules)
        form = form_for(wording, places)(request.form)
        look = request.form.get("press") == "look"
        form.validate()
        if look:
            # Nothing is kept, so nobody needs to say why.
            form.why.errors = ()
        for place, flaws in self.words.flaws(wording, _told(form, places)).items():
            for flaw in flaws:
                form.wrong(name_of(place), said_of(flaw))
        if form.errors:
            return self._page(wording, form, places, now, 422)
        if look:
            return self._page(wording, form, places, now)
        try:
            change = Change(self.actor, str(form.why.data), number(request.form, "after"))
            self.words.save(wording, typed(form, places), change)
        except SavedMeanwhile:
            form.wrong("", MEANWHILE)
            return self._page(wording, form, places, self.words.now(), 409)
        return self.go(saved=1)

    @expose("/version")
    def version(self) -> Response:
        """One save: what it changed, and what going back to it would."""
        return self.one_save(OLDER, number(request.args, "number"), form=WhyForm())

    @expose("/version", methods=["POST"])
    @takes(WhyForm, "number", "after")
    def go_back(self) -> Response:
        """To all words of that version."""
        form, asked = WhyForm(request.form), number(request.form, "number")
        if not form.validate():
            return self.one_save(OLDER, asked, 422, form=form)
        try:
            self.words.go_back(asked, Change(self.actor, str(form.why.data), number(request.form, "after")))
        except SavedMeanwhile:
            form.wrong("", MEANWHILE)
            return self.one_save(OLDER, asked, 409, form=form)
        except KeyError:
            abort(404)
        return self.go(saved=1)

    def _form(self, wording: Wording) -> type[WhyForm]:
        return form_for(wording, self.words.words(wording, {}))

    def _wording(self, key: str) -> Wording:
        found = self.words.wordings().get(key)
        if found is None:
            abort(404)
        return found

    def _is_theirs(self, wording: Wording, now: Kept[Words]) -> bool:
        return self.words.words(wording, now.rules) != self.words.words(wording, {})

    def _page(
        self, wording: Wording, form: WhyForm, places: dict[Place, str], now: Kept[Words], status: int = 200
    ) -> Response:
        told = _told(form, places)
        return self.show(
            "console/wording.html",
            status,
            title=wording.called,
            form=form,
            places={tag: [name_of(place) for place in places if place[0] == tag] for tag, _ in places},
            names=self.console.around.languages.names,
            shown=() if form.errors else tuple(self.words.shown(wording, {**self.words.words(wording, {}), **told})),
            now=now,
        )


def _told(form: WhyForm, places: dict[Place, str]) -> dict[Place, str]:
    """What was typed; what was left empty is Keyback's again."""
    return {place: words for place, words in typed(form, places).items() if words}
