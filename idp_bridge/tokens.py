"""Signed words of the identity provider: who somebody is, and that their session is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, GuestProtocol, OKPKey, RSAKey
from joserfc.jwt import JWTClaimsRegistry, Token

from ..core.service.enrolling.vouching import SignedOut, SignInRefused
from .claims import BACK_CHANNEL
from .company_idp import CompanyIdp, Document, PublicKey

Claims: TypeAlias = Mapping[str, Any]

LONGEST = 32 * 1024
# A logout token is said at once; one that somebody kept is good for nothing.
LOGOUT_AGE = timedelta(minutes=5)
_KINDS: Mapping[str, type[PublicKey]] = {"RS256": RSAKey, "PS256": RSAKey, "ES256": ECKey, "Ed25519": OKPKey}


@dataclass(frozen=True)
class Tokens:
    """Judges tokens for one client. What is wrong is told by a word of ours, never by the token's own."""

    idp: CompanyIdp
    client_id: str
    leeway: timedelta

    def vouching(self, id_token: object, nonce: str, access_token: str, now: datetime) -> Claims:
        """The claims of an ID token that was made for this sign-in. Raises SignInRefused, RequestException."""
        document = self.idp.document()
        token = self._verified(id_token, document)
        # Given as a whole: Authlib's own options ask for the issuer alone, and take a token that is for another client.
        options = {
            "iss": {"essential": True, "value": document.issuer},
            "aud": {"essential": True, "value": self.client_id},
            "sub": {"essential": True},
            "nonce": {"essential": True, "value": nonce},
        }
        params = {"nonce": nonce, "client_id": self.client_id, "access_token": access_token}
        claims = CodeIDToken(token.claims, token.header, options, params)
        _judge(lambda: claims.validate(now=int(now.timestamp()), leeway=int(self.leeway.total_seconds())))
        return token.claims

    def signed_out(self, logout_token: str, now: datetime) -> SignedOut:
        """What a logout token says (OpenID Connect Back-Channel Logout 2.6). Raises SignInRefused, RequestException."""
        document = self.idp.document()
        token = self._verified(logout_token, document)
        claims = token.claims
        options: dict[str, Any] = {
            "iss": {"essential": True, "value": document.issuer},
            "aud": {"essential": True, "value": self.client_id},
            "iat": {"essential": True},
            "jti": {"essential": True},
        }
        leeway = int(self.leeway.total_seconds())
        _judge(lambda: JWTClaimsRegistry(int(now.timestamp()), leeway, **options).validate(claims))
        typ = str(token.header.get("typ", "")).lower().removeprefix("application/")
        # An ID token is no logout token: it has a nonce, and no event.
        if typ not in {"", "jwt", "logout+jwt"} or "nonce" in claims:
            raise SignInRefused("typ")
        told = claims.get("events")
        if not isinstance(told, dict) or not isinstance(told.get(BACK_CHANNEL), dict):
            raise SignInRefused("events")
        said_at = datetime.fromtimestamp(claims["iat"], UTC)
        if now > said_at + LOGOUT_AGE + self.leeway:
            raise SignInRefused("too-old")
        subject, sid = claims.get("sub", ""), claims.get("sid", "")
        if not isinstance(subject, str) or not isinstance(sid, str) or not (subject or sid):
            raise SignInRefused("sub")
        until = said_at + LOGOUT_AGE + 2 * self.leeway
        return SignedOut(document.issuer, subject, sid, claims["jti"], until)

    def _verified(self, token: object, document: Document) -> Token:
        if not isinstance(token, str) or not token.isascii() or len(token) > LONGEST:
            raise SignInRefused("no-token")
        try:
            return jwt.decode(token, self._key, algorithms=document.algorithms)
        except SignInRefused:
            raise
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise SignInRefused("signature") from None

    def _key(self, token: GuestProtocol) -> PublicKey:
        """By its name; without a name the only one of its kind. Never one that the token brings along."""
        header = token.headers()
        kid = header.get("kid")
        if kid is not None and not isinstance(kid, str):
            raise SignInRefused("key")
        keys = self.idp.keys(kid)
        kind = _KINDS.get(str(header.get("alg")))
        if kind is None:
            raise SignInRefused("algorithm")
        fitting = [key for name, key in keys.items() if isinstance(key, kind) and kid in {None, name}]
        if len(fitting) != 1:
            raise SignInRefused("key")
        return fitting[0]


def _judge(check: Callable[[], None]) -> None:
    try:
        check()
    except ExpiredTokenError:
        raise SignInRefused("expired-or-clock") from None
    except ClaimError as error:
        # The claim's name is the standard's; one from the token is never repeated.
        known = {"iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "azp", "at_hash", "amr", "auth_time", "jti"}
        raise SignInRefused(error.claim if error.claim in known else "claims") from None
    except (JoseError, ValueError, TypeError, KeyError, OverflowError):
        raise SignInRefused("claims") from None
