"""The way out to hosts that somebody typed: by the proxy, by whose authority, and never by itself into the house."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.authority import Authority
from servers.http_sink import HttpSink
from servers.proxy import Proxy

from keyback.core.dial import Forbidden
from keyback.core.outside import Outside, OutsideToMany, Request

# Answers nowhere in this house, and is no name's: where it leads is the proxy's to say.
PUBLIC = "1.1.1.1"
UNKNOWN = "idp.invalid"
HERE = ("127.0.0.0/8", "::1/128")


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[HttpSink]:
    with HttpSink(tmp_path / "sink", secure=False) as sink:
        yield sink


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy({PUBLIC: "127.0.0.1", UNKNOWN: "127.0.0.1"}) as proxy:
        yield proxy


def ask(outside: Outside, url: str) -> int:
    return outside.ask(Request("GET", url), time.monotonic() + 20).status


def test_an_authority_of_ones_own_is_believed_beside_the_public_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HttpSink(tmp_path / "public") as public, HttpSink(tmp_path / "own") as own:
        monkeypatch.setenv("SSL_CERT_FILE", str(public.ca_file))
        outside = OutsideToMany(HERE, str(own.ca_file))
        assert [ask(outside, one.url) for one in (public, own)] == [200, 200]
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(OutsideToMany(HERE, str(Authority(tmp_path / "other").ca_file)), own.url)
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(Outside(HERE, str(own.ca_file)), public.url)


@pytest.mark.parametrize("host", [PUBLIC, UNKNOWN])
def test_what_is_not_in_the_house_is_asked_by_the_proxy(sink: HttpSink, proxy: Proxy, host: str) -> None:
    assert ask(OutsideToMany(HERE, proxy=proxy.url), f"http://{host}:{sink.port}/") == 200
    assert proxy.tunnels == [f"{host}:{sink.port}"]


def test_what_is_in_the_house_and_listed_is_asked_directly(sink: HttpSink, proxy: Proxy) -> None:
    assert ask(OutsideToMany(HERE, proxy=proxy.url), sink.url) == 200
    assert proxy.tunnels == []


def test_no_proxy_is_asked_to_go_into_the_house(sink: HttpSink, proxy: Proxy) -> None:
    for host in ("localhost", "127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]"):
        with pytest.raises(Forbidden):
            ask(OutsideToMany(proxy=proxy.url), f"http://{host}:{sink.port}/")
    assert (proxy.tunnels, sink.asked) == ([], [])


def test_a_proxy_whose_name_nobody_knows_is_not_taken_for_the_host(sink: HttpSink) -> None:
    with pytest.raises(OSError, match="the proxy is not known"):
        ask(OutsideToMany(proxy="http://proxy.invalid:3128"), f"http://{PUBLIC}:{sink.port}/")
