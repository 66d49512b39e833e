"""The words of shared signals: SSF 1.0 for streams, CAEP 1.0 for what they tell, RFC 8417 for each event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.contracts.signals import Delivery, Kind, Naming, Signal, Status, Stream
from ..core.service.clients.signal_streams import Queued, Registered, Wish

PUSH, POLL = "urn:ietf:rfc:8935", "urn:ietf:rfc:8936"
TYPES: Mapping[Kind, str] = {
    Kind.CREDENTIAL_CHANGE: "https://schemas.openid.net/secevent/caep/event-type/credential-change",
    Kind.SESSION_REVOKED: "https://schemas.openid.net/secevent/caep/event-type/session-revoked",
    Kind.VERIFICATION: "https://schemas.openid.net/secevent/ssf/event-type/verification",
}
NEWS = (Kind.CREDENTIAL_CHANGE, Kind.SESSION_REVOKED)
# In seconds, as a receiver is told.
BETWEEN_TESTS = 60
LONGEST_WORD, LONGEST_ADDRESS = 200, 2000
# RFC 8935 2.4 and RFC 8936 2.6 name these; whatever else a receiver says is not repeated.
ERRORS = frozenset(
    {
        *("invalid_request", "invalid_key", "invalid_issuer", "invalid_audience"),
        *("authentication_failed", "access_denied"),
    }
)
_REASON = {
    Kind.CREDENTIAL_CHANGE: "A new password was set by self-service.",
    Kind.SESSION_REVOKED: "A new password was set by self-service; sessions from before it are over.",
}


class Misspelt(Exception):
    """What came is no such request. `why` is a word of ours."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def metadata(issuer: str) -> dict[str, object]:
    """What a receiver reads of us before it asks anything (SSF 1.0 7.1)."""
    return {
        "spec_version": "1_0",
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks.json",
        "delivery_methods_supported": [PUSH, POLL],
        "configuration_endpoint": f"{issuer}/ssf/stream",
        "status_endpoint": f"{issuer}/ssf/status",
        "verification_endpoint": f"{issuer}/ssf/verify",
        "authorization_schemes": [{"spec_urn": "urn:ietf:rfc:6750"}],
        # Nobody names people to us: every account that a receiver may hear of is in its stream.
        "default_subjects": "ALL",
    }


def configuration(issuer: str, who: Registered, stream: Stream) -> dict[str, object]:
    """A stream as its receiver reads it (SSF 1.0 8.1.1). What it gave us to prove who we are is not given back."""
    pushes = stream.delivery is Delivery.PUSH
    delivery = {"method": PUSH, "endpoint_url": stream.endpoint} if pushes else _poll(issuer)
    described = {"description": stream.description} if stream.description else {}
    return {
        "stream_id": stream.id,
        "iss": issuer,
        "aud": who.receiver.audience,
        "delivery": delivery,
        "events_supported": [TYPES[kind] for kind in NEWS],
        "events_requested": [TYPES[kind] for kind in stream.wanted],
        "events_delivered": [TYPES[kind] for kind in stream.wanted],
        "min_verification_interval": BETWEEN_TESTS,
        **described,
    }


def standing(stream: Stream) -> dict[str, object]:
    """Whether a stream flows (SSF 1.0 8.1.2)."""
    reason = {"reason": stream.reason} if stream.reason else {}
    return {"stream_id": stream.id, "status": stream.status.value, **reason}


def wish(asked: Mapping[str, Any], before: Stream | None = None) -> Wish:
    """What a receiver wants its stream to be; what it does not say stays as it is in `before`. Raises Misspelt."""
    if before is None:
        before = Stream("", Delivery.POLL, NEWS)
    delivery = asked.get("delivery")
    method, endpoint, authorization = before.delivery, before.endpoint, before.authorization
    if delivery is not None:
        method, endpoint, authorization = _delivery(delivery)
    wanted = _wanted(asked["events_requested"]) if "events_requested" in asked else before.wanted
    description = word(asked, "description") if "description" in asked else before.description
    return Wish(method, wanted, endpoint, authorization, description)


def status(asked: Mapping[str, Any]) -> Status:
    """Raises Misspelt."""
    try:
        return Status(word(asked, "status"))
    except ValueError:
        raise Misspelt("status") from None


def word(asked: Mapping[str, Any], name: str, longest: int = LONGEST_WORD) -> str:
    """A text in a request; empty where there is none. Raises Misspelt."""
    found = asked.get(name, "")
    if not isinstance(found, str) or len(found) > longest or not found.isprintable():
        raise Misspelt(name)
    return found


def claims(issuer: str, who: Registered, queued: Queued) -> dict[str, Any]:
    """A security event token: no `sub` and no `exp`, so that nobody takes it for a sign-in (RFC 8417 4.1)."""
    signal = queued.signal
    told: dict[str, Any] = {"iss": issuer, "aud": who.receiver.audience, "iat": int(signal.at.timestamp())}
    told |= {"jti": queued.id, "sub_id": _subject(issuer, who, signal), "events": {TYPES[signal.kind]: _event(signal)}}
    return told | ({"txn": signal.together} if signal.together else {})


def error(found: object) -> str:
    """A receiver's word for what it refused, where it is one of the standard's."""
    said = found.get("err") if isinstance(found, Mapping) else None
    return said if isinstance(said, str) and said in ERRORS else "other"


def _poll(issuer: str) -> dict[str, object]:
    return {"method": POLL, "endpoint_url": f"{issuer}/ssf/events"}


def _delivery(asked: object) -> tuple[Delivery, str, str]:
    if not isinstance(asked, Mapping) or asked.get("method") not in {PUSH, POLL}:
        raise Misspelt("delivery")
    if asked["method"] == POLL:
        return Delivery.POLL, "", ""
    authorization = word(asked, "authorization_header", LONGEST_ADDRESS)
    if not authorization.isascii():
        raise Misspelt("authorization_header")
    return Delivery.PUSH, word(asked, "endpoint_url", LONGEST_ADDRESS), authorization


def _wanted(asked: object) -> tuple[Kind, ...]:
    """Of what it asked for, what there is: a receiver may know more than we tell."""
    if not isinstance(asked, list) or not all(isinstance(one, str) for one in asked):
        raise Misspelt("events_requested")
    return tuple(kind for kind in NEWS if TYPES[kind] in asked)


def _subject(issuer: str, who: Registered, signal: Signal) -> dict[str, str]:
    if signal.kind is Kind.VERIFICATION:
        return {"format": "opaque", "id": who.stream.id if who.stream else ""}
    if signal.naming is Naming.MAIL:
        return {"format": "email", "email": signal.subject}
    # An id of a directory is nobody else's word; a name may be one that another issuer gave.
    named = who.receiver.issuer if signal.naming is not Naming.ID else ""
    return {"format": "iss_sub", "iss": named or issuer, "sub": signal.subject}


def _event(signal: Signal) -> dict[str, Any]:
    if signal.kind is Kind.VERIFICATION:
        return {"state": signal.state} if signal.state else {}
    told = {"event_timestamp": int(signal.at.timestamp()), "initiating_entity": "user"}
    told |= {"reason_admin": {"en": _REASON[signal.kind]}}
    changed = {"credential_type": "password", "change_type": "update"}
    return {**told, **(changed if signal.kind is Kind.CREDENTIAL_CHANGE else {})}
