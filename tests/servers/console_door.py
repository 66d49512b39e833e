"""The console with its own door, an identity provider that says what a test tells it, and browsers before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from keyback.admin import SCREENS, ConsoleLook, create_console, create_door
from keyback.core.db.session import Database
from keyback.core.service.administrators.actor import Role
from keyback.core.service.administrators.console_door import ConsoleDoor
from keyback.core.service.administrators.console_link import ConsoleLinks
from keyback.core.service.administrators.console_reception import ConsoleReception
from keyback.core.service.administrators.console_rules import ConsoleRules
from keyback.core.service.enrolling.vouching import CompanyIdp

from .foreign import HOST, SAME
from .hostile_idp import HostileIdp, at, hostile_idp, ours
from .small_console import ORIGIN, console_of
from .small_house import SmallHouse, small_house

GROUPS = {Role.ADMINISTRATOR: ("kb admins",), Role.HELP_DESK: ("kb desk",), Role.AUDITOR: ("kb audit",)}
SESSION, WAY_BACK = "__Host-kb_a", "__Host-kb_ao"
CALLBACK = "/admin/sign-in/callback"


@dataclass
class Doorway:
    """A console that nobody is in yet."""

    app: Flask
    house: SmallHouse
    door: ConsoleDoor
    idp: HostileIdp

    def browser(self) -> DoorBrowser:
        """One that was never here."""
        return DoorBrowser(self, self.app.test_client())

    def link(self) -> str:
        """The address that `keyback admin-link` prints, without the host."""
        return f"/admin/link/{self.door.links.make()}"


@dataclass
class DoorBrowser:
    """Keeps its cookies, as browsers do."""

    doorway: Doorway
    client: FlaskClient

    @property
    def key(self) -> str:
        """What its session's cookie holds; empty without one."""
        kept = self.client.get_cookie(SESSION, HOST)
        return kept.value if kept else ""

    @property
    def is_in(self) -> bool:
        return self.get("/admin/").status_code == 200

    @property
    def token(self) -> str:
        """What the forms of its session carry, as its own page for signing out holds it."""
        found = re.search(r'name="token" value="([^"]+)"', self.get("/admin/sign-out").text)
        return found[1] if found else ""

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=ORIGIN)

    def post(
        self, path: str, form: Mapping[str, object] | None = None, headers: Mapping[str, str] = SAME
    ) -> TestResponse:
        """As a form of our own page is sent, unless `headers` say another."""
        return self.client.post(path, data=form or {}, headers=dict(headers), base_url=ORIGIN)

    def holds(self, name: str, value: str) -> None:
        """It was given this cookie, by whomever."""
        self.client.set_cookie(name, value, domain=HOST, secure=True)

    def sets_out(self, wish: str = "") -> dict[str, str]:
        """What the identity provider is asked, by the address to which the browser is sent."""
        there = self.get(f"/admin/sign-in?{wish}")
        assert there.status_code == 303
        return dict(parse_qsl(urlsplit(there.location).query))

    def is_vouched_for(self, asked: Mapping[str, str], subject: str = "sub-ines", group: str = "kb admins") -> None:
        """What the identity provider will say to whoever brings the code."""
        now = at(self.doorway.house.clock())
        who = {"sub": subject, "preferred_username": subject, "groups": [group]}
        self.doorway.idp.claims = {"nonce": asked["nonce"], "iat": now, "exp": now + 300, "auth_time": now, **who}

    def comes_back(self, asked: Mapping[str, str]) -> TestResponse:
        return self.get(f"{CALLBACK}?code=a-code&state={asked['state']}")

    def signs_in(self, subject: str = "sub-ines", group: str = "kb admins", wish: str = "") -> TestResponse:
        """There and back, as somebody in this group."""
        asked = self.sets_out(wish)
        self.is_vouched_for(asked, subject, group)
        return self.comes_back(asked)


def door_over(house: SmallHouse, idp: CompanyIdp | None, **changes: Any) -> ConsoleDoor:
    """By which these groups come in; `changes`: other groups for a role."""
    rules = ConsoleRules({**GROUPS, **changes})
    reception = ConsoleReception(records=house.records, around=house.around, rules=rules)
    links = ConsoleLinks(records=house.records, around=house.around)
    return ConsoleDoor(reception=reception, links=links, gate=house.staff.service.starting.gate, idp=idp)


@contextmanager
def doorway(database: Database) -> Iterator[Doorway]:
    """Over this database."""
    house = small_house(database)
    with hostile_idp() as idp:
        there = ours(idp, groups_claim="groups", redirect_uri=f"{ORIGIN}{CALLBACK}")
        door, look = door_over(house, there), ConsoleLook(ORIGIN)
        app = create_console(console_of(house), door.reception, look, create_door(door, look), SCREENS)
        yield Doorway(app, house, door, idp)
