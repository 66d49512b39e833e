"""Any text message provider that has a URL: a template says what to send, a test says whether it was taken."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from enum import StrEnum
from http.client import HTTPException
from urllib.parse import quote, quote_plus

from pydantic import Field as Setting
from pydantic import SecretStr, field_validator, model_validator

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
    trusted_certificates,
    why_not,
)
from ...core.networks import Networks, must_be_secret, parts_of
from ...core.outside import LONGEST_STEP, Outside, Request, failure, refusal

_GAP = re.compile(r"\{(to|to_digits|text|answer_to)\}")
_HEADER = re.compile(r"[A-Za-z0-9-]+: *[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


class Verb(StrEnum):
    """The HTTP method."""

    POST = "POST"
    PUT = "PUT"
    GET = "GET"


class BodyKind(StrEnum):
    """What the body is written in; decides how the number and the words are escaped in it."""

    JSON = "json"
    FORM = "form"


_CONTENT_TYPES = {BodyKind.JSON: "application/json", BodyKind.FORM: "application/x-www-form-urlencoded"}


class HttpGatewaySettings(PluginSettings):
    """Where the provider takes messages, in which words, and how it says yes."""

    url: str = Setting(
        title="Address",
        description="https://… of the provider. {to}, {to_digits} and {text} may stand in its path or query; "
        "better in the body, because addresses end up in other people's logs.",
    )
    verb: Verb = Setting(Verb.POST, title="HTTP method", description="As the provider's manual says.")
    body_kind: BodyKind = Setting(BodyKind.JSON, title="Body", description="What the body is written in.")
    body: SecretStr = Setting(
        SecretStr('{"to": "{to}", "text": "{text}"}'),
        title="Body template",
        description="{to} is the number with +, {to_digits} without, {text} the words, {answer_to} the address "
        "at which it may tell later what became of them. Escaped by themselves.",
    )
    headers: SecretStr = Setting(
        SecretStr(""), title="Headers", description="One per line, for example: Authorization: Bearer …"
    )
    good_statuses: tuple[str, ...] = Setting(
        ("200", "201", "202"), title="Statuses that mean taken", description="Anything else means not taken."
    )
    good_text: str = Setting(
        "", title="Words that mean taken", description="Must occur in the answer too. Empty: the status is enough."
    )
    name_in_answer: str = Setting(
        "",
        title="Its name for a message",
        description='A pattern with one group that finds it in the answer, such as "id": *"([^"]+)". Empty: none.',
    )
    state_field: str = Setting(
        "status", title="Field of its call-back", description="Which one says at {answer_to} what became of a message."
    )
    sent_words: tuple[str, ...] = Setting(
        ("sent", "accepted"), title="Words for: sent", description="In small letters, as everywhere in this list."
    )
    delivered_words: tuple[str, ...] = Setting(
        ("delivered", "delivrd"), title="Words for: delivered", description="The phone has it."
    )
    failed_words: tuple[str, ...] = Setting(
        ("failed", "undelivered", "undeliv", "rejected", "expired"),
        title="Words for: failed",
        description="It will not arrive.",
    )
    private_networks: Networks = Setting(
        (),
        title="Private networks",
        description="Networks like 10.1.2.0/24 in which the gateway may be. Otherwise it must be on the internet.",
    )
    ca_file: str = Setting(
        "",
        title="Certificate authority",
        description="A PEM file, if the gateway's authority is your own.",
        json_schema_extra=trusted_certificates(),
    )

    @field_validator("url")
    @classmethod
    def _is_a_safe_url(cls, value: str) -> str:
        parts = parts_of(value)
        if not value.isascii() or not value.isprintable() or " " in value or parts.username or parts.fragment:
            raise ValueError("is not a plain address")
        if "{" in parts.netloc or not parts.hostname or (parts.port or 1) < 1:
            raise ValueError("needs a host that does not change")
        must_be_secret(parts)
        return value

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, value: SecretStr) -> SecretStr:
        if not all(_HEADER.fullmatch(line) for line in _lines(value)):
            raise ValueError("one per line, as Name: value")
        return value

    @field_validator("good_statuses")
    @classmethod
    def _are_statuses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        # 3xx would mean to follow somewhere else, and nobody does.
        if not value or not all(re.fullmatch("2[0-9][0-9]", status) for status in value):
            raise ValueError("numbers from 200 to 299")
        return value

    @field_validator("name_in_answer")
    @classmethod
    def _finds_one_thing(cls, value: str) -> str:
        try:
            groups = re.compile(value).groups
        except re.error:
            raise ValueError("is not a pattern") from None
        if value and groups != 1:
            raise ValueError("needs exactly one pair of brackets, around the name")
        return value

    @model_validator(mode="after")
    def _says_everything(self) -> HttpGatewaySettings:
        template = self.url if self.verb is Verb.GET else self.url + self.body.get_secret_value()
        gaps = set(_GAP.findall(template))
        if "text" not in gaps or not gaps & {"to", "to_digits"}:
            raise ValueError("{text} and {to} or {to_digits} must occur")
        if self.verb is not Verb.GET and self.body_kind is BodyKind.JSON:
            filled = {"to": "+1", "to_digits": "1", "text": '"\n', "answer_to": "https://a.example/1"}
            try:
                json.loads(_fill_json(self.body.get_secret_value(), filled))
            except ValueError:
                raise ValueError("the body is no JSON") from None
        return self


def _lines(value: SecretStr) -> list[str]:
    return [line.strip() for line in value.get_secret_value().splitlines() if line.strip()]


def _fill_json(template: str, values: Mapping[str, str]) -> str:
    # One pass: what is filled in is never looked at for gaps again.
    return _GAP.sub(lambda gap: json.dumps(values[gap[1]])[1:-1], template)


def _fill_form(template: str, values: Mapping[str, str]) -> str:
    return _GAP.sub(lambda gap: quote_plus(values[gap[1]], errors="replace"), template)


def _fill_url(template: str, values: Mapping[str, str]) -> str:
    return _GAP.sub(lambda gap: quote(values[gap[1]], safe="", errors="replace"), template)


class HttpGateway(Channel):
    """One request for each text message, to a checked address, with no redirects."""

    key = "http_gateway"
    label = Text("Text messages by HTTP")
    media = frozenset({"sms"})
    Settings = HttpGatewaySettings
    settings: HttpGatewaySettings

    def __init__(self, settings: HttpGatewaySettings) -> None:
        super().__init__(settings)
        self._outside = Outside(settings.private_networks, settings.ca_file)

    def send(self, message: Message, ctx: Context) -> Receipt:
        to = e164(message.to) if message.medium in self.media else None
        if to is None:
            raise DeliveryFailed("address", retry=False)
        values = {"to": to, "to_digits": to[1:], "text": str(message.text), "answer_to": message.answer_to}
        ends = time.monotonic() + (ctx.deadline - ctx.now).total_seconds()
        try:
            answer = self._outside.ask(self._request(values), ends)
        except (OSError, HTTPException) as error:
            failed = failure(error)
        else:
            if str(answer.status) in self.settings.good_statuses and self.settings.good_text in answer.text:
                return Receipt(self._named(answer.text))
            failed = refusal(answer.status)
        # Raised here, not above: an exception's cause would be printed with it, and could hold the request.
        raise failed

    def hear(self, callback: Callback, message: Message, ctx: Context) -> Heard | None:
        """What became of it. Nobody signs this: who knows the address can say so, and it proves nothing to anybody."""
        said = callback.fields.get(self.settings.state_field, "").strip().lower()
        words = {
            "sent": self.settings.sent_words,
            "delivered": self.settings.delivered_words,
            "failed": self.settings.failed_words,
        }
        state = next((state for state, known in words.items() if said in known), "")
        return Heard(state=state, why="not-reachable" if state == "failed" else "") if state else None

    def check(self) -> None:
        """Whether the gateway can be reached and its certificate trusted. Nothing is sent."""
        try:
            self._outside.connect(self.settings.url, time.monotonic() + LONGEST_STEP).close()
        except OSError as error:
            kind = failure(error).kind
        else:
            return
        raise PluginError(Text("the gateway cannot be used: {why}", why=why_not(kind)))

    def _named(self, answer: str) -> str:
        found = re.search(self.settings.name_in_answer, answer) if self.settings.name_in_answer else None
        return (found[1] or "")[:100] if found else ""

    def _request(self, values: Mapping[str, str]) -> Request:
        settings = self.settings
        headers = dict(re.split(r": *", line, maxsplit=1) for line in _lines(settings.headers))
        url = _fill_url(settings.url, values)
        if settings.verb is Verb.GET:
            return Request(settings.verb, url, headers)
        fill = _fill_json if settings.body_kind is BodyKind.JSON else _fill_form
        body = fill(settings.body.get_secret_value(), values).encode("utf-8", "replace")
        return Request(settings.verb, url, {"Content-Type": _CONTENT_TYPES[settings.body_kind], **headers}, body)


@hookimpl
def keyback_channels() -> list[type[Channel]]:
    return [HttpGateway]
