"""Addresses typed at the console that their plugin's wall stops anyway, said before they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from ...contracts.plugin import Fault, PluginSettings, addresses_of
from ...contracts.wall import Wall

WALLED = "walled"


def walled_off(settings: PluginSettings, wall: Wall) -> list[Fault]:
    """Those that need no look-up. Where a name leads is asked when it is connected to: it may change any moment."""
    names = sorted(addresses_of(type(settings)))
    return [Fault(name, WALLED, "") for name in names if not all(map(wall.lets, _literals(settings, name)))]


def hosts_of(settings: PluginSettings, name: str) -> list[str]:
    """The hosts that a setting names, as `host` or as `scheme://host:port`."""
    value = getattr(settings, name)
    said = value if isinstance(value, tuple) else (value,)
    return [host for each in said if (host := _host(each))]


def _literals(settings: PluginSettings, name: str) -> Iterator[str]:
    for host in hosts_of(settings, name):
        known = "127.0.0.1" if host.casefold().rstrip(".") == "localhost" else host
        try:
            Wall().lets(known)
        except ValueError:
            continue
        yield known


def _host(said: object) -> str:
    try:
        return (urlsplit(said).hostname or "" if "://" in said else said) if isinstance(said, str) else ""
    except ValueError:
        return ""
