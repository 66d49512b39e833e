"""The event log to a SIEM: syslog (RFC 5424) over TLS (RFC 5425), in the log's order, until it has arrived."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping, Sequence
from datetime import UTC
from urllib.parse import urlsplit

from pydantic import Field as Setting
from pydantic import model_validator

from ...core import (
    Context,
    DeliveryFailed,
    Happening,
    LogEntry,
    Message,
    Notifier,
    PluginError,
    PluginSettings,
    Text,
    hookimpl,
    is_address,
    our_certificate,
    trusted_certificates,
    why_not,
)
from ...core.dial import Forbidden, dial

# RFC 5424 6.2.1: "log audit", and how grave: what deserves an eye is a warning, all else is a notice.
FACILITY, WARNING, NOTICE = 13, 4, 5
# In seconds: for a connection, and what is left for the caller when we give up.
CONNECT, MARGIN = 3.0, 0.5


class SyslogSettings(PluginSettings):
    """The collector, and whose certificates count."""

    host: str = Setting(
        title="Collector", description="Host name of the syslog server.", min_length=1, json_schema_extra=is_address()
    )
    port: int = Setting(6514, title="Port", description="Usually 6514. Always with TLS.", ge=1, le=65535)
    ca_file: str = Setting(
        "",
        title="Certificate authority",
        description="A PEM file, if the authority is your own.",
        json_schema_extra=trusted_certificates(),
    )
    certificate: str = Setting(
        "",
        title="Certificate",
        description="A PEM file, if the collector wants to know who sends; its key beside it.",
        json_schema_extra=our_certificate(),
    )
    key_file: str = Setting("", title="Key", description="The PEM file with the certificate's key.")
    enterprise: int = Setting(
        32473,
        title="Enterprise number",
        description="The private enterprise number in the names of our fields; as it stands, the one for examples.",
        ge=1,
    )

    @model_validator(mode="after")
    def _has_both_halves(self) -> SyslogSettings:
        if bool(self.certificate) != bool(self.key_file):
            raise ValueError("the certificate and its key go together")
        return self


class Syslog(Notifier):
    """One connection for each batch: only by its end can it be told that everything was read."""

    key = "syslog"
    label = Text("Syslog (SIEM)")
    wants = frozenset()
    Settings = SyslogSettings
    settings: SyslogSettings

    def notify(self, happening: Happening, ctx: Context) -> Sequence[Message]:
        """It hears of nothing one by one."""
        return ()

    def keep(self, entries: Sequence[LogEntry], ctx: Context) -> None:
        """Raises DeliveryFailed, and then nobody can say how many of them were kept."""
        house = urlsplit(ctx.origin).hostname or "-"
        frames = b"".join(_framed(_written(entry, house, self.settings.enterprise)) for entry in entries)
        self._say(frames, time.monotonic() + (ctx.deadline - ctx.now).total_seconds() - MARGIN)

    def check(self) -> None:
        """Whether the collector is there and is the one it should be. Nothing is sent."""
        try:
            self._say(b"", time.monotonic() + 2 * CONNECT)
        except DeliveryFailed as failed:
            why = failed.kind
        else:
            return
        raise PluginError(Text("the collector cannot be used: {why}", why=why_not(why)))

    def _say(self, frames: bytes, ends: float) -> None:
        try:
            with self._connected(ends) as line:
                line.sendall(frames)
                line.settimeout(max(0.1, ends - time.monotonic()))
                _wait_until_read(line)
        except OSError as error:
            failed = _failure(error)
        else:
            return
        raise failed

    def _connected(self, ends: float) -> ssl.SSLSocket:
        settings = self.settings
        tls = ssl.create_default_context(cafile=settings.ca_file or None)
        if settings.certificate:
            tls.load_cert_chain(settings.certificate, settings.key_file)
        plain = dial(settings.host, settings.port, self.wall, CONNECT)
        try:
            plain.settimeout(max(0.1, ends - time.monotonic()))
            return tls.wrap_socket(plain, server_hostname=settings.host)
        except BaseException:
            plain.close()
            raise


def _wait_until_read(line: ssl.SSLSocket) -> None:
    """Say that this was all, and wait for the other side's end. Raises OSError.

    Syslog has no answers. But whoever closes with something unread makes the connection break (RFC 1122 4.2.2.13), and
    whoever closes in order has read it all.
    """
    try:
        line.unwrap().close()
    except ssl.SSLEOFError:
        # It closed without TLS's own goodbye, as many do: in order all the same.
        return


def _failure(error: OSError) -> DeliveryFailed:
    if isinstance(error, Forbidden):
        return DeliveryFailed("private-address", retry=False)
    if isinstance(error, ssl.SSLCertVerificationError):
        return DeliveryFailed("certificate", retry=False)
    return DeliveryFailed("timeout" if isinstance(error, TimeoutError) else "unreachable", retry=True)


def _framed(record: bytes) -> bytes:
    """RFC 5425 4.3: its length in front, so that nothing in it can end it."""
    return b"%d %s" % (len(record), record)


def _written(entry: LogEntry, house: str, enterprise: int) -> bytes:
    """RFC 5424 6: one record. What the event holds stands apart from what the log says of it."""
    about = {"seq": entry.seq, "id": entry.id, "recovery": entry.recovery, "person": entry.person}
    fields = _element(f"log@{enterprise}", {**about, "hash": entry.hash.hex()})
    fields += _element(f"event@{enterprise}", entry.data) if entry.data else ""
    priority = FACILITY * 8 + (WARNING if entry.loud else NOTICE)
    at = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f"<{priority}>1 {at} {house} keyback - {entry.name[:32]} {fields}".encode("utf-8", "replace")


def _element(name: str, values: Mapping[str, object]) -> str:
    said = "".join(f' {key}="{_escaped(value)}"' for key, value in values.items())
    return f"[{name}{said}]"


def _escaped(value: object) -> str:
    """RFC 5424 6.3.3. Control signs are none of ours: a reader of lines could take one for the end of the record."""
    text = value if isinstance(value, str) else json.dumps(value)
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return shown.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


@hookimpl
def keyback_notifiers() -> list[type[Notifier]]:
    return [Syslog]
