"""What somebody must answer for with their organisation's name, because standards advise against it."""

from __future__ import annotations

from ...contracts.errors import KeybackError
from ...contracts.method import Method
from ..surroundings import Surroundings
from .part_values import Fixed, only_elsewhere

# Which edition of the warning they read; raised whenever its sentences say something else.
WORDING = 1


class NotAccepted(KeybackError):
    """The organisation's name was not typed as it is written; nothing was changed."""


def is_named(typed: str, around: Surroundings) -> bool:
    """Whether this is the organisation's name; nobody types a whole name by accident."""
    return " ".join(typed.split()).casefold() == " ".join(around.company.split()).casefold()


def must_be_accepted(method: type[Method]) -> bool:
    """Whether counting this method is to be answered for."""
    return Fixed.ACCEPTED in only_elsewhere(method.Settings).values()
