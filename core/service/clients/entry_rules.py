"""What an entry must be like to be safe, whoever made it: the configuration file, or an administrator."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from ...contracts.entry import Entry, OidcClient
from ...contracts.text import Text

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", re.ASCII)
# What a browser drops, turns into a slash, or reads differently than we do has no place in a listed address.
_PLAIN = re.compile(r"[A-Za-z0-9!$%&'()*+,./:;=?@\[\]_~-]+", re.ASCII)
MOST_ADDRESSES, LONGEST_ADDRESS, LONGEST_NAME, LONGEST_KEYS = 20, 400, 80, 20_000
# The numbers that a public key is made of, by its kind, and what only its owner may have.
_PUBLIC = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}
_SHORTEST_RSA = 256


@dataclass(frozen=True, slots=True)
class Problem:
    """Why it cannot be an entry, and which part of it says so."""

    at: str
    words: Text


def digest(secret: str) -> str:
    """What is kept of a client's secret: 256 random bits need no slow hash."""
    return sha256(secret.encode()).hexdigest()


def addresses(entry: Entry) -> tuple[str, ...]:
    """Every place to which people or answers may go, each once."""
    client = entry.client
    told = (*client.redirect_uris, client.backchannel_logout_uri, client.jwks_uri) if client else ()
    return tuple(dict.fromkeys(place for place in (*entry.return_urls, entry.home_url, *told) if place))


def problems(entry: Entry) -> tuple[Problem, ...]:
    """Everything for which it cannot be an entry."""
    found = []
    if not _KEY.fullmatch(entry.key):
        found.append(Problem("key", Text("A key has small letters, digits and dashes only, 32 at most.")))
    if not entry.name.strip():
        found.append(Problem("name", Text("The name is missing; people see it on the button that leads back.")))
    found += _in_addresses("return_urls", entry.return_urls)
    found += _in_addresses("home_url", (entry.home_url,) if entry.home_url else ())
    return (*found, *(_of_client(entry.client) if entry.client else ()))


def address_problem(address: str) -> Text | None:
    """Why this address may not be listed; None when it may."""
    if not _PLAIN.fullmatch(address):
        said = Text("{address} has more than plain letters, or a #; write anything else percent-encoded.")
        return said.filled(address=repr(address))
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return Text("{address} is no address.", address=address)
    if not host or parts.username is not None:
        return Text("{address}: an address has a host and no user name.", address=address)
    if parts.scheme != "https" and not (parts.scheme == "http" and host in {"localhost", "127.0.0.1", "::1"}):
        return Text("{address} must begin with https://", address=address)
    return None


def keys_problem(keys: str) -> Text | None:
    """Why this is no set of a client's public keys; None when it is one."""
    found = read_keys(keys) if len(keys) <= LONGEST_KEYS else ()
    if not found:
        return Text("This is no JWKS: an object of JSON with keys of the kind RSA, EC or OKP.")
    if any(_PRIVATE & key.keys() for key in found):
        return Text("There is a private key in it. Make a new key: this one was shown to somebody.")
    if not all(map(_is_whole, found)):
        return Text("A key in it can't be read, or is an RSA key of fewer than 2048 bits.")
    return None


def read_keys(keys: str) -> tuple[Mapping[str, Any], ...]:
    """The keys in it as they are; none where it is no JWKS. Those of other kinds are no use to us (RFC 7517 5)."""
    try:
        found = json.loads(keys)["keys"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ()
    whole = isinstance(found, list) and all(isinstance(key, dict) and isinstance(key.get("kty"), str) for key in found)
    return tuple(key for key in found if key["kty"] in _PUBLIC or _PRIVATE & key.keys()) if whole else ()


def _in_addresses(at: str, listed: tuple[str, ...]) -> Iterator[Problem]:
    if len(listed) > MOST_ADDRESSES or any(len(address) > LONGEST_ADDRESS for address in listed):
        words = Text("At most {n} addresses, each of at most {m} characters.", n=MOST_ADDRESSES, m=LONGEST_ADDRESS)
        yield Problem(at, words)
        return
    for address in listed:
        if wrong := address_problem(address):
            yield Problem(at, wrong)


def _of_client(client: OidcClient) -> Iterator[Problem]:
    if not client.redirect_uris:
        yield Problem("redirect_uris", Text("The redirect address is missing: where the client hears its answer."))
    yield from _in_addresses("redirect_uris", client.redirect_uris)
    for at in ("backchannel_logout_uri", "jwks_uri"):
        address = getattr(client, at)
        yield from _in_addresses(at, (address,) if address else ())
    if not client.store:
        yield Problem("store", Text("The directory is missing: whose accounts the client knows."))
    if client.keys and (words := keys_problem(client.keys)):
        yield Problem("keys", words)
    if [bool(client.secret_digest), bool(client.keys), bool(client.jwks_uri)].count(True) != 1:
        yield Problem(
            "proof", Text("A client has a secret or a key of its own, and not both: it must prove who it is.")
        )


def _is_whole(key: Mapping[str, Any]) -> bool:
    parts = [key.get(name) for name in _PUBLIC[key["kty"]]]
    if not all(isinstance(part, str) and part.isascii() and part for part in parts):
        return False
    try:
        numbers = [urlsafe_b64decode(f"{key[name]}==") for name in _PUBLIC[key["kty"]] if name != "crv"]
    except ValueError:
        return False
    return key["kty"] != "RSA" or len(numbers[0]) >= _SHORTEST_RSA
