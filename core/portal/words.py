"""Sentences that depend on numbers, and the ones that several pages say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil

from ..contracts.method import Alphabet, Field
from ..contracts.text import Text

ALREADY_DONE = Text("This step was already done in another window. Go on there, or here from where it stands now.")
CHOOSE_ONE = Text("Choose one way")
CHOOSE_FROM_LIST = Text("Choose one from the list")
NEW_PASSWORD = Text("Choose a new password")
PASSWORD_AGAIN = Text("Type the password again")
PASSWORDS_DIFFER = Text("The two passwords differ. Press Show to compare.")
SET = Text("Your new password is set")
CHOOSE_ACCOUNT = Text("Choose at least one account")
TOO_OLD = Text("That code is too old.")
STOPPED_BY_DEVICE = Text(
    "Your device stopped before it was done, or took too long. Nothing is lost. Try again, or choose another way."
)
NOT_ADDED_HERE = Text("This passkey isn't one you added here. Choose another way.")
NOTHING_HEARD = Text("We've heard nothing from your phone yet.")
NO_APPROVAL = Text("No approval came. Try again, or choose another way.")
DECLINED = Text("The request was declined on your phone. If that wasn't you, call the help desk.")
# What became of a call, for whoever has proven something.
CALLS: Mapping[str, Text] = {
    "delivered": Text("Answered."),
    "failed": Text("The call didn't come through. Call again, or choose another way."),
}
RINGS_AGAIN = Text("If that number is yours, it rings again.")
ANOTHER_IS_COMING = Text("Another code is on its way if that number or address is yours.")
NO_MORE_SENDS = Text("No more codes can be sent in this try. Choose another way.")

# The longest that is promised, whatever is left.
GRACE = timedelta(minutes=10)

# In seconds. Nobody waits for this.
YEAR = 365 * 24 * 3600

# From 0, guessed at once, to 4.
STRENGTHS = (Text("Too easy"), Text("Weak"), Text("Fair"), Text("Good"), Text("Strong"))

# Why a recovery ended without a new password. An unknown reason gets the last row.
CLOSED: Mapping[str, tuple[Text, Text]] = {
    "expired": (Text("Your time is up."), Text("For safety a try lasts {minutes} minutes. Nothing was changed.")),
    "cancelled": (Text("You stopped here."), Text("Nothing was changed. Your old password is still the right one.")),
    "no-way-left": (
        Text("We couldn't confirm that it's you."),
        Text("Try again after {time}, or call the help desk and give reference {ref}."),
    ),
    "superseded": (
        Text("This try is over."),
        Text("Your password was set in another window: sign in with it. Wasn't that you? Call the help desk now."),
    ),
    "frozen": (
        Text("Self-service is stopped for your account"),
        Text(
            'Somebody told us "this wasn\'t me". It works again once the help desk has talked to you. Nothing was '
            "changed unless we told you so."
        ),
    ),
    "not-locked": (Text("Your account isn't locked."), Text("If your password doesn't work, reset it.")),
    "reset-instead": (Text("Your account is still locked."), Text("Here a new password unlocks it. Reset it.")),
    "by-hand": (
        Text("Your account is still locked."),
        Text("Your organisation unlocks this account by hand. Call the help desk."),
    ),
    "": (
        Text("This try is over."),
        Text("Nothing was changed unless we told you so. The help desk can help with reference {ref}."),
    ),
}

# The same where one account was set already: the page tells which.
SOME_SET: Mapping[str, Text] = {
    "expired": Text("For safety a try lasts {minutes} minutes. Nothing was changed unless we told you so."),
    "cancelled": Text("Nothing was changed unless we told you so."),
}


def silent(company: str, *, unlocking: bool = False) -> Text:
    """A directory that does not answer. Whether the old password opens anything, whoever is locked out knows."""
    if unlocking:
        return Text("{company}'s directory doesn't answer. Nothing was changed.", company=company)
    return Text(
        "{company}'s directory doesn't answer. Nothing was changed; your old password still works.", company=company
    )


def kept_for(left: timedelta) -> int:
    """Whole minutes for which proofs are surely kept."""
    return int(min(left, GRACE) / timedelta(minutes=1))


def kept(sentence: Text, left: timedelta) -> Text:
    """The same, and how long what was proven is kept; never more than is true, and nothing where that is too little."""
    n = kept_for(left)
    if not n:
        return sentence
    keep = Text.plural("We keep your proofs for {n} minute.", "We keep your proofs for {n} minutes.", n=n)
    return Text("{sentence} {keep}", sentence=sentence, keep=keep)


def seconds_until(until: datetime, now: datetime) -> int:
    """Whole seconds left, rounded up; never negative."""
    return max(0, ceil((until - now).total_seconds()))


def duration(seconds: int) -> Text:
    """A time as people say it: seconds up to a minute and a half, minutes up to an hour and a half, then hours."""
    if seconds <= 90:
        return Text.plural("{n} second", "{n} seconds", n=seconds)
    if seconds > 90 * 60:
        return Text.plural("{n} hour", "{n} hours", n=ceil(seconds / 3600))
    return Text.plural("{n} minute", "{n} minutes", n=ceil(seconds / 60))


def minutes(span: timedelta) -> int:
    """Whole minutes of a span."""
    return round(span / timedelta(minutes=1))


def too_early(seconds: int) -> Text:
    """Asked for another code too soon."""
    return Text("You can ask for another code in {time}. The one you have is still good.", time=duration(seconds))


def wait_first(seconds: int) -> Text:
    """A limit was reached inside a recovery."""
    if seconds > YEAR:
        return Text("Too many wrong answers. This way is closed until you add it anew. Choose another way.")
    time = duration(seconds)
    return Text("Too many tries for now. Wait {time}. Your account itself isn't locked by this.", time=time)


def paused(seconds: int) -> Text:
    """So much is guessed at everybody that no stranger's guesses are taken."""
    return Text(
        "Many wrong answers are coming in, so for safety some ways are paused here, for {time} at most. Choose another "
        "way, use a browser in which you did this before, or call the help desk.",
        time=duration(seconds),
    )


def missed(fields: Sequence[Field], left: int, *, sent: bool) -> Text:
    """A wrong answer, and how often it may still be tried."""
    times = Text.plural("You can try once more.", "You can try {n} more times.", n=left)
    if by_script(fields):
        return NOT_ADDED_HERE
    if len(fields) > 1:
        return Text("At least one answer doesn't match. {times}", times=times)
    if sent:
        return Text("That code isn't right. Check the newest message. {times}", times=times)
    return Text("That code isn't right. {times}", times=times)


def not_current(left: int, *, named: bool) -> Text:
    """The old password was not right; where only a name is known it may be something else, and nobody learns what."""
    times = Text.plural("You can try once more.", "You can try {n} more times.", n=left)
    if not named:
        return Text("That isn't your current password. {times}", times=times)
    return Text(
        "This name and password don't fit together, or this password can't be changed here. {times}", times=times
    )


def change_closed(*, too_many: bool) -> tuple[Text, Text]:
    """Why nothing can be typed any more; {time} is the longest that anybody waits."""
    if too_many:
        heading = Text("Too many tries for now.")
        return heading, Text("Wait {time} and start again. Your account itself isn't locked by this.")
    return CLOSED["cancelled"]


def by_script(fields: Sequence[Field]) -> bool:
    """Whether a device answers, and nobody types."""
    return any(field.alphabet is Alphabet.SCRIPT for field in fields)


def used_up(tries: int, fields: Sequence[Field]) -> Text:
    """A way is closed for the rest of this recovery."""
    if by_script(fields):
        return NOT_ADDED_HERE
    if len(fields) > 1:
        return Text.plural(
            "That didn't match {n} time, so this way is closed for now. Choose another way.",
            "That didn't match {n} times, so this way is closed for now. Choose another way.",
            n=tries,
        )
    return Text.plural(
        "That's {n} wrong code, so this way is closed for now. Choose another way.",
        "That's {n} wrong codes, so this way is closed for now. Choose another way.",
        n=tries,
    )


def empty(field: Field) -> Text:
    """A field was left empty."""
    if field.choices:
        return CHOOSE_FROM_LIST
    if field.alphabet is Alphabet.SCRIPT:
        return STOPPED_BY_DEVICE
    if field.autocomplete == "tel":
        return Text("Type your whole number")
    if field.autocomplete == "email":
        return Text("Type your whole e-mail address")
    if field.length is not None or field.alphabet is not Alphabet.ANY:
        return Text("Enter the code")
    return Text("Enter your answer")


def wrong_length(field: Field, typed: int) -> Text:
    """Said before a code is looked at, so it is not counted as a try."""
    if field.alphabet is Alphabet.LETTERS_AND_DIGITS:
        return Text("The code has {m} letters and digits; this has {n}.", m=field.length, n=typed)
    return Text("The code has {m} digits; this has {n}.", m=field.length, n=typed)


def wrong_signs(field: Field) -> Text:
    """Something in it can't be part of a code."""
    if field.alphabet is Alphabet.LETTERS_AND_DIGITS:
        return Text("The code has only letters from A to Z and digits.")
    return Text("The code has only digits.")
