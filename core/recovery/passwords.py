"""Why a password is not good enough, said so that a person can act.

A password is only ever looked at here: never trimmed, cut, folded or normalised on its way to a directory.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ..contracts.store import DirectoryRules
from ..contracts.text import Text
from .banned_words import ENOUGH, SHORTEST_WORD, fold, holds, points
from .policy import PasswordRules

# Longer ones are refused before anything else looks at them: the checks below cost time by length.
CAP = 512
# What no policy can go below (NIST SP 800-63B-4, 3.1.1.2).
FLOOR = 8

NOT_LEAKED = Text("Not in any known data leak")
NOT_BANNED = Text("Not a word your organisation rules out")
LEAKED = Text("This password is in a known data leak. Choose another.")
NO_CONTROLS = Text("Without line breaks, tabs or other control characters")


@dataclass(frozen=True, slots=True)
class PasswordContext:
    """Whose password it is. `directory_rules_length`: the directory has a policy of its own, and ours steps back."""

    names: tuple[str, ...] = field(default=(), repr=False)
    company: str = ""
    directory_rules_length: bool = False


class State(StrEnum):
    """How a password stands to a rule. OPEN: nobody looked. LATER: only the directory knows, when it is saved."""

    OPEN = "open"
    MET = "met"
    NEEDED = "needed"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Line:
    """One rule on the list. `unmet`: how it reads while something is needed; its longest, before anything is typed."""

    text: Text
    unmet: Text
    state: State = State.OPEN

    @property
    def says(self) -> Text:
        """How it reads now."""
        return self.unmet if self.state is State.NEEDED else self.text


@dataclass(frozen=True, slots=True)
class Judged:
    """Every line of the list, and the sentence about what no line can say: what to do about it."""

    lines: tuple[Line, ...]
    advice: Text | None = None

    @property
    def shortcomings(self) -> tuple[Text, ...]:
        """What is wrong with it; empty when it is good enough for us."""
        # A leaked password has its line and its advice; the advice says more.
        wrong = [line.says for line in self.lines if line.state is State.NEEDED and line.text != NOT_LEAKED]
        return (*wrong, self.advice) if self.advice else tuple(wrong)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a look at the password brought to light; None: nobody looked."""

    length: int = 0
    short: bool | None = None
    long: bool | None = None
    named: bool | None = None
    banned: bool | None = None
    leaked: bool | None = None


def judge(
    password: str,
    rules: PasswordRules,
    directory: DirectoryRules,
    context: PasswordContext,
    *,
    breached: Callable[[str], bool],
    easy: Callable[[str], Text | None] = lambda password: None,
) -> Judged:
    """How it stands to every rule. `easy` says why it is easy to guess, or None."""
    shortest, longest = lengths(rules, directory, context)
    # Each code point counts as one character.
    length = len(password)
    found = _Found(length, short=length < shortest, long=length > longest)
    if found.long:
        return Judged(_lines(rules, directory, context, found))
    # Samba AD answers "set" for a password with NUL that can never be typed again; no directory holds half a character.
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in password):
        return Judged(_lines(rules, directory, context, found), NO_CONTROLS)
    found = replace(
        found,
        named=rules.forbid_name_parts and holds(password, terms(context)),
        # Fewer points than without the list: whoever has typed four letters so far has not typed a word on it.
        banned=points(password, rules.banned_words) < min(ENOUGH, points(password, ())),
        leaked=rules.forbid_breached and any(breached(core) for core in _cores(password)),
    )
    return Judged(_lines(rules, directory, context, found), LEAKED if found.leaked else _why_easy(easy(password)))


def requirements(rules: PasswordRules, directory: DirectoryRules, context: PasswordContext) -> tuple[Line, ...]:
    """The rules, said before anything is typed: ours first, then the directory's."""
    return _lines(rules, directory, context, _Found())


def _lines(
    rules: PasswordRules, directory: DirectoryRules, context: PasswordContext, found: _Found
) -> tuple[Line, ...]:
    """The one list of rules. Which lines there are, and in which order, never depends on the password."""
    shortest, longest = lengths(rules, directory, context)
    to_go, too_many = abs(found.length - shortest), abs(found.length - longest)
    lines = [
        Line(
            Text("{n} characters or more", n=shortest),
            Text("{n} characters or more: {m} to go", n=shortest, m=to_go),
            _state(found.short),
        ),
        Line(
            Text("At most {n} characters", n=longest),
            Text("At most {n} characters: {m} too many", n=longest, m=too_many),
            _state(found.long),
        ),
    ]
    if rules.forbid_breached:
        lines.append(Line(NOT_LEAKED, NOT_LEAKED, _state(found.leaked)))
    if rules.forbid_name_parts:
        without = _without_names(context)
        lines.append(Line(without, without, _state(found.named)))
    if rules.banned_words:
        lines.append(Line(NOT_BANNED, NOT_BANNED, _state(found.banned)))
    later = list(directory.sentences)
    if directory.history:
        later.insert(0, Text("Not one of your last {n}: checked when you save", n=directory.history))
    return (*lines, *(Line(text, text, State.LATER) for text in later))


def _state(broken: bool | None) -> State:
    if broken is None:
        return State.OPEN
    return State.NEEDED if broken else State.MET


def _why_easy(reason: Text | None) -> Text | None:
    return Text("This is easy to guess because {reason}. Add another word.", reason=reason) if reason else None


def lengths(rules: PasswordRules, directory: DirectoryRules, context: PasswordContext) -> tuple[int, int]:
    """The fewest and the most characters that both we and the directory take."""
    ours = rules.directory_floor if context.directory_rules_length else rules.min_length
    shortest = max(FLOOR, ours, directory.min_length or 0)
    longest = min(CAP, rules.max_length, directory.max_length or CAP)
    return shortest, longest


def together(one: DirectoryRules, other: DirectoryRules, ours: int) -> DirectoryRules:
    """What both insist on. Where only one of them rules length, `ours` must hold for the other."""
    shortest, longest = (one.min_length, other.min_length), (one.max_length, other.max_length)
    ruled = shortest != (None, None)
    return DirectoryRules(
        min_length=max(ours if n is None else n for n in shortest) if ruled else None,
        max_length=min((n for n in longest if n is not None), default=None),
        history=max(one.history or 0, other.history or 0) or None,
        sentences=tuple(dict.fromkeys((*one.sentences, *other.sentences))),
    )


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
