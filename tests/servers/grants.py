"""What a client may fetch, as a test needs it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from keyback.core.contracts.entry import Entry, OidcClient
from keyback.core.db.grants import Done, Grant

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
IDP = Entry(
    "idp",
    "Alderwick sign-in",
    ("https://idp.example/back",),
    "https://idp.example/",
    OidcClient(("https://idp.example/cb",), secret_digest="canary-digest-of-a-secret", store="openldap"),
)


def a_grant(**values: Any) -> Grant:
    """For somebody who proved it by mail."""
    given = {
        "entry": "idp",
        "recovery_id": "recovery-1",
        "redirect_uri": "https://idp.example/cb",
        "challenge": "",
        "nonce": "canary-nonce",
        "scopes": ("openid",),
        "subject": "canary-uuid",
        "name": "canary-name",
        "purpose": "reset",
        "acr": "urn:keyback:reset:1",
        "amr": ("otp",),
        "proven_at": NOON,
        "done_at": NOON,
        "done": (Done("openldap", "canary-uuid", "canary-name"),),
    }
    return Grant(**{**given, **values})
