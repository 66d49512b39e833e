"""What people read who change a password that they know."""

from __future__ import annotations

CHANGE_AS_AGREED: dict[str, tuple[str, ...]] = {
    "change": (
        "Change my password", "You know it and want a new one.", "Change your password", "Current password",
        "Change password", "Your password is changed", "Forgot it? Reset it instead",
        "That isn't your current password. {}", "Your {} password was changed for {} on {}, {} (UTC).",
    ),
}  # fmt: skip
ABOUT_CHANGE: dict[str, tuple[str, ...]] = {
    "changing a known password: said by text as well, and why it isn't changed": (
        "Your {} password was changed at {} UTC. Not you? Call {} now.",
        "Change it for",
        "Enter your current password",
        "You'll type your current password and a new one. This also works when your password has run out.",
        "We're asking your organisation's directory. Please don't close this page.",
        "This name and password don't fit together, or this password can't be changed here. {}",
        "That's your current password. Choose another one.",
        "Passwords of this account can't be changed here.",
        "Too many wrong passwords lately. Wait an hour, or reset it.",
        "Another password is being set for this account right now. Try again in a moment.",
    ),
}
