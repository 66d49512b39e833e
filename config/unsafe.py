"""Why Keyback would not be safe with these settings, each with what to set instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from ssl import create_default_context
from urllib.parse import SplitResult, parse_qs, urlsplit

from ..idp_bridge.addresses import is_proxy, is_safe
from .brand import unfit
from .media import misspelt
from .settings import ConsoleSettings, Settings, SignInSettings, WayOut

# A whole top-level domain is nobody's own.
HOST = re.compile(r"(?:\*\.(?=[^.]+\.))?[a-z0-9-]+(?:\.[a-z0-9-]+)*", re.ASCII | re.I)
SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII | re.I)
VERIFIED = frozenset({"verify-full", "verify-ca"})


def unsafe(settings: Settings) -> list[str]:
    """Everything at once, so that nobody mends one line at a time. Empty when it may start."""
    found = [*_portal(settings), *_listening(settings), *_metrics(settings), *_database(settings), *_plugins(settings)]
    found += [*_pages(settings), *_entries(settings), *_claims(settings), *_organisations(settings)]
    found += [*_sign_in(settings), *_console(settings), *_signals(settings)]
    return [*found, *misspelt(settings)]


def _portal(settings: Settings) -> Iterator[str]:
    parts = _split(settings.portal_url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        yield "portal_url must be a whole address, such as https://reset.example.org"
        return
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        yield "portal_url must end after the host name: Keyback has a host of its own, its cookies demand it"
    if parts.scheme != "https" and not settings.demo:
        yield "portal_url must begin with https:// (codes and passwords travel to it)"


def _listening(settings: Settings) -> Iterator[str]:
    outside = not _is_loopback(settings.serve.host)
    if settings.demo and outside:
        yield "serve.bind must be on this machine in the demo: it shows every code to everybody"
    if outside and not settings.demo and not settings.trusted_proxies:
        yield "serve.bind can be reached from outside: name the proxy that ends TLS in trusted_proxies"
    if any(network.prefixlen == 0 for network in settings.trusted_proxies):
        yield "trusted_proxies must not be everybody: then anybody could claim any address"
    if any(network.prefixlen == 0 for network in settings.trusted_networks):
        yield "trusted_networks must not be everybody: then no source would be limited"


def _metrics(settings: Settings) -> Iterator[str]:
    if settings.metrics.bind and settings.metrics.port == settings.serve.port:
        yield "metrics.bind needs a port of its own: what the proxy passes on must never lead to it"
    if any(network.prefixlen == 0 for network in settings.metrics.networks):
        yield "metrics.networks must not be everybody: the figures are for whoever operates Keyback"


def _database(settings: Settings) -> Iterator[str]:
    parts = _split(settings.database)
    if parts is None or parts.scheme not in {"sqlite", "postgresql+psycopg"}:
        yield "database_url must begin with sqlite:/// or postgresql+psycopg://"
        return
    if parts.scheme == "sqlite":
        return
    query = parse_qs(parts.query)
    host = query.get("host", [parts.hostname or ""])[0]
    near = not host or host.startswith("/") or _is_loopback(host)
    if not near and not set(query.get("sslmode", [])) & VERIFIED:
        yield "database_url leads over the network: add ?sslmode=verify-full (and sslrootcert=…)"


def _plugins(settings: Settings) -> Iterator[str]:
    names = settings.plugins.load
    if len(set(names)) < len(names):
        yield "plugins.load names a plugin twice"
    if settings.plugins.human_check not in names:
        yield "plugins.human_check must be one of plugins.load: without it robots could start recoveries"
    without = settings.plugins.human_check_without_script
    if without and without not in names:
        yield "plugins.human_check_without_script must be one of plugins.load, or empty: then it takes scripts to start"
    if "outbox" in names and not settings.demo:
        yield "plugins.load must not name outbox: it shows every code to everybody and is for the demo alone"
    if "pretend_cloud" in names and not settings.demo:
        yield "plugins.load must not name pretend_cloud: it plays a directory, for the demo alone"
    for name, digest in settings.plugins.approved.items():
        if name not in names:
            yield f"plugins.approved: {name} is none of plugins.load, so no other files would be refused"
        if not SHA256.fullmatch(digest):
            yield f"plugins.approved: {name} must have the 64 digits of a SHA-256, as the console shows it"


def _pages(settings: Settings) -> Iterator[str]:
    yield from unfit(settings)
    for store in set(settings.pages.keeps_old_password) - set(settings.plugins.load):
        yield f"pages.keeps_old_password: {store} is none of plugins.load"


def _entries(settings: Settings) -> Iterator[str]:
    for key, entry in settings.entries.items():
        told = [address for address in (entry.home_url, entry.backchannel_logout_uri, entry.jwks_uri) if address]
        for address in (*entry.return_urls, *entry.redirect_uris, *told):
            parts = _split(address)
            if parts is None or not parts.hostname or parts.username is not None:
                yield f"entries.{key}: {address!r} is not a whole address"
            elif parts.scheme != "https" and not settings.demo:
                yield f"entries.{key}: {address!r} must begin with https://"
        if entry.redirect_uris and entry.store not in settings.plugins.load:
            yield f"entries.{key}: store must be one of plugins.load: whose accounts this client knows"


def _signals(settings: Settings) -> Iterator[str]:
    chosen = settings.signals
    for host in chosen.push_hosts:
        if not HOST.fullmatch(host):
            yield f'signals.push_hosts: {host!r} is no host name; "*.example.org" stands for all below it'
    if any(network.prefixlen == 0 for network in chosen.private_networks):
        yield "signals.private_networks must not be everything: whoever holds a receiver's token says where to go"
    if any(network.prefixlen == 0 for network in settings.clients.private_networks):
        yield "clients.private_networks must not be everything: whoever makes an entry says where to go"
    yield from _way_out("signals", chosen)
    yield from _way_out("clients", settings.clients)


def _way_out(section: str, chosen: WayOut) -> Iterator[str]:
    if chosen.ca_file and not _holds_certificates(chosen.ca_file):
        yield f"{section}.ca_file holds no certificate in PEM"
    proxy = chosen.proxy.get_secret_value()
    if proxy and not (is_proxy(proxy) and proxy.startswith("http://")):
        yield f"{section}.proxy must be http://, a host and a port, and nothing after it"


def _sign_in(settings: Settings) -> Iterator[str]:
    chosen = settings.sign_in
    if not chosen.issuer:
        if chosen != SignInSettings():
            yield "sign_in.issuer is missing: without it nobody can sign in, and the rest of [sign_in] means nothing"
        return
    if not is_safe(chosen.issuer, plain_http=settings.demo) or "?" in chosen.issuer:
        yield "sign_in.issuer must begin with https:// and end after its path (whoever is in between would be anybody)"
    if not chosen.client_id:
        yield "sign_in.client_id is missing: the identity provider gives it to Keyback"
    if bool(chosen.client_secret.get_secret_value()) == bool(chosen.client_key_file):
        yield "sign_in needs client_secret or client_key_file, and not both: Keyback must prove who it is there"
    if "openid" not in chosen.scopes:
        yield "sign_in.scopes must name openid: without it nobody is vouched for"
    if not chosen.claim:
        yield "sign_in.claim is missing: which claim holds the name that the directory knows people by"
    if chosen.ca_file and not _holds_certificates(chosen.ca_file):
        yield "sign_in.ca_file holds no certificate in PEM"
    proxy = chosen.proxy.get_secret_value()
    if proxy and not is_proxy(proxy):
        yield "sign_in.proxy must be http:// or https://, a host and a port, and nothing after it"
    if chosen.store not in settings.plugins.load:
        yield "sign_in.store must be one of plugins.load: where people are looked up who sign in"


def _console(settings: Settings) -> Iterator[str]:
    chosen = settings.console
    if not chosen.url:
        if chosen != ConsoleSettings():
            yield "console.url is missing: without it there is no console, and the rest of [console] means nothing"
        return
    parts = _split(chosen.url)
    if parts is None or not parts.hostname or parts.path.strip("/") or parts.query or "@" in parts.netloc:
        yield "console.url must be a whole address that ends after the host name, such as https://console.example.org"
        return
    if parts.scheme != "https" and not settings.demo:
        yield "console.url must begin with https:// (what opens the console travels to it)"
    if settings.console_origin.lower() == settings.origin.lower() and not chosen.allow_shared_host:
        yield "console.url needs a host of its own: a fault in people's pages must not reach into the console"
    if settings.sign_in.issuer and not chosen.administrators:
        yield "console.administrators is missing: in which group of your identity provider administrators are"
    if settings.sign_in.issuer and not (chosen.groups_claim and chosen.name_claim and "openid" in chosen.scopes):
        yield "console needs groups_claim, name_claim and the scope openid: by them it knows who somebody is"


def _claims(settings: Settings) -> Iterator[str]:
    claimed: dict[str, str] = {}
    for store, realms in settings.realms.items():
        for realm in realms:
            if claimed.setdefault(realm.casefold(), store) != store:
                yield f"realms: {realm} is claimed by two stores, so a name could mean two people"


def _organisations(settings: Settings) -> Iterator[str]:
    stores = {*settings.organisations.values()}
    for store in sorted(stores - {*settings.plugins.load}):
        yield f"organisations: {store} must be one of plugins.load, or nobody who chooses it is found"
    if len(stores) == 1:
        yield "organisations: name those of at least two stores, or none, for else there is nothing to choose"


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _holds_certificates(file: Path) -> bool:
    try:
        return create_default_context(cafile=file).cert_store_stats()["x509"] > 0
    except (OSError, ValueError):
        return False


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
