"""What is wrong with a setting, in sentences for whoever typed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..core.contracts.plugin import Fault
from ..core.contracts.text import Language, Text
from ..core.service.ruling.keeping_out import LESS
from ..core.service.ruling.typed_addresses import WALLED
from .forms import ConsoleForm
from .settings_form import SET, AuthorsWords

# pydantic's names for what can be wrong.
WORDS: Mapping[str, Text] = {
    "missing": Text("This is needed."),
    "string_type": Text("This is needed."),
    "int_parsing": Text("Type a whole number, with digits alone."),
    "int_type": Text("Type a whole number, with digits alone."),
    "time_delta_parsing": Text("Type a number, with digits alone."),
    "time_delta_type": Text("Type a number, with digits alone."),
    "enum": Text("Choose one of these."),
    "string_pattern_mismatch": Text("That isn't written as it must be. See the line above."),
    "greater_than_equal": Text("At least {limit}."),
    "less_than_equal": Text("At most {limit}."),
    "string_too_long": Text("Use {limit} characters at most."),
    "string_too_short": Text("Use {limit} characters or more."),
    "too_short": Text("Give {limit} or more, one per line."),
    "too_long": Text("Give {limit} at most, one per line."),
    WALLED: Text(
        "This address is inside the house. Only keyback.toml may name it, or list its network in allowed_networks."
    ),
    LESS: Text(
        "This keeps fewer people out, so it takes somebody who may write on the server: keyback.toml, or "
        "keyback config apply."
    ),
    "broken": Text("It would not work like this: {said}"),
}


def say(form: ConsoleForm, faults: Iterable[Fault]) -> None:
    """Put each where it belongs; what is about all of them together, or a field that isn't shown, on top."""
    for fault in faults:
        name = SET + fault.field
        form.wrong(name if fault.field and name in form else "", words_of(fault))


class Ruling(AuthorsWords):
    """What a rule of the plugin's own says, begun as a sentence begins."""

    __slots__ = ()

    def render(self, language: Language) -> str:
        words = super().render(language)
        return words[:1].upper() + words[1:]


def words_of(fault: Fault) -> Text:
    """One sentence. What a plugin's author wrote is said in the page's language where a catalogue has it."""
    if fault.kind == "string_too_short" and fault.limit == "1":
        return WORDS["missing"]
    words = WORDS.get(fault.kind)
    if words is not None:
        return words.filled(limit=fault.limit, said=fault.said)
    # It quoted what was typed, and is not told: the kind stands in its place.
    if fault.said == fault.kind.replace("_", " "):
        return WORDS["string_pattern_mismatch"]
    return Ruling(str(fault.said))
