"""How easy a password is to guess, by zxcvbn: patterns that people use, not a rule of composition."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from zxcvbn_rs_py import Entropy, zxcvbn
from zxcvbn_rs_py import Warning as Why

from ...contracts.text import Text

# Its work grows with the square of the length, and 72 characters say enough.
LONGEST = 72
# Of zxcvbn's five grades the two that fall to a million guesses.
TOO_EASY = 1
# zxcvbn reads a password once for each way in which its look-alikes can be taken for letters: half a second of work
# where it has all of them. Beyond so many different ones, those that mean one letter are merged.
_MOST_LOOK_ALIKES = 6
_LOOK_ALIKES = frozenset("4@({[<691!|7+$5")
_MERGED = str.maketrans({"@": "4", "{": "(", "[": "(", "<": "(", "9": "6", "!": "1", "|": "1", "$": "5", "+": "7"})

_WORDS = Text("it is made of common words")
_OWN = Text("it is made of your name")
_SHORT = Text("it is short")


@dataclass(frozen=True, slots=True)
class Strength:
    """From 0, guessed at once, to 4. `warning` says what makes it easy; None from 3 on."""

    score: int
    warning: Text | None

    @property
    def too_easy(self) -> Text | None:
        """Why it may not be used; None when it may."""
        return self.warning if self.score <= TOO_EASY else None


def estimate(password: str, words: Collection[str] = ()) -> Strength:
    """How strong it is for somebody who knows these words about the person."""
    own = [part for word in words for part in (word.lower(), *re.split(r"[\W_]+", word.lower())) if part]
    cut = _quick_to_read(password[:LONGEST])
    found = zxcvbn(cut, own)
    score = int(found.score)
    return Strength(score, _warning(cut, found) if score <= 2 else None)


def _quick_to_read(cut: str) -> str:
    return cut.translate(_MERGED) if len(_LOOK_ALIKES.intersection(cut)) > _MOST_LOOK_ALIKES else cut


def _warning(cut: str, found: Entropy) -> Text:
    """What makes it easy. Of the person's own words zxcvbn says nothing: they matter if it is harder without them."""
    said = _said(found.feedback.warning if found.feedback else None)
    if said is not None:
        return said
    if zxcvbn(cut).guesses_log10 > found.guesses_log10:
        return _OWN
    # Whatever no list and no pattern explains takes ten guesses for each character.
    return _SHORT if not cut or found.guesses_log10 >= len(cut) - 1 else _WORDS


def _said(warning: Why | None) -> Text | None:
    match warning:
        case Why.StraightRowsOfKeysAreEasyToGuess | Why.ShortKeyboardPatternsAreEasyToGuess:
            return Text("it follows the keys of a keyboard")
        case Why.RepeatsLikeAaaAreEasyToGuess | Why.RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess:
            return Text("it repeats itself")
        case Why.ThisIsATop10Password | Why.ThisIsATop100Password | Why.ThisIsACommonPassword:
            return Text("it is much like a password that many people use")
        case Why.ThisIsSimilarToACommonlyUsedPassword:
            return Text("it is much like a password that many people use")
        case Why.NamesAndSurnamesByThemselvesAreEasyToGuess | Why.CommonNamesAndSurnamesAreEasyToGuess:
            return Text("it is a common name")
        case Why.SequencesLikeAbcAreEasyToGuess:
            return Text("it is a row like abc or 654")
        case Why.RecentYearsAreEasyToGuess:
            return Text("it is a year")
        case Why.DatesAreOftenEasyToGuess:
            return Text("it is a date")
        case Why.AWordByItselfIsEasyToGuess:
            return _WORDS
    return None
