"""Who we are to Microsoft: tokens by a secret or a certificate, kept until they end."""

from __future__ import annotations

import json
import logging
from base64 import urlsafe_b64decode
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from ...core import PluginError, StoreUnavailable, Text
from ._budget import Budget
from ._entra_settings import EntraSettings
from ._https import Https, Said

try:
    import msal
except ImportError:  # an extra: whoever does not use it need not have it
    if not TYPE_CHECKING:
        msal = None


log = logging.getLogger(__name__)


class SignInRefused(StoreUnavailable):
    """Microsoft does not take the application's secret or certificate."""


class Tokens:
    """One client for the process, because what it keeps are the tokens."""

    def __init__(self, settings: EntraSettings, https: Https) -> None:
        """Raises PluginError when msal or the certificate cannot be used."""
        if msal is None:
            raise PluginError(
                Text("needs {package}: install Keyback with the extra `{extra}`", package="msal", extra="entra")
            )
        self._settings = settings
        self._credential = _credential(settings)
        self._speaker = _Speaker(https)
        self._lock = Lock()
        self._client: Any = None

    def token(self, budget: Budget) -> str:
        """A token that is good now. Raises SignInRefused or StoreUnavailable."""
        # One at a time: the others find in the cache what the first one fetched.
        if not self._lock.acquire(timeout=budget.at_most(10)):
            raise StoreUnavailable(Text("the sign-in at Microsoft takes too long"))
        try:
            self._speaker.budget = budget
            return self._fetched()
        finally:
            self._lock.release()

    def forget(self) -> None:
        """Fetch a new one next time: the one we had was not taken."""
        with self._lock:
            self._client = None

    def _fetched(self) -> str:
        try:
            # Made here and not before: it asks the sign-in server where things are.
            self._client = self._client or msal.ConfidentialClientApplication(
                self._settings.client_id,
                client_credential=self._credential,
                authority=f"{self._settings.authority}/{self._settings.tenant}",
                # Or it would ask Microsoft's public cloud first, whichever cloud is ours.
                instance_discovery=False,
                http_client=self._speaker,
            )
            # An error is no exception there, but an answer.
            answer = self._client.acquire_token_for_client(scopes=[f"{self._settings.graph}/.default"])
        except (ValueError, KeyError, RuntimeError):
            answer = {"error": "the tenant is not known, or its sign-in server is not one"}
        if "access_token" in answer:
            return str(answer["access_token"])
        codes = ", ".join(f"AADSTS{code}" for code in answer.get("error_codes", []))
        why = f"{answer.get('error')} {codes}".rstrip()
        log.error("Microsoft refuses the application", extra={"store": "entra", "what": why})
        raise SignInRefused(Text("Microsoft refuses the application: {why}", why=why))


class _Speaker:
    """What msal speaks HTTP with: as patient as whoever asks now."""

    budget: Budget

    def __init__(self, https: Https) -> None:
        self._https = https

    def get(self, url: str, **more: Any) -> Said:  # noqa: ANN401
        return self._https.ask("GET", url, self.budget, **more)

    def post(self, url: str, **more: Any) -> Said:  # noqa: ANN401
        return self._https.ask("POST", url, self.budget, **more)

    def close(self) -> None:
        """Nothing to do: the connections are the store's."""


def granted(token: str) -> frozenset[str] | None:
    """The permissions that stand in a token; None where it cannot be read, for nobody promises that it can."""
    body = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except ValueError:
        return None
    roles = claims.get("roles") if isinstance(claims, dict) else None
    return frozenset(str(role) for role in roles) if isinstance(roles, list) else None


def _credential(settings: EntraSettings) -> Any:  # noqa: ANN401
    if not settings.certificate_file:
        return settings.client_secret.get_secret_value()
    try:
        pem = Path(settings.certificate_file).read_text(encoding="ascii")
    except (OSError, ValueError):
        raise PluginError(Text("the application's certificate file cannot be read")) from None
    if "PRIVATE KEY-----" not in pem or "BEGIN CERTIFICATE-----" not in pem:
        raise PluginError(
            Text("the application's certificate file must hold its certificate and its private key (PEM)")
        )
    # Without a thumbprint of ours it is the newer signature, PS256 with SHA-256.
    return {"private_key": pem, "public_certificate": pem}
