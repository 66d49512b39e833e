"""What was added about passwords: what became of them, and why one is not taken."""

from __future__ import annotations

# As the design words them.
PASSWORDS_AS_AGREED: dict[str, tuple[str, ...]] = {
    "new password": (
        "Choose a new password",
        "Three or four words that don't belong together make a long password you can remember.",
        "New password", "Show", "Hide", "Type it again", "Set it for", "Set new password",
        "{} characters or more", "{} characters or more: {} to go", "At most {} characters",
        "At most {} characters: {} too many", "Not in any known data leak", 'Without your name or "{}"',
        "Not a word your organisation rules out", "Not one of your last {}: checked when you save",
        "Too easy", "Weak", "Fair", "Good", "Strong",
    ),
    "writing": ("Setting your password", "Please don't close this page."),
}  # fmt: skip
ABOUT_PASSWORDS: dict[str, tuple[str, ...]] = {
    "what became of a password": (
        "We don't know yet",
        "We don't know yet.",
        "That password was refused.",
        "Choose another one.",
        "Your new password may be set, or not. We're asking again and know within a minute.",
        "Try the new password first, then the old one. Wait {} and press Continue; this page tells you more.",
        "{}'s directory",
        "{} refused it. Choose another password.",
        "It didn't answer. Nothing was changed there, and your old password still works.",
        "{} didn't answer, so its password stays as it is.",
        "Nothing was changed there, so that you don't end up with two passwords.",
        "This account asks for other proofs. Reset it by its own name.",
        "Somebody else changed this password at the same moment. Choose another password.",
        "Somebody else just changed this password. Start again.",
        "This account is locked. Unlock it, or reset the password.",
        "For a few seconds you can try again without proving who you are.",
        "We're also telling you by e-mail.",
        "We're also telling you by text.",
    ),
    "rules of passwords, and why one is easy to guess": (
        "Without your name",
        "Without line breaks, tabs or other control characters",
        "it is short",
        "it is made of common words",
        "it repeats itself",
        "it is a date",
        "it is a row like abc or 654",
        "it is a common name",
        "it is a year",
        "it is made of your name",
        "it is much like a password that many people use",
        "it follows the keys of a keyboard",
    ),
    "reasons that a directory gives, said before anybody knows how its account is called": (
        "The directory says: too short for it.",
        "The directory says: too short for it, at least {} characters.",
        "The directory says: too long for it.",
        "The directory says: used before.",
        "The directory says: changed too recently.",
        "The directory says: changed too recently; try after {}.",
        "The directory says: doesn't meet its rules, and it doesn't say which. Try a longer one with digits and signs.",
        "The directory says: use three of these four: small letters, capitals, digits, signs.",
        "The directory says: use only A to Z, digits, blanks and the signs of an English keyboard.",
        "The directory says: doesn't meet its rules, and it doesn't say which. Leave out common words and names.",
        "A password for this directory cannot begin with a curly bracket.",
        "Three of these: small letters, capitals, digits, other signs",
        "Too many wrong passwords were tried for this account. Reset the password instead.",
        "This password holds a sign that cannot be typed everywhere. Choose another.",
    ),
    "rules of a directory that it does not tell": (
        "Three of these four: small letters, capitals, digits, signs",
        "Only A to Z, digits, blanks and the signs of an English keyboard",
    ),
}
