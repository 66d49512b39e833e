"""One spelling for every way in which a name can be typed.

Two spellings of one name must share one budget, and must be answered alike whether or not somebody has that name.
Directories fold width, case and outer space by themselves, so what we count by has to fold at least as much.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

LONGEST = 256

# Marks and letters that show nothing, beyond those of category Cf: joiners, fillers, variation selectors.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0\ufffc") | {
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}
# Control characters, lone surrogates, private use, unassigned, line and paragraph separators: no name has them.
_REFUSED = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})


def canonical(raw: str, *, realms: Collection[str] = (), netbios: Collection[str] = ()) -> str:
    """What names are counted by and compared by. Raises ValueError for what can be nobody's name.

    Not what a directory is asked for: it folds sharp s to ss, and both spellings may be somebody. See `searchable`.
    """
    return _clean(_folded(searchable(raw, realms=realms, netbios=netbios)))


def searchable(raw: str, *, realms: Collection[str] = (), netbios: Collection[str] = ()) -> str:
    """What a directory is asked for: the same steps without folding case, which each directory does its own way."""
    if len(raw) > LONGEST:
        raise ValueError("a name is too long")
    _refuse(raw)
    name = _clean(raw)
    # One character, a lone star among them, is never worth a question to a directory.
    if not 1 < len(name) <= LONGEST:
        raise ValueError("a name is too short or too long")
    name = _clean(_without_realm(_without_netbios(name, netbios), realms))
    if not name:
        raise ValueError("a name is empty")
    return name


def realm_of(raw: str) -> str | None:
    """The realm somebody typed, folded: what stands behind the last @, or before a backslash."""
    name = _clean(raw.casefold())
    before, at, after = name.rpartition("@")
    if at and before and after:
        return after
    domain, backslash, _ = name.partition("\\")
    return domain if backslash and domain else None


def _refuse(raw: str) -> None:
    if any(unicodedata.category(character) in _REFUSED for character in raw):
        raise ValueError("a name holds characters that no name has")


def _clean(name: str) -> str:
    # Taking out and folding can bring forth what the other step would change, so both go round until nothing moves.
    while True:
        folded = unicodedata.normalize("NFKC", name)
        seen = "".join(c for c in folded if c not in _INVISIBLE and unicodedata.category(c) != "Cf")
        cleaned = " ".join(seen.split()).rstrip(" .")
        if cleaned == name:
            return cleaned
        name = cleaned


def _folded(name: str) -> str:
    # Taken apart first, or an iota below and a circumflex would change places between two spellings of one letter.
    apart = unicodedata.normalize("NFKD", name).casefold()
    # OpenLDAP takes the capital i with a dot for a plain i.
    return apart.replace("i\u0307", "i")


def _without_netbios(name: str, netbios: Collection[str]) -> str:
    domain, backslash, rest = name.partition("\\")
    known = backslash and _clean(domain.casefold()) in {_clean(n.casefold()) for n in netbios}
    return rest if known else name


def _without_realm(name: str, realms: Collection[str]) -> str:
    before, at, realm = name.rpartition("@")
    known = at and _clean(realm.casefold()) in {_clean(r.casefold()) for r in realms}
    return before if known else name
