"""How the help desk's screens say what the service calls by a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..core.contracts.people import Account
from ..core.contracts.text import Text
from ..core.service.helping.caller_desk import Check, Progress
from ..core.service.helping.desk_file import Try

# Sign and words of a tag.
Tag = tuple[str, Text]

CHECKS: Mapping[Check, Text] = {
    Check.CALL_BACK: Text("I called them back on the number that the directory has"),
    Check.MANAGER: Text("Their manager, whom I called, confirmed it"),
}
PROGRESS: Mapping[Progress, Tag] = {
    Progress.EXPECTED: ("soon", Text("The code was not typed yet")),
    Progress.OVERDUE: ("warn", Text("The code ran out")),
    Progress.OPENED: ("information", Text("They have the page open")),
    Progress.PROVING: ("information", Text("They proved it once")),
    Progress.PROVEN: ("information", Text("They choose a new password")),
    Progress.DONE: ("ok", Text("They are done")),
    Progress.ENDED: ("warn", Text("Ended without a new password")),
}
# Why nothing that they could add would help.
REFUSALS: Mapping[str, Text] = {
    "frozen": Text("Self-service is stopped for them."),
    "privileged": Text("Their policy serves nobody who rules others."),
    "disabled": Text("The account is disabled or locked by an administrator."),
    "expired": Text("The account has expired."),
    "out-of-scope": Text("Their policy doesn't serve this account."),
}
REASONS: Mapping[str, Text] = {
    "expired": Text("The time was over"),
    "cancelled": Text("They stopped"),
    "no-way-left": Text("No way was left"),
    "superseded": Text("Another try of theirs was finished"),
    "frozen": Text("Stopped by “this wasn't me”"),
    "help-desk": Text("Ended by the help desk"),
}


def state_tags(account: Account) -> Sequence[Tag]:
    """What stands in the way of this account; one that says so where nothing does."""
    state = account.state
    found = (
        (not state.enabled, ("bad", Text("Disabled"))),
        (state.locked_by_admin, ("bad", Text("Locked by an administrator"))),
        (state.locked, ("warn", Text("Locked"))),
        (state.expired, ("bad", Text("Expired"))),
        (state.must_change, ("soon", Text("Must change the password"))),
        (account.privileged, ("information", Text("Rules others"))),
    )
    tags = [tag for holds, tag in found if holds]
    return tags or [("ok", Text("Enabled"))]


def try_words(one: Try) -> Tag:
    """How a try ended."""
    match one.ended:
        case "password.set":
            return "ok", Text("New password set")
        case "account.unlocked":
            return "ok", Text("Unlocked")
        case "recovery.closed":
            return "warn", REASONS.get(one.why, Text("Ended"))
    return "soon", Text("Not finished")
