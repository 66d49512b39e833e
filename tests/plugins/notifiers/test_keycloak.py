"""Sessions end at Keycloak as its published interface says. It is played here: no Keycloak was ever asked."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError
from servers.http_sink import Answer, Asked, HttpSink

from keyback.core import Account, AccountKey, Contact, ContactKind, Context, DeliveryFailed, PluginError
from keyback.core.testing import NotifierSuite, a_context
from keyback.plugins.notifiers.keycloak import Keycloak, KeycloakSettings

SECRET = "canary-secret-of-the-client"
JO = Account(AccountKey("openldap", "uuid"), "jo frost", upn="jo@alderwick.example")


class Played:
    """A realm with jo in it, at a real web server."""

    def __init__(self, sink: HttpSink) -> None:
        self.sink, self.ended = sink, list[str]()
        self.url = sink.url.removesuffix("/send") + "/sso"
        self.people = {"jo frost": "id/1", "jo@alderwick.example": "id-2"}
        sink.usual = self

    def __call__(self, asked: Asked) -> Answer:
        parts = urlsplit(asked.target)
        if parts.path == "/sso/realms/a%20realm/protocol/openid-connect/token":
            good = asked.form == {"grant_type": ["client_credentials"], "client_id": ["kb"], "client_secret": [SECRET]}
            return Answer(200, b'{"access_token": "of the realm", "expires_in": 60}') if good else Answer(401)
        if asked.headers.get("Authorization") != "Bearer of the realm":
            return Answer(401)
        if parts.path == "/sso/admin/realms/a%20realm/users" and asked.verb == "GET":
            query = parse_qs(parts.query)
            named = [self.people[name] for name in query.get("username", []) if name in self.people]
            exact = query.get("exact") == ["true"] or "max" in query
            return Answer(200, json.dumps([{"id": one} for one in named if exact]).encode())
        if asked.verb == "POST" and parts.path.endswith("/logout"):
            self.ended.append(parts.path.removeprefix("/sso/admin/realms/a%20realm/users/").removesuffix("/logout"))
            return Answer(204, b"")
        return Answer(404)


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Played]:
    with HttpSink(tmp_path) as sink:
        yield Played(sink)


@pytest.fixture
def ctx() -> Context:
    return dataclasses.replace(a_context(), deadline=a_context().now + timedelta(seconds=5))


def to(played: Played, **changed: object) -> Keycloak:
    given = {"url": played.url, "realm": "a realm", "client_id": "kb", "client_secret": SECRET}
    near = {"private_networks": ("127.0.0.0/8",), "ca_file": str(played.sink.ca_file)}
    return Keycloak(KeycloakSettings.model_validate({**given, **near, **changed}))


class TestKeycloak(NotifierSuite):
    plugin = Keycloak(
        KeycloakSettings.model_validate(
            {"url": "https://sso.example", "realm": "r", "client_id": "kb", "client_secret": SECRET}
        )
    )


def test_all_sessions_of_that_user_end_and_nobody_elses(played: Played, ctx: Context) -> None:
    to(played).end_sessions(JO, ctx=ctx)
    assert played.ended == ["id%2F1"]


@pytest.mark.parametrize(("known_by", "ended"), [("name", ["id%2F1"]), ("upn", ["id-2"]), ("mail", [])])
def test_somebody_is_looked_for_by_what_keycloak_knows(
    played: Played, ctx: Context, known_by: str, ended: list[str]
) -> None:
    to(played, known_by=known_by).end_sessions(JO, ctx=ctx)
    assert played.ended == ended


def test_a_mail_address_is_the_first_that_is_known(played: Played, ctx: Context) -> None:
    mail = Contact(ContactKind.MAIL, "jo@alderwick.example", "mail")
    to(played, known_by="mail").end_sessions(dataclasses.replace(JO, contacts=(mail,)), ctx=ctx)
    assert played.ended == ["id-2"]


def test_whom_keycloak_does_not_know_has_no_session_there(played: Played, ctx: Context) -> None:
    to(played).end_sessions(dataclasses.replace(JO, name="nobody"), ctx=ctx)
    assert played.ended == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(401), "credentials"),
        (Answer(403), "credentials"),
        (Answer(503), "provider-down"),
        (Answer(302, b"", (("Location", "https://evil.example/"),)), "refused"),
        (Answer(200, b"[["), "no-token"),
        (Answer(200, b'{"access_token": "a\\r\\nb"}'), "no-token"),
        (Answer(200, b'{"access_token": 5}'), "no-token"),
        (Answer(hang_up=True), "unreachable"),
    ],
)
def test_what_goes_wrong_is_told_by_its_kind_alone(played: Played, ctx: Context, answer: Answer, kind: str) -> None:
    played.sink.script.append(answer)
    with pytest.raises(DeliveryFailed) as failed:
        to(played).end_sessions(JO, ctx=ctx)
    assert failed.value.kind == kind
    assert SECRET not in repr(failed.value)
    assert failed.value.__cause__ is None
    assert played.ended == []


def test_a_list_that_is_none_ends_nobodys_session(played: Played, ctx: Context) -> None:
    played.sink.script.extend([Answer(200, b'{"access_token": "of the realm"}'), Answer(200, b'{"id": "x"}')])
    with pytest.raises(DeliveryFailed):
        to(played).end_sessions(JO, ctx=ctx)
    assert played.ended == []


def test_nothing_inside_the_house_is_reached_unless_it_is_listed(played: Played, ctx: Context) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        to(played, private_networks=()).end_sessions(JO, ctx=ctx)
    assert (failed.value.kind, played.sink.asked) == ("private-address", [])


def test_the_check_looks_and_ends_nothing(played: Played) -> None:
    to(played).check()
    assert played.ended == []
    with pytest.raises(PluginError, match="refuses the sign-in name"):
        to(played, client_secret="another").check()


@pytest.mark.parametrize(
    "url",
    ["http://sso.example", "https://", "https://user@sso.example", "https://sso.example?x", "https://sso.example/#x"],
)
def test_an_address_that_is_not_plain_is_refused(played: Played, url: str) -> None:
    with pytest.raises(ValidationError):
        to(played, url=url)
