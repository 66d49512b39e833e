"""Sentences are kept whole, so that they can still be said in any language."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from keyback.core.contracts.text import Text
from keyback.core.db.value_json import text_from_json, text_to_json

KEPT = (
    Text("Enter the code"),
    Text("Wait {time}", time=Text.plural("{n} second", "{n} seconds", n=1)),
    Text.plural("{n} try for {name}", "{n} tries for {name}", n=2, name="{n}"),
    Text("{at} {span} {message}", at=datetime(2026, 11, 20, tzinfo=UTC), span=timedelta(minutes=5)).filled(more=None),
)


@pytest.mark.parametrize("text", KEPT, ids=lambda text: text.message)
def test_a_sentence_is_the_same_after_it_was_kept(text: Text) -> None:
    assert text_from_json(json.loads(json.dumps(text_to_json(text)))) == text


def test_what_is_no_sentence_is_refused() -> None:
    with pytest.raises(ValueError, match="not a sentence"):
        text_from_json(["Enter the code"])
    with pytest.raises(TypeError, match="cannot hold"):
        text_to_json(Text("{what}", what=object()))
