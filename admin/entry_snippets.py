"""What to write where at an identity provider, with this entry's own addresses in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from ..core.contracts.entry import Entry
from ..core.contracts.text import Text

# Microsoft takes no more at this place.
ENTRA_MOST = 128
# Where the entry's address stands in what is copied, and Keyback's own.
HERE, PORTAL = "HERE", "PORTAL"
_LINKS = (
    (
        "HTML",
        Text("Any page that you can change. Keyback fills in the name that stands behind the address."),
        '<a href="HERE?login_hint=">Forgot my password</a>',
    ),
    (
        "LemonLDAP::NG",
        Text("In its configuration, or in the manager under Portal > Customization."),
        '{\n  "portalDisplayResetPassword": 1,\n  "mailUrl": "HERE"\n}',
    ),
    (
        "Keycloak",
        Text("In a theme of your own: login/field.ftl, in place of url.loginResetCredentialsUrl."),
        "HERE?login_hint=${(login.username!)?url}",
    ),
    ("authentik", Text("Brands > Default flows > Recovery flow: a flow with one Redirect stage to"), "HERE"),
    (
        "Microsoft Entra ID",
        Text("Company branding > Sign-in form > Self-service password reset: show it, with this common URL."),
        "HERE",
    ),
    (
        "AD FS",
        Text("In PowerShell on the server."),
        "Set-AdfsGlobalWebContent -SignInPageDescriptionText '<p><a href=\"HERE\">Forgot your password?</a></p>'",
    ),
    ("Okta", Text("Brands > Sign-in page > Settings > Links: the forgotten-password link."), "HERE"),
    ("Zitadel", Text("Hide its own password reset in the login policy, and set the Help link to"), "HERE"),
    (
        "Shibboleth IdP",
        Text("In messages/messages.properties, and in each language's file."),
        "idp.url.password.reset = HERE",
    ),
    (
        "Apereo CAS",
        Text("In a theme of your own: the fragment of the password-management links."),
        '<a href="HERE">Forgot your password?</a>',
    ),
    (
        "PingFederate, Auth0 (Lock), Amazon WorkSpaces",
        Text("The password management system, forgotPasswordLink, or ForgotPasswordLink."),
        "HERE",
    ),
    (
        "Google Workspace",
        Text("Change password URL in the profile of the third-party sign-in: only for who knows the old one."),
        "PORTAL/change",
    ),
)


@dataclass(frozen=True, slots=True)
class Snippet:
    """One identity provider: where it is set, and the words to copy."""

    provider: str
    where: Text
    code: str


def address_of(entry: Entry, origin: str) -> str:
    """Where its link leads."""
    return f"{origin}/go/{quote(entry.key)}"


def of_link(entry: Entry, origin: str) -> Iterator[Snippet]:
    """Every way to let "Forgot my password" lead here that docs/identity_providers.md knows."""
    here = address_of(entry, origin)
    for provider, where, code in _LINKS:
        if provider != "Microsoft Entra ID" or len(here) <= ENTRA_MOST:
            yield Snippet(provider, where, code.replace(HERE, here).replace(PORTAL, origin))


def of_client(entry: Entry, origin: str) -> Iterator[Snippet]:
    """What a client of OpenID Connect has to know; nothing for a link."""
    client = entry.client
    if client is None:
        return
    proof = "private_key_jwt" if client.has_own_key else "client_secret_basic"
    told = {
        "issuer": origin,
        "client_id": entry.key,
        "token_endpoint_auth_method": proof,
        "redirect_uris": list(client.redirect_uris),
        "response_types": ["code"],
        "scope": "openid profile",
        "code_challenge_method": "S256" if client.pkce else "S256 or none",
        "id_token_signed_response_alg": "RS256",
    }
    yield Snippet("OpenID Connect", Text("What every client needs; most read the rest by themselves."),
                  json.dumps(told, indent=2))  # fmt: skip
    yield Snippet(
        "Discovery", Text("Where a client reads the rest."), f"{origin}/.well-known/openid-configuration"
    )  # fmt: skip
    given = "client.PrivateKeyJwt(key)" if client.has_own_key else "client.ClientSecretBasic(secret)"
    yield Snippet(
        "openid-client (Node.js)", Text("Version 6."),
        f'const config = await client.discovery(new URL("{origin}"), "{entry.key}", undefined, {given})',
    )  # fmt: skip
    yield Snippet(
        "Keycloak",
        Text("Identity providers > OpenID Connect v1.0, hidden on the sign-in page: its discovery endpoint."),
        f"{origin}/.well-known/openid-configuration",
    )  # fmt: skip
    yield Snippet("authentik", Text("A source of the kind OAuth/OpenID: its OIDC well-known URL."),
                  f"{origin}/.well-known/openid-configuration")  # fmt: skip
