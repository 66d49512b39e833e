"""One JSON object per line, and nothing in it that was not allowed by name."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import TextIO, TypeAlias

import structlog

Line: TypeAlias = MutableMapping[str, object]

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
TALKATIVE = ("ldap3", "urllib3", "authlib", "requests", "aiosmtpd", "sqlalchemy", "alembic", "asyncio")
# Loggers whose lines hold what people typed into an address bar.
SILENT = ("werkzeug", "gunicorn.access")


def configure(level: str, stream: TextIO | None = None) -> None:
    """Send every logger of this process, ours and the libraries', through here to one stream."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            # The template of a line is ours or a library's; what fills it may be anybody's, so it is never filled.
            use_get_message=False,
            pass_foreign_args=True,
            foreign_pre_chain=[
                _template,
                structlog.stdlib.ExtraAdder(),
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _exception,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def redact(_logger: object, _name: str, line: Line) -> Line:
    """Dots for every key that is not allowed, and for every value that is not plain."""
    return {key: value if key in ALLOWED and _plain(value) else DOTS for key, value in line.items()}


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _template(_logger: object, _name: str, line: Line) -> Line:
    """Keep a library's sentence only when it is a template: a finished one may quote anything."""
    record, arguments = line.get("_record"), line.pop("positional_args", ())
    ours = isinstance(record, logging.LogRecord) and record.name.partition(".")[0] == "keyback"
    if not ours and not arguments:
        line["event"] = "a library said something"
    return line


def _exception(_logger: object, _name: str, line: Line) -> Line:
    """The kind of an exception and its way here. Its words stay out: they may quote what somebody typed."""
    caught = line.pop("exc_info", None)
    line.pop("stack_info", None)
    error = caught[1] if isinstance(caught, tuple) else None
    if isinstance(error, BaseException):
        line["error"] = type(error).__qualname__
        line["at"] = _way(error.__traceback__)
    return line


def _way(trace: TracebackType | None) -> str:
    """The last six places, innermost last: module, function and line, no values."""
    places: list[str] = []
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "?")
        places.append(f"{module}.{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-6:])
