"""An upload is a picture by its first bytes, small, still, and nothing that could run."""

from __future__ import annotations

import pytest
from examples.pictures import PNG, drawn, moving

from keyback.core.service.ruling.pictures import LARGEST, NotTaken, Why, kind_of_picture


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "png"),
        (drawn("JPEG"), "jpg"),
        (drawn("JPEG", progressive=True, comment=b"x" * 300), "jpg"),
        (drawn("WEBP"), "webp"),
        (drawn("WEBP", lossless=True), "webp"),
        (drawn("WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"), "webp"),
    ],
)
def test_what_drawing_programs_write_is_taken(content: bytes, kind: str) -> None:
    assert kind_of_picture(content) == kind


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_of_too_many_points_is_refused_before_any_browser_unpacks_it(kind: str) -> None:
    with pytest.raises(NotTaken) as refused:
        kind_of_picture(drawn(kind, (2000, 1001)))
    assert refused.value.why is Why.TOO_LARGE


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_that_moves_is_refused(kind: str) -> None:
    with pytest.raises(NotTaken) as refused:
        kind_of_picture(moving(kind))
    assert refused.value.why is Why.MOVES


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"\xff\xd8\xff",
        PNG[:8],
        b"RIFF0000WEBPVP8Q",
        b"BM",
    ],
)
def test_anything_else_is_none(content: bytes) -> None:
    with pytest.raises(NotTaken) as refused:
        kind_of_picture(content)
    assert refused.value.why is Why.NOT_A_PICTURE


def test_the_weight_is_looked_at_first() -> None:
    assert kind_of_picture(PNG + bytes(LARGEST - len(PNG))) == "png"
    with pytest.raises(NotTaken) as refused:
        kind_of_picture(PNG + bytes(LARGEST - len(PNG) + 1))
    assert refused.value.why is Why.TOO_HEAVY
