"""Which identity providers send people here, by a link or by OpenID Connect, and to where they go back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..core.contracts.entry import Entry, OidcClient, SubjectKind
from ..core.contracts.errors import SettingsInvalid
from ..core.service.clients.entry_rules import digest, problems

# A secret of ours has 256 bits. One that somebody made up for keyback.toml has no slow hash, so it must be long.
SHORTEST_SECRET = 32
# Whoever writes one of these means a client, and is told what else it needs.
_ONLY_CLIENTS = ("redirect_uris", "client_secret", "client_keys", "jwks_uri", "backchannel_logout_uri")


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
        found += [f"entries.{entry.key}: {one.at}: {one.words}" for entry in made for one in problems(entry)]
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


def _entry(key: str, table: Mapping[str, object]) -> Entry:
    client = _client(table) if any(table.get(name) for name in _ONLY_CLIENTS) else None
    home = str(table.get("home_url") or "")
    language = str(table.get("language") or "")
    return Entry(key, str(table.get("name") or ""), _strings(table.get("return_urls")), home, client, language)


def _client(table: Mapping[str, object]) -> OidcClient:
    secret = str(table.get("client_secret") or "")
    return OidcClient(
        redirect_uris=_strings(table.get("redirect_uris")),
        secret_digest=digest(secret) if secret else "",
        keys=str(table.get("client_keys") or ""),
        jwks_uri=str(table.get("jwks_uri") or ""),
        subject=SubjectKind(str(table.get("subject") or SubjectKind.ID)),
        store=str(table.get("store") or ""),
        pkce=table.get("pkce") is not False,
        nonce=table.get("nonce") is not False,
        backchannel_logout_uri=str(table.get("backchannel_logout_uri") or ""),
    )


def _secret_problems(key: str, table: Mapping[str, object]) -> list[str]:
    secret = str(table.get("client_secret") or "")
    short = f"entries.{key}: client_secret must have {SHORTEST_SECRET} signs at least, from a random generator"
    return [short] if secret and len(secret) < SHORTEST_SECRET else []


def _strings(given: object) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, list | tuple) else (str(given),) if given else ()
