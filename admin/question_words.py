"""What is wrong with question sets, and what changed in them, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from ..core.contracts.text import Text
from ..core.recovery.differences import Difference
from ..core.recovery.question_sets import Fault, Flaw
from .rule_changes import EVERYBODY, NO, YES, Line, Words

FAULTS: Mapping[Fault, Text] = {
    Fault.NAME: Text("A name has 1 to {n} characters."),
    Fault.SAME_NAME: Text("Another set has this name."),
    Fault.SAME_POLICY: Text("Another set is for the people of {what} already."),
    Fault.NOT_FOR_ALL: Text("Exactly one set must be for everybody else."),
    Fault.TOO_FEW: Text("{where}: people answer {n} questions, so at least as many must be offered."),
    Fault.TOO_MANY: Text("{where}: a set has {n} questions at most."),
    Fault.TOO_MANY_SETS: Text("There are {n} sets at most."),
    Fault.TOO_MANY_REQUIRED: Text("{where}: people answer {n} questions, so no more can be required."),
    Fault.WORDS: Text("A question has 3 to {n} characters, and none of them is a brace: {what}"),
    Fault.SAME_WORDS: Text("Another question of this set reads the same: {what}"),
    Fault.IN_USE: Text.plural(
        "{n} person chose it. Retire it with a day instead: {what}",
        "{n} people chose it. Retire it with a day instead: {what}",
        n=2,
    ),
}
# At which field of a form a flaw is said; the others belong to all of it.
FIELDS: Mapping[Fault, str] = {
    Fault.NAME: "name",
    Fault.SAME_NAME: "name",
    Fault.SAME_POLICY: "policies",
    Fault.NOT_FOR_ALL: "policies",
    Fault.TOO_MANY_REQUIRED: "required",
}
NEW_SET, GONE_SET = Text("New set"), Text("Deleted")
LABELS: Mapping[str, Text] = {
    "policies": Text("For the people of"),
    "required": Text("Required"),
    "last_day": Text("Retired after"),
}
NEW_QUESTION, GONE_QUESTION = Text("New question: {words}"), Text("Question taken away: {words}")
NOT_SAID, STAYS = Text("nothing"), Text("stays")


def of_flaw(flaw: Flaw) -> Text:
    """What is wrong."""
    return FAULTS[flaw.fault].filled(where=flaw.where, what=str(flaw.what), n=flaw.n)


def lines(differences: Iterable[Difference], languages: Mapping[str, str]) -> tuple[Line, ...]:
    """What changed, line by line."""
    return tuple(_line(one, languages) for one in differences)


def _line(one: Difference, languages: Mapping[str, str]) -> Line:
    gone = one.after is None
    match one.field:
        case "set":
            return Line(one.policy, GONE_SET if gone else NEW_SET, "", "")
        case "question":
            words = one.before if gone else one.after
            return Line(one.policy, (GONE_QUESTION if gone else NEW_QUESTION).filled(words=words), "", "")
    kind, _, tag = one.field.partition(".")
    label = LABELS[kind] if kind in LABELS else languages.get(tag, tag)
    return Line(one.policy, label, _value(one.before), _value(one.after))


def _value(value: object) -> Words:
    match value:
        case bool():
            return YES if value else NO
        case frozenset():
            return ", ".join(sorted(map(str, value))) or EVERYBODY
        case date():
            return value.isoformat()
        case None:
            return STAYS
    return str(value) or NOT_SAID
