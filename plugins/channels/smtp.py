"""Mail, handed to the company's own mail server."""

from __future__ import annotations

import html
import ipaddress
import smtplib
import ssl
import time
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from enum import StrEnum
from threading import Lock

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
    hookimpl,
    mailbox,
)

# No single step of the talk may take longer, however late the deadline is.
LONGEST_STEP = 10.0
MOST_KEPT = 4


class Security(StrEnum):
    """How the talk with the mail server is kept secret."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class SmtpSettings(PluginSettings):
    """Which mail server, how to sign in to it, and who the mail is from."""

    host: str = Setting(
        title="Server", description="Host name of your mail server, as in its certificate.", min_length=1
    )
    port: int = Setting(587, title="Port", description="587 for STARTTLS, 465 for TLS.", ge=1, le=65535)
    security: Security = Setting(
        Security.STARTTLS, title="Security", description="None is allowed on this very machine only."
    )
    ca_file: str = Setting(
        "", title="Certificate authority", description="A PEM file, if the server's authority is your own."
    )
    username: str = Setting("", title="Sign-in name", description="Empty: no sign-in.")
    password: SecretStr = Setting(SecretStr(""), title="Password", description="For the sign-in name.")
    sender: str = Setting(title="From", description="The address that the mail comes from.", min_length=3)
    sender_name: str = Setting("", title="Name of the sender", description="Shown beside the address.")
    reply_to: str = Setting("", title="Answers go to", description="Empty: to the sender.")
    keep_messages: int = Setting(
        100, title="Messages per connection", description="Then a new connection is made. 1: always a new one.", ge=1
    )
    keep_seconds: int = Setting(
        30, title="Idle seconds", description="A connection that is unused for longer is closed.", ge=0
    )

    @field_validator("sender", "reply_to")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and mailbox(value) is None:
            raise ValueError("is not one mail address")
        return value.strip()

    @field_validator("sender_name")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("has a line break or a control character")
        return value

    @model_validator(mode="after")
    def _no_secrets_in_clear(self) -> SmtpSettings:
        # Codes and the password would cross the network for everybody to read.
        if self.security is Security.NONE and not _is_loopback(self.host):
            raise ValueError("without TLS the server must be 127.0.0.1, ::1 or localhost")
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass
class _Connection:
    """A talk with the mail server that is signed in."""

    smtp: smtplib.SMTP
    messages: int = 0
    used_at: float = 0.0

    def close(self) -> None:
        self.smtp.close()


class _Patience:
    """How long one more step may take."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, LONGEST_STEP)

    def apply(self, connection: _Connection) -> None:
        if connection.smtp.sock is not None:
            connection.smtp.sock.settimeout(self.left())


class Smtp(Channel):
    """Sends each mail to one person, as text with an HTML twin. Safe to call from several threads."""

    key = "smtp"
    label = Text("Mail server")
    media = frozenset({"email"})
    Settings = SmtpSettings
    settings: SmtpSettings

    def __init__(self, settings: SmtpSettings) -> None:
        super().__init__(settings)
        try:
            self._tls = ssl.create_default_context(cafile=settings.ca_file or None)
        except OSError:
            raise PluginError("the file of the certificate authority cannot be read") from None
        self._lock = Lock()
        self._kept: list[_Connection] = []
        self._closed = False

    def send(self, message: Message, ctx: Context) -> Receipt:
        mail = compose(message, self.settings, ctx)
        patience = _Patience((ctx.deadline - ctx.now).total_seconds())
        try:
            connection = self._connection(patience)
            self._hand_over(connection, mail, message.to.strip(), patience)
            return Receipt(str(mail["Message-ID"]))
        except OSError as error:  # smtplib's and ssl's exceptions are OSErrors too
            failure = _failure(error)
        # Raised here, not above: the server's own words can hold the address, and would be printed as the cause.
        raise failure

    def check(self) -> None:
        try:
            self._put_back(self._connection(_Patience(LONGEST_STEP)))
        except OSError as error:
            kind = _failure(error).kind
        else:
            return
        raise PluginError(_SENTENCES[kind])

    def close(self) -> None:
        with self._lock:
            self._closed = True
            kept, self._kept = self._kept, []
        for connection in kept:
            connection.close()

    def _hand_over(self, connection: _Connection, mail: EmailMessage, to: str, patience: _Patience) -> None:
        try:
            patience.apply(connection)
            connection.smtp.send_message(mail, self.settings.sender, [_wire(to)])
        except BaseException:
            connection.close()
            raise
        connection.messages += 1
        self._put_back(connection)

    def _connection(self, patience: _Patience) -> _Connection:
        """The one that was used last, if it still lives; else a new one."""
        while (kept := self._take()) is not None:
            if self._still_good(kept, patience):
                return kept
            kept.close()
        return self._connect(patience)

    def _take(self) -> _Connection | None:
        with self._lock:
            return self._kept.pop() if self._kept else None

    def _put_back(self, connection: _Connection) -> None:
        connection.used_at = time.monotonic()
        with self._lock:
            if not self._closed and len(self._kept) < MOST_KEPT:
                self._kept.append(connection)
                return
        connection.close()

    def _still_good(self, connection: _Connection, patience: _Patience) -> bool:
        idle = time.monotonic() - connection.used_at
        if connection.messages >= self.settings.keep_messages or idle > self.settings.keep_seconds:
            return False
        patience.apply(connection)
        try:
            return connection.smtp.noop()[0] == 250
        except OSError:
            return False

    def _connect(self, patience: _Patience) -> _Connection:
        settings = self.settings
        name = _wire(settings.sender).rpartition("@")[2]
        if settings.security is Security.TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, local_hostname=name, timeout=patience.left(), context=self._tls
            )
        else:
            smtp = smtplib.SMTP(settings.host, settings.port, local_hostname=name, timeout=patience.left())
        connection = _Connection(smtp)
        try:
            if settings.security is Security.STARTTLS:
                smtp.starttls(context=self._tls)
            if settings.username:
                patience.apply(connection)
                smtp.login(settings.username, settings.password.get_secret_value())
        except BaseException:
            connection.close()
            raise
        return connection


def compose(message: Message, settings: SmtpSettings, ctx: Context) -> EmailMessage:
    """One mail to one person. Raises DeliveryFailed for what is not one address."""
    to = mailbox(message.to) if message.medium in Smtp.media else None
    if to is None:
        raise DeliveryFailed("address", retry=False)
    text = "\n".join(map(_one_line, str(message.text).split("\n")))
    # 7bit: not every server on the way takes more.
    mail = EmailMessage(WIRE.clone(cte_type="7bit"))
    mail["From"] = _address(settings.sender, settings.sender_name)
    mail["To"] = _address(to)
    if settings.reply_to:
        mail["Reply-To"] = _address(settings.reply_to)
    mail["Subject"] = _one_line(str(message.subject or ctx.company))
    mail["Date"] = format_datetime(ctx.now)
    mail["Message-ID"] = f"<{ctx.random(16).hex()}@{_wire(settings.sender).rpartition('@')[2]}>"
    # Nobody's holiday answer should come back, nor go anywhere else.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text)
    mail.add_alternative(_twin(text, ctx.locale), subtype="html")
    mail["Content-Language"] = _one_line(ctx.locale)
    return mail


def _twin(text: str, locale: str) -> str:
    """The same words as HTML: nothing to load, nothing to click."""
    paragraphs = [html.escape(part).replace("\n", "<br>") for part in text.split("\n\n")]
    body = "\n".join(f"<p>{part}</p>" for part in paragraphs)
    return f'<!doctype html>\n<html lang="{html.escape(locale)}"><meta charset="utf-8"><body>\n{body}\n</body></html>\n'


def _one_line(text: str) -> str:
    """Without anything that could end a header or cannot be encoded."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


def _address(address: str, name: str = "") -> Address:
    user, _, domain = _wire(address).rpartition("@")
    return Address(name, user, domain)


def _wire(address: str) -> str:
    """With the domain's name in ASCII, as servers without SMTPUTF8 want it."""
    user, _, domain = address.rpartition("@")
    try:
        return f"{user}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


_SENTENCES = {
    "address": "the mail server refuses the address",
    "certificate": "the mail server's certificate cannot be trusted",
    "credentials": "the mail server refuses the sign-in name or the password",
    "not-supported": "the mail server lacks what these settings ask for",
    "refused": "the mail server refuses",
    "timeout": "the mail server does not answer in time",
    "unreachable": "the mail server cannot be reached",
}


def _failure(error: OSError) -> DeliveryFailed:
    """What went wrong, in a word of ours, and whether later may help. 4xx answers pass, 5xx do not."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return DeliveryFailed("address", retry=all(code < 500 for code in codes))
    if isinstance(error, smtplib.SMTPResponseException):
        kind = "credentials" if isinstance(error, smtplib.SMTPAuthenticationError) else "refused"
        return DeliveryFailed(kind, retry=error.smtp_code < 500)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return DeliveryFailed("not-supported", retry=False)
    if isinstance(error, ssl.SSLCertVerificationError):
        return DeliveryFailed("certificate", retry=False)
    # smtplib turns a timeout in the middle of a talk into "disconnected".
    late = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
    return DeliveryFailed("timeout" if late else "unreachable", retry=True)


@hookimpl
def keyback_channels() -> list[type[Channel]]:
    return [Smtp]
