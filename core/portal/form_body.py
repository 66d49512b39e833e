"""Reads a form's body: small, one content type, every field once and known."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from flask import Request, abort

from ..contracts.method import FIELD_NAME
from ..whole_body import whole_body

# Two passwords of the longest kind, in the script that takes the most room. Reading costs by the byte, and a stranger's
# form costs no more than anybody's.
MOST_BYTES = 16 * 1024
MOST_FIELDS = 50
_UNWRITTEN = re.compile(rb"[^!-~]")


def read_form(
    request: Request, known: Collection[str], *, answers: bool = False, several: str = "", most: int = MOST_BYTES
) -> dict[str, str]:
    """The form's fields. A field given twice or unknown is an attempt to be read in two ways: refused as a whole.

    Only the tick boxes called `several` may come more than once; their values are joined by spaces.

    Never through `request.values`: there the query string beats the body.
    """
    if request.mimetype != "application/x-www-form-urlencoded":
        abort(415)
    request.max_content_length = most
    pairs = _pairs(whole_body(request))
    ticked = [value for name, value in pairs if several and name == several]
    pairs = [(name, value) for name, value in pairs if not several or name != several]
    if ticked:
        pairs.append((several, " ".join(dict.fromkeys(ticked))))
    form = dict(pairs)
    if len(form) != len(pairs):
        abort(400, "a field twice")
    if any(name not in known and not (answers and FIELD_NAME.fullmatch(name)) for name in form):
        abort(400, "an unknown field")
    return form


def read_one(request: Request, name: str) -> str:
    """This field of a form that a server sent: standards let it add others, and this one comes once."""
    if request.mimetype != "application/x-www-form-urlencoded":
        abort(415)
    request.max_content_length = MOST_BYTES
    given = [value for key, value in _pairs(whole_body(request)) if key == name]
    if len(given) != 1:
        abort(400, "not this field once")
    return given[0]


def read_all(request: Request) -> dict[str, str]:
    """Every field of a form that a carrier sent. One that comes twice could be read in two ways."""
    if request.mimetype != "application/x-www-form-urlencoded":
        abort(415)
    request.max_content_length = MOST_BYTES
    pairs = _pairs(whole_body(request))
    form = dict(pairs)
    if len(form) != len(pairs):
        abort(400, "a field twice")
    return form


def only(form: Mapping[str, str], names: Collection[str]) -> None:
    """Refuse fields which the page that sent this form does not have."""
    if not form.keys() <= set(names):
        abort(400, "an unknown field")


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            _written(body),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        abort(400, "not a form")


def _written(body: bytes) -> str:
    """Nothing but visible ASCII: a browser writes all else as %XX, and what it didn't write may be read in two ways."""
    if _UNWRITTEN.search(body):
        raise ValueError
    return body.decode("ascii")
