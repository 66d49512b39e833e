"""Whatever is typed as a name leads to its owner or to nobody, never to a third account and never to a fault."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from servers.slapd import Slapd

from keyback.core import AccountKey, Ambiguous
from keyback.core.testing import a_context
from keyback.plugins.stores.openldap import OpenLdap

VICTIM = "jo.frost"
MAIL = "jo.frost@alderwick.example"
# What lies beside the victim, for a spelling to slip to.
NEIGHBOURS = ("jo.fros", "jo.frosts", "jofrost", "jo,frost", "jo*", "*", "straße", "strasse", "ırmak", "irmak", "ﬁnn")

FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
INVISIBLE = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"
)
LOOKALIKES = {"o": "оοօ0º°ò", "s": "ѕſ5ꜱš", "j": "јϳʝ", "f": "ƒꬵſ", "r": "гꭇ", "t": "τтƭ", ".": "。․…·‧"}


def _clothes() -> Iterator[str]:
    """The same name otherwise dressed."""
    for name in (VICTIM, MAIL):
        yield from (
            name.upper(),
            name.title(),
            name.translate(FULL_WIDTH),
            f" {name} ",
            f"\u3000{name}\u00a0",
            f"{name}  ",
        )
        yield from (name[:4] + sign + name[4:] for sign in INVISIBLE)
        yield from (sign + name + sign for sign in INVISIBLE[:6])
        yield from (unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKD"))
        yield "".join(letter + "\ufe0f" for letter in name)


def _lookalikes() -> Iterator[str]:
    for letter, others in LOOKALIKES.items():
        yield from (VICTIM.replace(letter, other) for other in others)
        yield from (MAIL.replace(letter, other, 1) for other in others)
        yield from (VICTIM.upper().replace(letter.upper(), other) for other in others)


def _attacks() -> Iterator[str]:
    """Filter and name injection, before and after folding."""
    stars = ("*", "＊", "﹡", "∗", "jo*", "j*t", "jo.fros?", "jo.frost*", "*jo.frost", "%", "_", "jo.fros_")
    brackets = (
        "*)(objectClass=*",
        "jo.frost)(|(uid=*",
        "）（uid=＊",
        "jo.frost)\x00",
        "(",
        ")",
        "))",
        "()",
        "﹙﹚",
        "jo.frost)(mail=*",
    )
    slashes = (
        "\\2a",
        "\\",
        "\\\\",
        "jo\\2efrost",
        "\\6ao.frost",
        "＼2a",
        "jo.frost\\",
        "\\00",
        "jo.frost\\00",
        "\\zz",
        "\\2",
    )
    places = (
        f"uid={VICTIM}",
        "jo.frost,ou=People",
        "jo.frost+cn=x",
        "cn=admin",
        "#6a6f",
        "jo.frost;binary",
        "uid",
        '"jo.frost"',
    )
    classic = (
        "' OR '1'='1",
        "jo.frost'--",
        "${jndi:ldap://x}",
        "<script>",
        "../../etc/passwd",
        "%00",
        "{{7*7}}",
        "\r\njo.frost",
    )
    broken = (
        "",
        " ",
        "\u3000",
        "\x00",
        "jo.frost\x00",
        "jo\x00.frost",
        "\ud800",
        "jo.frost\udfff",
        "\x7f",
        "jo.frost\n",
        "\tjo.frost",
    )
    long = ("x" * 257, "jo.frost" + " " * 300, "ﷺ" * 100, "\u0300" * 200, "𒐫" * 200, "a" * 1_000_000)
    for group in (stars, brackets, slashes, places, classic, broken, long):
        yield from group


# Each attack by itself, and behind a name that exists.
SPELLINGS = sorted({*_clothes(), *_lookalikes(), *_attacks(), *(VICTIM + attack for attack in _attacks())})


@pytest.fixture(scope="module")
def victim(slapd: Slapd) -> str:
    for neighbour in NEIGHBOURS:
        slapd.person(
            neighbour, rdn=f"cn=neighbour {neighbour.encode().hex()}", mail=f"x{neighbour.encode().hex()}@x.test"
        )
    return slapd.person(VICTIM, mail=MAIL).uid


def test_there_are_enough_spellings() -> None:
    assert len(SPELLINGS) >= 250


def test_case_21_no_spelling_leads_to_a_third_account(store: OpenLdap, victim: str) -> None:
    own_names = {VICTIM, *NEIGHBOURS}
    found = dressed = 0
    for spelling in SPELLINGS:
        account = store.find(spelling, a_context())
        if account is None:
            continue
        # Who is really called "*" may be found by "*"; nobody else may.
        folded = unicodedata.normalize("NFKC", spelling).casefold().strip()
        expected = VICTIM if account.name == VICTIM else folded
        assert account.name in own_names
        assert account.name == expected, f"{spelling!r} led to {account.name!r}"
        found += account.name == VICTIM
        dressed += spelling not in (VICTIM, MAIL)
    # Capitals, widths and outer spaces are the same name to the directory.
    assert found >= 8
    assert dressed >= 8


@pytest.mark.parametrize("spelling", ["JO.FROST", "ｊｏ．ｆｒｏｓｔ", " jo.frost ", MAIL.upper()])
def test_other_clothes_lead_to_the_same_account(store: OpenLdap, victim: str, spelling: str) -> None:
    account = store.find(spelling, a_context())
    assert account is not None
    assert account.name == victim


@pytest.mark.parametrize("neighbour", ["*", "jo*", "jo,frost", "straße", "ırmak", "ﬁnn"])
def test_a_legal_odd_name_leads_to_its_owner_alone(store: OpenLdap, victim: str, neighbour: str) -> None:
    try:
        account = store.find(neighbour, a_context())
    except Ambiguous:
        return
    assert account is None or account.name == neighbour


def test_the_directory_sees_one_equality_and_no_wildcard(store: OpenLdap, slapd: Slapd, victim: str) -> None:
    before = len(slapd.searches())
    for spelling in ("*", "jo*", "*)(objectClass=*", "jo.frost)(|(uid=*"):
        store.find(spelling, a_context())
    asked = [condition for condition in slapd.searches()[before:] if "uid=" in condition]
    assert len(asked) == 4
    for condition in asked:
        assert condition.startswith("(&(objectClass=person)(|(uid=")
        assert "*" not in condition
        assert condition.count("(") == 5


def test_what_no_name_can_be_is_not_even_asked(store: OpenLdap, slapd: Slapd, victim: str) -> None:
    store.find(VICTIM, a_context())
    before = len(slapd.searches())
    for spelling in ("", "  ", "\x00", "jo\nfrost", "\ud800", "\u200b", "x" * 257):
        assert store.find(spelling, a_context()) is None
    assert len(slapd.searches()) == before


@pytest.mark.parametrize("odd", ["", "*", "*)(uid=*", "00000000-0000-0000-0000-000000000000", "\x00", "\ud800"])
def test_an_odd_id_is_nobody(store: OpenLdap, odd: str) -> None:
    assert store.look(AccountKey("openldap", odd), a_context()) is None
