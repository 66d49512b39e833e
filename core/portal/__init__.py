"""Pages for people who cannot sign in. `create_portal` joins them; the service does what they ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from flask import Blueprint, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from ..contracts.errors import KeybackError
from ..recovery.policy import Purpose
from ..service.recover import RecoveryService
from ..service.writing.change import Changing
from .account_pages import AccountPages
from .assets import FOLDER, Assets
from .callback_page import CallbackPage
from .change_pages import ChangePages
from .cookie import Cookies
from .door_checks import check_host, check_origin, check_path
from .doors import Doors
from .enrolment_pages import EnrolmentPages
from .errors import ErrorPages
from .headers import nonce, protect
from .language import SpokenLanguage, direction, speak_in_templates, spoken
from .live_help import LiveHelp
from .phone_pages import PhonePages
from .recovery_pages import RecoveryPages
from .settings import HelpDesk, PortalSettings
from .sign_in_pages import SignInPages, Whoever, create_sign_in, nobody
from .stage_pages import StagePages
from .start_page import StartPage, starts_with_request
from .wasnt_me import WasntMe
from .welcome import MY_ACCOUNTS, MY_METHODS, NEEDS, FrontDoor
from .worn import Worn

__all__ = [
    "AccountPages",
    "EnrolmentPages",
    "HelpDesk",
    "PortalSettings",
    "SignInPages",
    "create_portal",
    "create_sign_in",
    "starts_with_request",
]

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
# Address, name, page and verb.
Rule = tuple[str, str, Callable[..., ResponseReturnValue], str]


def create_portal(
    service: RecoveryService,
    entries: Doors,
    look: PortalSettings,
    *,
    ready: Callable[[], bool] = lambda: True,
    methods: EnrolmentPages | None = None,
    accounts: AccountPages | None = None,
    changing: Changing | None = None,
    whoever_is_signed_in: Whoever = nobody,
) -> Blueprint:
    """The pages, and what holds for every response of the app. `methods`, `accounts`: only where people can sign in."""
    portal = Blueprint("portal", __name__, template_folder="templates")
    assets = Assets(HERE / "static")
    worn = Worn(assets, look)
    cookies = Cookies(look)
    mine = [(theirs, need) for theirs, need in ((methods, MY_METHODS), (accounts, MY_ACCOUNTS)) if theirs]
    change = ChangePages(changing, cookies, look, whoever_is_signed_in) if changing else None
    front = FrontDoor(
        (*NEEDS, *(need for _, need in mine)),
        look,
        ready,
        whoever_is_signed_in,
        lambda: service.unlocking.offered,
        changes=lambda: change is not None and change.offered,
    )
    language = SpokenLanguage(look.languages, cookies, partial(_language_of, entries))
    rules: tuple[Rule, ...] = (
        *_for_everybody(front, worn),
        *_starts(service, entries, cookies, look),
        *_recoveries(service, entries, cookies, look),
        *(_changes(change) if change else ()),
        *_from_elsewhere(service, look, assets),
        *(rule for theirs, _ in mine for rule in theirs.rules()),
    )
    _add(portal, rules)
    portal.before_request(lambda: check_origin(request, look))
    _for_every_response(portal, look, worn, language)
    return portal


def _language_of(entries: Doors, key: str) -> str:
    door = entries.get(key)
    return door.language if door else ""


def _for_everybody(front: FrontDoor, worn: Worn) -> tuple[Rule, ...]:
    """What people, probes and browsers ask for that know nothing yet."""
    return (
        ("/", "welcome", front.welcome, "GET"),
        ("/healthz", "healthz", front.healthz, "GET"),
        ("/readyz", "readyz", front.readyz, "GET"),
        (f"{FOLDER}<name>", "static", worn.response, "GET"),
    )


def _starts(service: RecoveryService, entries: Doors, cookies: Cookies, look: PortalSettings) -> tuple[Rule, ...]:
    """Where a recovery begins: to reset a password, or to unlock."""
    start = StartPage(service, entries, cookies, look)
    unlock = StartPage(service, entries, cookies, look, Purpose.UNLOCK)
    call = StartPage(service, entries, cookies, look, calling=True)
    return (
        ("/recover", "who", start.who, "GET"),
        ("/recover", "start", start.start, "POST"),
        ("/unlock", "unlock", unlock.who, "GET"),
        ("/unlock", "start_unlock", unlock.start, "POST"),
        ("/call", "call", call.who, "GET"),
        ("/call", "start_call", call.start, "POST"),
        ("/human/<name>", "human_part", start.part, "GET"),
        ("/go/<entry>", "arrive", start.arrive, "GET"),
        ("/go/<entry>/unlock", "arrive_to_unlock", unlock.arrive, "GET"),
    )


def _recoveries(service: RecoveryService, entries: Doors, cookies: Cookies, look: PortalSettings) -> tuple[Rule, ...]:
    """One address each, and what its page asks."""
    pages = RecoveryPages(service, StagePages(service, entries, look), cookies, look)
    live = LiveHelp(service, cookies, look)
    return (
        ("/recover/<recovery_id>", "show", pages.show, "GET"),
        ("/recover/<recovery_id>", "move", pages.move, "POST"),
        ("/recover/<recovery_id>/stage", "stage", pages.stage, "GET"),
        ("/recover/<recovery_id>/back", "back", pages.back, "GET"),
        ("/recover/<recovery_id>/password", "password", live.password, "POST"),
    )


def _changes(change: ChangePages) -> tuple[Rule, ...]:
    """A known password: its start, its own page, and what that page asks."""
    return (
        ("/change", "change", change.who, "GET"),
        ("/change", "change_start", change.start, "POST"),
        ("/change/<change_id>", "change_show", change.show, "GET"),
        ("/change/<change_id>", "change_move", change.move, "POST"),
        ("/change/<change_id>/stage", "change_stage", change.stage, "GET"),
        ("/change/<change_id>/password", "change_password", change.password, "POST"),
    )


def _from_elsewhere(service: RecoveryService, look: PortalSettings, assets: Assets) -> tuple[Rule, ...]:
    """What carriers, the links in notices, and phones lead to: none of them holds a recovery's cookie."""
    wasnt_me = WasntMe(service.stopping)
    return (
        ("/callback/<channel>/<token>", "callback", CallbackPage(service.hearing).hear, "POST"),
        ("/wasnt-me/<token>", "wasnt_me", wasnt_me.ask, "GET"),
        ("/wasnt-me/<token>", "stop", wasnt_me.stop, "POST"),
        *PhonePages(service.phones, look, assets).rules(),
    )


def _add(portal: Blueprint, rules: Sequence[Rule]) -> None:
    for rule, endpoint, view, method in rules:
        # Without OPTIONS, which Flask would add by itself: it tells what nobody needs to know.
        portal.add_url_rule(rule, endpoint, view, methods=[method], provide_automatic_options=False)


def _for_every_response(portal: Blueprint, look: PortalSettings, worn: Worn, language: SpokenLanguage) -> None:
    """Headers, the Host check and error pages are the whole app's: a 404 belongs to no blueprint."""
    pages = ErrorPages(look)

    def guard(response: Response) -> Response:
        return protect(response, secure=look.secure)

    portal.record_once(_no_tidied_addresses)
    portal.record_once(lambda state: speak_in_templates(state.app.jinja_env))
    portal.before_app_request(language.choose)
    portal.before_app_request(lambda: check_host(request, look))
    portal.before_app_request(lambda: check_path(request))
    portal.before_app_request(language.switch)
    portal.after_app_request(guard)
    portal.after_app_request(language.name)
    portal.app_errorhandler(KeybackError)(pages.ours)
    portal.app_errorhandler(HTTPException)(pages.http)
    portal.app_errorhandler(Exception)(pages.unforeseen)
    portal.app_context_processor(
        lambda: {
            **worn.on_every_page(),
            "csp_nonce": nonce,
            "language": spoken(),
            "direction": direction(),
            "languages": language.menu,
        }
    )


def _no_tidied_addresses(state: BlueprintSetupState) -> None:
    """`//elsewhere.example` is no page of ours. Werkzeug would redirect to its tidy form, which is somebody's host."""
    state.app.url_map.merge_slashes = False
