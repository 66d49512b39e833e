"""What was added about phones that approve."""

from __future__ import annotations

ABOUT_PHONES: dict[str, tuple[str, ...]] = {
    "approving by phone, before and beside what the design words": (
        "You type a number on your phone",
        "Open the {} reset page on your phone, or tap its notification.",
        "Something waits for you at {}.",
        "Number on your phone",
        "Your phone hasn't answered yet. Follow the steps on it first.",
        "That isn't the number on your phone. Look again.",
        "Push messages to browsers",
        (
            'Self-service is stopped for {}: somebody with their phone pressed "I didn\'t ask for this" on {} (UTC). '
            "Whoever asked knows their name, and nothing was changed by this. Reference {}.\n\n"
            "Once you know who they are and what happened, lift it on the server: keyback people unfreeze NAME"
        ),
    ),
}
