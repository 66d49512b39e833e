"""What a client reads of us before it asks anything (OpenID Connect Discovery 1.0)."""

from __future__ import annotations

from .authorize import ACR_VALUES, SCOPES
from .claims import DONE

# Every client can verify it; many can verify nothing else.
ALGORITHM = "RS256"
CLIENT_ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519")
CLAIMS = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "preferred_username", DONE)


def document(issuer: str, languages: list[str]) -> dict[str, object]:
    """Only what is there: a client that believes more than that is refused later."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks.json",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "acr_values_supported": list(ACR_VALUES),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(CLIENT_ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": list(CLAIMS),
        "ui_locales_supported": languages,
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        # Keyback signs nobody in anywhere, so it has no session of a client's to name.
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": False,
    }
