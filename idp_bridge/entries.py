"""Which identity providers send people here, by a link or by OpenID Connect, and to where they go back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from urllib.parse import urlsplit

from ..core.contracts.entry import Entry, OidcClient, SubjectKind
from ..core.contracts.errors import SettingsInvalid

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", re.ASCII)
# What a browser drops, turns into a slash, or reads differently than we do has no place in a listed address.
_PLAIN = re.compile(r"[A-Za-z0-9!$%&'()*+,./:;=?@\[\]_~-]+", re.ASCII)
# A secret of ours has 256 bits. One that somebody made up for keyback.toml has no slow hash, so it must be long.
SHORTEST_SECRET = 32


class Entries:
    """All doors: those of keyback.toml, and those that administrators saved; the file's are not theirs to change.

    An address counts only when it is letter by letter a listed one: nothing is parsed, so nothing can be parsed
    differently (D2).
    """

    def __init__(self, pinned: Sequence[Entry], saved: Callable[[], Mapping[str, Entry]] = dict) -> None:
        self.pinned = {entry.key: entry for entry in pinned}
        self._saved = saved

    @classmethod
    def from_config(
        cls, tables: Mapping[str, Mapping[str, object]], saved: Callable[[], Mapping[str, Entry]] = dict
    ) -> Entries:
        """From the `[entries.<key>]` tables. Raises SettingsInvalid naming every problem at once."""
        made = [_entry(key, table) for key, table in tables.items()]
        found = [why for key, table in tables.items() for why in _secret_problems(key, table)]
        found += [f"entries.{entry.key}: {why}" for entry in made for why in problems(entry)]
        if found:
            raise SettingsInvalid(found)
        return cls(made, saved)

    def get(self, key: str) -> Entry | None:
        """The door with this key."""
        return self.pinned.get(key) or self._saved().get(key)

    def allowed(self, key: str, return_to: str) -> str:
        """The address if this door lists exactly it, else nothing: whatever else is asked is ignored."""
        entry = self.get(key)
        return return_to if entry is not None and return_to in entry.return_urls else ""


def digest(secret: str) -> str:
    """What is kept of a client's secret: 256 random bits need no slow hash."""
    return sha256(secret.encode()).hexdigest()


def problems(entry: Entry) -> list[str]:
    """Everything for which it cannot be an entry."""
    found = []
    if not _KEY.fullmatch(entry.key):
        found.append("a key has small letters, digits and dashes only, 32 at most")
    if not entry.name.strip():
        found.append("name is missing; people see it on the button that leads back")
    client = entry.client
    addresses = [*entry.return_urls, *([entry.home_url] if entry.home_url else [])]
    addresses += client.redirect_uris if client else []
    found += filter(None, map(address_problem, addresses))
    if client is not None and not client.redirect_uris:
        found.append("redirect_uris is missing: where the client hears its answer")
    if client is not None and not client.store:
        found.append("store is missing: whose accounts the client knows")
    if client is not None and bool(client.secret_digest) == bool(client.keys):
        found.append("a client has a secret or a key of its own, and not both: it must prove who it is")
    return found


def address_problem(address: str) -> str:
    """Why this address may not be listed; empty when it may."""
    if not _PLAIN.fullmatch(address):
        return f"{address!r} has more than plain letters, or a #; write anything else percent-encoded"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"{address} is no address"
    if not host or parts.username is not None:
        return f"{address}: an address has a host and no user name"
    local = host in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        return f"{address} must begin with https://"
    return ""


def _entry(key: str, table: Mapping[str, object]) -> Entry:
    client = _client(table) if table.get("redirect_uris") or table.get("client_secret") else None
    home = str(table.get("home_url") or "")
    return Entry(key, str(table.get("name") or ""), _strings(table.get("return_urls")), home, client)


def _client(table: Mapping[str, object]) -> OidcClient:
    secret = str(table.get("client_secret") or "")
    return OidcClient(
        redirect_uris=_strings(table.get("redirect_uris")),
        secret_digest=digest(secret) if secret else "",
        keys=str(table.get("client_keys") or ""),
        subject=SubjectKind(str(table.get("subject") or SubjectKind.ID)),
        store=str(table.get("store") or ""),
        pkce=table.get("pkce") is not False,
        nonce=table.get("nonce") is not False,
    )


def _secret_problems(key: str, table: Mapping[str, object]) -> list[str]:
    secret = str(table.get("client_secret") or "")
    short = f"entries.{key}: client_secret must have {SHORTEST_SECRET} signs at least, from a random generator"
    return [short] if secret and len(secret) < SHORTEST_SECRET else []


def _strings(given: object) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, list | tuple) else (str(given),) if given else ()
