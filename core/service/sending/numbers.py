"""Phone numbers as the world's numbering plans know them: which country, which kind, and what may be written to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

import phonenumbers
from phonenumbers import PhoneNumberType as _Type

REGION_NAMES = Path(__file__).parent / "regions"
WRITTEN_IN = "en"
LONGEST_INPUT = 64
# What no country stands behind: satellites and paid services of the whole world.
NOWHERE = "001"
_EXTENSION = re.compile(r"[0-9]{1,10}")


class Kind(StrEnum):
    """What a number leads to. `EITHER`: the plan does not tell a mobile phone from a landline, as in North America."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    EITHER = "either"
    VOIP = "voip"
    PREMIUM_RATE = "premium-rate"
    SHARED_COST = "shared-cost"
    TOLL_FREE = "toll-free"
    PERSONAL = "personal"
    PAGER = "pager"
    UAN = "uan"
    VOICEMAIL = "voicemail"
    UNKNOWN = "unknown"


_KINDS = MappingProxyType(
    {
        _Type.MOBILE: Kind.MOBILE,
        _Type.FIXED_LINE: Kind.LANDLINE,
        _Type.FIXED_LINE_OR_MOBILE: Kind.EITHER,
        _Type.VOIP: Kind.VOIP,
        _Type.PREMIUM_RATE: Kind.PREMIUM_RATE,
        _Type.SHARED_COST: Kind.SHARED_COST,
        _Type.TOLL_FREE: Kind.TOLL_FREE,
        _Type.PERSONAL_NUMBER: Kind.PERSONAL,
        _Type.PAGER: Kind.PAGER,
        _Type.UAN: Kind.UAN,
        _Type.VOICEMAIL: Kind.VOICEMAIL,
    }
)
# What somebody is paid for, or nobody holds in their hand: never written to, whatever the settings say (C12).
NEVER = frozenset(Kind) - {Kind.MOBILE, Kind.LANDLINE, Kind.EITHER, Kind.VOIP}


@dataclass(frozen=True, slots=True)
class Number:
    """One whole number. `extension` is dialled once somebody's switchboard has answered."""

    e164: str = field(repr=False)
    extension: str = field(repr=False)
    region: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Region:
    """A country or territory with telephone numbers of its own."""

    code: str
    name: str
    calling_code: int


@dataclass(frozen=True, slots=True)
class NumberRules:
    """Where messages may go. No region: to no number that people typed, as nobody said where their phones are."""

    regions: frozenset[str] = frozenset()
    # A number of the internet is often rented by the hour.
    voip: bool = False
    # How numbers begin that are real although the numbering plans, as we have them, do not know them yet.
    known: tuple[str, ...] = ()


def read(text: str, region: str = "", known: Sequence[str] = ()) -> Number | None:
    """The number that somebody typed or a directory holds; None for what no plan knows and `known` does not begin.

    A number without a country is read as one of `region`; one that begins with + needs none.
    """
    if len(text) > LONGEST_INPUT:
        return None
    try:
        found = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return None
    extension = found.extension or ""
    if extension and not _EXTENSION.fullmatch(extension):
        return None
    e164 = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    if phonenumbers.is_valid_number(found):
        kind = _KINDS.get(phonenumbers.number_type(found), Kind.UNKNOWN)
        return Number(e164, extension, phonenumbers.region_code_for_number(found) or NOWHERE, kind)
    if e164.startswith(tuple(known)):
        # Somebody vouched for the range; whether it is mobile they know better than we do.
        where = phonenumbers.region_code_for_country_code(found.country_code or 0)
        return Number(e164, extension, NOWHERE if where == "ZZ" else where, Kind.EITHER)
    return None


def too_short(text: str, region: str) -> bool:
    """Whether what is no number lacks digits, so that the page can say so."""
    try:
        found = phonenumbers.parse(text[:LONGEST_INPUT], region or None)
    except phonenumbers.NumberParseException as error:
        return error.error_type == phonenumbers.NumberParseException.TOO_SHORT_NSN
    length = phonenumbers.is_possible_number_for_type_with_reason(found, _Type.MOBILE)
    return bool(length == phonenumbers.ValidationResult.TOO_SHORT)


def may_get(number: Number, medium: str, rules: NumberRules, *, ours: bool = False) -> str:
    """Why this number may not get such a message, in one word for the log; empty when it may.

    `ours`: it stands in the organisation's directory. Without any region only such numbers are written to.
    """
    if number.region == NOWHERE:
        return "no-country"
    if number.kind in NEVER:
        return number.kind.value
    if medium == "sms" and number.kind is Kind.LANDLINE:
        return "landline"
    if number.kind is Kind.VOIP and not rules.voip:
        return "voip"
    listed = number.region in rules.regions if rules.regions else ours
    return "" if listed else "region"


def calling_code(region: str) -> int:
    """What is dialled for this region from abroad; 0 for what is none."""
    return phonenumbers.country_code_for_region(region)


def home(calling_code: str) -> str:
    """The region that most numbers of this calling code are in; empty for none."""
    code = phonenumbers.region_code_for_country_code(int(calling_code or 0))
    return code if is_region(code) else ""


def is_region(code: str) -> bool:
    """Whether there is such a region, by its two capital letters."""
    return code in phonenumbers.SUPPORTED_REGIONS


@cache
def regions(language: str = WRITTEN_IN) -> Sequence[Region]:
    """All of them by name, in this language if we have its names."""
    path = REGION_NAMES / f"{language}.txt"
    lines = (path if path.is_file() else REGION_NAMES / f"{WRITTEN_IN}.txt").read_text(encoding="utf-8").splitlines()
    # In the order of the file: how a language sorts is known where the file is made.
    named = [line.split(" ", 1) for line in lines if not line.startswith("#")]
    return tuple(Region(code, name, calling_code(code)) for code, name in named)


def region_name(code: str, language: str = WRITTEN_IN) -> str:
    """What people call it; its code where it has no name."""
    return next((region.name for region in regions(language) if region.code == code), code)
