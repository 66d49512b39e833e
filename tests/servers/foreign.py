"""By which headers a browser says that a form comes from another site's page, or none of the browser's at all."""

from __future__ import annotations

from collections.abc import Mapping

from .small_console import ORIGIN

HOST = ORIGIN.removeprefix("https://")
SAME = {"Sec-Fetch-Site": "same-origin"}
FOREIGN: tuple[Mapping[str, str], ...] = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": f"http://{HOST}"},
    {"Origin": f"{ORIGIN}.evil.example"},
    {"Origin": f"{ORIGIN}:444"},
)


def in_words(headers: Mapping[str, str]) -> str:
    """As the name of a test."""
    return " ".join(f"{name}:{value}" for name, value in headers.items())
