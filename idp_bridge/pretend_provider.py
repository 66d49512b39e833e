"""The pretend company as an identity provider: as much of OpenID Connect as one client needs, for the demo alone."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey

# How long somebody may look at the sign-in page, and how long a code may be on its way.
PAGE_SECONDS, CODE_SECONDS = 600, 60
TOKEN_SECONDS = 300
# Nobody but the visitor signs in here; more only comes from a program that has gone wild.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Wish:
    """What Keyback asked for when it sent somebody here, and where it wants them back. `name`: who they turned out to
    be, and since when."""

    state: str
    nonce: str
    challenge: str
    until: float
    back: str
    name: str = ""
    proven_at: int = 0


def _nothing(_name: str) -> Mapping[str, object]:
    return {}


@dataclass
class PretendProvider:
    """Knows one client. Keeps everything in memory: the next start of the demo knows nothing of this one."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    # Where its client wants people back; one of these is asked for.
    redirect_uris: tuple[str, ...]
    # What else is said of somebody: their display name, and their groups.
    about: Callable[[str], Mapping[str, object]] = _nothing
    _key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"), repr=False)
    _wishes: dict[str, Wish] = field(default_factory=dict, repr=False)

    def document(self) -> dict[str, object]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def keys(self) -> dict[str, object]:
        """The public half of the key that signs."""
        return {"keys": [{**self._key.as_dict(private=False), "kid": "demo", "use": "sig", "alg": "ES256"}]}

    def enter(self, asked: Mapping[str, str]) -> str:
        """The key of a sign-in page for this wish. Empty: it is nothing that our client asks for."""
        ours = {
            "client_id": self.client_id,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        state, nonce, challenge = (asked.get(name, "") for name in ("state", "nonce", "code_challenge"))
        wish = Wish(state, nonce, challenge, _in(PAGE_SECONDS), asked.get("redirect_uri", ""))
        fits = wish.back in self.redirect_uris and all(asked.get(name) == value for name, value in ours.items())
        return self._keep(wish) if fits and wish.state and wish.nonce and wish.challenge else ""

    def waits(self, page: str) -> bool:
        """Whether there is such a sign-in page."""
        wish = self._wishes.get(page)
        return wish is not None and not wish.name and wish.until > time.time()

    def let_in(self, page: str, name: str) -> str:
        """Where somebody goes who proved at this page that they have this name."""
        asked = self._wishes.pop(page)
        # A new key: whoever saw the page's address must not know the code.
        known = replace(asked, until=_in(CODE_SECONDS), name=name, proven_at=int(time.time()))
        answer = {"code": self._keep(known), "state": asked.state, "iss": self.issuer}
        return f"{asked.back}?{urlencode(answer)}"

    def token(self, given: Mapping[str, str], user: str, password: str) -> dict[str, object] | None:
        """What a code is good for, once, for our client, with what its challenge was made of."""
        known = self._wishes.pop(given.get("code", ""), None)
        ours = secrets.compare_digest(f"{user}:{password}".encode(), f"{self.client_id}:{self.client_secret}".encode())
        if known is None or not known.name or known.until < time.time() or not ours:
            return None
        if create_s256_code_challenge(given.get("code_verifier", "")) != known.challenge:
            return None
        return {"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "id_token": self._signed(known)}

    def _signed(self, known: Wish) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client_id, "sub": known.name, "preferred_username": known.name}
        times = {"iat": now, "exp": now + TOKEN_SECONDS, "auth_time": known.proven_at, "nonce": known.nonce}
        return jwt.encode({"alg": "ES256", "kid": "demo"}, {**self.about(known.name), **claims, **times}, self._key)

    def _keep(self, wish: Wish) -> str:
        now, known = time.time(), list(self._wishes.items())
        for place, (key, one) in enumerate(known):
            if one.until < now or place <= len(known) - MOST:
                self._wishes.pop(key, None)
        fresh = secrets.token_hex(16)
        self._wishes[fresh] = wish
        return fresh


def _in(seconds: int) -> float:
    return time.time() + seconds
