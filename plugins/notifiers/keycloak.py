"""Ends somebody's sessions at Keycloak when their password is new, by its administration interface."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import Field as Setting
from pydantic import SecretStr, field_validator

from ...core import (
    Account,
    ContactKind,
    Context,
    DeliveryFailed,
    Happening,
    Message,
    Notifier,
    PluginError,
    PluginSettings,
    Text,
    hookimpl,
    trusted_certificates,
    why_not,
)
from ...core.networks import Networks, must_be_secret, parts_of
from ...core.outside import Outside, Request, failure, refusal

# What is left for the caller when we give up, in seconds.
MARGIN = 0.5
CHECK_SECONDS = 8.0


class KnownBy(StrEnum):
    """By what Keycloak knows people."""

    NAME = "name"
    UPN = "upn"
    MAIL = "mail"


class KeycloakSettings(PluginSettings):
    """The realm, and the client that may end sessions there."""

    url: str = Setting(title="Address", description="https://… of Keycloak, without /realms or /admin.")
    realm: str = Setting(title="Realm", description="As it stands in its addresses.", min_length=1)
    client_id: str = Setting(
        title="Client",
        description="A client whose service account has the roles view-users and manage-users of realm-management.",
        min_length=1,
    )
    client_secret: SecretStr = Setting(title="Client secret", description="From the client's page, Credentials.")
    known_by: KnownBy = Setting(
        KnownBy.NAME, title="Keycloak's user names are", description="The sign-in name, the UPN or the mail address."
    )
    private_networks: Networks = Setting(
        (),
        title="Private networks",
        description="Networks like 10.1.2.0/24 in which Keycloak may be. Otherwise it must be on the internet.",
    )
    ca_file: str = Setting(
        "",
        title="Certificate authority",
        description="A PEM file, if the authority is your own.",
        json_schema_extra=trusted_certificates(),
    )

    @field_validator("url")
    @classmethod
    def _is_a_safe_url(cls, value: str) -> str:
        parts = parts_of(value)
        if not value.isascii() or not value.isprintable() or not parts.hostname or parts.username or "@" in value:
            raise ValueError("is not a plain address")
        if parts.query or parts.fragment or " " in value:
            raise ValueError("must end after its path")
        must_be_secret(parts)
        return value.rstrip("/")


class Keycloak(Notifier):
    """By Keycloak's name for somebody, exactly; whom it does not know has no session there."""

    key = "keycloak"
    label = Text("Keycloak (end sessions)")
    wants = frozenset()
    Settings = KeycloakSettings
    settings: KeycloakSettings

    def __init__(self, settings: KeycloakSettings) -> None:
        super().__init__(settings)
        self._outside = Outside(settings.private_networks, settings.ca_file)

    def notify(self, happening: Happening, ctx: Context) -> Sequence[Message]:
        """It hears of nothing; it ends sessions where passwords are new."""
        return ()

    def end_sessions(self, account: Account, *, ctx: Context) -> None:
        """Raises DeliveryFailed; to end what has ended does no harm."""
        ends = time.monotonic() + (ctx.deadline - ctx.now).total_seconds() - MARGIN
        name = self._called(account)
        if not name:
            return
        token = self._token(ends)
        for user in self._users(token, ends, username=name, exact="true"):
            self._ask("POST", f"{self._admin}/users/{quote(str(user), safe='')}/logout", ends, token)

    def check(self) -> None:
        """Whether it lets us in and shows us somebody. Nobody's session is ended, so that right is not tried."""
        ends = time.monotonic() + CHECK_SECONDS
        try:
            self._users(self._token(ends), ends, max="1")
        except DeliveryFailed as failed:
            why = failed.kind
        else:
            return
        raise PluginError(Text("Keycloak cannot be used: {why}", why=why_not(why)))

    @property
    def _admin(self) -> str:
        return f"{self.settings.url}/admin/realms/{quote(self.settings.realm, safe='')}"

    def _called(self, account: Account) -> str:
        mails = [contact.value for contact in account.contacts if contact.kind is ContactKind.MAIL]
        names = {KnownBy.NAME: account.name, KnownBy.UPN: account.upn, KnownBy.MAIL: mails[0] if mails else ""}
        return names[self.settings.known_by]

    def _token(self, ends: float) -> str:
        realm, settings = quote(self.settings.realm, safe=""), self.settings
        form = {"grant_type": "client_credentials", "client_id": settings.client_id}
        form["client_secret"] = settings.client_secret.get_secret_value()
        address = f"{settings.url}/realms/{realm}/protocol/openid-connect/token"
        found = _read(self._ask("POST", address, ends, form=form))
        token = found.get("access_token") if isinstance(found, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise DeliveryFailed("no-token", retry=True)
        return token

    def _users(self, token: str, ends: float, **asked: str) -> list[str]:
        """The ids of those whom this question is about."""
        found = _read(self._ask("GET", f"{self._admin}/users?{urlencode(asked)}", ends, token))
        if not isinstance(found, list) or not all(isinstance(one, dict) and "id" in one for one in found):
            raise DeliveryFailed("not-understood", retry=True)
        return [one["id"] for one in found]

    def _ask(self, verb: str, url: str, ends: float, token: str = "", form: Mapping[str, str] | None = None) -> str:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = urlencode(form).encode() if form else b"" if verb == "POST" else None
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            answer = self._outside.ask(Request(verb, url, headers, body), ends)
        except (OSError, HTTPException) as error:
            failed = failure(error)
        else:
            if 200 <= answer.status < 300:
                return answer.text
            failed = refusal(answer.status)
        # Raised here, not above: its cause would be printed with it, and could hold the secret.
        raise failed


def _read(text: str) -> Any:  # noqa: ANN401 - whatever it answers
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


@hookimpl
def keyback_notifiers() -> list[type[Notifier]]:
    return [Keycloak]
