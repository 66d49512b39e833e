"""An identity provider that could not be trusted stops the start; one that is away does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from servers.authority import Authority

from keyback.config.loading import parse
from keyback.config.settings import Settings
from keyback.config.unsafe import unsafe

GOOD: Mapping[str, object] = {
    "issuer": "https://sign-in.example.org/",
    "client_id": "keyback",
    "client_secret": "s",
    "claim": "preferred_username",
    "store": "openldap",
}


def settings(**changes: object) -> Settings:
    table = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return parse(
        {
            "portal_url": "https://reset.example.org",
            "company": "Alderwick",
            "help_desk": "Room 7",
            "sign_in": table,
        }
    )


def test_a_whole_table_is_enough() -> None:
    assert unsafe(settings()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"issuer": "http://sign-in.example.org"}, "sign_in.issuer must begin with https://"),
        ({"issuer": "http://localhost:8080/demo"}, "sign_in.issuer must begin with https://"),
        ({"issuer": "https://sign-in.example.org?x"}, "sign_in.issuer"),
        ({"issuer": None}, "sign_in.issuer is missing"),
        ({"client_id": None}, "sign_in.client_id is missing"),
        ({"client_secret": None}, "client_secret or client_key_file"),
        ({"client_key_file": "/etc/keyback/client.pem"}, "not both"),
        ({"scopes": ["profile"]}, "openid"),
        ({"claim": None}, "sign_in.claim is missing"),
        ({"store": None}, "sign_in.store must be one of plugins.load"),
        ({"store": "embedded"}, "sign_in.store must be one of plugins.load"),
        ({"ca_file": "/nowhere/ca.pem"}, "sign_in.ca_file holds no certificate"),
        ({"ca_file": __file__}, "sign_in.ca_file holds no certificate"),
        ({"proxy": "proxy.example.org:3128"}, "sign_in.proxy must be"),
        ({"proxy": "http://proxy.example.org"}, "sign_in.proxy must be"),
        ({"proxy": "http://proxy.example.org:99999"}, "sign_in.proxy must be"),
        ({"proxy": "socks5://proxy.example.org:1080"}, "sign_in.proxy must be"),
        ({"proxy": "http://proxy.example.org:3128/?a"}, "sign_in.proxy must be"),
    ],
)
def test_what_would_be_unsafe_stops_the_start(changes: dict[str, object], said: str) -> None:
    (problem,) = unsafe(settings(**changes))
    assert said in problem


def test_without_the_table_nobody_signs_in_and_all_is_well() -> None:
    alone = parse({"portal_url": "https://reset.example.org", "company": "A", "help_desk": "B"})
    assert (unsafe(alone), alone.sign_in.issuer) == ([], "")


def test_the_companys_own_proxy_and_authority_are_allowed(tmp_path: Path) -> None:
    ca_file = Authority(tmp_path).ca_file
    assert unsafe(settings(ca_file=str(ca_file), proxy="http://keyback:hunter22@proxy.example.org:3128")) == []


@pytest.mark.parametrize("secret", ["client_secret", "proxy"])
def test_a_secret_prints_as_dots(secret: str) -> None:
    assert "hunter22" not in repr(settings(**{secret: "hunter22"}))
