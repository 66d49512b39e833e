"""What a stranger's request costs is measured on every address of the app, also on those that come later."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers.keyback import Keyback
from servers.outfit import ENTRIES, SWIFT
from servers.targets import urls
from strange_requests import LARGEST, Known, wishes
from werkzeug.routing import Map, Rule

CHALLENGE = {"parameters": {"cost": 1000}, "signature": "00"}
KNOWN = Known("/static/keyback.css", CHALLENGE, f"1.1.{'0' * 32}.{'0' * 64}", "0" * 32)


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Map:
    """The app's own list."""
    folder: Path = tmp_path_factory.mktemp("strangers")
    outfit = {"store.embedded": {"database": str(folder / "people.db")}, **SWIFT}
    return urls(Keyback(folder / "keyback", outfit, more={"entries": ENTRIES}))


def test_no_address_and_no_method_is_left_out(addresses: Map) -> None:
    asked = {(wish.endpoint, wish.verb) for wish in wishes(addresses, KNOWN)}
    there = {(rule.endpoint, verb) for rule in addresses.iter_rules() for verb in rule.methods or set()}
    assert asked == {(endpoint, verb) for endpoint, verb in there if verb != "HEAD"}


def test_an_address_without_an_example_is_an_error(addresses: Map) -> None:
    with pytest.raises(LookupError, match="new_page"):
        [wish.make() for wish in wishes(Map([Rule("/new", endpoint="new_page", methods=["GET"])]), KNOWN)]


def test_every_form_is_tried_with_the_largest_body_and_every_address_with_garbage(addresses: Map) -> None:
    kinds: dict[tuple[str, str], set[str]] = {}
    for wish in wishes(addresses, KNOWN):
        kinds.setdefault((wish.endpoint, wish.verb), set()).add(wish.kind)
        path, headers, body = wish.make()
        assert path.startswith("/")
        assert "<" not in path
        assert len(body) <= LARGEST
        "".join(headers.values()).encode("latin-1")
    for (_, verb), tried in kinds.items():
        assert {"nothing", "garbage", "cookie of nobody", "made-up key"} <= tried
        assert ("largest body" in tried) is (verb == "POST")
