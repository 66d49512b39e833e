"""What people read who change a password that they know."""

from __future__ import annotations

CHANGE_AS_AGREED: dict[str, tuple[str, ...]] = {
    "change": ("Your password is changed", "Your {} password was changed for {} on {}, {} (UTC)."),
}
ABOUT_CHANGE: dict[str, tuple[str, ...]] = {
    "changing a known password: said by text as well, and why it isn't changed": (
        "Your {} password was changed at {} UTC. Not you? Call {} now.",
        "That's your current password. Choose another one.",
        "Passwords of this account can't be changed here.",
        "Too many wrong passwords lately. Wait an hour, or reset it.",
        "Another password is being set for this account right now. Try again in a moment.",
    ),
}
