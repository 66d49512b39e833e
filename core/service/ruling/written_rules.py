"""The house's rules as a file says them, for whoever keeps such things under version control."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from ...contracts.brand import Brand
from ...contracts.errors import KeybackError
from ...db import value_json
from ...recovery.policy import Policy, PublicRules, Purpose
from ...recovery.question_sets import Sets
from ...recovery.reach import Having
from ..reporting.ticket_costs import TicketCost

# Raised when older files would be read wrongly.
EDITION = 1
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """A plugin: whether it is on, and what is not as it came. Secrets are never written."""

    on: bool
    settings: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be true of these rules: that somebody who has this gets back in, or doesn't."""

    about: str
    having: Having
    allow: bool
    purpose: Purpose = Purpose.RESET


@dataclass(frozen=True, slots=True)
class Written:
    """One file. What it says nothing of stays as it is. `brand` is without its picture and the notices' own words."""

    public: PublicRules | None = None
    policies: tuple[Policy, ...] | None = None
    plugins: Mapping[str, WrittenPart] = field(default_factory=dict)
    expected: tuple[Expected, ...] = ()
    question_sets: Sets | None = None
    brand: Brand | None = None
    ticket_cost: TicketCost | None = None


class Unreadable(KeybackError):
    """The file does not say what it must; nothing was changed. `problems` are all of them."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


_SECTIONS: Mapping[str, TypeAdapter[Any]] = {
    "public_rules": value_json.PUBLIC_RULES,
    "policies": value_json.POLICIES,
    "question_sets": value_json.QUESTION_SETS,
    "brand": TypeAdapter(Brand),
    "ticket_cost": TypeAdapter(TicketCost),
    "plugins": TypeAdapter(dict[str, WrittenPart]),
    "tests": TypeAdapter(tuple[Expected, ...]),
}


def read(document: Mapping[str, object]) -> Written:
    """What it says. Raises Unreadable, also for a key that nobody knows: a misspelt rule is no rule."""
    problems = [f"{key}: not known here" for key in document.keys() - _SECTIONS.keys() - {"keyback"}]
    if document.get("keyback") != EDITION:
        problems.append(f"keyback: must be {EDITION}")
    problems += [
        f"brand.{name}: not for this file to say" for name in {"logo", "wordings"} & _keys(document.get("brand"))
    ]
    found: dict[str, Any] = {}
    for name, adapter in _SECTIONS.items():
        if name in document:
            problems += _taken(found, name, adapter, document[name])
    if problems:
        raise Unreadable(tuple(sorted(problems)))
    return Written(
        found.get("public_rules"),
        found.get("policies"),
        found.get("plugins", {}),
        found.get("tests", ()),
        found.get("question_sets"),
        found.get("brand"),
        found.get("ticket_cost"),
    )


def write(written: Written) -> dict[str, object]:
    """The document that says this."""
    sections = {
        "public_rules": written.public,
        "policies": written.policies,
        "question_sets": written.question_sets,
        "brand": written.brand,
        "ticket_cost": written.ticket_cost,
        "plugins": written.plugins,
        "tests": written.expected,
    }
    said = {name: _SECTIONS[name].dump_python(value, mode="json") for name, value in sections.items() if value}
    if written.brand:
        said["brand"] = {name: value for name, value in said["brand"].items() if name not in {"logo", "wordings"}}
    return {"keyback": EDITION, **said}


def _keys(said: object) -> set[str]:
    return set(said) if isinstance(said, Mapping) else set()


def _taken(found: dict[str, Any], name: str, adapter: TypeAdapter[Any], said: object) -> list[str]:
    """Put it to what was found; what is wrong with it."""
    try:
        found[name] = adapter.validate_json(json.dumps(said))
    except ValidationError as error:
        # Without what was typed: it may be a secret in the wrong place.
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        return [f"{_place(name, one['loc'])}: {one['msg']}" for one in wrong]
    except TypeError:
        return [f"{name}: times and dates are written as text"]
    known = adapter.dump_python(found[name], mode="json")
    return [f"{place}: not known here" for place in _strangers(said, known, name)]


def _place(section: str, parts: tuple[int | str, ...]) -> str:
    return ".".join([section, *map(str, parts)])


def _strangers(said: object, known: object, place: str) -> Iterator[str]:
    """Where something was said that no value took. Settings of a plugin are for the plugin to judge."""
    if isinstance(said, Mapping) and isinstance(known, Mapping):
        for key, value in said.items():
            if key not in known:
                yield f"{place}.{key}"
            elif key != "settings":
                yield from _strangers(value, known[key], f"{place}.{key}")
    elif isinstance(said, list) and isinstance(known, list) and all(isinstance(one, Mapping) for one in known):
        for number, (value, taken) in enumerate(zip(said, known, strict=True)):
            yield from _strangers(value, taken, f"{place}.{number}")
