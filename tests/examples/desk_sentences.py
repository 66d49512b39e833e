"""What is said to whoever is on the telephone with the help desk: as the design words it, and what was added."""

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
    "why a directory does not ask somebody for another password, for whoever plans a campaign": (
        "Its password never expires, so the directory would not ask for another one.",
        "This kind of directory can't be told to ask for another password.",
    ),
    "the notice before everybody must choose another password": (
        "You will be asked for a new password",
        ("From {}, {} (UTC), you must choose a new {} password when you sign in ({}). To do it sooner, type {} into "
        "your browser; then you are not asked again.\n\nNobody will ever ask you for your password: not by e-mail, "
        "not by text, not on the phone."),
        "From {} you must choose a new {} password when you sign in. Questions? Call {}.",
    ),
    "the mail that carries a report or the events to administrators": (
        "Keyback report, {} to {}", "Keyback events, {} to {}", "{} asked for it: {}",
    ),
    "the start for a caller": (
        "Type your name and the code that the help desk reads to you.", "Code from the help desk", "{} digits",
    ),
    "the invitation by text, and whom to ask about it": (
        "You can't reset your {} password by yourself yet. Add a method: sign in at {}", "Questions? Call {}.",
    ),
}  # fmt: skip
