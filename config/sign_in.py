"""Joins the company's identity provider to the house, where one is set."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..core.service.enrolling.door import Door, open_door
from ..core.service.enrolling.signing_in import SessionRules
from ..core.service.enrolling.vouching import CompanyIdp
from ..core.service.staff import Staff
from .settings import Settings


def load_library(settings: Settings) -> None:
    """Import what signing in and clients need, where there are any: before the first fork, so that processes share it.

    Clients that administrators saved are not known yet: nothing is opened before the fork.
    """
    if settings.sign_in.issuer:
        from ..idp_bridge import sign_in  # noqa: F401, PLC0415
    if any(entry.redirect_uris for entry in settings.entries.values()):
        from ..idp_bridge import token_endpoint  # noqa: F401, PLC0415
    if settings.console.url:
        from .. import admin  # noqa: F401, PLC0415


def door_of(settings: Settings, staff: Staff) -> Door | None:
    """Where people sign in. Nothing is asked of the identity provider yet: it may be away when Keyback starts."""
    chosen = settings.sign_in
    if not chosen.issuer:
        return None
    longest = timedelta(hours=chosen.longest_hours)
    idp = idp_of(
        settings,
        redirect_uri=f"{settings.origin}/sign-in/callback",
        after_logout=f"{settings.origin}/sign-out",
        scopes=chosen.scopes,
        claim=chosen.claim,
        acr_values=chosen.acr_values,
        oldest=longest,
    )
    return open_door(staff, idp, SessionRules(chosen.store, timedelta(minutes=chosen.idle_minutes), longest))


def idp_of(settings: Settings, **asked: Any) -> CompanyIdp:  # noqa: ANN401 - the fields of Client
    """The company's identity provider, to be asked as this client of it."""
    # Imported late: whoever has no identity provider needs neither its library nor the time that it takes.
    from ..idp_bridge.sign_in import Client, SignIn, own_key  # noqa: PLC0415
    from ..idp_bridge.wire import Line  # noqa: PLC0415

    chosen = settings.sign_in
    key = chosen.client_key
    client = Client(
        chosen.client_id,
        own_key(key) if key else chosen.client_secret.get_secret_value(),
        leeway=timedelta(seconds=chosen.leeway_seconds),
        line=Line(str(chosen.ca_file or ""), chosen.proxy.get_secret_value()),
        **asked,
    )
    return SignIn(chosen.issuer, client, plain_http=settings.demo)
