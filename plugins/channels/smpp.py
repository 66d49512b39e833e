"""Text messages by a carrier's SMPP 3.4, with receipts. It needs smpplib: install Keyback with its extra `smpp`."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from ssl import SSLCertVerificationError
from threading import Lock
from typing import TYPE_CHECKING, Any

from pydantic import Field as Setting
from pydantic import SecretStr

from ...core import (
    Channel,
    Context,
    DeliveryFailed,
    DeliveryReport,
    Message,
    PluginError,
    PluginSettings,
    Receipt,
    Text,
    e164,
    hookimpl,
    is_address,
    trusted_certificates,
    why_not,
)
from ...core.dial import Forbidden, dial
from ...core.networks import Networks
from ._reports import Reports

try:
    from smpplib import exceptions, gsm

    from ._smpp_line import Line
except ImportError:  # an extra: whoever does not use it need not have it
    if not TYPE_CHECKING:
        Line = None

# What the carrier's statuses mean, and whether later may help.
_STATUSES = {
    0x0A: ("sender", False),
    0x0B: ("number", False),
    0x0D: ("credentials", False),
    0x0E: ("credentials", False),
    0x0F: ("credentials", False),
    0x08: ("provider-down", True),
    0x14: ("throttled", True),
    0x58: ("throttled", True),
}
_STATES = {
    "ENROUTE": ("sent", ""),
    "ACCEPTD": ("sent", ""),
    "DELIVRD": ("delivered", ""),
    "UNDELIV": ("failed", "not-reachable"),
    "EXPIRED": ("failed", "expired"),
    "DELETED": ("failed", "refused"),
    "REJECTD": ("failed", "refused"),
}
_RECEIPT = re.compile(rb"id:(?P<id>[^ ]{1,65}) .*?stat:(?P<stat>[A-Z]{7})", re.DOTALL)
# Somebody waits for it: after five minutes it would only confuse.
VALIDITY = "000000000500000R"
# In seconds. The carrier asks now and then whether we are here; who polls for receipts answers.
CHECK, MARGIN = 10.0, 0.5


class SmppSettings(PluginSettings):
    """The carrier's server, who we are there, and what its receivers see."""

    host: str = Setting(
        title="Server", description="The carrier's SMPP server.", min_length=1, json_schema_extra=is_address()
    )
    port: int = Setting(3550, title="Port", description="Usually 3550 with TLS.", ge=1, le=65535)
    plain_networks: Networks = Setting(
        (),
        title="Networks without TLS",
        description="Networks like 10.1.2.0/24, of a tunnel to the carrier, in which TLS may be left out. Otherwise "
        "everybody on the way could read the codes.",
    )
    ca_file: str = Setting(
        "",
        title="Certificate authority",
        description="A PEM file, if the carrier has its own.",
        json_schema_extra=trusted_certificates(),
    )
    system_id: str = Setting(title="System ID", description="The name you log in with.", min_length=1, max_length=15)
    password: SecretStr = Setting(title="Password", description="The carrier's for this name.")
    system_type: str = Setting("", title="System type", description="If the carrier asks for one.", max_length=12)
    sender: str = Setting(
        title="Sender",
        description="A name of up to 11 letters, or a number.",
        pattern=r"^(\+?[0-9]{3,15}|[A-Za-z0-9 ]{1,11})$",
    )


class Smpp(Channel):
    """One connection for each process that sends. Nobody listens on it but who sends and who asks for receipts."""

    key = "smpp"
    label = Text("Text messages by SMPP")
    media = frozenset({"sms"})
    Settings = SmppSettings
    settings: SmppSettings

    def __init__(self, settings: SmppSettings) -> None:
        super().__init__(settings)
        if Line is None:
            raise PluginError(
                Text("needs {package}: install Keyback with the extra `{extra}`", package="smpplib", extra="smpp")
            )
        self._lock = Lock()
        self._line: Line | None = None
        self._told = Reports()

    def send(self, message: Message, ctx: Context) -> Receipt:
        to = e164(message.to) if message.medium in self.media else None
        if to is None:
            raise DeliveryFailed("address", retry=False)
        ends = time.monotonic() + (ctx.deadline - ctx.now).total_seconds() - MARGIN
        if not self._lock.acquire(timeout=max(0.0, ends - time.monotonic())):
            raise DeliveryFailed("busy", retry=True)
        try:
            return Receipt(self._submit(self._bound(ends), to.removeprefix("+"), str(message.text), ends))
        finally:
            self._lock.release()

    def reports(self) -> Sequence[DeliveryReport]:
        """What the carrier told since the last time. Asking also answers its question whether we are still here."""
        if self._line is not None and self._lock.acquire(blocking=False):
            try:
                self._listen()
            finally:
                self._lock.release()
        return self._told.take()

    def check(self) -> None:
        """Whether the carrier lets us in. Nothing is sent."""
        try:
            self._open(time.monotonic() + CHECK).leave()
        except DeliveryFailed as failed:
            why = failed.kind
        else:
            return
        raise PluginError(Text("the carrier's server cannot be used: {why}", why=why_not(why)))

    def close(self) -> None:
        """Say goodbye to the carrier."""
        with self._lock:
            self._drop(polite=True)

    def _bound(self, ends: float) -> Line:
        """The line as it stands, or a new one: a carrier hangs up on who says nothing for long."""
        if self._line is not None:
            self._listen()
        if self._line is None:
            self._line = self._open(ends)
        return self._line

    def _open(self, ends: float) -> Line:
        """Surely nothing is taken before we are let in."""
        settings, line = self.settings, None
        try:
            plain = dial(settings.host, settings.port, self.wall, max(0.1, ends - time.monotonic()))
            line = Line(plain, settings.host, settings.plain_networks, settings.ca_file, ends)
            line.enter(settings.system_id, settings.password.get_secret_value(), settings.system_type)
            return line
        except (OSError, exceptions.ConnectionError, exceptions.PDUError, ValueError) as error:
            failed = _refused(error)
        if line is not None:
            line.hang_up()
        raise failed

    def _submit(self, line: Line, to: str, words: str, ends: float) -> str:
        """Every part, one after the other; the carrier's name for the first. Raises DeliveryFailed."""
        parts, coding, kind = gsm.make_parts(words.encode("utf-16", "replace").decode("utf-16"))
        named = ""
        try:
            for part in parts:
                answer = line.submit(self._said(to, part, coding, kind), ends, self._hear)
                if answer.is_error():
                    raise _status(answer.status, unknown=bool(named))
                named = named or _text(answer.message_id)
        except (OSError, exceptions.ConnectionError, exceptions.PDUError, ValueError) as error:
            # It was said, and no whole answer came.
            late = isinstance(error, TimeoutError)
        else:
            return named
        self._drop()
        raise DeliveryFailed("timeout" if late else "unreachable", retry=True, unknown=True)

    def _said(self, to: str, part: bytes, coding: int, kind: int) -> dict[str, Any]:
        sender = self.settings.sender
        # 1 a whole number, 3 a short one, 5 a name.
        ton = 1 if sender[0] == "+" else 3 if sender.isdigit() else 5
        return {
            "source_addr_ton": ton, "source_addr_npi": 0 if ton == 5 else 1, "source_addr": sender.removeprefix("+"),
            "dest_addr_ton": 1, "dest_addr_npi": 1, "destination_addr": to,
            "short_message": part, "data_coding": coding, "esm_class": kind,
            "registered_delivery": True, "validity_period": VALIDITY,
        }  # fmt: skip

    def _listen(self) -> None:
        assert self._line is not None
        try:
            self._line.listen(self._hear)
        except (OSError, exceptions.ConnectionError, exceptions.PDUError, ValueError):
            self._drop()

    def _hear(self, pdu: Any) -> None:  # noqa: ANN401
        """A receipt. An answer of a person's is none, and nobody reads it."""
        found = _RECEIPT.search(pdu.short_message or b"") if pdu.esm_class & 0x3C == 0x04 else None
        if found is None or found["stat"].decode() not in _STATES:
            return
        state, why = _STATES[found["stat"].decode()]
        self._told.tell(
            DeliveryReport(_text(pdu.receipted_message_id) or found["id"].decode("ascii", "replace"), state, why)
        )

    def _drop(self, *, polite: bool = False) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.leave() if polite else line.hang_up()


def _text(value: bytes | None) -> str:
    return (value or b"").decode("ascii", "replace").rstrip("\0")


def _status(status: int, *, unknown: bool = False) -> DeliveryFailed:
    """Its no. `unknown`: a part of it was taken already."""
    kind, retry = _STATUSES.get(status, ("refused", False))
    return DeliveryFailed(kind, retry=retry, unknown=unknown)


def _refused(error: Exception) -> DeliveryFailed:
    """Why we were not let in."""
    if isinstance(error, exceptions.PDUError) and len(error.args) > 1:
        return _status(int(error.args[1]))
    if isinstance(error, Forbidden):
        return DeliveryFailed("private-address", retry=False)
    if isinstance(error, SSLCertVerificationError):
        return DeliveryFailed("certificate", retry=False)
    return DeliveryFailed("timeout" if isinstance(error, TimeoutError) else "unreachable", retry=True)


@hookimpl
def keyback_channels() -> list[type[Channel]]:
    return [Smpp]
