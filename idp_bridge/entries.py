"""Which identity providers send people here by a link, and to where they go back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..core.contracts.errors import SettingsInvalid

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", re.ASCII)
# What a browser drops, turns into a slash, or reads differently than we do has no place in a listed address.
_PLAIN = re.compile(r"[A-Za-z0-9!$%&'()*+,./:;=?@\[\]_~-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """A door: `return_urls` are the only places besides `home_url` to which its people may be sent back."""

    key: str
    name: str
    return_urls: tuple[str, ...] = ()
    home_url: str = ""

    def way_back(self, return_to: str) -> str:
        """The asked address if it is listed, else the door's own; asked again when it is shown, for lists change."""
        return return_to if return_to in self.return_urls else self.home_url


class Entries:
    """All doors.

    An address counts only when it is letter by letter a listed one: nothing is parsed, so nothing can be parsed
    differently (D2).
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = {entry.key: entry for entry in entries}

    @classmethod
    def from_config(cls, tables: Mapping[str, Mapping[str, object]]) -> Entries:
        """From the `[entries.<key>]` tables. Raises SettingsInvalid naming every problem at once."""
        entries = [_entry(key, table) for key, table in tables.items()]
        problems = [problem for entry in entries for problem in _problems(entry)]
        if problems:
            raise SettingsInvalid(problems)
        return cls(entries)

    def get(self, key: str) -> Entry | None:
        """The door with this key."""
        return self._entries.get(key)

    def allowed(self, key: str, return_to: str) -> str:
        """The address if this door lists exactly it, else nothing: whatever else is asked is ignored."""
        entry = self._entries.get(key)
        return return_to if entry is not None and return_to in entry.return_urls else ""


def _entry(key: str, table: Mapping[str, object]) -> Entry:
    urls = table.get("return_urls") or ()
    listed = tuple(str(url) for url in urls) if isinstance(urls, list | tuple) else (str(urls),)
    return Entry(key, str(table.get("name") or ""), listed, str(table.get("home_url") or ""))


def _problems(entry: Entry) -> list[str]:
    found = []
    if not _KEY.fullmatch(entry.key):
        found.append("a key has small letters, digits and dashes only, 32 at most")
    if not entry.name.strip():
        found.append("name is missing; people see it on the button that leads back")
    addresses = (*entry.return_urls, *([entry.home_url] if entry.home_url else []))
    found += filter(None, map(address_problem, addresses))
    return [f"entries.{entry.key}: {why}" for why in found]


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
