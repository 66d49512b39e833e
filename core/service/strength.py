"""How easy a password is to guess, by zxcvbn: patterns that people use, not a rule of composition."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from zxcvbn.matching import L33T_TABLE, RANKED_DICTIONARIES, build_ranked_dict, omnimatch, relevant_l33t_subtable
from zxcvbn.scoring import most_guessable_match_sequence
from zxcvbn.time_estimates import estimate_attack_times

from ..contracts.text import Text

# Its work grows with the square of the length, and 72 characters say enough.
LONGEST = 72
# Of zxcvbn's five grades the two that fall to a million guesses.
TOO_EASY = 1
# zxcvbn reads a password once for each way in which its look-alikes can be taken for letters: hundreds of ways and
# seconds of work where it has many. Beyond this product of ways and length, those that mean one letter are merged.
_MOST_READING = 200
_MERGED = str.maketrans({"@": "4", "{": "(", "[": "(", "<": "(", "9": "6", "!": "1", "|": "1", "$": "5", "+": "7"})

_REASONS: Mapping[str, Text] = {
    "spatial": Text("it follows the keys of a keyboard"),
    "repeat": Text("it repeats itself"),
    "sequence": Text("it is a row like abc or 654"),
    "regex": Text("it is a year"),
    "date": Text("it is a date"),
    "bruteforce": Text("it is short"),
}
_DICTIONARIES: Mapping[str, Text] = {
    "user_inputs": Text("it is made of your name"),
    "passwords": Text("it is much like a password that many people use"),
    "surnames": Text("it is a common name"),
    "female_names": Text("it is a common name"),
    "male_names": Text("it is a common name"),
}
_WORDS = Text("it is made of common words")


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
    # Not zxcvbn(): it keeps the words in a dictionary that all threads share, so that one person's name would be looked
    # for in another's password, and would stay in memory.
    own = [part for word in words for part in (word.lower(), *re.split(r"[\W_]+", word.lower())) if part]
    known = {**RANKED_DICTIONARIES, "user_inputs": build_ranked_dict(own)}
    if not password:
        return Strength(0, _REASONS["bruteforce"])
    cut = _quick_to_read(password[:LONGEST])
    found = most_guessable_match_sequence(cut, omnimatch(cut, known))
    score: int = estimate_attack_times(found["guesses"])["score"]
    return Strength(score, _warning(found["sequence"]) if score <= 2 else None)


def _quick_to_read(cut: str) -> str:
    ways = prod(len(stand_ins) for stand_ins in relevant_l33t_subtable(cut, L33T_TABLE).values())
    return cut.translate(_MERGED) if ways * len(cut) > _MOST_READING else cut


def _warning(sequence: Collection[Mapping[str, Any]]) -> Text:
    longest = max(sequence, key=lambda match: len(match["token"]))
    if longest["pattern"] == "dictionary":
        return _DICTIONARIES.get(longest["dictionary_name"], _WORDS)
    return _REASONS[longest["pattern"]]
