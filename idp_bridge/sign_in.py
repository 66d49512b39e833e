"""Keyback as a client of the company's identity provider: OpenID Connect, code flow, on Authlib."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from ..core.contracts.errors import PluginError, SettingsInvalid
from ..core.guard import Guard
from ..core.service.enrolling.vouching import Departure, SignedOut, SignInRefused, SignInUnavailable, Vouched
from .company_idp import CompanyIdp
from .tokens import Claims, Tokens
from .wire import Line, WireError, bound, read_json

T = TypeVar("T")

# Discovery, keys, the token endpoint and userinfo, one after the other; a page waits for all of it.
SECONDS = 8.0


@dataclass(frozen=True)
class Client:
    """What the identity provider knows us by, and what we ask of it. `secret`: a password, or a key of our own."""

    client_id: str
    secret: str | RSAKey | ECKey | OKPKey = field(repr=False)
    redirect_uri: str
    after_logout: str
    scopes: tuple[str, ...] = ("openid",)
    # Whose value is the name that our store knows somebody by.
    claim: str = "sub"
    # One of these is how they must have signed in there. Empty: any.
    acr_values: tuple[str, ...] = ()
    # One of these is what they must have used there (RFC 8176). Empty: anything.
    amr_values: tuple[str, ...] = ()
    # Which claim says the groups that they are in. Empty: nobody asks.
    groups_claim: str = ""
    # How long ago that may have been.
    oldest: timedelta = timedelta(hours=8)
    leeway: timedelta = timedelta(seconds=60)
    line: Line = Line()


class SignIn:
    """Asks the identity provider, within bounds: one that hangs costs four threads for a few seconds, then none."""

    def __init__(self, issuer: str, client: Client, *, plain_http: bool = False) -> None:
        self._client = client
        self._idp = CompanyIdp(issuer, self._plain_session, plain_http=plain_http)
        self._tokens = Tokens(self._idp, client.client_id, client.leeway)
        self._guard = Guard("identity provider")

    def address_for(self, departure: Departure, language: str) -> str:
        """With PKCE and a nonce; how fresh it must be is asked here and checked when somebody comes back."""
        asked = {"nonce": departure.nonce, "ui_locales": language}
        if departure.fresh:
            asked |= {"max_age": "0", "prompt": "login"}
        else:
            # Asked for always, because only then the answer must say when somebody proved who they are.
            asked |= {"max_age": str(int(self._client.oldest.total_seconds()))}
        if self._client.acr_values:
            asked |= {"acr_values": " ".join(self._client.acr_values)}
        address, _ = self._session().create_authorization_url(
            self._ask(self._idp.document).authorize,
            state=departure.state,
            code_verifier=departure.verifier,
            **asked,
        )
        return str(address)

    def vouch(self, answer: Mapping[str, str], departure: Departure, now: datetime) -> Vouched:
        """The answer's issuer first (RFC 9207): a code of another one's must not be sent to ours."""
        document = self._ask(self._idp.document)
        if ("iss" in answer or document.names_itself) and answer.get("iss") != document.issuer:
            raise SignInRefused("other-issuer")
        if "error" in answer:
            raise SignInRefused("said-no")
        if not answer.get("code"):
            raise SignInRefused("no-code")
        return self._ask(lambda: self._redeem(answer["code"], departure, now))

    def way_out(self, id_token: str) -> str:
        """RP-initiated logout, where there is one."""
        end_session = self._ask(self._idp.document).end_session
        asked = {"id_token_hint": id_token, "client_id": self._client.client_id}
        asked |= {"post_logout_redirect_uri": self._client.after_logout}
        return f"{end_session}{'&' if '?' in end_session else '?'}{urlencode(asked)}" if end_session else ""

    def told(self, logout_token: str, now: datetime) -> SignedOut:
        """Back-channel logout."""
        return self._ask(lambda: self._tokens.signed_out(logout_token, now))

    def check(self) -> None:
        """Raise SignInUnavailable if nobody could sign in now."""
        self._ask(lambda: self._idp.keys(None))

    def _redeem(self, code: str, departure: Departure, now: datetime) -> Vouched:
        session, document = self._session(), self._idp.document()
        try:
            given = session.fetch_token(
                document.token, grant_type="authorization_code", code=code, code_verifier=departure.verifier
            )
        except (AuthlibBaseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # Its words may quote the code or our secret.
            raise SignInRefused("code") from None
        access_token = str(given.get("access_token", ""))
        claims = self._tokens.vouching(given.get("id_token"), departure.nonce, access_token, now)
        at = self._proven_at(claims, departure, now)
        if self._client.acr_values and claims.get("acr") not in self._client.acr_values:
            raise SignInRefused("acr")
        if self._client.amr_values and not _listed(claims.get("amr")) & frozenset(self._client.amr_values):
            raise SignInRefused("amr")
        sid, subject = claims.get("sid", ""), str(claims["sub"])
        claims = self._with_more(claims, access_token)
        name, groups = self._name(claims), _listed(claims.get(self._client.groups_claim))
        sid = sid if isinstance(sid, str) else ""
        return Vouched(document.issuer, subject, name, at, given["id_token"], sid, groups)

    def _proven_at(self, claims: Claims, departure: Departure, now: datetime) -> datetime:
        """When they proved who they are. Not checked by Authlib, and without it nothing here would ever be old."""
        said = claims.get("auth_time")
        if isinstance(said, bool) or not isinstance(said, int) or not 0 < said < 1 << 40:
            raise SignInRefused("auth_time")
        at, leeway = datetime.fromtimestamp(said, UTC), self._client.leeway
        oldest = departure.left_at if departure.fresh else now - self._client.oldest
        if not oldest - leeway <= at <= now + leeway:
            raise SignInRefused("auth_time")
        # A clock ahead of ours must not make anything fresh for longer.
        return min(at, now)

    def _with_more(self, claims: Claims, access_token: str) -> Claims:
        """What the token leaves out is asked for; what it says counts."""
        document = self._idp.document()
        wanted = {self._client.claim, self._client.groups_claim} - {""}
        if not wanted <= claims.keys() and document.userinfo and access_token:
            headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
            more = read_json(self._plain_session(), document.userinfo, headers)
            # Somebody else's claims, put in by whoever can swap access tokens.
            if more.get("sub") != claims["sub"]:
                raise SignInRefused("userinfo")
            claims = {**more, **claims}
        return claims

    def _name(self, claims: Claims) -> str:
        name = claims.get(self._client.claim)
        if not isinstance(name, str) or not name:
            raise SignInRefused("no-claim")
        if self._client.claim == "email" and claims.get("email_verified") is not True:
            raise SignInRefused("email-not-verified")
        return name

    def _session(self) -> OAuth2Session:
        client = self._client
        session = OAuth2Session(
            client_id=client.client_id,
            client_secret=client.secret,
            token_endpoint_auth_method=PrivateKeyJWT.name,
            scope=" ".join(client.scopes),
            redirect_uri=client.redirect_uri,
            code_challenge_method="S256",
        )
        if isinstance(client.secret, str):
            session.token_endpoint_auth_method = _basic
        else:
            session.register_client_auth_method(PrivateKeyJWT(alg=_signs_with(client.secret)))
        bound(session, client.line)
        return session

    def _plain_session(self) -> requests.Session:
        return bound(requests.Session(), self._client.line)

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return self._guard.call(question, SECONDS)
        except PluginError:
            raise SignInUnavailable("late") from None
        except OSError as error:  # what requests raises is one too, and so is an authority's file that is gone
            # Words of ours, or the kind alone: a library's may quote an address with a code in it.
            raise SignInUnavailable(str(error) if isinstance(error, WireError) else type(error).__name__) from None


def _listed(value: object) -> frozenset[str]:
    """Each name as it stands; one alone is one. Never taken apart: a space or a comma may be part of a name."""
    values = value if isinstance(value, list) else [value]
    return frozenset(one for one in values if isinstance(one, str) and one)


def _basic(client: Any, method: str, uri: str, headers: dict[str, str], body: str) -> tuple[str, dict[str, str], str]:  # noqa: ANN401
    """As RFC 6749 2.3.1 says, each half encoded first; Authlib's own leaves signs in it that mean something there."""
    both = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {b64encode(both.encode()).decode()}"
    return uri, headers, body


def own_key(pem: bytes) -> RSAKey | ECKey | OKPKey:
    """The private key by which we prove who we are. Raises SettingsInvalid; what stands in the file is not told."""
    for kind in (RSAKey, ECKey, OKPKey):
        try:
            key: RSAKey | ECKey | OKPKey = kind.import_key(pem)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if key.is_private and _signs_with(key):
            return key
    raise SettingsInvalid(["sign_in.client_key_file holds no private key in PEM: RSA, P-256 or Ed25519"])


def _signs_with(key: RSAKey | ECKey | OKPKey) -> str:
    """Empty for a curve that identity providers do not know."""
    if isinstance(key, RSAKey):
        return "RS256"
    return {"P-256": "ES256", "Ed25519": "Ed25519"}.get(key.curve_name, "")
