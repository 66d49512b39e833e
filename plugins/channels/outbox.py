"""The demo's pretend phone and mailbox: keeps every message in a file, in clear."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import Field as Setting

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
)

MOST_KEPT = 500


class OutboxSettings(PluginSettings):
    """Where the pretend messages are kept."""

    demo: bool = Setting(False, title="This is a demo", description="The outbox refuses to work anywhere else.")
    path: str = Setting(title="File", description="Every process of the demo sees the messages in it.", min_length=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that would have been sent."""

    medium: str
    to: str
    subject: str
    text: str
    at: datetime


class Outbox(Channel):
    """Takes text messages and mail, and gives them to whoever looks."""

    key = "outbox"
    label = Text("Pretend phone and mailbox")
    media = frozenset({"sms", "email"})
    Settings = OutboxSettings
    settings: OutboxSettings

    def __init__(self, settings: OutboxSettings) -> None:
        super().__init__(settings)
        if not settings.demo:
            # Everybody who opens the page reads everybody's codes.
            raise PluginError("the outbox works in the demo only")

    def send(self, message: Message, ctx: Context) -> Receipt:
        # As strict as a real carrier: what passes in the demo must not fail behind it.
        if message.medium not in self.media or not message.to or not message.to.isprintable():
            raise DeliveryFailed("address", retry=False)
        row = (message.medium, message.to, str(message.subject or ""), str(message.text), ctx.now.timestamp())
        try:
            with self._file() as file, file:
                file.execute("INSERT INTO message (medium, sent_to, subject, words, at) VALUES (?, ?, ?, ?, ?)", row)
                file.execute(
                    "DELETE FROM message WHERE id <= (SELECT max(id) FROM message) - ?",
                    (MOST_KEPT,),
                )
        except sqlite3.Error:
            failed = True
        else:
            failed = False
        if failed:
            raise DeliveryFailed("file", retry=True)
        return Receipt()

    def messages(self) -> tuple[Kept, ...]:
        """What was sent, the newest first."""
        with self._file() as file:
            rows = file.execute("SELECT medium, sent_to, subject, words, at FROM message ORDER BY id DESC").fetchall()
        return tuple(Kept(medium, to, subject, text, _moment(at)) for medium, to, subject, text, at in rows)

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection]:
        # A connection for each call: several threads and processes use the file, and a demo is in no hurry.
        with closing(sqlite3.connect(self.settings.path, timeout=5)) as file:
            file.execute(
                "CREATE TABLE IF NOT EXISTS message"
                " (id INTEGER PRIMARY KEY AUTOINCREMENT, medium TEXT, sent_to TEXT, subject TEXT, words TEXT, at REAL)"
            )
            yield file


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@hookimpl
def keyback_channels() -> list[type[Channel]]:
    return [Outbox]
