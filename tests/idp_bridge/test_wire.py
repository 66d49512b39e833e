"""The way to the identity provider is the one that is set: its proxy, its authority, and never the environment's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from servers.http_sink import Answer, HttpSink
from servers.proxy import NAME, PASSWORD, Proxy

from keyback.core.service.enrolling.vouching import SignInUnavailable
from keyback.idp_bridge import sign_in
from keyback.idp_bridge.sign_in import Client, SignIn
from keyback.idp_bridge.wire import Line, bound, read_json

VARIABLES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture
def idp(tmp_path: Path) -> Iterator[HttpSink]:
    """Answers over TLS, with a certificate of the company's own authority."""
    with HttpSink(tmp_path) as sink:
        sink.script.extend([Answer(body=b'{"well": true}')] * 4)
        yield sink


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as proxy:
        yield proxy


def by(proxy: Proxy, password: str = PASSWORD) -> str:
    """As it is written into settings."""
    return f"http://{NAME}:{quote(password, safe='')}@127.0.0.1:{proxy.port}"


def reached(idp: HttpSink, line: Line) -> bool:
    return read_json(bound(sign_in.requests.Session(), line), idp.url) == {"well": True}


def test_it_is_reached_by_the_proxy_with_its_password(idp: HttpSink, proxy: Proxy) -> None:
    assert reached(idp, Line(str(idp.ca_file), by(proxy)))
    assert proxy.tunnels == [f"localhost:{idp.port}"]
    # Said to the proxy, and to nobody behind it.
    assert "Proxy-Authorization" not in idp.asked[0].headers


def test_whoever_is_not_let_out_is_told_without_the_password(idp: HttpSink, proxy: Proxy) -> None:
    with pytest.raises(OSError, match="407") as caught:
        reached(idp, Line(str(idp.ca_file), by(proxy, "hunter22")))
    client = Client("keyback", "s", "https://a.example", "https://a.example", line=Line("", by(proxy, "hunter22")))
    with pytest.raises(SignInUnavailable) as told:
        SignIn(f"https://localhost:{idp.port}", client).check()
    assert "hunter22" not in str(caught.value) + str(told.value) + repr(client)
    assert (idp.asked, proxy.tunnels) == ([], [])


def test_the_environment_changes_neither_the_way_nor_whom_we_believe(
    idp: HttpSink, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nobody = tmp_path / "empty.pem"
    nobody.write_text("")
    for name in VARIABLES:
        monkeypatch.setenv(name, str(nobody) if "BUNDLE" in name else "http://127.0.0.1:9")
    assert reached(idp, Line(str(idp.ca_file)))
    monkeypatch.setenv("NO_PROXY", "*")
    assert reached(idp, Line(str(idp.ca_file), by(proxy)))
    assert len(proxy.tunnels) == 1


def test_an_authority_is_believed_only_where_it_is_set(idp: HttpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(idp.ca_file))
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        reached(idp, Line())


def test_an_authority_s_file_that_is_gone_means_that_nobody_signs_in(idp: HttpSink) -> None:
    client = Client("keyback", "s", "https://a.example", "https://a.example", line=Line("/nowhere/ca.pem"))
    with pytest.raises(SignInUnavailable):
        SignIn(f"https://localhost:{idp.port}", client).check()
    assert idp.asked == []
