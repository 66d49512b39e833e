"""The tick boxes under a new password: which of a person's accounts it is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..contracts.text import Text
from ..service.tickets import Target

FIELD = "account"


@dataclass(frozen=True, slots=True)
class Box:
    """One account. `ticked` is what was typed before, or everything."""

    value: str
    store: str
    called: Text | str
    name: str
    ticked: bool


def boxes(targets: Sequence[Target], typed: Mapping[str, str]) -> tuple[Box, ...]:
    """Those that are not set yet, all ticked unless somebody chose; values that are none of theirs tick nothing."""
    open_ones = [target for target in targets if not target.is_set]
    asked = typed.get(FIELD, "").split()
    known = [target.value for target in open_ones if target.value in asked]
    wanted = known if known or FIELD in typed else [target.value for target in open_ones]
    return tuple(
        Box(target.value, target.key.store, called(target, targets), target.name, target.value in wanted)
        for target in open_ones
    )


def chosen(targets: Sequence[Target], form: Mapping[str, str]) -> tuple[str, ...]:
    """What was ticked. Where there is only one account left, there is no box and it is meant."""
    open_ones = tuple(target.value for target in targets if not target.is_set)
    return open_ones if len(open_ones) == 1 and FIELD not in form else tuple(form.get(FIELD, "").split())


def called(target: Target, targets: Sequence[Target]) -> Text | str:
    """What an account is called: by its directory, or by its sign-in name where two are in the same one."""
    alike = [each for each in targets if each.called == target.called]
    return target.called if len(alike) == 1 else target.name
