"""How the campaigns' screens say what the service calls by a key."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.contracts.text import Text
from ..core.service.campaigning.campaigns import Campaign, Kind, State
from .people_words import Tag

KINDS: Mapping[Kind, Text] = {
    Kind.RESET: Text("Another password at the next sign-in"),
    Kind.INVITE: Text("Invite whoever could not get back in"),
}
STATES: Mapping[State, Tag] = {
    State.WAITING: ("soon", Text("Waits for a second administrator")),
    State.RUNNING: ("ok", Text("Running")),
    State.PAUSED: ("warn", Text("Paused")),
    State.ENDED: ("information", Text("Ended")),
}
# Why it stands still.
CAUSES: Mapping[str, Text] = {
    "all": Text("Everybody's turn has come."),
    "number": Text("As many people were handled as were agreed on."),
    "window": Text("Its time was over."),
    "budget": Text("Its messages were used up."),
    "asked": Text("An administrator stopped it."),
    "failures": Text("It stopped by itself: too much failed. Look at the reasons before you go on."),
}
REASONS: Mapping[str, Text] = {
    "refused": Text("The directory refused it"),
    "not-set": Text("The directory didn't answer, and nothing was changed"),
    "unknown": Text("The directory didn't say whether it was done"),
    "interrupted": Text("Keyback was stopped in the middle, and it was not done"),
    "no-address": Text("No address of theirs is known"),
    "gone": Text("Not in the directory any more"),
    "privileged": Text("Rules others"),
    "left": Text("Not in these groups any more"),
    "copy": Text("A copy of an account elsewhere"),
    "closed": Text("Disabled, locked by an administrator, or expired"),
    "due": Text("Must choose another password already"),
    "able": Text("Could get back in by now"),
    "lately": Text("Was invited in the last seven days"),
    "changed": Text("Changed it after being told"),
    "untold": Text("Was not told before"),
}


def reasons(campaign: Campaign, turn: str) -> list[tuple[Text, int]]:
    """Why turns ended so, the most frequent first."""
    found = [(name.partition(":")[2], n) for name, n in campaign.tally.items() if name.partition(":")[0] == turn]
    return [(REASONS[why], n) for why, n in sorted(found, key=lambda each: -each[1]) if why in REASONS]
