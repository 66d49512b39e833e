"""Mail, handed to the company's own mail server."""

from __future__ import annotations

import smtplib
import ssl
import time
from dataclasses import dataclass
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
    is_address,
    mailbox,
    trusted_certificates,
)
from ...core.dial import Forbidden
from ...core.networks import is_loopback
from ._mail import Letter, Stationery, wire
from ._smtp_talk import Talk, TlsTalk

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
        title="Server",
        description="Host name of your mail server, as in its certificate.",
        min_length=1,
        json_schema_extra=is_address(),
    )
    port: int = Setting(587, title="Port", description="587 for STARTTLS, 465 for TLS.", ge=1, le=65535)
    security: Security = Setting(
        Security.STARTTLS, title="Security", description="None is allowed on this very machine only."
    )
    ca_file: str = Setting(
        "",
        title="Certificate authority",
        description="A PEM file, if the server's authority is your own.",
        json_schema_extra=trusted_certificates(),
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
        if self.security is Security.NONE and not is_loopback(self.host):
            raise ValueError("without TLS the server must be 127.0.0.1, ::1 or localhost")
        return self


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
    attaches = True
    Settings = SmtpSettings
    settings: SmtpSettings

    def __init__(self, settings: SmtpSettings) -> None:
        super().__init__(settings)
        try:
            self._tls = ssl.create_default_context(cafile=settings.ca_file or None)
        except OSError:
            raise PluginError(Text("the file of the certificate authority cannot be read")) from None
        self._sender = wire(settings.sender)
        self._stationery = Stationery(settings.sender, settings.sender_name, settings.reply_to)
        self._lock = Lock()
        self._kept: list[_Connection] = []
        self._closed = False

    def send(self, message: Message, ctx: Context) -> Receipt:
        to = mailbox(message.to) if message.medium in self.media else None
        if to is None:
            raise DeliveryFailed("address", retry=False)
        letter = self._stationery.written(message, to, ctx)
        patience = _Patience((ctx.deadline - ctx.now).total_seconds())
        try:
            self._hand_over(self._begun(letter, patience), letter, patience)
            return Receipt(letter.id)
        except OSError as error:  # smtplib's and ssl's exceptions are OSErrors too
            failure = _failure(error)
        # Raised here, not above: the server's own words can hold the address, and would be printed as the cause.
        raise failure

    def check(self) -> None:
        try:
            self._put_back(self._connect(_Patience(LONGEST_STEP)))
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

    def _hand_over(self, connection: _Connection, letter: Letter, patience: _Patience) -> None:
        try:
            patience.apply(connection)
            _deliver(connection.smtp, letter)
        except BaseException:
            connection.close()
            raise
        connection.messages += 1
        self._put_back(connection)

    def _begun(self, letter: Letter, patience: _Patience) -> _Connection:
        """A talk whose first words about this mail were taken: the one that was used last, if it still lives."""
        while (kept := self._take()) is not None:
            # The first words are as good a question as any whether it still lives, and nothing is lost if not.
            if self._fresh(kept) and self._said_yes(kept, letter, patience):
                return kept
            kept.close()
        connection = self._connect(patience)
        try:
            self._begin(connection, letter, patience)
        except BaseException:
            connection.close()
            raise
        return connection

    def _begin(self, connection: _Connection, letter: Letter, patience: _Patience) -> None:
        patience.apply(connection)
        code, words = connection.smtp.mail(self._sender, ["SMTPUTF8", "BODY=8BITMIME"] if letter.wide else [])
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, words, self._sender)

    def _said_yes(self, connection: _Connection, letter: Letter, patience: _Patience) -> bool:
        try:
            self._begin(connection, letter, patience)
        except OSError:
            return False
        return True

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

    def _fresh(self, connection: _Connection) -> bool:
        idle = time.monotonic() - connection.used_at
        return connection.messages < self.settings.keep_messages and idle <= self.settings.keep_seconds

    def _connect(self, patience: _Patience) -> _Connection:
        settings = self.settings
        name = self._sender.rpartition("@")[2]
        if settings.security is Security.TLS:
            smtp: smtplib.SMTP = TlsTalk(
                self.wall, self._tls, settings.host, settings.port, name, seconds=patience.left()
            )
        else:
            smtp = Talk(self.wall, settings.host, settings.port, name, patience.left())
        connection = _Connection(smtp)
        try:
            if settings.security is Security.STARTTLS:
                smtp.starttls(context=self._tls)
            if settings.username:
                patience.apply(connection)
                smtp.login(settings.username, settings.password.get_secret_value())
            smtp.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
        return connection


def _deliver(smtp: smtplib.SMTP, letter: Letter) -> None:
    code, words = smtp.rcpt(letter.to)
    if code not in (250, 251):
        raise smtplib.SMTPRecipientsRefused({letter.to: (code, words)})
    code, words = smtp.data(letter.raw)
    if code != 250:
        raise smtplib.SMTPDataError(code, words)


_SENTENCES = {
    "address": Text("the mail server refuses the address"),
    "certificate": Text("the mail server's certificate cannot be trusted"),
    "credentials": Text("the mail server refuses the sign-in name or the password"),
    "private-address": Text("the mail server is in a private network that plugins.allowed_networks does not list"),
    "not-supported": Text("the mail server lacks what these settings ask for"),
    "refused": Text("the mail server refuses"),
    "timeout": Text("the mail server does not answer in time"),
    "unreachable": Text("the mail server cannot be reached"),
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
    if isinstance(error, Forbidden):
        return DeliveryFailed("private-address", retry=False)
    if isinstance(error, ssl.SSLCertVerificationError):
        return DeliveryFailed("certificate", retry=False)
    # smtplib turns a timeout in the middle of a talk into "disconnected".
    late = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
    return DeliveryFailed("timeout" if late else "unreachable", retry=True)


@hookimpl
def keyback_channels() -> list[type[Channel]]:
    return [Smtp]
