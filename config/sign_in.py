"""Joins the company's identity provider to the house, where one is set."""

from __future__ import annotations

from datetime import timedelta

from ..core.service.door import Door, open_door
from ..core.service.signing_in import SessionRules
from ..core.service.staff import Staff
from .settings import Settings


def load_library(settings: Settings) -> None:
    """Import what signing in needs, where somebody may: before the first fork, so that processes share its memory."""
    if settings.sign_in.issuer:
        from ..idp_bridge import sign_in  # noqa: F401, PLC0415


def door_of(settings: Settings, staff: Staff) -> Door | None:
    """Where people sign in. Nothing is asked of the identity provider yet: it may be away when Keyback starts."""
    chosen = settings.sign_in
    if not chosen.issuer:
        return None
    # Imported late: whoever has no identity provider needs neither its library nor the time that it takes.
    from ..idp_bridge.sign_in import Client, SignIn, own_key  # noqa: PLC0415
    from ..idp_bridge.wire import Line  # noqa: PLC0415

    key, longest = chosen.client_key, timedelta(hours=chosen.longest_hours)
    client = Client(
        chosen.client_id,
        own_key(key) if key else chosen.client_secret.get_secret_value(),
        redirect_uri=f"{settings.origin}/sign-in/callback",
        after_logout=f"{settings.origin}/sign-out",
        scopes=chosen.scopes,
        claim=chosen.claim,
        acr_values=chosen.acr_values,
        oldest=longest,
        leeway=timedelta(seconds=chosen.leeway_seconds),
        line=Line(str(chosen.ca_file or ""), chosen.proxy.get_secret_value()),
    )
    rules = SessionRules(chosen.store, timedelta(minutes=chosen.idle_minutes), longest)
    return open_door(staff, SignIn(chosen.issuer, client, plain_http=settings.demo), rules)
