"""Joins the console to the house, where it has an address: an application of its own beside the portal's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from flask import Flask

from ..core.languages import Languages
from ..core.portal import PortalSettings
from ..core.portal.door_checks import address_of
from ..core.recovery.policy import Disclosure
from ..core.service.administrators.actor import Role
from ..core.service.administrators.console import Console
from ..core.service.administrators.console_door import ConsoleDoor
from ..core.service.administrators.console_link import ConsoleLinks
from ..core.service.administrators.console_reception import ConsoleReception
from ..core.service.administrators.console_rules import ConsoleRules
from ..core.service.clients.entry_checks import EntryChecks
from ..core.service.clients.entry_desk import EntryDesk
from ..core.service.enrolling.vouching import CompanyIdp
from ..core.service.helping.desk import open_desk
from ..core.service.reporting.concerns import Concerns
from ..core.service.reporting.failures import Failures
from ..core.service.reporting.file_schedules import FileSchedules
from ..core.service.reporting.log_check import LogCheck
from ..core.service.reporting.plugin_watch import PluginWatch
from ..core.service.reporting.record_room import open_record_room
from ..core.service.reporting.report import ReportRoom
from ..core.service.ruling.brand_desk import BrandDesk
from ..core.service.ruling.control_room import ControlRoom
from ..core.service.ruling.parts import Parts
from ..core.service.ruling.question_sets import QuestionDesk
from ..core.service.ruling.trials import Trials
from ..core.service.ruling.wording_desk import WordingDesk
from ..idp_bridge.entries import Entries
from .house import TRANSLATIONS, House
from .settings import Settings
from .sign_in import idp_of
from .signals import signal_desk_of
from .way_out import way_out

if TYPE_CHECKING:
    from ..admin import ConsoleLook

WSGI: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
BELOW = "/admin"


@dataclass(frozen=True)
class ByHost:
    """Which application answers. Neither has the other's pages, so a wrong Host finds none of them (ASVS 3.5.4)."""

    portal: WSGI
    console: WSGI
    host: str
    # In the demo, and where somebody insists: then the path decides.
    shared: bool

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The console for its own host alone."""
        path = environ.get("PATH_INFO", "")
        below = path == BELOW or path.startswith(f"{BELOW}/")
        ours = environ.get("HTTP_HOST", "").lower() == self.host and (below or not self.shared)
        return (self.console if ours else self.portal)(environ, start_response)


def join_console(app: Flask, house: House, look: PortalSettings) -> Flask:
    """Put the console before the portal's pages; returns it."""
    # Imported late: whoever has no console pays neither for Flask-Admin's memory nor for its time.
    from ..admin import SCREENS, create_console, create_door  # noqa: PLC0415

    seen, door = console_look(house, look), door_of(house)
    console = create_console(parts_of(house), door.reception, seen, create_door(door, seen), SCREENS)
    shared = seen.host == look.host
    app.wsgi_app = ByHost(app.wsgi_app, console.wsgi_app, seen.host, shared)  # type: ignore[method-assign]
    return console


def parts_of(house: House) -> Console:
    """What its screens talk to."""
    records, snapshots, around = house.records, house.snapshots, house.around
    disclosure = house.settings.disclosure
    pinned = Disclosure(disclosure) if disclosure else None
    groups = frozenset().union(*rules_of(house.settings).groups.values())
    people = open_desk(records, snapshots, around, house.staff, console_groups=groups)
    room = open_record_room(records, snapshots, around, house.staff)
    return Console(
        records=records,
        snapshots=snapshots,
        around=around,
        staff=house.staff,
        control_room=ControlRoom.open(records, snapshots, around, people.approvals, pinned=pinned),
        parts=Parts(records=records, snapshots=snapshots, around=around),
        questions=QuestionDesk(records=records, snapshots=snapshots, around=around),
        entries=EntryDesk(
            records=records,
            snapshots=snapshots,
            around=around,
            pinned=Entries.from_config(house.settings.entry_tables).pinned,
            local=house.settings.demo,
        ),
        entry_checks=EntryChecks(
            records=records, snapshots=snapshots, around=around, outside=lambda: way_out(house.settings.clients)
        ),
        people=people,
        record_room=room,
        concerns=_concerns(house, room.checking),
        reports=ReportRoom(records=records, around=around),
        wordings=WordingDesk(records=records, snapshots=snapshots, around=around),
        trials=Trials(records=records, snapshots=snapshots, office=house.staff.office, around=around),
        failures=Failures(records=records, around=around),
        brand=BrandDesk(records=records, snapshots=snapshots, around=around),
        signals=signal_desk_of(house),
        files=FileSchedules(post=house.staff.file_post),
    )


def _concerns(house: House, checking: LogCheck) -> Concerns:
    return Concerns(
        records=house.records,
        snapshots=house.snapshots,
        around=house.around,
        checking=checking,
        alerts=house.staff.watch.alerts,
        watch=PluginWatch(records=house.records, snapshots=house.snapshots, around=house.around),
        # The short list that ships is as old as the release.
        leaks_from=lambda: house.leaks.made_at if house.settings.breached_file else None,
    )


def console_look(house: House, look: PortalSettings) -> ConsoleLook:
    """What its pages need to know of the settings."""
    from ..admin import ConsoleLook  # noqa: PLC0415
    from ..admin.look import TRANSLATIONS as OWN  # noqa: PLC0415

    settings = house.settings
    # Words that stand in rooms below, and plugins' own, are found where people's pages find them.
    languages = Languages(OWN, (TRANSLATIONS, *house.translations), default=settings.language)
    return ConsoleLook(
        url=settings.console.url,
        signs_in=bool(settings.sign_in.issuer),
        secure=settings.console.url.startswith("https://"),
        languages=languages,
        address_of=partial(address_of, settings=look),
    )


def door_of(house: House) -> ConsoleDoor:
    """How one comes in: by the same identity provider as people, or by a link."""
    records, around = house.records, house.around
    reception = ConsoleReception(records=records, around=around, rules=rules_of(house.settings))
    gate = house.staff.service.starting.gate
    links = ConsoleLinks(records=records, around=around)
    return ConsoleDoor(reception=reception, links=links, gate=gate, idp=_idp(house.settings))


def rules_of(settings: Settings) -> ConsoleRules:
    """Who may be what."""
    chosen = settings.console
    groups = {
        Role.ADMINISTRATOR: chosen.administrators,
        Role.HELP_DESK: chosen.help_desk,
        Role.AUDITOR: chosen.auditors,
    }
    return ConsoleRules(groups, timedelta(minutes=chosen.idle_minutes), timedelta(hours=chosen.longest_hours))


def _idp(settings: Settings) -> CompanyIdp | None:
    if not settings.sign_in.issuer:
        return None
    chosen = settings.console
    return idp_of(
        settings,
        redirect_uri=f"{settings.console_origin}/admin/sign-in/callback",
        after_logout=f"{settings.console_origin}/admin/sign-out",
        scopes=chosen.scopes,
        claim=chosen.name_claim,
        groups_claim=chosen.groups_claim,
        acr_values=chosen.acr_values,
        amr_values=chosen.amr_values,
        oldest=timedelta(hours=chosen.longest_hours),
    )
