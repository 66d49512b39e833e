"""Words that page and call share: things that everybody knows, and that no bad line turns into one another."""

from __future__ import annotations

from collections.abc import Mapping

from ...core import Context

# 64 of each language, so that one byte chooses without favour.
WORDS: Mapping[str, tuple[str, ...]] = {
    "en": tuple(
        "almond anchor apple autumn basket beaver blanket bottle bridge butter candle carpet castle cherry circle "
        "copper cotton dolphin dragon eagle engine feather forest fountain garden ginger hammer harbour honey island "
        "jacket kettle kitchen ladder lantern lemon marble meadow mirror monkey mountain orange orchard paper parrot "
        "pepper piano pillow planet pumpkin rabbit ribbon river saddle silver spider summer teapot tiger tomato "
        "valley violin window winter".split()
    ),
    "de": tuple(
        "Abend Adler Anker Apfel Birke Blume Brücke Brunnen Butter Dachs Donner Drache Eimer Eule Fahne Feder Fenster "
        "Fichte Flöte Garten Geige Hafen Hammer Herbst Honig Igel Insel Jacke Kamel Kamin Käfer Kerze Kirsche Kissen "
        "Koffer Kürbis Lampe Leiter Löffel Marmor Mond Nagel Nebel Ofen Orgel Papier Pfeffer Pinsel Quelle Regen "
        "Sattel Schlüssel Silber Sommer Spiegel Tasse Teppich Tiger Trommel Wald Wiese Winter Wolke Zitrone".split()
    ),
}


def draw_word(ctx: Context) -> str:
    """One in the language that is spoken, finished: page and call say the same, whatever is chosen in between."""
    words = WORDS.get(ctx.locale.partition("-")[0], WORDS["en"])
    return words[ctx.random(1)[0] % len(words)]
