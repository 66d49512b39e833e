"""What is said to whoever is on the telephone with the help desk, and to the help desk: as the design words it, and
what was added."""

from __future__ import annotations

DESK_AS_AGREED: dict[str, tuple[str, ...]] = {
    "help desk start": (
        "The help desk started this for you",
        ("The word they must tell you is {}. If they can't, hang up. Nobody at the help desk needs your password or "
        "codes."),
    ),
    "invitation": (
        "Two minutes now, no call later",
        ("If you forget your {} password, you can't get back in by yourself yet. Add a method: sign in at {}."),
    ),
}  # fmt: skip

ABOUT_THE_DESK: dict[str, tuple[str, ...]] = {
    "the start for a caller": (
        "Type your name and the code that the help desk reads to you.", "Code from the help desk", "{} digits",
    ),
    "the invitation by text, and whom to ask about it": (
        "You can't reset your {} password by yourself yet. Add a method: sign in at {}", "Questions? Call {}.",
    ),
    "why the help desk may not": (
        "Enter a name", "Nobody has this name, or nobody whom you may serve.",
        "It's been a while. Look the person up again.", "Say why", "Only administrators remove a method.",
        "This method is not there any more.", "There is nothing to lift.", "They could get back in today.",
        "Choose how you made sure who is calling",
        "They have too few methods to prove who they are, so a code would lead nowhere.",
        "This call is not yours, or it was long ago.",
    ),
    "what a second administrator reads, and why they may not": (
        "Lift the lock-out of {}", "Remove {} of {}", "Start a recovery for a caller: {}",
        "You asked for this yourself. Another administrator decides.", "Only administrators decide this.",
        "This was decided already, or nobody decided it in time.",
    ),
}  # fmt: skip
