"""Wakes people's phones through their browsers' push services (RFC 8030); what it carries only the phone can read."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from os import urandom
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key, generate_private_key
from pydantic import Field as Setting
from pydantic import SecretStr, field_validator

from ...core import (
    Channel,
    Context,
    DeliveryFailed,
    Message,
    PluginSettings,
    Receipt,
    Text,
    hookimpl,
    trusted_certificates,
)
from ...core.networks import Networks
from ...core.outside import OutsideToMany, Request, failure, refusal
from ._web_push import SALT_BYTES, encrypted, point, ticket, to_bytes, to_text

# A request waits for so long; a phone that is switched on later need not hear of it.
KEEP_SECONDS = 300
MOST_PHONES, MOST_BYTES, LONGEST_PART = 5, 1000, 1000
# What a browser says of where it can be reached: an address, and two keys for what only it may read.
PARTS = {"endpoint", "p256dh", "auth"}
Phone = Mapping[str, str]
# P-256 has so many keys, less one: what is derived for us must become one of them.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]+)?", re.ASCII)


class WebPushSettings(PluginSettings):
    """Which push services are asked. Each of them belongs to a browser; people choose it with their phone."""

    key: SecretStr = Setting(
        title="Signing key",
        description="32 bytes in hexadecimal; made by Keyback. Another one ends every subscription.",
    )
    contact: str = Setting(
        "",
        title="Contact",
        description="mailto:… or https://… by which a push service may reach you. Empty: the portal's address.",
    )
    hosts: tuple[str, ...] = Setting(
        (
            "fcm.googleapis.com",
            "updates.push.services.mozilla.com",
            "*.push.apple.com",
            "*.notify.windows.com",
        ),
        title="Push services",
        description="Hosts that phones may name as theirs; *. in front means every host below. All others are refused.",
    )
    private_networks: Networks = Setting(
        (),
        title="Private networks",
        description="Networks like 10.1.2.0/24 in which a push service of your own may be.",
    )
    ca_file: str = Setting(
        "",
        title="Certificate authority",
        description="A PEM file, if your push service's authority is your own.",
        json_schema_extra=trusted_certificates(),
    )

    @field_validator("key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch("[0-9a-f]{64,}", value.get_secret_value()):
            raise ValueError("32 bytes in hexadecimal")
        return value

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_HOST.fullmatch(host) for host in value):
            raise ValueError("host names, in small letters")
        return value


class WebPush(Channel):
    """One request for each phone of the person."""

    key = "web_push"
    label = Text("Push messages to browsers")
    media = frozenset({"push"})
    Settings = WebPushSettings
    settings: WebPushSettings

    def __init__(self, settings: WebPushSettings) -> None:
        super().__init__(settings)
        self._outside = OutsideToMany(settings.private_networks, settings.ca_file)
        number = int(settings.key.get_secret_value(), 16)
        self._private = derive_private_key(number % (ORDER - 1) + 1, SECP256R1())

    def wake_key(self) -> str:
        """What browsers subscribe with: only we can send to what they made for it."""
        return to_text(point(self._private.public_key()))

    def send(self, message: Message, ctx: Context) -> Receipt:
        """To each of the phones; one that is reached is enough."""
        phones = _phones(message.to) if message.medium in self.media else []
        words = str(message.text).encode("utf-8", "replace")
        if not phones or len(words) > MOST_BYTES:
            raise DeliveryFailed("address" if not phones else "too-long", retry=False)
        ends = time.monotonic() + (ctx.deadline - ctx.now).total_seconds()
        failed = [why for phone in phones if (why := self._failure(phone, words, ctx, ends)) is not None]
        if len(failed) == len(phones):
            # If any of them may be reached later, later is worth a try.
            raise next((why for why in failed if why.retry), failed[0])
        return Receipt()

    def _failure(self, phone: Phone, words: bytes, ctx: Context, ends: float) -> DeliveryFailed | None:
        """Why this phone could not be reached; None once its push service took it."""
        if not _may_ask(phone["endpoint"], self.settings.hosts):
            return DeliveryFailed("host-not-listed", retry=False)
        try:
            status = self._outside.ask(self._request(phone, words, ctx), ends).status
        except ValueError:
            return DeliveryFailed("address", retry=False)
        except (OSError, HTTPException) as error:
            return failure(error)
        if 200 <= status < 300:
            return None
        # 404 and 410: the person switched it off, or the browser has another one by now; it says so when it is opened.
        return DeliveryFailed("gone", retry=False) if status in (404, 410) else refusal(status)

    def _request(self, phone: Phone, words: bytes, ctx: Context) -> Request:
        keys, once = (to_bytes(phone["p256dh"]), to_bytes(phone["auth"])), generate_private_key(SECP256R1())
        audience = "https://" + urlsplit(phone["endpoint"]).netloc
        headers = {
            "Authorization": ticket(self._private, audience, self.settings.contact or ctx.origin, ctx.now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEEP_SECONDS),
            "Urgency": "high",
        }
        body = encrypted(words, *keys, once=once, salt=urandom(SALT_BYTES))
        return Request("POST", phone["endpoint"], headers, body)


def _phones(to: str) -> list[Phone]:
    """Where each of the person's phones is to be reached; empty for what is no such list."""
    try:
        listed = json.loads(to)
    except (ValueError, RecursionError):
        return []
    if not isinstance(listed, list) or len(listed) > MOST_PHONES:
        return []
    whole = all(isinstance(one, dict) and one.keys() == PARTS and all(map(_is_text, one.values())) for one in listed)
    return listed if whole else []


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_PART


def _may_ask(endpoint: str, hosts: Sequence[str]) -> bool:
    """Subscriptions come from outside: whoever adds a phone could otherwise have us ask any host."""
    if not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        return False
    try:
        parts = urlsplit(endpoint)
        host = (parts.hostname or "") + ("" if parts.port in {None, 443} else f":{parts.port}")
    except ValueError:
        return False
    whole = parts.scheme == "https" and parts.username is None and not parts.fragment
    return whole and any(host == listed or (listed[0] == "*" and host.endswith(listed[1:])) for listed in hosts)


@hookimpl
def keyback_channels() -> list[type[Channel]]:
    return [WebPush]
