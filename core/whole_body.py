"""A form's body, whole or not at all: for every application of ours."""

from __future__ import annotations

from werkzeug.exceptions import HTTPException, abort
from werkzeug.wrappers import Request


def whole_body(request: Request, *, keep: bool = False) -> bytes:
    """All of it. `keep`: the form is read from it afterwards. Whatever is framed wrongly or breaks off is a 400."""
    try:
        body = request.get_data(cache=keep)
    except HTTPException:
        raise
    except Exception:
        # The web server reads the wire, and has exceptions of its own for a body that is framed wrongly.
        abort(400, "no whole body")
    # One that breaks off looks like a shorter one, and half a form may be a form.
    if request.content_length not in {None, len(body)}:
        abort(400, "no whole body")
    return body
