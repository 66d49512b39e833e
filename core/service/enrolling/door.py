"""The door for whoever knows their password: put together where there is an identity provider."""

from __future__ import annotations

from dataclasses import dataclass

from ..drafts import Drafts
from ..staff import Staff
from .second_sign_in import SecondSignIn
from .session_desk import SessionDesk
from .signing_in import SessionRules, SigningIn
from .vouching import CompanyIdp


@dataclass(frozen=True)
class Door:
    """All that the sign-in's pages ask for."""

    signing_in: SigningIn
    sessions: SessionDesk


def open_door(staff: Staff, idp: CompanyIdp, rules: SessionRules) -> Door:
    """It shares the gate with those who forgot, so that limits see all that a source does."""
    starting = staff.service.starting
    records, around, gate = starting.records, starting.around, starting.gate
    signing_in = SigningIn(
        records=records,
        snapshots=starting.snapshots,
        calls=gate.calls,
        gate=gate,
        recognising=staff.recognising,
        around=around,
        idp=idp,
        drafts=Drafts(records=records, around=around),
        second=SecondSignIn(records=records, around=around),
        rules=rules,
    )
    sessions = SessionDesk(records=records, around=around, idp=idp, rules=rules, snapshots=starting.snapshots)
    return Door(signing_in, sessions)
