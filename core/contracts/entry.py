"""The doors by which people arrive from an identity provider: a short link, or OpenID Connect."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class SubjectKind(StrEnum):
    """By what a client knows people: the id that a directory never gives to another account, or a name."""

    ID = "id"
    UPN = "upn"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class OidcClient:
    """An identity provider that sends people here by OpenID Connect.

    It proves who it is by a secret, of which only a digest is kept, or by a key of its own: `keys` is its JWKS, or
    `jwks_uri` the address where it publishes that.
    `store`: whose accounts it knows; empty: any. `pkce` and `nonce` say that every request must carry them.
    `backchannel_logout_uri`: where it hears that somebody's sessions are over; empty: nowhere.
    """

    redirect_uris: tuple[str, ...]
    secret_digest: str = field(default="", repr=False)
    keys: str = ""
    jwks_uri: str = ""
    subject: SubjectKind = SubjectKind.ID
    store: str = ""
    pkce: bool = True
    nonce: bool = True
    backchannel_logout_uri: str = ""

    @property
    def has_own_key(self) -> bool:
        """Whether it proves who it is by a key, and no secret."""
        return bool(self.keys or self.jwks_uri)


@dataclass(frozen=True, slots=True)
class Entry:
    """`return_urls` are the only places besides `home_url` to which people may be sent back.

    With a `client` it is a door of OpenID Connect too; the entry's key is the client's name. In `language` the pages
    begin for whoever neither chose one nor was sent with `ui_locales`; empty: as their browser asks.
    """

    key: str
    name: str
    return_urls: tuple[str, ...] = ()
    home_url: str = ""
    client: OidcClient | None = None
    language: str = ""

    @property
    def kind(self) -> str:
        """What administrators call it."""
        return "oidc" if self.client else "link"

    def way_back(self, return_to: str) -> str:
        """The asked address if it is listed, else the door's own; asked again when it is shown, for lists change."""
        return return_to if return_to in self.return_urls else self.home_url
