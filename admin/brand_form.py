"""The company's look as a form, what is wrong with it in words, and how a page would look with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wtforms import BooleanField, FileField, HiddenField

from ..core.colours import DARK, LIGHT, Scheme, contrast, dark_of
from ..core.contracts.brand import Brand
from ..core.contracts.text import Text
from ..core.service.ruling.brand_flaws import LONGEST, BrandFlaw, Fault
from ..core.service.ruling.house_brand import FIELDS
from ..core.service.ruling.pictures import Why
from .forms import ConsoleForm, WhyForm
from .numbers import number
from .rule_inputs import Lines, Word

PINNED = Text("Set in keyback.toml and can only be changed there.")
A_LINK = Text("tel:+441632960123, mailto:help@example.org or an https: page. Empty: no link.")
FAULTS: Mapping[Fault, Text] = {
    Fault.EMPTY: Text("Type something here: people can't be left without it."),
    Fault.TOO_LONG: Text("At most {n} characters"),
    Fault.TOO_MANY: Text("At most {n} lines"),
    Fault.UNREADABLE: Text("Something in it can't be shown"),
    Fault.NO_LINK: Text("Type a link that begins with https:, tel: or mailto:, without spaces."),
    Fault.A_LINK: Text("No web address here: it stands in messages, and mail programs would make a link of it."),
    Fault.NO_COLOUR: Text("Type a colour as # and six digits, such as #0b5a70."),
    Fault.NO_LIGHT_ONE: Text("Choose the colour for light screens too."),
    Fault.HARD_TO_READ: Text("Too hard to read: its contrast is {ratio}, and 4.5 is the least. {instead} can be read."),
}
PICTURES: Mapping[Why, Text] = {
    Why.TOO_HEAVY: Text("20,000 bytes are the most: it stands on each page, also on slow phones."),
    Why.NOT_A_PICTURE: Text("Choose a PNG, JPEG or WebP picture. A drawing (SVG) could run something."),
    Why.TOO_LARGE: Text("Too many points. 400 wide and 100 high are plenty."),
    Why.MOVES: Text("A picture that moves disturbs people who read. Choose one that stands still."),
}
OURS = ("#0b5a70", "#6cc6dd")


class BrandForm(ConsoleForm):
    """Everything but the picture."""

    company = Word(Text("Company"), longest=80, description=Text("On every page and in every message."))
    company_short = Word(Text("Short name"), longest=40, description=Text("For text messages. Empty: the whole name."))
    help_desk = Word(Text("Help desk"), longest=200, description=Text("Whom to call. On every page, in every notice."))
    help_desk_link = Word(Text("Link of the help desk"), longest=300, description=A_LINK)
    help_desk_hours = Word(Text("When it answers"), longest=80, description=Text("Beside it: weekdays 7-19."))
    name_example = Word(
        Text("What a name looks like"), longest=80, description=Text("Under the first field: jo@example.org or jfrost.")
    )
    privacy_link = Word(Text("Link to what you say about privacy"), longest=300)
    accessibility_link = Word(Text("Link for pages that somebody cannot use"), longest=300)
    accent = Word(
        Text("Colour of links and buttons"),
        longest=7,
        description=Text("# and six digits. Empty: Keyback's. Nothing else has a colour without a meaning."),
    )
    accent_dark = Word(
        Text("The same for dark screens"), longest=7, description=Text("Empty: the shade of it that can be read there.")
    )
    advice = BooleanField(Text("The last page says what to do on a company computer"))
    advice_lines = Lines(
        Text("Your own lines for that"),
        description=Text("One a line, at most six, in the language you type. Empty: Keyback's, in each language."),
    )

    def brand(self, before: Brand) -> Brand:
        """As the form says it; the form must be valid."""
        typed: dict[str, Any] = {name: self[name].data for name in FIELDS}
        colours = {name: str(typed[name]).lower() for name in ("accent", "accent_dark")}
        return replace(before, **(typed | colours))


class LogoForm(WhyForm):
    """The picture on every page."""

    picture = FileField(Text("Picture"), description=Text("PNG, JPEG or WebP, 20,000 bytes at most."))
    says_name = BooleanField(Text("The company's name can be read in it, so it need not stand beside it"))
    remove = HiddenField()


def said_of(flaw: BrandFlaw) -> Text:
    """What is wrong, and what would do."""
    return FAULTS[flaw.fault].filled(n=flaw.n, ratio=number(flaw.ratio, 1), instead=flaw.instead)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page in one of the two looks, as a picture shows it."""

    called: Text
    accent: str
    on: str
    page: str
    sheet: str
    ink: str
    soft: str
    edge: str

    @property
    def contrast(self) -> Text | str:
        """How well a link can be read on the sheet."""
        return number(contrast(self.accent, self.sheet), 1)


def sheets(brand: Brand) -> tuple[Sheet, Sheet]:
    """Light and dark. A colour that cannot be kept is shown as Keyback's."""
    light, dark = (brand.accent, dark_of(brand.accent, brand.accent_dark)) if brand.accent else OURS
    return (
        _sheet(Text("Light"), light, LIGHT, ("#13201f", "#47575a", "#6a7a7e")),
        _sheet(Text("Dark"), dark, DARK, ("#e7eeee", "#aab9bc", "#7d9095")),
    )


def _sheet(called: Text, accent: str, scheme: Scheme, inks: tuple[str, str, str]) -> Sheet:
    return Sheet(called, accent, scheme.on, scheme.behind[1], scheme.behind[0], *inks)


LABELS = {name: BrandForm()[name].label.text for name in (*LONGEST, "accent", "accent_dark", "advice", "advice_lines")}
