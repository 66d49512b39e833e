"""Why a password is not good enough, said so that a person can act.

A password is only ever looked at here: never trimmed, cut, folded or normalised on its way to a directory.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from ..contracts.store import DirectoryRules
from ..contracts.text import Text
from .banned_words import ENOUGH, SHORTEST_WORD, fold, holds, points
from .policy import PasswordRules

# Longer ones are refused before anything else looks at them: the checks below cost time by length.
CAP = 512
# What no policy can go below (NIST SP 800-63B-4, 3.1.1.2).
FLOOR = 8


@dataclass(frozen=True, slots=True)
class PasswordContext:
    """Whose password it is. `directory_rules_length`: the directory has a policy of its own, and ours steps back."""

    names: tuple[str, ...] = field(default=(), repr=False)
    company: str = ""
    directory_rules_length: bool = False


def shortcomings(
    password: str,
    rules: PasswordRules,
    directory: DirectoryRules,
    context: PasswordContext,
    *,
    breached: Callable[[str], bool],
    easy: Callable[[str], Text | None] = lambda password: None,
) -> tuple[Text, ...]:
    """What is wrong with it; empty when it is good enough for us. `easy` says why it is easy to guess, or None."""
    shortest, longest = lengths(rules, directory, context)
    # Each code point counts as one character.
    length = len(password)
    if length > min(longest, CAP):
        most = min(longest, CAP)
        return (Text("At most {n} characters: {m} too many", n=most, m=length - most),)
    # Samba AD answers "set" for a password with NUL that can never be typed again; no directory holds half a character.
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in password):
        return (Text("Without line breaks, tabs or other control characters"),)
    found: list[Text] = []
    if length < shortest:
        found.append(Text("{n} characters or more: {m} to go", n=shortest, m=shortest - length))
    if rules.forbid_name_parts and holds(password, terms(context)):
        found.append(_without_names(context))
    if points(password, rules.banned_words) < ENOUGH and rules.banned_words:
        found.append(Text("Not a word your organisation rules out"))
    if rules.forbid_breached and any(breached(core) for core in _cores(password)):
        found.append(Text("This password is in a known data leak. Choose another."))
    elif reason := easy(password):
        found.append(Text("This is easy to guess because {reason}. Add another word.", reason=reason))
    return tuple(found)


def requirements(rules: PasswordRules, directory: DirectoryRules, context: PasswordContext) -> tuple[Text, ...]:
    """The rules, said before anything is typed: ours first, then the directory's."""
    shortest, longest = lengths(rules, directory, context)
    said = [Text("{n} characters or more", n=shortest), Text("At most {n} characters", n=longest)]
    if rules.forbid_breached:
        said.append(Text("Not in any known data leak"))
    if rules.forbid_name_parts:
        said.append(_without_names(context))
    if rules.banned_words:
        said.append(Text("Not a word your organisation rules out"))
    if directory.history:
        said.append(Text("Not one of your last {n}: checked when you save", n=directory.history))
    return (*said, *directory.sentences)


def lengths(rules: PasswordRules, directory: DirectoryRules, context: PasswordContext) -> tuple[int, int]:
    """The fewest and the most characters that both we and the directory take."""
    ours = rules.directory_floor if context.directory_rules_length else rules.min_length
    shortest = max(FLOOR, ours, directory.min_length or 0)
    longest = min(CAP, rules.max_length, directory.max_length or CAP)
    return shortest, longest


def terms(context: PasswordContext) -> frozenset[str]:
    """Whatever of the person's and the company's names may not stand in a password."""
    whole = {name.partition("@")[0] for name in context.names}
    parts = {part for name in whole for part in _words(name)}
    company = _words(context.company)
    # Of the company's name its first long word counts alone: the others are often "services" or "group".
    brand = next(([word] for word in company if len(word) >= SHORTEST_WORD), [])
    return frozenset({*whole, *parts, context.company, "".join(company), *brand} - {""})


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", unicodedata.normalize("NFKC", name)) if word]


def _without_names(context: PasswordContext) -> Text:
    if not context.company:
        return Text("Without your name")
    return Text('Without your name or "{company}"', company=context.company)


def _cores(password: str) -> Iterator[str]:
    """The password, and what is left when a few digits or signs at its ends are taken away.

    A leaked password with such an ending is still the leaked one. The banned words' measure holds here too: the leaked
    part is worth one point, each character around it another, and five are enough.
    """
    yield from _spellings(password)
    around = ENOUGH - 2
    for before in range(around + 1):
        for after in range(around + 1 - before):
            end = len(password) - after
            if before + after and before < end and not _letters(password[:before] + password[end:]):
                yield from _spellings(password[before:end])


def _spellings(password: str) -> Collection[str]:
    return {password, password.lower(), fold(password)}


def _letters(text: str) -> bool:
    return any(character.isalpha() for character in text)
