"""What Microsoft's audit log calls the same thing, for whoever reads both logs beside each other."""

from __future__ import annotations

from collections.abc import Mapping

from ...contracts import events

_PROGRESS = "Self-service password reset flow activity progress"
_RESET = "Reset password (self-service)"

MICROSOFT: Mapping[str, str] = {
    events.RecoveryStarted.name: _PROGRESS,
    events.MethodPicked.name: _PROGRESS,
    events.ProofGiven.name: _PROGRESS,
    events.ProofMissed.name: _PROGRESS,
    events.RecoveryClosed.name: _PROGRESS,
    events.PasswordSet.name: _RESET,
    events.PasswordNotSet.name: _RESET,
    events.PasswordChanged.name: "Change password (self-service)",
    events.AccountUnlocked.name: "Unlock user account (self-service)",
    events.AccountNotUnlocked.name: "Unlock user account (self-service)",
    events.LimitReached.name: "Blocked from self-service password reset",
    events.MethodAdded.name: "User registered security info",
    events.MethodRemoved.name: "User deleted security info",
    events.MethodPreferred.name: "User changed default security info",
}
