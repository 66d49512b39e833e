"""Shared signals: who hears of new passwords, how that goes, and what they would not take."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice

from ..core.contracts.errors import NotAllowed
from ..core.contracts.signals import Delivery, Naming, Receiver, Status
from ..core.contracts.text import Text
from ..core.service.administrators.actor import Role
from ..core.service.clients.signal_desk import MOST_COUNTED, PAGE, Registered, SignalDesk
from .access import Screen
from .forms import WhyForm, longest, needed
from .taken import takes

NAMINGS: Mapping[Naming, Text] = {
    Naming.MAIL: Text("Mail address"),
    Naming.UPN: Text("Cloud name (UPN)"),
    Naming.NAME: Text("Sign-in name"),
    Naming.ID: Text("The directory's unchangeable id"),
}
KINDS: Mapping[str, Text] = {
    "credential-change": Text("Password changed"),
    "session-revoked": Text("Sessions ended"),
    "verification": Text("Test"),
}
# The words of RFC 8935, and ours for what stood in the way.
TROUBLES: Mapping[str, Text] = {
    "invalid_request": Text("It could not read the event."),
    "invalid_key": Text("It does not know the key that signed it. Let it read /jwks.json anew."),
    "invalid_issuer": Text("It expects another issuer than this address."),
    "invalid_audience": Text("It expects another name in events (aud). Remove it and add it with the right one."),
    "authentication_failed": Text("It does not know who we are: look at its authorization header."),
    "access_denied": Text("It does not let us in: look at its authorization header."),
    "host-not-listed": Text("Its host isn't listed in keyback.toml any more, under [signals] push_hosts."),
    "private-address": Text("Its host is in a private network that keyback.toml doesn't list."),
    "certificate": Text("Its certificate is not signed by a known authority, or is for another name."),
    "timeout": Text("It took too long to answer."),
    "unreachable": Text("It can't be reached."),
    "other": Text("It gave no reason that the standard knows."),
}
UNKNOWN = Text("It answers, but not as it should.")
TOO_SOON = Text("A test was sent a moment ago. Wait a minute.")


class ReceiverForm(WhyForm):
    name = StringField(Text("Name"), [needed(Text("Type a name.")), longest(80)])
    key = StringField(
        Text("Key"), [needed(Text("Type a key."))], description=Text("Small letters, digits and dashes, such as siem.")
    )
    audience = StringField(
        Text("Its name in events (aud)"),
        [needed(Text("Type its name in events.")), longest(300)],
        description=Text("What the receiver wants to be called. Its manual says what."),
    )
    store = SelectField(Text("Whose passwords"), description=Text("It hears of nobody else."))
    naming = SelectField(
        Text("By what it knows people"),
        choices=[SelectChoice(naming.value, words) for naming, words in NAMINGS.items()],
        description=Text("Who has no such name is told by the directory's id."),
    )
    issuer = StringField(
        Text("Who gives these names"),
        [longest(300)],
        description=Text("The issuer of your identity provider, if names are its. Empty: Keyback."),
    )
    endpoint = StringField(
        Text("Where it takes events"),
        [longest(2000)],
        description=Text("Only for a receiver that can't make its stream itself, such as Okta. Empty: it makes one."),
    )


class SignalScreen(Screen):
    """A token is shown once, and kept nowhere."""

    key = "signals"
    label = Text("Shared signals")
    group = "parts"
    icon = "signals"
    sees = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    changes = frozenset({Role.ADMINISTRATOR})

    @property
    def signals(self) -> SignalDesk:
        """What this screen asks."""
        return self.console.signals

    def is_secret(self, field: str) -> bool:
        """An address may hold what proves who we are; a receiver's key is only its name here."""
        return field == "endpoint"

    @expose("/")
    def index(self) -> Response:
        """Everybody who hears of new passwords."""
        rows = [(one, state_of(one), _counted(waiting)) for one, waiting in self.signals.all()]
        return self.show("console/signals.html", rows=rows, is_on=self.signals.is_on)

    @expose("/new", methods=["GET", "POST"])
    @takes(ReceiverForm)
    def new(self) -> Response:
        """Let one more hear of them."""
        form = self.form(ReceiverForm)
        stores = self.console.snapshots.current.plugins.stores.values()
        named = [SelectChoice(store.key, store.label) for store in stores]
        form.store.choices = [SelectChoice("", Text("Everybody's")), *named]
        if request.method == "GET" or not form.validate():
            return self._ask(form, 200 if request.method == "GET" else 422)
        try:
            token = self.signals.add(self.actor, _receiver(form), _typed(form.endpoint), _typed(form.why))
        except NotAllowed as refused:
            for name, words in refused.at.items():
                form.wrong(name, words)
            return self._ask(form, 422)
        return self._shown_once(_typed(form.key), token)

    @expose("/<receiver>")
    def one(self, receiver: str) -> Response:
        """How it goes with one."""
        return self._about(receiver)

    @expose("/<receiver>/test", methods=["POST"])
    def test(self, receiver: str) -> Response:
        """Send it an event that tells nothing."""
        sent = self.signals.test(self._found(receiver))
        return self.go("one", receiver=receiver, sent=1) if sent else self._about(receiver, 429, wrong=TOO_SOON)

    @expose("/<receiver>/token", methods=["GET", "POST"])
    def token(self, receiver: str) -> Response:
        """Another token in place of the one before."""
        one = self._found(receiver)
        if request.method == "GET":
            return self.show(
                "console/confirm.html",
                title=Text("Give it a new token?"),
                text=Text("The one it has now is over at once. Its stream stays as it is."),
                button=Text("New token"),
                back=url_for("signals.one", receiver=receiver),
            )
        try:
            return self._shown_once(receiver, self.signals.renew_token(self.actor, one))
        except NotAllowed as refused:
            return self._about(receiver, 409, wrong=refused.reason)

    @expose("/<receiver>/remove", methods=["GET", "POST"])
    @takes(WhyForm)
    def remove(self, receiver: str) -> Response:
        """Let it hear nothing any more."""
        self._found(receiver)
        form = self.form(WhyForm)
        if request.method == "POST" and form.validate():
            self.signals.remove(self.actor, receiver, _typed(form.why))
            return self.go()
        return self.show(
            "console/confirm.html",
            422 if request.method == "POST" else 200,
            title=Text("Remove this receiver?"),
            text=Text("It hears nothing any more. What it has not got yet is forgotten."),
            button=Text("Remove"),
            back=url_for("signals.one", receiver=receiver),
            remove=True,
            form=form,
        )

    def _about(self, key: str, status: int = 200, wrong: Text | None = None) -> Response:
        one, before = self._found(key), request.args.get("before", "")
        refused = self.signals.refused(key, before[:64])
        older = url_for("signals.one", receiver=key, before=refused[-1].id) if len(refused) == PAGE else ""
        return self.show(
            "console/signals_one.html",
            status,
            title=one.receiver.name,
            one=one,
            state=state_of(one),
            naming=NAMINGS[one.receiver.naming],
            trouble=TROUBLES.get(one.trouble, UNKNOWN) if one.trouble else None,
            refused=[(each, KINDS.get(each.kind, each.kind), TROUBLES.get(each.error, UNKNOWN)) for each in refused],
            older=older,
            sent="sent" in request.args,
            wrong=wrong,
        )

    def _found(self, key: str) -> Registered:
        found = self.signals.one(key)
        if found is None:
            abort(404)
        return found

    def _ask(self, form: ReceiverForm, status: int) -> Response:
        return self.show(
            "console/signals_new.html", status, title=Text("Let somebody hear of new passwords"), form=form
        )

    def _shown_once(self, key: str, given: str) -> Response:
        return self.show("console/signals_token.html", title=Text("Its token"), key=key, given=given)


def state_of(one: Registered) -> tuple[str, Text]:
    """How a receiver's stream stands, in a sign and words."""
    if one.stream is None:
        return "soon", Text("No stream yet")
    if one.stream.status is not Status.ENABLED:
        return "soon", Text("Paused") if one.stream.status is Status.PAUSED else Text("Disabled")
    if one.trouble:
        return "bad", Text("Not arriving")
    return "ok", Text("Brought to it") if one.stream.delivery is Delivery.PUSH else Text("Fetched by it")


def _receiver(form: ReceiverForm) -> Receiver:
    naming = Naming(_typed(form.naming))
    named = {name: _typed(form[name]) for name in ("key", "name", "audience", "store", "issuer")}
    return Receiver(naming=naming, **named)


def _typed(field: object) -> str:
    return str(getattr(field, "data", None) or "").strip()


def _counted(waiting: int) -> str:
    return f"{waiting}+" if waiting == MOST_COUNTED else str(waiting)
