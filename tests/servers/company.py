"""A company: its directory, its certified identity provider, and Keyback between them, each over TLS."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from .authority import Authority
from .certified_idp import CertifiedIdp, certified_idp
from .keyback import Keyback
from .outfit import SWIFT, pins
from .ports import free_port
from .round_robin import RoundRobin
from .slapd import Slapd, Someone
from .story import Post


@dataclass(frozen=True)
class Company:
    """`url` is Keyback's own, as people see it."""

    url: str
    idp: CertifiedIdp
    slapd: Slapd

    def somebody(self) -> Someone:
        """With one password for the directory and the sign-in page, as in most companies."""
        person = self.slapd.person()
        self.idp.knows(person.uid, person.password)
        return person


@contextmanager
def company(folder: Path, post: Post, slapd: Slapd, *, own_key: bool) -> Iterator[Company]:
    """Keyback proves who it is by a key of its own, or by a password that both know."""
    authority = Authority(folder / "authority")
    port = free_port()
    url = f"https://localhost:{port}"
    ours, theirs = _with_a_key(folder) if own_key else _with_a_password()
    with certified_idp(authority, [_client(url) | theirs]) as idp:
        sign_in = {"issuer": idp.issuer, "client_id": "keyback", "ca_file": str(authority.ca_file), **ours}
        sign_in |= {"claim": "preferred_username", "store": "openldap"}
        more = {"portal_url": url, "sign_in": sign_in}
        with (
            Keyback(folder / "keyback", {**pins(post, slapd), **SWIFT}, more=more) as keyback,
            RoundRobin([keyback.port], port=port, tls=authority.issue("127.0.0.1", "localhost")),
        ):
            yield Company(url, idp, slapd)


def _client(url: str) -> dict[str, Any]:
    """What the identity provider is told of Keyback: what docs/operate.md says."""
    return {
        "client_id": "keyback",
        "redirect_uris": [f"{url}/sign-in/callback"],
        "post_logout_redirect_uris": [f"{url}/sign-out"],
        "backchannel_logout_uri": f"{url}/sign-out/back-channel",
        "backchannel_logout_session_required": True,
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
    }


def _with_a_password() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    # With signs in it that mean something where it travels.
    secret = f"{secrets.token_urlsafe(24)}+%:"
    return {"client_secret": secret}, {"client_secret": secret, "token_endpoint_auth_method": "client_secret_basic"}


def _with_a_key(folder: Path) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    key = ECKey.generate_key("P-256")
    file = folder / "client.pem"
    file.touch(mode=0o600)
    file.write_bytes(key.as_pem(private=True))
    public = key.as_dict(private=False) | {"use": "sig", "alg": "ES256"}
    how = {"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256"}
    return {"client_key_file": str(file)}, {**how, "jwks": {"keys": [public]}}
