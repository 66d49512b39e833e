"""Words an organisation rules out, scored the way Microsoft publishes for Entra password protection.

A password is folded, then read as banned words and single characters in the way that costs the fewest points: one for
each banned word, one for each character that is left. Five are needed, so a banned word is not forbidden, only worth
next to nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

ENOUGH = 5
MOST_WORDS = 1000
SHORTEST_WORD = 4
LONGEST_WORD = 16

_LOOK_ALIKES = str.maketrans({"0": "o", "1": "l", "$": "s", "@": "a"})


def fold(text: str) -> str:
    """Lower case, full-width letters to ordinary ones, and the published look-alikes to the letters they stand for."""
    return unicodedata.normalize("NFKC", text).lower().translate(_LOOK_ALIKES)


def points(password: str, words: Collection[str]) -> int:
    """What a password is worth beside these words."""
    folded = fold(password)
    banned = {fold(word) for word in words}
    # Edit distance is for the password as a whole only: in the published examples `contosoblankf9!` is worth five, and
    # with `blankf` read as `blank` it would be four.
    if any(_within_one_edit(folded, word) for word in banned):
        return 1
    lengths = {len(word) for word in banned}
    fewest = [0]
    for end in range(1, len(folded) + 1):
        starts = [end - 1, *(end - size for size in lengths if folded[max(0, end - size) : end] in banned)]
        fewest.append(1 + min(fewest[start] for start in starts))
    return fewest[-1]


def holds(password: str, terms: Collection[str]) -> bool:
    """Whether one of these names stands in the password, forwards or backwards. Short ones would match by chance."""
    folded = fold(password)
    long_enough = [fold(term) for term in terms if len(term) >= SHORTEST_WORD]
    return any(term in folded or term[::-1] in folded for term in long_enough)


def problems(words: Collection[str]) -> tuple[str, ...]:
    """Why this list cannot be saved; empty when it may be."""
    found = [
        f'"{word}" must have {SHORTEST_WORD} to {LONGEST_WORD} characters'
        for word in words
        if not SHORTEST_WORD <= len(word) <= LONGEST_WORD
    ]
    found += [f'"{word}" has spaces around it' for word in words if word != word.strip()]
    if len(words) > MOST_WORDS:
        found.append(f"at most {MOST_WORDS} words, and these are {len(words)}")
    return tuple(found)


def _within_one_edit(left: str, right: str) -> bool:
    if abs(len(left) - len(right)) > 1:
        return False
    differs = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), None)
    if differs is None:
        return True
    # After the first difference the rest agrees once one character is changed, left out or put in.
    rests = ((differs + 1, differs + 1), (differs + 1, differs), (differs, differs + 1))
    return any(left[i:] == right[j:] for i, j in rests)
