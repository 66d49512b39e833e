"""The sentences of one message in every language, as a form, and what is wrong with them in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.contracts.text import Text
from ..core.contracts.wording import Part, Wording, gaps_of
from ..core.service.ruling.wording_desk import Place
from ..core.service.ruling.wording_flaws import LONGEST, Fault, WordingFlaw
from .forms import WhyForm
from .rule_inputs import TOO_LONG, Area, Word

PARTS: Mapping[Part, Text] = {
    Part.SUBJECT: Text("Subject of the mail"),
    Part.MAIL: Text("First paragraph of the mail"),
    Part.TEXT: Text("Text message"),
}
GAPS, NO_GAPS = Text("With all of these: {gaps}. Empty: Keyback's words."), Text("Empty: Keyback's words.")
FAULTS: Mapping[Fault, Text] = {
    Fault.TOO_LONG: Text("At most {n} characters"),
    Fault.UNREADABLE: Text("Something in it can't be shown"),
    Fault.LINK: Text("No web or mail address here: people would press it. Put a space after each full stop."),
    Fault.BRACES: Text("Braces stand around the name of a gap and nowhere else."),
    Fault.STRANGE: Text("Nobody fills these gaps: {gaps}"),
    Fault.MISSING: Text("These gaps must stand in it: {gaps}"),
    Fault.TOO_MANY_TEXTS: Text("It takes more than {n} text messages, each of which is paid for."),
}


class Sentences(Area):
    """Several lines."""

    def __init__(self, label: Any = None, *, longest: int, **more: Any) -> None:  # noqa: ANN401
        super().__init__(label, render_kw={"rows": 3}, **more)
        self.longest = longest

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = "\n".join(valuelist[0].splitlines()).strip() if valuelist else ""
        if len(self.data) > self.longest:
            raise ValueError(TOO_LONG.filled(n=self.longest))


def name_of(place: Place) -> str:
    """What its field is called."""
    tag, part = place
    return f"{part}-{tag}"


def form_for(wording: Wording, places: Mapping[Place, str]) -> type[WhyForm]:
    """One field for each sentence in each language."""
    return type("Wordings", (WhyForm,), {name_of(place): _field(wording, place[1]) for place in places})


def typed(form: WhyForm, places: Mapping[Place, str]) -> dict[Place, str]:
    """What stands in it now."""
    return {place: str(form[name_of(place)].data or "") for place in places}


def said_of(flaw: WordingFlaw) -> Text:
    """What is wrong with words."""
    return FAULTS[flaw.fault].filled(n=flaw.n, gaps=_listed(flaw.names))


def _field(wording: Wording, part: Part) -> Any:  # noqa: ANN401
    gaps = sorted(gaps_of(wording.ours(part).message))
    hint = GAPS.filled(gaps=_listed(gaps)) if gaps else NO_GAPS
    kind: type[Any] = Word if part is Part.SUBJECT else Sentences
    return kind(PARTS[part], longest=LONGEST[part], description=hint)


def _listed(names: Sequence[str]) -> str:
    return " ".join(f"{{{name}}}" for name in names)
