"""The help desk: find a person, see how they stand, and help without ever holding what proves who they are."""

from __future__ import annotations

from collections.abc import Callable

from flask import request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms import RadioField, StringField
from wtforms.fields import SelectChoice

from ..core.contracts.errors import MustWait, NotAllowed, StoreUnavailable
from ..core.contracts.text import Text
from ..core.service.administrators.actor import Role
from ..core.service.helping.caller_desk import Check, Progress
from ..core.service.helping.desk import Desk
from ..core.service.helping.desk_file import File
from .access import Screen
from .forms import ConsoleForm, WhyForm, longest, needed, seen
from .people_words import CHECKS, PROGRESS, REFUSALS, state_tags, try_words
from .taken import takes

SILENT = Text("A directory doesn't answer. Nothing was changed. Try again in a moment.")
TOO_OFTEN = Text.plural(
    "That was too often for now. Nothing was changed. Try again in {n} minute.",
    "That was too often for now. Nothing was changed. Try again in {n} minutes.",
    n=2,
)
WAITS = Text("Put up. Another administrator decides, within three days.")


class FindForm(ConsoleForm):
    name = StringField(
        Text("User name or e-mail"),
        [longest(256)],
        description=Text("The whole name. Every look-up is counted and recorded."),
    )


class CallForm(ConsoleForm):
    check = RadioField(
        Text("How did you make sure who is calling?"),
        [needed(Text("Choose how you made sure who is calling"))],
        choices=[SelectChoice(check.value, CHECKS[check]) for check in Check],
        validate_choice=False,
    )
    why = StringField(
        Text("Why?"), [longest(200), seen], description=Text("Needed where a second administrator decides about it.")
    )


class PeopleScreen(Screen):
    """Addresses hold handles, never names; each is good for its agent alone, and for half an hour."""

    key = "people"
    label = Text("Find a person")
    group = "people"
    icon = "people"
    sees = changes = frozenset({Role.ADMINISTRATOR, Role.HELP_DESK})
    asks = frozenset({"find"})

    @property
    def people(self) -> Desk:
        """What this screen asks."""
        return self.console.people

    @expose("/")
    def index(self) -> Response:
        """The field for a name, and the callers of whoever looks."""
        return self._search(self.form(FindForm))

    @expose("/", methods=["POST"])
    @takes(FindForm)
    def find(self) -> Response:
        """Look somebody up."""
        form = self.form(FindForm)
        if not form.validate():
            return self._search(form, 422)
        try:
            served = self.people.reach.find(self.actor, form.name.data or "")
        except (NotAllowed, MustWait, StoreUnavailable) as error:
            return self._search(form, self._said(form, error, "name"))
        return self.go("person", handle=served.handle)

    @expose("/person/<handle>")
    def person(self, handle: str) -> Response:
        """The page about somebody."""
        return self._about(handle)

    @expose("/person/<handle>/lift", methods=["GET", "POST"])
    @takes(WhyForm)
    def lift(self, handle: str) -> Response:
        """Let them try again, once they are known."""
        words = (
            Text("Lift the lock-out?"),
            Text("Waits that wrong answers earned end at once, and a stop by “this wasn't me” is lifted."),
            Text("Lift lock-out"),
        )
        return self._confirm(handle, words, lambda why: self._held(self.people.helping.lift(self.actor, handle, why)))

    @expose("/person/<handle>/close", methods=["GET", "POST"])
    @takes(WhyForm)
    def close(self, handle: str) -> Response:
        """End what is open for them."""
        words = (
            Text("End their recoveries?"),
            Text("Every recovery that is open in their name ends. They, or whoever it was, can start again."),
            Text("End recoveries"),
        )

        def end(why: str) -> Text:
            return ended(self.people.helping.close(self.actor, handle, why))

        return self._confirm(handle, words, end)

    @expose("/person/<handle>/remove/<enrolment>", methods=["GET", "POST"])
    @takes(WhyForm)
    def remove(self, handle: str, enrolment: str) -> Response:
        """Take a method away; the service lets administrators alone do that."""
        words = (
            Text("Remove this method?"),
            Text("It can no longer be used to reset their password. They are told on every address we know."),
            Text("Remove"),
        )
        return self._confirm(
            handle, words, lambda why: self._held(self.people.helping.remove(self.actor, handle, enrolment, why))
        )

    @expose("/person/<handle>/invite", methods=["POST"])
    def invite(self, handle: str) -> Response:
        """Write to them where to add a method."""
        return self._then(handle, lambda: self.people.helping.invite(self.actor, handle), Text("They are invited."))

    @expose("/person/<handle>/call", methods=["GET", "POST"])
    @takes(CallForm)
    def call(self, handle: str) -> Response:
        """Start a recovery for somebody on the telephone: what to check and to say, then the code."""
        form = self.form(CallForm)
        if request.method == "GET" or not form.validate():
            return self._script(handle, form, 200 if request.method == "GET" else 422)
        try:
            call_id = self.people.calling.start(self.actor, handle, form.check.data or "", form.why.data or "")
        except (NotAllowed, MustWait, StoreUnavailable) as error:
            return self._script(handle, form, self._said(form, error, ""))
        return self.go("caller", call_id=call_id) if call_id else self._about(handle, done=WAITS)

    @expose("/call/<call_id>")
    def caller(self, call_id: str) -> Response:
        """The code to read out, the word to say, and how far the caller is."""
        call = self.people.calling.look(self.actor, call_id)
        return self.show(
            "console/people_call.html",
            title=Text("Your call with {name}", name=call.name),
            call=call,
            progress=PROGRESS[call.progress],
            expected=call.progress is Progress.EXPECTED,
            address=f"{self.console.around.origin.partition('://')[2]}/call",
        )

    def _search(self, form: FindForm, status: int = 200) -> Response:
        calls = [(call, PROGRESS[call.progress]) for call in self.people.calling.mine(self.actor)]
        return self.show("console/people.html", status, form=form, calls=calls)

    def _about(
        self, handle: str, status: int = 200, *, done: Text | None = None, wrong: Text | None = None
    ) -> Response:
        try:
            file = self.people.helping.look(self.actor, handle)
        except StoreUnavailable:
            return self._search(self._with(FindForm(), SILENT), 503)
        return self.show("console/people_person.html", status, **self._values(file, handle), done=done, wrong=wrong)

    def _values(self, file: File, handle: str) -> dict[str, object]:
        account = file.served.account
        return {
            "title": account.display_name or account.name,
            "file": file,
            "handle": handle,
            "accounts": [(called, account, state_tags(account)) for called, account in file.accounts],
            "tries": [(one, try_words(one)) for one in file.tries],
            "refusal": REFUSALS.get(file.overview.get_back.refusal),
            "removes": Role.ADMINISTRATOR in self.actor.roles,
        }

    def _script(self, handle: str, form: CallForm, status: int) -> Response:
        title = Text("Start a recovery for a caller")
        return self.show("console/people_script.html", status, title=title, form=form, handle=handle)

    def _confirm(self, handle: str, words: tuple[Text, Text, Text], act: Callable[[str], Text]) -> Response:
        """The page that asks why; then what was asked for is done, or said why not."""
        form, (title, text, button) = self.form(WhyForm), words
        status = 200
        if request.method == "POST":
            status = 422
            if form.validate():
                try:
                    return self._about(handle, done=act(form.why.data or ""))
                except (NotAllowed, MustWait, StoreUnavailable) as error:
                    status = self._said(form, error, "")
        back = url_for(f"{self.key}.person", handle=handle)
        page = {"title": title, "text": text, "button": button, "back": back, "form": form}
        return self.show("console/confirm.html", status, **page)

    def _then(self, handle: str, act: Callable[[], object], done: Text) -> Response:
        try:
            act()
        except NotAllowed as refused:
            return self._about(handle, 422, wrong=refused.reason)
        return self._about(handle, done=done)

    @staticmethod
    def _held(now: bool) -> Text:
        return Text("Done.") if now else WAITS

    def _said(self, form: ConsoleForm, error: Exception, field: str) -> int:
        """Puts the reason where it can be mended; the status that goes with it."""
        if isinstance(error, NotAllowed):
            for place, reason in (error.at or {field: error.reason}).items():
                form.wrong(place if place in form else field, reason)
            return 422
        if isinstance(error, MustWait):
            left = error.until - self.console.around.now()
            form.wrong("", TOO_OFTEN.filled(n=max(1, -(-int(left.total_seconds()) // 60))))
            return 429
        form.wrong("", SILENT)
        return 503

    @staticmethod
    def _with(form: FindForm, problem: Text) -> FindForm:
        form.wrong("", problem)
        return form


def ended(count: int) -> Text:
    """How many recoveries were ended."""
    return Text.plural("{n} recovery was ended.", "{n} recoveries were ended.", n=count)
