"""What a directory takes for one name is one name to us: one budget, one decoy (P4).

For somebody, wrong answers are counted by person; for nobody, by name. If the directory joined two spellings that we
keep apart, whoever uses up the one and tries the other would see whether there is somebody. So the directory is the
judge: what it joins must be one for us. Joining what it keeps apart costs nothing.
"""

from __future__ import annotations

import random
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations

import pytest
from servers.slapd import PEOPLE, Slapd, running_slapd

from keyback.core.recovery.names import searchable
from keyback.core.service.surroundings import Surroundings
from keyback.core.testing import a_context
from keyback.plugins.stores.openldap import OpenLdap

REALM, NETBIOS = "alderwick.example", "ALDERWICK"
# What real names hold: dots, accents, sharp s, dotless i, ligatures, final sigma, two words, apostrophes.
NAMES = (
    "jo.frost", "müller.ö", "weiß", "strasse", "ırmak", "ipek", "ﬁnn", "σοφός", "van der berg", "o'brien", "åsa.ǆ",
    "ŀluc", "straße", "kelvin", "ñandú", "łukasz", "işık", "öz-lem", "ᾷδης", "zoë", "d'arc", "ana maria",
)  # fmt: skip
SPACES = "\u0020\u00a0\u1680\u2000\u2003\u2009\u202f\u205f\u3000"
INVISIBLE = "\u00ad\u034f\u180b\u200b\u200c\u200d\u200e\u2060\ufe0f\ufeff"
WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
CIRCLED = str.maketrans({chr(ord("a") + n): chr(0x24D0 + n) for n in range(26)})
BOLD = str.maketrans({chr(ord("a") + n): chr(0x1D41A + n) for n in range(26)})
SIMILAR = str.maketrans({"ß": "ẞ", "ı": "I", "i": "İ", "ς": "σ", "k": "\u212a", "å": "\u212b", "s": "ſ", "ǆ": "ǅ"})

Change = Callable[[str, random.Random], str]


def _spaced(name: str, chance: random.Random) -> str:
    return chance.choice(SPACES) * chance.randint(1, 3) + name + chance.choice(SPACES) * chance.randint(0, 2)


def _respaced(name: str, chance: random.Random) -> str:
    return chance.choice(SPACES).join(name.split(" ")) if " " in name else name + chance.choice(SPACES)


def _hidden(name: str, chance: random.Random) -> str:
    place = chance.randint(0, len(name))
    return name[:place] + chance.choice(INVISIBLE) + name[place:]


CHANGES: dict[str, Change] = {
    "as it is": lambda name, _: name,
    "capitals": lambda name, _: name.upper(),
    "small": lambda name, _: name.lower(),
    "folded": lambda name, _: name.casefold(),
    "titled": lambda name, _: name.title(),
    "NFD": lambda name, _: unicodedata.normalize("NFD", name),
    "NFC": lambda name, _: unicodedata.normalize("NFC", name),
    "NFKD": lambda name, _: unicodedata.normalize("NFKD", name),
    "wide": lambda name, _: name.translate(WIDE),
    "circled": lambda name, _: name.translate(CIRCLED),
    "bold": lambda name, _: name.translate(BOLD),
    "similar": lambda name, _: name.translate(SIMILAR),
    "spaced": _spaced,
    "respaced": _respaced,
    "hidden": _hidden,
    "dotted": lambda name, chance: name + "." * chance.randint(1, 3),
    "realm": lambda name, chance: name + chance.choice((f"@{REALM}", f"@{REALM.upper()}", f"@{REALM.title()}")),
    "wide realm": lambda name, _: f"{name}＠{REALM}".translate(WIDE),
    "NetBIOS": lambda name, chance: chance.choice((NETBIOS, NETBIOS.lower(), NETBIOS.title())) + f"\\{name}",
}


def _spellings() -> Iterator[tuple[str, str, str]]:
    """Whose name, in which clothes, and how it is typed then: each change by itself, then two at once."""
    chance = random.Random(4518)
    pairs = list(combinations(CHANGES, 2))
    for name in NAMES:
        changes = [(change,) for change in CHANGES] + chance.sample(pairs, 12)
        typed: dict[str, str] = {}
        for names in changes:
            spelling = name
            for change in names:
                spelling = CHANGES[change](spelling, chance)
            typed.setdefault(spelling, " and ".join(names))
        yield from ((name, clothes, spelling) for spelling, clothes in typed.items())


SPELLINGS = list(_spellings())
AROUND = Surroundings("Alderwick", "https://reset.example.org", realms={"openldap": (REALM,)}, netbios=(NETBIOS,))


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    """A directory of its own: its people have names that other tests give, too."""
    with running_slapd() as running:
        yield running


@pytest.fixture(scope="module")
def people(slapd: Slapd) -> dict[str, str]:
    """Everybody's object, by name; mail is of ASCII, as mailboxes are."""
    return {
        name: slapd.person(
            name, rdn=f"cn={name.encode().hex()}", mail=f"{name}@{REALM}" if name.isascii() else f"n{n}@{REALM}"
        ).dn.lower()
        for n, name in enumerate(NAMES)
    }


@pytest.fixture(scope="module")
def joined(slapd: Slapd, people: dict[str, str]) -> dict[str, list[str]]:
    """The spellings that the directory itself takes for a name of each object."""
    found: dict[str, list[str]] = defaultdict(list)
    with slapd.root() as root:
        for _, _, spelling in SPELLINGS:
            asked = "".join(f"\\{byte:02x}" for byte in spelling.encode())
            root.search(PEOPLE, f"(|(uid={asked})(mail={asked}))", attributes=["1.1"])
            for entry in root.response:
                if "dn" in entry:
                    found[entry["dn"].lower()].append(spelling)
    return found


def test_there_are_two_hundred_spellings_and_the_directory_joins_as_many(joined: dict[str, list[str]]) -> None:
    assert len(SPELLINGS) >= 400
    assert sum(map(len, joined.values())) >= 200


@pytest.mark.parametrize("name", NAMES)
def test_what_the_directory_joins_is_one_name_to_us(
    people: dict[str, str], joined: dict[str, list[str]], name: str
) -> None:
    counted = {spelling: AROUND.spelling(spelling) for spelling in joined[people[name]]}
    assert {spelling: kept for spelling, kept in counted.items() if kept != AROUND.spelling(name)} == {}


@pytest.mark.parametrize(
    ("name", "clothes", "spelling"), SPELLINGS, ids=[f"{name}: {clothes}" for name, clothes, _ in SPELLINGS]
)
def test_whoever_is_found_by_a_spelling_is_counted_as_by_the_name(
    store: OpenLdap, people: dict[str, str], name: str, clothes: str, spelling: str
) -> None:
    account = store.find(searched(spelling), a_context())
    assert account is None or AROUND.spelling(spelling) == AROUND.spelling(account.name)


def searched(spelling: str) -> str:
    """What the store is asked for."""
    return searchable(spelling, netbios=(NETBIOS,))
