"""The console over the small house, with somebody signed in, for tests of screens."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from keyback.admin import SCREENS, ConsoleLook, create_console
from keyback.admin.access import Screen
from keyback.core.db.session import Database
from keyback.core.outside import Outside
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.administrators.console import Console
from keyback.core.service.administrators.console_desk import InConsole
from keyback.core.service.clients.entry_checks import EntryChecks
from keyback.core.service.clients.entry_desk import EntryDesk
from keyback.core.service.clients.signal_desk import SignalDesk
from keyback.core.service.reporting.concerns import Concerns
from keyback.core.service.reporting.failures import Failures
from keyback.core.service.reporting.file_schedules import FileSchedules
from keyback.core.service.reporting.plugin_watch import PluginWatch
from keyback.core.service.reporting.record_room import open_record_room
from keyback.core.service.reporting.report import ReportRoom
from keyback.core.service.ruling.brand_desk import BrandDesk
from keyback.core.service.ruling.control_room import ControlRoom
from keyback.core.service.ruling.parts import Parts
from keyback.core.service.ruling.question_sets import QuestionDesk
from keyback.core.service.ruling.trials import Trials
from keyback.core.service.ruling.wording_desk import WordingDesk

from .desk import desk_of
from .parts_house import Works, works
from .signals import here
from .small_house import SmallHouse, small_house

ORIGIN = "https://console.example.org"
ADMINISTRATOR, HELP_DESK, AUDITOR = Role.ADMINISTRATOR, Role.HELP_DESK, Role.AUDITOR


@dataclass
class OpenDesk:
    """Takes a session's key for what is in it: the words of the roles, joined by dashes."""

    now: Any
    ago: timedelta = timedelta(0)
    by_link: bool = False
    kept: dict[str, Mapping[str, list[str]]] = field(default_factory=dict)

    def whoever(self, key: str) -> InConsole | None:
        roles = frozenset(role for role in Role if role.value.replace("-", "") in key)
        at: datetime = self.now() - self.ago
        return InConsole(key, Actor(f"sub-{key}", "Ines Roth", roles), at)

    def form_token(self, who: InConsole) -> str:
        return f"form of {who.session}"

    def fits(self, who: InConsole, token: str) -> bool:
        return token == self.form_token(who)

    def keep(self, who: InConsole, path: str, typed: Mapping[str, list[str]]) -> None:
        self.kept[path] = typed

    def someone_by_link(self) -> bool:
        return self.by_link

    def take(self, who: InConsole, path: str) -> Mapping[str, list[str]]:
        return self.kept.pop(path, {})


@dataclass
class SmallConsole:
    """The console, and a browser in it."""

    app: Flask
    desk: OpenDesk
    house: SmallHouse
    services: Console
    client: FlaskClient
    roles: tuple[Role, ...]
    who: str = ""

    @property
    def key(self) -> str:
        return "".join(role.value.replace("-", "") for role in self.roles) + self.who or "nobody"

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=self._headers())

    def post(self, path: str, form: Mapping[str, object] | None = None, *, token: str | None = None) -> TestResponse:
        """As a form of that page sends it."""
        typed = {"token": f"form of {self.key}" if token is None else token, **(form or {})}
        headers = {**self._headers(), "Sec-Fetch-Site": "same-origin"}
        return self.client.post(path, data=typed, headers=headers)

    def as_(self, *roles: Role) -> SmallConsole:
        """Another browser, of somebody with these roles."""
        return replace(self, roles=roles, client=self.app.test_client(use_cookies=False))

    def colleague(self) -> SmallConsole:
        """Another browser, of somebody else with the same roles."""
        return replace(self, who="too", client=self.app.test_client(use_cookies=False))

    def _headers(self) -> dict[str, str]:
        return {"Cookie": f"__Host-kb_a={self.key}", "Host": ORIGIN.removeprefix("https://")}


def pretend_door() -> Blueprint:
    """Where one would sign in."""
    door = Blueprint("door", __name__)
    door.add_url_rule("/admin/sign-in", "start", lambda: "sign in", methods=["GET"])
    door.add_url_rule("/admin/sign-out", "leave", lambda: "sign out", methods=["GET"])
    return door


def console_of(house: SmallHouse, **parts: Any) -> Console:
    """What `config/console.py` joins."""
    made: dict[str, Any] = {
        "records": house.records,
        "snapshots": house.snapshots,
        "around": house.around,
        "staff": house.staff,
    }
    made["people"] = desk = desk_of(house)
    made["control_room"] = ControlRoom.open(house.records, house.snapshots, house.around, desk.approvals)
    made["parts"] = Parts(records=house.records, snapshots=house.snapshots, around=house.around)
    made["questions"] = QuestionDesk(records=house.records, snapshots=house.snapshots, around=house.around)
    made["entries"] = EntryDesk(records=house.records, snapshots=house.snapshots, around=house.around)
    made["entry_checks"] = EntryChecks(
        records=house.records, snapshots=house.snapshots, around=house.around, outside=Outside
    )
    made["record_room"] = open_record_room(house.records, house.snapshots, house.around, house.staff)
    snapshots = parts.get("snapshots", house.snapshots)
    watch = PluginWatch(records=house.records, snapshots=snapshots, around=house.around)
    made["concerns"] = Concerns(
        records=house.records,
        snapshots=snapshots,
        around=house.around,
        checking=made["record_room"].checking,
        watch=watch,
        alerts=house.alerts,
    )
    made["trials"] = Trials(records=house.records, snapshots=snapshots, office=house.staff.office, around=house.around)
    made["failures"] = Failures(records=house.records, around=house.around)
    made["reports"] = ReportRoom(records=house.records, around=house.around)
    made["wordings"] = WordingDesk(records=house.records, snapshots=house.snapshots, around=house.around)
    made["brand"] = BrandDesk(records=house.records, snapshots=house.snapshots, around=house.around)
    made["signals"] = SignalDesk(records=house.records, around=house.around, may_push_to=here)
    made["files"] = FileSchedules(post=house.staff.file_post)
    return Console(**{**made, **parts})


def small_console(
    house: SmallHouse, *roles: Role, screens: Iterable[type[Screen]] = SCREENS, console: Console | None = None
) -> SmallConsole:
    """With somebody of these roles in front of it; an administrator, if none is said."""
    desk, services = OpenDesk(house.clock), console or console_of(house)
    app = create_console(services, desk, ConsoleLook(ORIGIN), pretend_door(), screens)
    app.testing = True
    return SmallConsole(app, desk, house, services, app.test_client(use_cookies=False), roles or (ADMINISTRATOR,))


@contextmanager
def opened(
    migrated: Path, folder: Path, *roles: Role, screens: Iterable[type[Screen]] = SCREENS, **outfit: Any
) -> Iterator[SmallConsole]:
    """The console over empty tables of its own in this folder; `outfit` is what the small house takes."""
    with closing(Database(f"sqlite:///{shutil.copy(migrated, folder / 'keyback.db')}")) as database:
        yield small_console(small_house(database, **outfit), *roles, screens=screens)


@contextmanager
def opened_with_parts(migrated: Path, folder: Path) -> Iterator[tuple[Works, SmallConsole]]:
    """The same over real plugins, as one process has them."""
    file = f"sqlite:///{folder / 'keyback.db'}"
    with opened(migrated, folder) as console, closing(works(file, folder, console.house.clock)) as process:
        services = console_of(console.house, parts=process.parts, snapshots=process.snapshots)
        yield process, small_console(console.house, console=services)
