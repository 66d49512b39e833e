"""Where carriers tell us that a key was pressed, or what became of a message. People never come here."""

from __future__ import annotations

from flask import abort, request
from werkzeug.wrappers import Response

from ..service.hear import Hearing
from .form_body import read_all


class CallbackPage:
    """One answer to whatever is not from the carrier, is about another message, or comes too late."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing

    def hear(self, channel: str, token: str) -> Response:
        """What the carrier does next."""
        fields = read_all(request)
        heard = self._hearing.call_back(channel, token, fields, dict(request.headers))
        if heard is None:
            abort(404)
        return Response(heard.reply, content_type=f"{heard.reply_type}; charset=utf-8")
