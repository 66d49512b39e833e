"""The demo's pretend phone and mailbox: keeps every message in a file, in clear."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import Field as Setting

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
    hookimpl,
    only_in_file,
    same,
)

MOST_KEPT = 500
# What a real carrier would sign is proven here by a word that only this file knows.
SIGNATURE = "Pretend-Signature"


class OutboxSettings(PluginSettings):
    """Where the pretend messages are kept."""

    demo: bool = Setting(
        False,
        title="This is a demo",
        description="The outbox refuses to work anywhere else.",
        json_schema_extra=only_in_file(),
    )
    path: str = Setting(
        title="File",
        description="Every process of the demo sees the messages in it.",
        min_length=1,
        json_schema_extra=only_in_file(),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that would have been sent. `rings` names a call that waits for a key."""

    medium: str
    to: str
    subject: str
    text: str
    at: datetime
    rings: str = ""


@dataclass(frozen=True, slots=True)
class Ringing:
    """Where to tell that a key was pressed, and with which signature."""

    answer_to: str
    signature: str


class Outbox(Channel):
    """Takes texts, calls and mail, and gives them to whoever looks."""

    key = "outbox"
    label = Text("Pretend phone and mailbox")
    media = frozenset({"sms", "voice", "email"})
    attaches = True
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
        words, answer_to, signature = str(message.text), "", ""
        if message.attachment:
            words = f"{words}\n\n[{message.attachment.name}, {len(message.attachment.content):,} bytes]"
        if message.medium == "voice":
            if message.call is None or not message.answer_to:
                raise DeliveryFailed("address", retry=False)
            # The code is not in the file before a key is pressed.
            words, answer_to, signature = str(message.call.greeting), message.answer_to, ctx.random(16).hex()
        row = (message.medium, message.to, str(message.subject or ""), words, ctx.now.timestamp(), answer_to, signature)
        try:
            with self._file() as file, file:
                file.execute(
                    "INSERT INTO message (medium, sent_to, subject, words, at, answer_to, signature)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    row,
                )
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
            rows = file.execute(
                "SELECT medium, sent_to, subject, words, at, iif(answer_to = '', '', id) FROM message ORDER BY id DESC"
            ).fetchall()
        return tuple(
            Kept(medium, to, subject, text, _moment(at), str(call)) for medium, to, subject, text, at, call in rows
        )

    def ringing(self, call: str) -> Ringing | None:
        """The call of this name, while it waits for a key."""
        with self._file() as file:
            row = file.execute(
                "SELECT answer_to, signature FROM message WHERE id = ? AND answer_to != ''", (call,)
            ).fetchone()
        return Ringing(*row) if row else None

    def spoke(self, call: str, words: str) -> None:
        """The call is over, and this was said in it."""
        with self._file() as file, file:
            file.execute("UPDATE message SET words = ?, answer_to = '' WHERE id = ?", (words, call))

    def hear(self, callback: Callback, message: Message, ctx: Context) -> Heard | None:
        """A key that somebody pressed on the demo's page; nobody else knows the signature."""
        with self._file() as file:
            row = file.execute("SELECT signature FROM message WHERE answer_to = ?", (callback.url,)).fetchone()
        if row is None or message.call is None or not same(row[0], callback.headers.get(SIGNATURE, "")):
            return None
        key = callback.fields.get("key", "")
        if key != message.call.key:
            return Heard(state="delivered", reply=str(message.call.greeting))
        return Heard({"key": key} if message.call.approves else {}, "delivered", reply=str(message.text))

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection]:
        # A connection for each call: several threads and processes use the file, and a demo is in no hurry.
        with closing(sqlite3.connect(self.settings.path, timeout=5)) as file:
            file.execute(
                "CREATE TABLE IF NOT EXISTS message"
                " (id INTEGER PRIMARY KEY AUTOINCREMENT, medium TEXT, sent_to TEXT, subject TEXT, words TEXT, at REAL,"
                " answer_to TEXT, signature TEXT)"
            )
            yield file


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@hookimpl
def keyback_channels() -> list[type[Channel]]:
    return [Outbox]
