"""Text messages and calls through Twilio, by plain HTTP, and what Twilio tells us of them."""

from __future__ import annotations

import hmac
import json
import re
import time
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from hashlib import sha1
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from pydantic import Field as Setting
from pydantic import SecretStr, field_validator

from ...core import (
    Callback,
    Channel,
    Context,
    DeliveryFailed,
    Heard,
    Message,
    PluginError,
    PluginSettings,
    Receipt,
    Text,
    e164,
    hookimpl,
    only_in_file,
    trusted_certificates,
    why_not,
)
from ...core.networks import Networks, must_be_secret, parts_of
from ...core.outside import Outside, Request, failure
from ._twilio_codes import refused, state
from ._twiml import TWIML, ask_for_key, only_say

# In seconds: how long it rings, how long a call may last at most, how long a code is worth delivering.
RING, LONGEST_CALL, STILL_GOOD = 30, 60, 300
# So much earlier than its caller this plugin gives up, and says itself what happened.
EARLIER, CHECK_SECONDS = 0.5, 10.0
_EXTENSION = re.compile(r"([0-9]{1,20})?")


class TwilioSettings(PluginSettings):
    """The account, what its messages come from, and the way to it."""

    account: str = Setting(title="Account SID", description="Begins with AC.", pattern=r"^AC[0-9a-fA-F]{32}$")
    auth_token: SecretStr = Setting(
        title="Auth token", description="The account's own: what Twilio tells us is signed with it."
    )
    number: str = Setting(title="Number", description="One of the account's, with +. Calls and texts come from it.")
    sender: str = Setting(
        "",
        title="Sender of texts",
        description="A messaging service (MG…) or a name of up to 11 letters instead of the number.",
        pattern=r"^(MG[0-9a-fA-F]{32}|[A-Za-z0-9 ]{1,11})?$",
    )
    base_url: str = Setting(
        "https://api.twilio.com",
        title="Address",
        description="Another one for a region or a test.",
        json_schema_extra=only_in_file(),
    )
    proxy: SecretStr = Setting(
        SecretStr(""),
        title="Proxy",
        description="http://name:password@host:port on the way there. Empty: none.",
        json_schema_extra=only_in_file(),
    )
    private_networks: Networks = Setting(
        (), title="Private networks", description="Networks like 10.1.2.0/24 in which that address may be."
    )
    ca_file: str = Setting(
        "",
        title="Certificate authority",
        description="A PEM file, if a proxy of your own reads along.",
        json_schema_extra=trusted_certificates(),
    )

    @field_validator("number")
    @classmethod
    def _is_a_number(cls, value: str) -> str:
        number = e164(value)
        if number is None:
            raise ValueError("one whole number, with + and country")
        return number

    @field_validator("base_url")
    @classmethod
    def _is_a_safe_address(cls, value: str) -> str:
        parts = parts_of(value)
        if parts.username or parts.query or parts.fragment or not parts.hostname:
            raise ValueError("is not a plain address")
        must_be_secret(parts)
        return value.rstrip("/")

    @field_validator("proxy")
    @classmethod
    def _is_a_proxy(cls, value: SecretStr) -> SecretStr:
        parts = parts_of(value.get_secret_value())
        if value.get_secret_value() and (parts.scheme != "http" or not parts.hostname or not parts.port):
            raise ValueError("http://host:port, with a name and a password before the host if it asks for them")
        return value


class Twilio(Channel):
    """Each message is one request; what becomes of it comes back signed, to an address that only Twilio was told."""

    key = "twilio"
    label = Text("Twilio")
    media = frozenset({"sms", "voice"})
    Settings = TwilioSettings
    settings: TwilioSettings

    def __init__(self, settings: TwilioSettings) -> None:
        super().__init__(settings)
        self._outside = Outside(settings.private_networks, settings.ca_file, settings.proxy.get_secret_value())

    def send(self, message: Message, ctx: Context) -> Receipt:
        to = e164(message.to) if message.medium in self.media else None
        if to is None:
            raise DeliveryFailed("address", retry=False)
        rings = message.medium == "voice"
        form = {"To": to, **(self._call(message, ctx) if rings else self._text(message))}
        seconds = (ctx.deadline - ctx.now).total_seconds() - EARLIER
        status, said = self._ask("/Calls.json" if rings else "/Messages.json", form, seconds)
        sid = said.get("sid")
        if status == 201 and isinstance(sid, str):
            return Receipt(sid)
        raise refused(status, said.get("code"))

    def check(self) -> None:
        """Whether account and token are good and the account is in use. Nothing is sent."""
        try:
            status, said = self._ask(".json", None, CHECK_SECONDS)
            why = "" if status == 200 else refused(status, said.get("code")).kind
        except DeliveryFailed as failed:
            said, why = {}, failed.kind
        if why or said.get("status") != "active":
            told = why_not(why) if why else Text("the account is not active")
            raise PluginError(Text("Twilio cannot be used: {why}", why=told))

    def _ask(self, path: str, form: Mapping[str, object] | None, seconds: float) -> tuple[int, Mapping[str, Any]]:
        """Status and answer. Raises DeliveryFailed, without what was asked."""
        settings = self.settings
        words = f"{settings.account}:{settings.auth_token.get_secret_value()}".encode()
        headers = {"Authorization": f"Basic {b64encode(words).decode()}"}
        url = f"{settings.base_url}/2010-04-01/Accounts/{settings.account}{path}"
        request = Request("GET", url, headers)
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            request = Request("POST", url, headers, urlencode(form, doseq=True, errors="replace").encode())
        try:
            answer = self._outside.ask(request, time.monotonic() + seconds)
            return answer.status, _object(answer.text)
        except (OSError, HTTPException) as error:
            failed = failure(error)
        # A call whose answer was lost may be ringing already: whoever wants another one asks for it.
        retry = failed.retry and not (failed.unknown and path == "/Calls.json")
        raise DeliveryFailed(failed.kind, retry=retry, unknown=failed.unknown)

    def hear(self, callback: Callback, message: Message, ctx: Context) -> Heard | None:
        """A key that was pressed, or what became of it; None unless Twilio signed it, for this account and number."""
        fields = callback.fields
        theirs = fields.get("AccountSid") == self.settings.account and e164(fields.get("To", "")) == e164(message.to)
        if not self._signed(callback) or not theirs:
            return None
        if "Digits" in fields and message.call is not None:
            return self._pressed(fields["Digits"], message, ctx)
        stands, why = state(fields)
        return Heard(state=stands, why=why)

    def _pressed(self, key: str, message: Message, ctx: Context) -> Heard:
        call = message.call
        assert call is not None
        if key != call.key:
            return Heard(state="delivered", reply=_greeted(message, ctx), reply_type=TWIML)
        words = str(message.text)
        if call.approves:
            return Heard({"key": key}, "delivered", reply=only_say(words, ctx.locale), reply_type=TWIML)
        # Only now, so that nobody's voicemail has it; pressed again, it is said again.
        return Heard(state="delivered", reply=ask_for_key(words, ctx.locale, message.answer_to), reply_type=TWIML)

    def _signed(self, callback: Callback) -> bool:
        """Over the address that we gave away: what a request says of its own host is anybody's (C14)."""
        given = next((value for name, value in callback.headers.items() if name.lower() == "x-twilio-signature"), "")
        fields = "".join(name + callback.fields[name] for name in sorted(callback.fields))
        token = self.settings.auth_token.get_secret_value().encode()
        due = hmac.digest(token, (callback.url + fields).encode("utf-8", "surrogatepass"), sha1)
        try:
            return hmac.compare_digest(b64decode(given, validate=True), due)
        except (NotBase64, ValueError):
            return False

    def _text(self, message: Message) -> dict[str, str]:
        sender = self.settings.sender
        form = {"Body": str(message.text)}
        form |= {"MessagingServiceSid": sender} if len(sender) == 34 else {"From": sender or self.settings.number}
        if message.answer_to:
            # Somebody waits for it: later it would only confuse.
            form |= {"StatusCallback": message.answer_to, "ValidityPeriod": str(STILL_GOOD)}
        return form

    def _call(self, message: Message, ctx: Context) -> dict[str, object]:
        call = message.call
        if call is None or not message.answer_to or not _EXTENSION.fullmatch(call.extension):
            raise DeliveryFailed("address", retry=False)
        form: dict[str, object] = {
            "From": self.settings.number,
            "Twiml": _greeted(message, ctx),
            "Timeout": str(RING),
            "TimeLimit": str(LONGEST_CALL),
            "StatusCallback": message.answer_to,
            "StatusCallbackEvent": ["ringing", "answered", "completed"],
        }
        # Two seconds for the switchboard to listen.
        return form | ({"SendDigits": f"wwww{call.extension}"} if call.extension else {})


def _greeted(message: Message, ctx: Context) -> str:
    """Twice: whoever picks up has the phone on its way to the ear."""
    assert message.call is not None
    return ask_for_key(f"{message.call.greeting}\n{message.call.greeting}", ctx.locale, message.answer_to)


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


@hookimpl
def keyback_channels() -> list[type[Channel]]:
    return [Twilio]
