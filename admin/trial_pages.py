"""The button "Test" of every plugin, and what the last test found: a page of its screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from flask import abort
from flask_admin import expose
from werkzeug.wrappers import Response

from ..core.contracts.text import Text
from ..core.service.ruling.parts import NotOffered, Part
from ..core.service.ruling.trials import GOOD, Looked, Trial
from .access import Screen
from .settings_form import AuthorsWords

# So often a page under way looks again, and for so long: then somebody must ask, or nobody is there any more.
AGAIN, PATIENCE = "2", timedelta(minutes=1)

FOUND: Mapping[Looked, Text] = {
    Looked.FITS: Text("Its settings fit"),
    Looked.UNFIT: Text("Its settings don't fit: {said}"),
    Looked.FOUND: Text("{said} is known"),
    Looked.UNKNOWN: Text("{said} is not known"),
    Looked.WALLED: Text("{said} is inside the house"),
    Looked.WORKS: Text("It answers and works with these settings"),
    Looked.NEEDS_NOBODY: Text("It needs no other server"),
    Looked.REMARK: Text("Keep in mind: {said}"),
    Looked.FAILS: Text("It says: {said}"),
    Looked.BROKE: Text("Its own check broke: {said}"),
    Looked.LATE: Text("No answer within ten seconds"),
    Looked.BUSY: Text("The test before this one still hangs"),
}
MEND: Mapping[Looked, Text] = {
    Looked.UNFIT: Text("Mend them in the form, or in keyback.toml."),
    Looked.UNKNOWN: Text("Look at its spelling, and whether this server can ask the DNS."),
    Looked.WALLED: Text("Name it in keyback.toml, or list its network in allowed_networks. Nobody was connected to."),
    Looked.FAILS: Text("Change that, then test again."),
    Looked.BROKE: Text("Ask whoever wrote this plugin; the server's log says more."),
    Looked.LATE: Text("Look at the port, and at firewalls on the way."),
    Looked.BUSY: Text("Wait for a minute, then test again."),
}


class TrialPages(Screen):
    """Begins a test, and shows how far it is by a page that goes on by itself."""

    def _part(self, key: str) -> Part:
        raise NotImplementedError

    @expose("/<key>/test", methods=["POST"])
    def test(self, key: str) -> Response:
        """Have the back office test it, with the settings in use."""
        try:
            self.console.trials.begin(self.actor, self._part(key))
        except NotOffered:
            abort(400)
        return self.go("testing", key=key)

    @expose("/<key>/test")
    def testing(self, key: str) -> Response:
        """Under way; or back to the plugin, where the result stands."""
        part = self._part(key)
        since = self.console.trials.since(part)
        if since is None:
            return self.go("one", key=key)
        waits = self.console.around.now() - since < PATIENCE
        title = Text("Testing: {name}", name=part.label)
        page = self.show("console/plugin_testing.html", title=title, part=part, since=since, waits=waits)
        if waits:
            # A page without a script that goes on by itself. There is nothing on it to be interrupted at.
            page.headers["Refresh"] = AGAIN
        return page


def lines_of(trial: Trial | None) -> Sequence[tuple[str, Text, Text | str]]:
    """Its sign, what was found, and how to mend it."""
    findings = trial.findings if trial else ()
    return [
        (_sign(what), FOUND[what].filled(said=_in_words(what, said)), MEND.get(what, "")) for what, said in findings
    ]


def _in_words(what: Looked, said: Text | str) -> Text | str:
    """A plugin's own words in the page's language, where a catalogue has them; never the name of a host."""
    return AuthorsWords(said) if isinstance(said, str) and what in {Looked.UNFIT, Looked.REMARK, Looked.FAILS} else said


def _sign(what: Looked) -> str:
    if what is Looked.REMARK:
        return "information"
    return "ok" if what in GOOD else "bad"
