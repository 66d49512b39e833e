"""Who may open and change what: every screen denies unless it says otherwise, and says it in one way."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask_admin import BaseView, expose
from servers.small_console import ADMINISTRATOR, AUDITOR, HELP_DESK, ORIGIN, SmallConsole, opened
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField

from keyback.admin.access import Screen
from keyback.admin.forms import ConsoleForm
from keyback.admin.home_screen import HomeScreen
from keyback.admin.taken import takes
from keyback.core.contracts.text import Text


class Typed(ConsoleForm):
    words = StringField(Text("Words"))
    password = PasswordField(Text("Password"))


class Doors(Screen):
    """One page of each kind."""

    key, label, group = "doors", Text("Doors"), "parts"
    sees = frozenset({ADMINISTRATOR, AUDITOR})
    changes = frozenset({ADMINISTRATOR})
    asks = frozenset({"ask"})
    sensitive = frozenset({"export"})

    @expose("/")
    def index(self) -> Response:
        form = self.form(Typed)
        return Response(f"{form.words.data}|{form.password.data}")

    @expose("/", methods=["POST"])
    @takes(Typed)
    def save(self) -> Response:
        return Response(f"saved by {self.actor.name}: {self.form(Typed).words.data}")

    @expose("/ask", methods=["POST"])
    def ask(self) -> Response:
        return Response("asked")

    @expose("/export")
    def export(self) -> Response:
        return Response("exported")

    @expose("/breaks")
    def breaks(self) -> Response:
        raise TypeError("a secret")


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path, screens=(HomeScreen, Doors)) as console:
        yield console


def test_whoever_is_nobody_signs_in_first(console: SmallConsole) -> None:
    console.client = console.app.test_client()
    sent = console.client.get("/admin/doors/", headers={"Host": "console.example.org"})
    assert (sent.status_code, sent.location) == (303, "/admin/sign-in?to=/admin/doors/")


def test_a_role_that_a_screen_does_not_name_does_not_see_it(console: SmallConsole) -> None:
    assert console.get("/admin/doors/").status_code == 200
    assert console.as_(AUDITOR).get("/admin/doors/").status_code == 200
    assert console.as_(HELP_DESK).get("/admin/doors/").status_code == 403
    assert b"/admin/doors/" not in console.as_(HELP_DESK).get("/admin/").data


def test_seeing_is_not_changing(console: SmallConsole) -> None:
    assert console.post("/admin/doors/", {"words": "a"}).data == b"saved by Ines Roth: a"
    assert console.as_(AUDITOR).post("/admin/doors/", {"words": "a"}).status_code == 403


def test_whoever_sees_a_screen_may_ask(console: SmallConsole) -> None:
    assert console.as_(AUDITOR).post("/admin/doors/ask").data == b"asked"


def test_a_view_takes_nothing_but_what_it_says(console: SmallConsole) -> None:
    assert console.post("/admin/doors/ask", {"words": "a"}).status_code == 400
    assert console.post("/admin/doors/", {"words": "a", "role": "administrator"}).status_code == 400
    assert console.post("/admin/doors/", {"words": ["a", "b"]}).status_code == 400


def test_what_is_refused_does_not_wait_for_a_new_sign_in(console: SmallConsole) -> None:
    console.desk.ago = timedelta(minutes=6)
    assert console.post("/admin/doors/", {"words": "a", "role": "administrator"}).status_code == 400
    assert console.desk.kept == {}


@pytest.mark.parametrize("token", ["", "form of auditor"])
def test_nothing_is_changed_without_the_token_of_this_session(console: SmallConsole, token: str) -> None:
    assert console.post("/admin/doors/", token=token).status_code == 403
    assert console.post("/admin/doors/ask", token=token).status_code == 403


def test_a_form_from_elsewhere_is_refused(console: SmallConsole) -> None:
    form, headers = {"token": f"form of {console.key}"}, console._headers()
    for origin in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://reset.example.org"}, {"Origin": "null"}):
        assert console.client.post("/admin/doors/", data=form, headers={**headers, **origin}).status_code == 403
    for origin in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": ORIGIN}):
        assert console.client.post("/admin/doors/", data=form, headers={**headers, **origin}).status_code == 200


class Torn(io.RawIOBase):
    """A wire whose framing the web server cannot read."""

    def readable(self) -> bool:
        return True

    def readinto(self, _: object) -> int:
        raise ArithmeticError("no size of a chunk")


def test_half_a_form_is_refused_and_not_called_a_fault_of_ours(console: SmallConsole) -> None:
    torn = {"wsgi.input": Torn(), "wsgi.input_terminated": True}
    broken_off = {"wsgi.input": io.BytesIO(b"token=x"), "CONTENT_LENGTH": "9"}
    for wire in (torn, broken_off):
        form = {"content_type": "application/x-www-form-urlencoded", "environ_overrides": wire}
        sent = console.client.post("/admin/doors/", headers=console._headers(), **form)
        assert sent.status_code == 400


def test_what_is_sensitive_needs_a_sign_in_of_the_last_five_minutes(console: SmallConsole) -> None:
    console.desk.ago = timedelta(minutes=6)
    assert console.get("/admin/doors/").status_code == 200
    assert console.post("/admin/doors/ask").status_code == 200
    assert console.get("/admin/doors/export").status_code == 403
    assert console.post("/admin/doors/", {"words": "a"}).status_code == 403


def test_what_was_typed_waits_for_whoever_signs_in_again_but_for_secrets(console: SmallConsole) -> None:
    console.desk.ago = timedelta(minutes=6)
    asked = console.post("/admin/doors/", {"words": "typed", "password": "hidden"})
    assert b"/admin/sign-in?to=/admin/doors/&amp;again=1" in asked.data
    assert "hidden" not in repr(console.desk.kept)
    assert console.get("/admin/doors/").data == b"typed|None"


def test_another_host_is_not_answered(console: SmallConsole) -> None:
    headers = {**console._headers(), "Host": "reset.example.org"}
    assert console.client.get("/admin/doors/", headers=headers).status_code == 400


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_no_way_around(console: SmallConsole, method: str) -> None:
    sent = console.client.open("/admin/doors/", method=method, headers=console._headers())
    assert sent.status_code in {403, 405}


def test_a_screen_that_breaks_says_a_reference_and_nothing_of_why(
    console: SmallConsole, caplog: pytest.LogCaptureFixture
) -> None:
    console.app.testing = False
    sent = console.get("/admin/doors/breaks")
    assert sent.status_code == 500
    assert b"a secret" not in sent.data
    assert "TypeError" in caplog.text
    assert "a secret" not in caplog.text


def test_every_view_there_is_derives_from_screen(console: SmallConsole) -> None:
    admin = console.app.extensions["admin"][0]
    assert all(isinstance(view, Screen) for view in admin._views)
    assert not [
        kind for kind in _below(BaseView) if kind.__module__.startswith("keyback.") and not issubclass(kind, Screen)
    ]


def _below(kind: type) -> Iterator[type]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def test_nothing_of_flask_admins_own_pages_can_be_reached(console: SmallConsole) -> None:
    rules = {rule.rule for rule in console.app.url_map.iter_rules()}
    assert not [rule for rule in rules if "static" in rule and rule != "/admin/static/<name>"]
    assert console.get("/admin/static/admin/js/actions.js").status_code == 404
    with pytest.raises(LookupError):
        console.app.jinja_env.get_template("admin/index.html")
