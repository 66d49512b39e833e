"""One JSON object per line, and nothing in it that was not allowed by name."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO, TypeAlias

Line: TypeAlias = dict[str, object]

# An allow-list: a new key shows as dots until somebody has thought about what it may hold.
ALLOWED = frozenset(
    (
        "event level logger timestamp "
        # Requests and jobs, by names and numbers of ours.
        "method endpoint status milliseconds job lane kind what tries count port purpose table point "
        # Who and what, by pseudonym or key.
        "recovery person move before stage plugin store channel notifier medium outcome because retry entry "
        # How many milliseconds of a slow step each part took.
        "database directory provider render "
        # An exception without its words.
        "error at"
    ).split()
)
DOTS = "••••"

# Libraries that would log what they send: a directory's password modify, a provider's request with its token.
TALKATIVE = ("ldap3", "msal", "urllib3", "authlib", "requests", "aiosmtpd", "sqlalchemy", "alembic", "asyncio")
# Loggers whose lines hold what people typed into an address bar.
SILENT = ("werkzeug", "gunicorn.access")

# What the standard library gives every record; whatever else one has was said by name.
_OF_EVERY_RECORD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime"})


class JsonLines(logging.Formatter):
    """Writes a record down: the template of its sentence, its named fields, and the kind of its exception."""

    def format(self, record: logging.LogRecord) -> str:
        line: Line = {"event": _template(record)}
        line |= {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD}
        line |= {"level": record.levelname.lower(), "logger": record.name}
        line["timestamp"] = f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line |= {"error": type(error).__qualname__, "at": _way(error.__traceback__)}
        return json.dumps(redacted(line), ensure_ascii=False)


def configure(level: str, stream: TextIO | None = None) -> None:
    """Send every logger of this process, ours and the libraries', through here to one stream."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def redacted(line: Line) -> Line:
    """Dots for every key that is not allowed, and for every value that is not plain."""
    return {key: value if key in ALLOWED and _plain(value) else DOTS for key, value in line.items()}


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _template(record: logging.LogRecord) -> object:
    """The sentence is ours or a library's, what fills it may be anybody's: so it is never filled.

    A library's is kept only when it is a template: a finished one may quote anything.
    """
    ours = record.name.partition(".")[0] == "keyback"
    return record.msg if ours or record.args else "a library said something"


def _way(trace: TracebackType | None) -> str:
    """The last six places, innermost last: module, function and line, no values."""
    places: list[str] = []
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "?")
        places.append(f"{module}.{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-6:])
