"""What is said to whoever is locked out: as the design words it, and what was added."""

from __future__ import annotations

UNLOCK_AS_AGREED: dict[str, tuple[str, ...]] = {
    "welcome, to unlock": ("Unlock my account", "You know your password, but too many wrong tries locked you out."),
    "who, to unlock": ("Unlock your account", "Your password stays the same. First prove it's you.", "Step {} of 2:"),
    "done, unlocked": (
        "Your account is unlocked", "Your password is the same as before.",
        "If it locks again, an old password may be saved on a phone or computer.",
    ),
    "message, unlocked": (
        "Your account was unlocked",
        "Your {} account was unlocked on {}, {} (UTC). Your password is the same as before.",
    ),
    # One sentence of the design, as a heading and what stands below.
    "unlock not needed": ("Your account isn't locked.", "If your password doesn't work, reset it."),
}  # fmt: skip

ABOUT_UNLOCKING: dict[str, tuple[str, ...]] = {
    "who came by the other door": ("Know your password, but locked out? Unlock instead",),
    "why it was locked, where the directory tells": ("Too many wrong passwords locked it {} ago.",),
    "what may not be unlocked here": (
        "Your account is still locked.", "Your organisation unlocks this account by hand. Call the help desk.",
        "Here a new password unlocks it. Reset it.", "This account is unlocked by a new password only.",
    ),
    "an unlock that waits, or whose answer was lost": (
        "Unlocking your account", "Your password stays the same.", "Try again",
        "{}'s directory doesn't answer. Nothing was changed.",
        "Your account may be unlocked, or not. We're asking again and know within a minute.",
    ),
    "each account of several": (
        "Unlocked", "Still locked", "{} of {} accounts is unlocked", "{} of {} accounts are unlocked",
        "{} didn't confirm it. Nothing was changed there.",
        "{} took the request but didn't confirm it. This page tells you when we know.",
    ),
    "notices of the first proof, and by text": (
        "Your {} account was unlocked at {} UTC. Not you? Call {} now.",
        "Somebody started to unlock your account",
        "Somebody gave a proof to unlock your {} account at {} UTC. Not you? Call {} now.",
    ),
}  # fmt: skip
