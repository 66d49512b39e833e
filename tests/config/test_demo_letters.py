"""What can be copied and followed in a pretend message."""

from __future__ import annotations

import pytest

from keyback.config.demo.letters import pieces

HERE = "http://localhost:8080"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("48210973 is your code.\n\n@localhost #48210973", [("code", "48210973")]),
        ("Call +441632960123 or +44 1632 960 123.", []),
        ("It was 2026-11-20, 10:31, reference AB123456.", []),
        (f"Not you? {HERE}/wasnt-me/x-y_z\nor call", [("link", f"{HERE}/wasnt-me/x-y_z")]),
        # Only our own: a message may quote what a stranger typed.
        ("https://elsewhere.example/ and http://localhost:80801/", []),
        (HERE, []),
        ("", []),
    ],
)
def test_codes_and_links_of_ours_are_marked_and_nothing_else(text: str, found: list[tuple[str, str]]) -> None:
    assert [(piece.kind, piece.text) for piece in pieces(text, HERE) if piece.kind != "words"] == found


@pytest.mark.parametrize("text", ["a 123456 b", f"{HERE}/a 123456 https://b", "123456", "", " \n"])
def test_not_a_letter_is_lost(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text, HERE)) == text
