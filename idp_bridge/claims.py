"""From a recovery to what a client is told: who it was, how they proved it, and what was done."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from ..core.contracts.entry import Entry, OidcClient, SubjectKind
from ..core.contracts.people import Account
from ..core.contracts.store import OutcomeKind
from ..core.recovery.policy import Proof, counting
from ..core.recovery.state import Recovery
from ..core.service.clients.client_desk import Done, Grant

# What was done, to which accounts, and when. A name that nobody else uses for anything.
DONE = "urn:keyback:done"
# The one event of a logout token, and for how many seconds it may be believed.
BACK_CHANNEL, LOGOUT_LIFE = "http://schemas.openid.net/event/backchannel-logout", 120
# RFC 8176 has no word for a code by mail: it is a password that is good once, as an app's is.
_BY_METHOD: Mapping[str, str] = {
    "sms": "sms",
    "voice": "tel",
    "email": "otp",
    "authenticator": "otp",
    "saved_codes": "otp",
    "questions": "kba",
    "webauthn": "pop",
    "phone_approval": "swk",
}
# Of somebody else's method it is known what it rides on.
_BY_CARRIER: Mapping[str, str] = {"phone": "tel", "mailbox": "otp", "device": "pop", "memory": "kba", "paper": "otp"}


def amr(proofs: Collection[Proof]) -> tuple[str, ...]:
    """The words of RFC 8176 for these proofs; "mca" where they came over more than one channel."""
    words = [_BY_METHOD.get(proof.method) or _BY_CARRIER.get(proof.rides_on, "user") for proof in proofs]
    more = ["mca"] if len({proof.rides_on for proof in proofs}) > 1 else []
    return tuple(dict.fromkeys([*words, *more]))


def counted(recovery: Recovery) -> tuple[Proof, ...]:
    """The proofs that its policy counts."""
    return counting(recovery.subject.policy.proof, recovery.proofs) if recovery.subject else ()


def acr(recovery: Recovery) -> str:
    """What it was for, and by how many proofs."""
    return f"urn:keyback:{recovery.purpose.value}:{len(counted(recovery))}"


def known_to(client: OidcClient, recovery: Recovery) -> Account | None:
    """The account that was served and that this client can call by a name."""
    return next((account for account in _served(client, recovery) if subject(client, account)), None)


def subject(client: OidcClient, account: Account) -> str:
    """As this client wants to hear of them."""
    names = {SubjectKind.ID: account.key.id, SubjectKind.UPN: account.upn, SubjectKind.NAME: account.name}
    return names[client.subject]


def done(client: OidcClient, recovery: Recovery) -> tuple[Done, ...]:
    """What was served of the store that this client knows. What somebody has elsewhere is none of its business."""
    return tuple(Done(one.key.store, one.key.id, one.name) for one in _served(client, recovery))


def of_grant(grant: Grant) -> dict[str, Any]:
    """What the ID token and the userinfo say alike."""
    accounts = [{"store": one.store, "id": one.id, "name": one.name} for one in grant.done]
    what = {"purpose": grant.purpose, "at": int(grant.done_at.timestamp()), "accounts": accounts}
    named = {"preferred_username": grant.name} if "profile" in grant.scopes else {}
    return {"sub": grant.subject, **named, DONE: what}


def of_token(grant: Grant) -> dict[str, Any]:
    """What the ID token says beside whose it is."""
    told: dict[str, Any] = {**of_grant(grant), "acr": grant.acr, "amr": list(grant.amr)}
    told["auth_time"] = int(grant.proven_at.timestamp())
    return told | ({"nonce": grant.nonce} if grant.nonce else {})


def of_logout(entry: Entry, account: Account, now: datetime) -> dict[str, Any] | None:
    """That this client's sessions of somebody are over: all of them, for Keyback knows none by its name (no `sid`), and
    no nonce, so that it is nobody's sign-in. None for whom the client has no name."""
    called = subject(entry.client, account) if entry.client else ""
    if not called:
        return None
    said_at = int(now.timestamp())
    times = {"iat": said_at, "exp": said_at + LOGOUT_LIFE}
    return {"aud": entry.key, "sub": called, **times, "events": {BACK_CHANNEL: {}}}


def _served(client: OidcClient, recovery: Recovery) -> Iterator[Account]:
    served = {outcome.account for outcome in recovery.outcomes if outcome.kind is OutcomeKind.SET}
    accounts = recovery.subject.person.accounts if recovery.subject and recovery.proofs else ()
    return (one for one in accounts if one.key in served and one.key.store == client.store)
