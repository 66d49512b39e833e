"""Calls through a telephone exchange of one's own. It needs the programs baresip and espeak-ng on this machine."""

from __future__ import annotations

import re
import secrets
import time
from array import array
from collections.abc import Sequence
from contextlib import ExitStack
from enum import StrEnum
from functools import cached_property
from threading import BoundedSemaphore, Thread
from typing import Any

from pydantic import Field as Setting
from pydantic import SecretStr, field_validator

from ...core import (
    Call,
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
    only_in_file,
    why_not,
)
from ._baresip import Baresip, Happened, NoPhone, modules, version
from ._reports import Reports
from ._spoken import RATE, NoVoice, speak, speaks, write

# In seconds: how long a call may last in all, how long it may ring, and for how long silence waits for the key.
LONGEST, RING, PATIENCE = 60.0, 30.0, 25.0
# A switchboard listens after a moment, and to one key after the other.
LISTENS, BETWEEN_KEYS = 2.0, 0.3
# Before its caller gives up on it; what is left is for the answer.
MARGIN, CHECK = 1.0, 8.0
# The first major version that checks an exchange's certificate.
VERIFIES = 2
RINGING = ("CALL_RINGING", "CALL_PROGRESS", "CALL_ESTABLISHED")
_KINDS = {
    "401": "credentials", "403": "credentials", "407": "credentials",
    "404": "number", "410": "number", "484": "number", "604": "number",
    "486": "busy", "600": "busy", "603": "declined", "480": "not-reachable", "408": "not-reachable",
}  # fmt: skip
# What this machine lacks.
_WITHOUT: dict[type[Exception], str] = {NoPhone: "no-phone", NoVoice: "no-voice"}
_PLAIN = re.compile(r"[A-Za-z0-9._~!$&'()*+,=%@/-]+")


class Protection(StrEnum):
    """How the way to the exchange is guarded."""

    VERIFIED = "verified"
    ENCRYPTED = "encrypted"
    NONE = "none"


class SipSettings(PluginSettings):
    """The exchange, who we are there, and how it dials."""

    server: str = Setting(
        title="Exchange",
        description="Host name, and :port if it is another than usual.",
        pattern=r"^[A-Za-z0-9.-]+(:\d{1,5})?$",
        # baresip looks names up by itself, so no wall stops it.
        json_schema_extra=only_in_file(),
    )
    user: str = Setting(title="Extension", description="Who calls.", pattern=r"^[A-Za-z0-9._+-]{1,64}$")
    password: SecretStr = Setting(SecretStr(""), title="Password", description="Empty: it knows us by our address.")
    protection: Protection = Setting(
        Protection.VERIFIED,
        title="Protection",
        description="verified: TLS with a certificate that is checked, and SRTP; needs baresip 2 or newer. "
        "encrypted: the same without the check. none: everybody on the way hears the code. "
        "The last two only in a network of the exchange's own.",
    )
    ca_file: str = Setting(
        "/etc/ssl/certs/ca-certificates.crt",
        title="Certificate authorities",
        description="A PEM file.",
        # It stands in a file of settings, where a line of its own could be any order.
        pattern=r"^[ -~]*$",
    )
    dials: str = Setting(
        "{to}",
        title="Dials",
        description="How the exchange wants a number: {to} is with +, {to_digits} without, for example 0{to_digits}.",
        pattern=r"^[0-9*#]{0,8}\{(to|to_digits)\}$",
    )
    lines: int = Setting(2, title="Lines", description="Calls at the same time, in each process.", ge=1, le=30)

    @field_validator("password")
    @classmethod
    def _can_be_written_down(cls, value: SecretStr) -> SecretStr:
        # It stands in a line in which semicolons and brackets have a meaning of their own.
        if value.get_secret_value() and not _PLAIN.fullmatch(value.get_secret_value()):
            raise ValueError("only letters, digits and . _ ~ ! $ & ' ( ) * + , = % @ / -")
        return value


class Sip(Channel):
    """The message is taken once it rings. What is said before the key is pressed says nothing that is secret."""

    key = "sip"
    label = Text("Calls through your own exchange")
    media = frozenset({"voice"})
    Settings = SipSettings
    settings: SipSettings

    def __init__(self, settings: SipSettings) -> None:
        super().__init__(settings)
        self._lines = BoundedSemaphore(settings.lines)
        self._told = Reports()
        self._calling: set[Baresip] = set()

    def send(self, message: Message, ctx: Context) -> Receipt:
        to = e164(message.to) if message.medium in self.media else None
        if to is None or message.call is None or not re.fullmatch("[0-9]{0,20}", message.call.extension):
            raise DeliveryFailed("address", retry=False)
        if message.call.approves:
            # Who pressed the key is known here alone; only a code comes back by itself.
            raise DeliveryFailed("approves", retry=False)
        if self._cannot_verify:
            raise DeliveryFailed("certificate", retry=False)
        ends = time.monotonic() + (ctx.deadline - ctx.now).total_seconds() - MARGIN
        if not self._lines.acquire(timeout=max(0.0, ends - time.monotonic())):
            raise DeliveryFailed("busy-lines", retry=True)
        return self._dial(to, message, ctx.locale, ends)

    def reports(self) -> Sequence[DeliveryReport]:
        """How calls went that rang."""
        return self._told.take()

    def check(self) -> None:
        """Whether the programs are there, and whether the exchange answers and knows us. Nobody is called."""
        if not speaks():
            raise PluginError(Text("espeak-ng is not installed"))
        if self._cannot_verify:
            raise PluginError(Text("this baresip checks no certificate: use version 2, or choose another protection"))
        try:
            modules()
            with Baresip(self._account(register=True), self._authorities()) as phone:
                why = _registered(phone, time.monotonic() + CHECK)
        except NoPhone as failure:
            why = str(failure)
        if why:
            raise PluginError(Text("the exchange cannot be used: {why}", why=why_not(why)))

    def close(self) -> None:
        """Hang up."""
        for phone in list(self._calling):
            phone.close()

    def _dial(self, to: str, message: Message, locale: str, ends: float) -> Receipt:
        """Until it rings; the rest of the call goes on by itself."""
        name = secrets.token_hex(8)
        with ExitStack() as unless_it_rings:
            # Whatever happens here, the line is free again and nothing of the words stays.
            unless_it_rings.callback(self._lines.release)
            phone = Baresip(self._account(), self._authorities())
            unless_it_rings.callback(phone.close)
            happened = self._ring(phone, to, message, locale, ends)
            self._calling.add(phone)
            unless_it_rings.callback(self._calling.discard, phone)
            Thread(target=self._go_on, args=(phone, message.call, happened, name), name="call", daemon=True).start()
            unless_it_rings.pop_all()
        return Receipt(name)

    def _ring(self, phone: Baresip, to: str, message: Message, locale: str, ends: float) -> Happened | None:
        """Dial, and wait for the exchange's first word. Raises DeliveryFailed."""
        try:
            self._prepare(phone, message, locale)
            phone.start()
            phone.tell("dial", f"sip:{self._dialled(to)}@{self.settings.server}")
            happened = _rings(phone, ends)
            failed = _refused(happened)
        except (OSError, ValueError) as error:
            failed = DeliveryFailed(_WITHOUT.get(type(error), "unreachable"), retry=False)
        if failed is not None:
            raise failed
        return happened

    def _prepare(self, phone: Baresip, message: Message, locale: str) -> None:
        assert message.call is not None
        greeting = str(message.call.greeting)
        write(phone.folder / "silence.wav", array("h", bytes(2 * RATE * int(LONGEST))))
        speak(f"{greeting}\n{greeting}", locale, phone.folder / "greeting.wav", silence_after=PATIENCE)
        speak(str(message.text), locale, phone.folder / "words.wav", silence_after=PATIENCE)

    def _go_on(self, phone: Baresip, call: Call, happened: Happened | None, name: str) -> None:
        state, why = "failed", "no-answer"
        try:
            state, why = _converse(phone, call, happened)
        except (OSError, ValueError):
            why = "broken-off"
        finally:
            self._calling.discard(phone)
            phone.close()
            self._lines.release()
            self._told.tell(DeliveryReport(name, state, why))

    def _dialled(self, to: str) -> str:
        return self.settings.dials.replace("{to}", to).replace("{to_digits}", to.removeprefix("+"))

    def _account(self, *, register: bool = False) -> str:
        settings = self.settings
        said: dict[str, Any] = {"regint": 60 if register else 0, "audio_codecs": "PCMU/8000/1,PCMA/8000/1"}
        if password := settings.password.get_secret_value():
            said |= {"auth_user": settings.user, "auth_pass": password}
        plain = settings.protection is Protection.NONE
        said |= {} if plain else {"mediaenc": "srtp-mand"}
        way = "udp" if plain else "tls"
        return f"<sip:{settings.user}@{settings.server};transport={way}>;" + ";".join(
            f"{k}={v}" for k, v in said.items()
        )

    def _authorities(self) -> str:
        return self.settings.ca_file if self.settings.protection is Protection.VERIFIED else ""

    @cached_property
    def _cannot_verify(self) -> bool:
        return self.settings.protection is Protection.VERIFIED and version() < VERIFIES


def _rings(phone: Baresip, ends: float) -> Happened | None:
    """What the exchange said to it; None if it said nothing in time."""
    while happened := phone.hear(ends):
        if happened.kind in (*RINGING, "CALL_CLOSED"):
            return happened
    return None


def _refused(happened: Happened | None) -> DeliveryFailed | None:
    if happened is None:
        # The invitation may have got through although nobody said so; hanging up takes it back.
        return DeliveryFailed("timeout", retry=False, unknown=True)
    if happened.kind in RINGING:
        return None
    code = happened.said[:3]
    down = not code.isdigit() or code.startswith("5")
    return DeliveryFailed(_KINDS.get(code, "provider-down" if down else "refused"), retry=down)


def _registered(phone: Baresip, ends: float) -> str:
    """Why we cannot call there. An exchange that registers nobody is fine: it answered."""
    while happened := phone.hear(ends):
        if happened.kind == "REGISTER_OK":
            return ""
        if happened.kind == "REGISTER_FAIL":
            code = happened.said[:3]
            return "" if code in ("404", "405", "501") else _KINDS.get(code, "unreachable")
    return "timeout"


def _converse(phone: Baresip, call: Call, happened: Happened | None) -> tuple[str, str]:
    """The greeting, then silence until the key; then the words, and again whenever it is pressed again."""
    began, answered = time.monotonic(), False
    while happened and happened.kind != "CALL_CLOSED":
        if happened.kind == "CALL_ESTABLISHED":
            answered = True
            _switch_through(phone, call.extension)
            phone.tell("ausrc", f"aufile,{phone.folder / 'greeting.wav'}")
        elif happened.kind == "CALL_DTMF_START" and happened.said == call.key:
            phone.tell("ausrc", f"aufile,{phone.folder / 'words.wav'}")
        happened = phone.hear(began + (LONGEST if answered else RING))
    if answered:
        return "delivered", ""
    return "failed", _KINDS.get(happened.said[:3], "no-answer") if happened else "no-answer"


def _switch_through(phone: Baresip, extension: str) -> None:
    if extension:
        time.sleep(LISTENS)
    for key in extension:
        phone.tell("sndcode", key)
        time.sleep(BETWEEN_KEYS)


@hookimpl
def keyback_channels() -> list[type[Channel]]:
    return [Sip]
