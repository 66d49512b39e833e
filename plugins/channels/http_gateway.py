"""Any text message provider that has a URL: a template says what to send, a test says whether it was taken."""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
import socket
import ssl
import time
from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import quote, quote_plus, urlsplit

from pydantic import Field as Setting
from pydantic import SecretStr, field_validator, model_validator

from ...core import (
    Channel,
    Context,
    DeliveryFailed,
    Message,
    PluginError,
    PluginSettings,
    Receipt,
    Text,
    e164,
    hookimpl,
)

_GAP = re.compile(r"\{(to|to_digits|text)\}")
_HEADER = re.compile(r"[A-Za-z0-9-]+: *[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# No single step may take longer, and no more of an answer is read.
LONGEST_STEP = 10.0
LONGEST_ANSWER = 64 * 1024


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
        description="{to} is the number with +, {to_digits} without, {text} the words. Escaped by themselves.",
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
    private_networks: tuple[str, ...] = Setting(
        (),
        title="Private networks",
        description="Networks like 10.1.2.0/24 in which the gateway may be. Otherwise it must be on the internet.",
    )
    ca_file: str = Setting(
        "", title="Certificate authority", description="A PEM file, if the gateway's authority is your own."
    )

    @field_validator("url")
    @classmethod
    def _is_a_safe_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if not value.isascii() or not value.isprintable() or " " in value or parts.username or parts.fragment:
            raise ValueError("is not a plain address")
        if "{" in parts.netloc or not parts.hostname or (parts.port or 1) < 1:
            raise ValueError("needs a host that does not change")
        # A code in clear would be everybody's on the way.
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
            raise ValueError("must begin with https://, or http:// to this very machine")
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

    @field_validator("private_networks")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network)
        return value

    @model_validator(mode="after")
    def _says_everything(self) -> HttpGatewaySettings:
        template = self.url if self.verb is Verb.GET else self.url + self.body.get_secret_value()
        gaps = set(_GAP.findall(template))
        if "text" not in gaps or not gaps & {"to", "to_digits"}:
            raise ValueError("{text} and {to} or {to_digits} must occur")
        if self.verb is not Verb.GET and self.body_kind is BodyKind.JSON:
            json.loads(_fill_json(self.body.get_secret_value(), {"to": "+1", "to_digits": "1", "text": '"\n'}))
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
        self._networks = [ipaddress.ip_network(network) for network in settings.private_networks]
        try:
            self._tls = ssl.create_default_context(cafile=settings.ca_file or None)
        except OSError:
            raise PluginError("the file of the certificate authority cannot be read") from None

    def send(self, message: Message, ctx: Context) -> Receipt:
        to = e164(message.to) if message.medium in self.media else None
        if to is None:
            raise DeliveryFailed("address", retry=False)
        values = {"to": to, "to_digits": to.removeprefix("+"), "text": str(message.text)}
        ends = time.monotonic() + (ctx.deadline - ctx.now).total_seconds()
        try:
            status, answer = self._ask(values, ends)
        except (OSError, http.client.HTTPException) as error:
            failure = _failure(error)
        else:
            if str(status) in self.settings.good_statuses and self.settings.good_text in answer:
                return Receipt()
            failure = _refusal(status)
        # Raised here, not above: an exception's cause would be printed with it, and could hold the request.
        raise failure

    def check(self) -> None:
        """Whether the gateway can be reached and its certificate trusted. Nothing is sent."""
        try:
            self._connect(time.monotonic() + LONGEST_STEP).close()
        except OSError as error:
            kind = _failure(error).kind
        else:
            return
        raise PluginError(f"the gateway cannot be used: {kind}")

    def _ask(self, values: Mapping[str, str], ends: float) -> tuple[int, str]:
        settings = self.settings
        parts = urlsplit(_fill_url(settings.url, values))
        body, headers = None, {"Accept": "*/*", "Connection": "close"}
        if settings.verb is not Verb.GET:
            fill = _fill_json if settings.body_kind is BodyKind.JSON else _fill_form
            body = fill(settings.body.get_secret_value(), values).encode("utf-8", "replace")
            headers["Content-Type"] = _CONTENT_TYPES[settings.body_kind]
        headers |= dict(re.split(r": *", line, maxsplit=1) for line in _lines(settings.headers))
        connection = http.client.HTTPConnection(parts.netloc)
        connection.sock = self._connect(ends)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(settings.verb, target, body, headers)
            connection.sock.settimeout(_left(ends))
            response = connection.getresponse()
            return response.status, _read(response, ends).decode("utf-8", "replace")
        finally:
            connection.close()

    def _connect(self, ends: float) -> socket.socket:
        """A connection to an address that was checked: a name that answers differently a second time gains nothing."""
        parts = urlsplit(self.settings.url)
        host, secure = str(parts.hostname), parts.scheme == "https"
        found = socket.getaddrinfo(host, parts.port or (443 if secure else 80), type=socket.SOCK_STREAM)
        allowed = [address for *_, address in found if self._may_go_to(str(address[0]))]
        if not allowed:
            raise _Forbidden
        plain = socket.create_connection((str(allowed[0][0]), int(allowed[0][1])), _left(ends))
        if not secure:
            return plain
        try:
            return self._tls.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def _may_go_to(self, address: str) -> bool:
        ip = _innermost(ipaddress.ip_address(address.partition("%")[0]))
        listed = any(ip in network for network in self._networks if network.version == ip.version)
        return listed or (ip.is_global and not ip.is_multicast)


def _innermost(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one leads to, if it does."""
    if ip.version == 4:
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def _read(response: http.client.HTTPResponse, ends: float) -> bytes:
    """The beginning of the answer; one that drips is given up at the deadline."""
    answer = b""
    while len(answer) < LONGEST_ANSWER and (more := response.read1(4096)):
        answer += more
        _left(ends)
    return answer


class _Forbidden(OSError):
    """The host's name leads into a private network that is not listed."""


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, LONGEST_STEP)


def _refusal(status: int) -> DeliveryFailed:
    """What the provider's no means, and whether later may help."""
    if status in (401, 403):
        return DeliveryFailed("credentials", retry=False)
    if status in (408, 429):
        return DeliveryFailed("throttled", retry=True)
    return DeliveryFailed("provider-down", retry=True) if status >= 500 else DeliveryFailed("refused", retry=False)


def _failure(error: Exception) -> DeliveryFailed:
    """What went wrong on the way."""
    if isinstance(error, _Forbidden):
        return DeliveryFailed("private-address", retry=False)
    if isinstance(error, ssl.SSLCertVerificationError):
        return DeliveryFailed("certificate", retry=False)
    return DeliveryFailed("timeout" if isinstance(error, TimeoutError) else "unreachable", retry=True)


@hookimpl
def keyback_channels() -> list[type[Channel]]:
    return [HttpGateway]
