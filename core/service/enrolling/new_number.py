"""The number that somebody adds: read as its country writes it, and refused in words where nothing may be sent."""

from __future__ import annotations

from collections.abc import Mapping

from ...contracts.errors import NotAllowed
from ...contracts.own_address import GIVEN
from ...contracts.text import Text
from ..sending import numbers
from ..sending.numbers import Number, NumberRules

FIELD = "destination"
CHOOSE_REGION = Text("Choose one from the list")
NO_NUMBER = Text("That isn't a whole phone number. Check the digits.")
NOT_REACHED = Text("Text messages don't reach this kind of number. Use another one.")
NOT_CALLED = Text("We don't call this kind of number. Use another one.")


def dialled(answer: Mapping[str, str], medium: str, rules: NumberRules, language: str) -> dict[str, str]:
    """The same answer with the number as carriers want it. Raises NotAllowed, with what is wrong at its field."""
    typed, region = answer.get(FIELD, ""), answer.get("region", "")
    abroad = typed.lstrip().startswith("+")
    if not region and not abroad:
        raise NotAllowed(CHOOSE_REGION, {"region": CHOOSE_REGION})
    number = numbers.read(typed, region, rules.known)
    if number is None:
        raise _refused(NO_NUMBER if abroad else _no_number(typed, region, language))
    why = numbers.may_get(number, medium, rules, ours=GIVEN in answer)
    # A text cannot be passed on by a switchboard; where a call can, the page asks for the extension.
    if why or (number.extension and "extension" not in answer):
        raise _refused(_denied(number, why, medium, language))
    extension = answer.get("extension") or number.extension
    return {**answer, FIELD: number.e164, "extension": extension}


def _no_number(typed: str, region: str, language: str) -> Text:
    if numbers.too_short(typed, region):
        return Text("That number is too short for {region}.", region=numbers.region_name(region, language))
    return NO_NUMBER


def _denied(number: Number, why: str, medium: str, language: str) -> Text:
    if why == "region":
        region = numbers.region_name(number.region, language)
        return Text("Your organisation doesn't send to {region}.", region=region)
    return NOT_REACHED if medium == "sms" else NOT_CALLED


def _refused(why: Text) -> NotAllowed:
    return NotAllowed(why, {FIELD: why})
