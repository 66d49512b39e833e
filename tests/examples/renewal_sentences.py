"""What people read who are signed in: what they are asked, and what they may do with what they have."""

from __future__ import annotations

AS_AGREED: dict[str, tuple[str, ...]] = {
    "asked after a sign-in": (
        "Before you go on: one more method", "Later", 'You can choose "Later" {} more times, until {}.',
        "Is this still right?", "It's been {} months. Check each one once.", "Yes, still right",
    ),
    "what is theirs already": (
        "Safest", "Default", "Make default", "Rename", "Change", "Make new codes", "That was your last saved code",
    ),
}  # fmt: skip
ABOUT_RENEWAL: dict[str, tuple[str, ...]] = {
    "proving it there and then, so that methods can be changed": (
        "Or prove it's you here, by a method you have.", "Prove it's you here",
        "After that you can change your methods for 5 minutes.",
        "This way isn't there any more. Choose another way.",
        "This took too long, or was tried too often. Choose another way.",
    ),
    "once more, once only, and one month": (
        'You can choose "Later" once more, until {}.', "Add a method now. It can't be put off any more.",
        "It's been {} month. Check each one once.",
    ),
    "what each is good for": (
        "Good as first or second proof.", "Good as second proof only.", "Together with {} it counts once.",
    ),
    "once another one took its place": ("Remove the old one?",),
    "a name of one's own, and codes that run out": (
        "Rename {}", "Used up", "You have {} code left.", "You have {} codes left.",
        "You have {} saved codes left",
        "One was used for your {} account on {}, {} (UTC). Sign in and make new ones under My methods.",
        "You have {} saved codes left for your {} account. Not you? Call {} now.",
        "It was used for your {} account on {}, {} (UTC). Sign in and make new ones under My methods.",
        "Your last saved code for {} was used at {} UTC. Not you? Call {} now.",
    ),
}  # fmt: skip
