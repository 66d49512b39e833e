"""Keyback as a transmitter of shared signals: its addresses, and what HTTP wants of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, request

from ..core.contracts.signals import Stream
from ..core.service.clients.signal_streams import (
    Fetching,
    HasOne,
    NoSuchStream,
    NotThere,
    Queued,
    Registered,
    Streams,
    TooSoon,
    stream_of,
)
from ..core.whole_body import whole_body
from .signal_words import Misspelt, configuration, error, metadata, standing, status, wish, word

# A receiver that was away for long has many signals to say "got it" of.
MOST_BYTES = 64 * 1024
MOST_TOKEN = 200
MOST_SETTLED = 1000
# One signal, under its receiver's name for us.
Sign = Callable[[Registered, Queued], str]
Answers = Callable[[Registered], Response]

_STATUSES: Mapping[type[Exception], int] = {NoSuchStream: 404, HasOne: 409, NotThere: 400, TooSoon: 429, Misspelt: 400}


@dataclass(frozen=True)
class SignalPages:
    """`sign` is needed for signals that are fetched; those that are brought go by the back office."""

    streams: Streams
    issuer: str
    sign: Sign

    def metadata(self) -> Response:
        """What a receiver needs to know of us."""
        return jsonify(metadata(self.issuer))

    def look(self) -> Response:
        """The stream with this name, or all that the receiver has: one, or none."""
        return self._told(self._look)

    def make(self) -> Response:
        """A stream of the receiver's own."""
        return self._told(lambda who: self._shown(self.streams.make(who, wish(_asked())), 201))

    def change(self) -> Response:
        """What is said in it changes; by PUT, what is not said is as it is without being said."""
        return self._told(self._change)

    def remove(self) -> Response:
        """And everything that waits in it."""
        return self._told(self._remove)

    def status(self) -> Response:
        """Whether it flows."""
        return self._told(lambda who: jsonify(standing(stream_of(who, request.args.get("stream_id", "")))))

    def set_status(self) -> Response:
        """Let it flow, wait or stop."""
        return self._told(self._set_status)

    def verify(self) -> Response:
        """A signal that tells nothing, to show that they arrive."""
        return self._told(self._verify)

    def fetch(self) -> Response:
        """What waits, for whoever asks (RFC 8936). It is answered at once: nobody's page waits for a receiver."""
        return self._told(self._fetch)

    def _look(self, who: Registered) -> Response:
        named = request.args.get("stream_id")
        if named is not None:
            return self._described(who, stream_of(who, named))
        return jsonify([configuration(self.issuer, who, who.stream)] if who.stream else [])

    def _change(self, who: Registered) -> Response:
        asked = _asked()
        stream = stream_of(who, word(asked, "stream_id"))
        wanted = wish(asked, stream if request.method == "PATCH" else None)
        return self._shown(self.streams.change(who, stream.id, wanted), 200)

    def _remove(self, who: Registered) -> Response:
        self.streams.remove(who, request.args.get("stream_id", ""))
        return Response(status=204)

    def _set_status(self, who: Registered) -> Response:
        asked = _asked()
        to, reason = status(asked), word(asked, "reason")
        changed = self.streams.set_status(who, word(asked, "stream_id"), to, reason)
        return jsonify(standing(stream_of(changed, word(asked, "stream_id"))))

    def _verify(self, who: Registered) -> Response:
        asked = _asked()
        self.streams.test(who, word(asked, "stream_id"), word(asked, "state"))
        return Response(status=204)

    def _fetch(self, who: Registered) -> Response:
        found, more = self.streams.fetch(who, _fetching(_asked()))
        return jsonify({"sets": {one.id: self.sign(who, one) for one in found}, "moreAvailable": more})

    def _shown(self, who: Registered, code: int) -> Response:
        assert who.stream is not None
        response = self._described(who, who.stream)
        response.status_code = code
        return response

    def _described(self, who: Registered, stream: Stream) -> Response:
        return jsonify(configuration(self.issuer, who, stream))

    def _told(self, answer: Answers) -> Response:
        """Only for who shows a token of ours. Whatever else is wrong is told by its status and a word."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = scheme.lower() == "bearer" and 0 < len(token) <= MOST_TOKEN
        who = self.streams.whoever(token) if known else None
        if who is None:
            response = _refused(401, "invalid_token")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        try:
            return answer(who)
        except Misspelt as misspelt:
            return _refused(400, f"invalid_request: {misspelt.why}")
        except (NoSuchStream, HasOne, NotThere, TooSoon) as refused:
            return _refused(_STATUSES[type(refused)], "invalid_request")


def create_transmitter(pages: SignalPages) -> Blueprint:
    """Its addresses. No Origin is checked: receivers are programs, and nothing rides on a cookie."""
    transmitter = Blueprint("transmitter", __name__)
    for rule, endpoint, view, methods in (
        ("/.well-known/ssf-configuration", "metadata", pages.metadata, ["GET"]),
        ("/ssf/stream", "look", pages.look, ["GET"]),
        ("/ssf/stream", "make", pages.make, ["POST"]),
        ("/ssf/stream", "change", pages.change, ["PATCH", "PUT"]),
        ("/ssf/stream", "remove", pages.remove, ["DELETE"]),
        ("/ssf/status", "status", pages.status, ["GET"]),
        ("/ssf/status", "set_status", pages.set_status, ["POST"]),
        ("/ssf/verify", "verify", pages.verify, ["POST"]),
        ("/ssf/events", "fetch", pages.fetch, ["POST"]),
    ):
        transmitter.add_url_rule(rule, endpoint, view, methods=methods, provide_automatic_options=False)
    return transmitter


def _asked() -> dict[str, Any]:
    """The JSON object that was sent. Raises Misspelt."""
    request.max_content_length = MOST_BYTES
    try:
        found = json.loads(whole_body(request))
    except (ValueError, RecursionError):
        raise Misspelt("json") from None
    if request.mimetype != "application/json" or not isinstance(found, dict):
        raise Misspelt("json")
    return found


def _fetching(asked: Mapping[str, Any]) -> Fetching:
    most, has, refuses = asked.get("maxEvents", 100), asked.get("ack", []), asked.get("setErrs", {})
    if not isinstance(most, int) or most < 0 or not isinstance(has, list) or not isinstance(refuses, dict):
        raise Misspelt("poll")
    # No signal has a name that cannot be printed, and PostgreSQL takes no NUL.
    named = all(isinstance(one, str) and one.isprintable() for one in (*has, *refuses))
    if not named or len(has) + len(refuses) > MOST_SETTLED:
        raise Misspelt("ack")
    return Fetching(most, has, {name: error(why) for name, why in refuses.items()})


def _refused(code: int, why: str) -> Response:
    response = jsonify(error=why)
    response.status_code = code
    return response
