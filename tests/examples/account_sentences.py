"""What people read about their accounts: which are theirs, how two are joined, and how they are parted."""

from __future__ import annotations

ACCOUNTS_AS_AGREED: dict[str, tuple[str, ...]] = {
    "my accounts": (
        "My accounts", "Join accounts that belong to you, so one reset fixes both.",
        "You need your password for these two.",
        "Accounts that belong to you. Joined accounts get a new password in one go.", "Join another account",
        "Sign in to the other account", "We'll ask for its password once, to be sure that it's yours.",
        "Sign in and join", "Your accounts are joined", "Part this account", "Part {}?",
        "It keeps its password. You'd reset it on its own from then on.", "Part it", "Keep it",
        "From your organisation (can't be parted here)",
    ),
}  # fmt: skip
ABOUT_ACCOUNTS: dict[str, tuple[str, ...]] = {
    "signing out": (
        "Your password and your methods stay as they are.", "Other pages of your organisation may still know you.",
        "Sign out there too",
    ),
    "what stands below an account": (
        "You're signed in with this one.", "One reset can set both passwords.",
    ),
    "what is asked of the other account, and what is missing": (
        "Where is that account?", "Sign-in name there", "Its password", "Choose where that account is",
        "Enter the sign-in name", "Enter the password", "Back to my accounts",
    ),
    "one sentence for whatever is wrong, so that nobody learns which accounts others have": (
        (
            "We can't join that account with this name and password. Check both, or call the help desk. An account can "
            "be tried three times a day."
        ),
    ),
    "a second sign-in, where no password can be judged": (
        "Sign in to {}", "Join {}?", "You've just signed in to it, so it's yours.", "Join it",
    ),
    "why two are not joined, said once the password was right": (
        "That's the account you're signed in with.", "These accounts are joined already.",
        "That account is joined with another one already. Sign in to it and part them first.",
        "Your account is being joined with another one. Part them first, or wait until it counts.",
        "You have {} accounts joined already. Part one first.",
        "{} doesn't answer. Nothing was changed. Try again later.",
        "To change your accounts, sign in again. It's been more than 5 minutes.",
    ),
    "whose the methods are afterwards": (
        "{} is parted", "Your methods stay here. {} would have none of them.",
        "Your methods stay with {}. The account you're signed in with would have none of them.",
        "You were signed out here. Sign in again to set up methods for this account.",
    ),
    "what is open with the old password, where a directory ended it": (
        "You were signed out everywhere. Some apps notice it within an hour.",
    ),
    "a directory that was not written to, because it takes the password over": (
        "{} accepts the new password within a few minutes.",
    ),
    "notices about it": (
        "Two of your accounts were joined", "Two of your accounts were parted",
        "{}: from {}, {} (UTC), one reset can set a new {} password for both.",
        "{}: since {}, {} (UTC), each {} password is reset on its own.",
        "Two of your {} accounts were joined at {} UTC. Not you? Call {} now.",
        "Two of your {} accounts were parted at {} UTC. Not you? Call {} now.",
    ),
}  # fmt: skip
