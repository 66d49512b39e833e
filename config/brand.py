"""What keyback.toml says of the company's look, as the house wants it."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.contracts.brand import Brand, Logo
from ..core.service.ruling.brand_flaws import BrandFlaw, Fault, flaws_of
from ..core.service.ruling.house_brand import FIELDS, FileSays
from .settings import Settings

PINNABLE = (*FIELDS, "logo")
# Where the file has it.
PLACES = dict.fromkeys(PINNABLE, "pages.") | dict.fromkeys(("company", "company_short", "help_desk"), "")
WHY = {
    Fault.NO_LINK: "must be an https:, http:, mailto: or tel: link without spaces, or empty",
    Fault.NO_COLOUR: "must be six digits of a colour, such as #0b5a70, or empty",
    Fault.NO_LIGHT_ONE: "must be set where pages.accent_dark is",
}


def file_says(settings: Settings) -> FileSays:
    """All of it. Raises SettingsInvalid for a logo that is none."""
    pages, logo = settings.pages, settings.logo
    brand = Brand(
        company=settings.company,
        company_short=settings.company_short,
        help_desk=settings.help_desk,
        help_desk_link=pages.help_desk_link,
        help_desk_hours=pages.help_desk_hours,
        name_example=pages.name_example,
        privacy_link=pages.privacy_link,
        accessibility_link=pages.accessibility_link,
        advice=pages.advice,
        advice_lines=pages.advice_lines,
        accent=pages.accent,
        accent_dark=pages.accent_dark,
        logo=Logo(*logo, says_name=pages.logo_says_name) if logo else None,
    )
    return FileSays(brand, frozenset(PINNABLE if "all" in pages.pinned else pages.pinned))


def unfit(settings: Settings) -> Iterator[str]:
    """What the console would refuse too."""
    for name in sorted({*settings.pages.pinned} - {*PINNABLE, "all"}):
        yield f"pages.pinned: {name!r} is none of: all, {', '.join(PINNABLE)}"
    # Without the picture, which is read, and judged, with the other files.
    without = settings.model_copy(update={"pages": settings.pages.model_copy(update={"logo_file": None})})
    yield from (f"{PLACES[flaw.field]}{flaw.field} {_why(flaw)}" for flaw in flaws_of(file_says(without).brand))


def _why(flaw: BrandFlaw) -> str:
    if flaw.fault is Fault.HARD_TO_READ:
        return f"has a contrast of {flaw.ratio:.1f}: 4.5 is the least; {flaw.instead} can be read"
    return WHY.get(flaw.fault, f"cannot be shown: {flaw.fault}")
