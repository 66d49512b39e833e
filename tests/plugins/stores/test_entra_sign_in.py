"""How the Entra ID store gets its token and where its requests go: to whom the settings name, and to nobody else."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from servers import proxy
from servers.application import certificate
from servers.authority import Authority
from servers.entra_store import NEW, Make, found, reset
from servers.graph import BUSY, DENIED, LOST, Graph, too_many, wrong
from servers.graph_tokens import SECRET

from keyback.core import KeybackError, OutcomeUnknown, PluginError, Secret, StoreUnavailable
from keyback.core.testing import a_context
from keyback.plugins.stores.entra import Entra

SOMEBODY = "jo@alderwick.example"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """An authority that signed nothing here."""
    return Authority(tmp_path / "elsewhere").ca_file


def test_one_token_serves_many_questions(store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    for _ in range(3):
        found(store, jo)
    assert graph.tokens.asked == 1


def test_a_certificate_opens_as_a_secret_does(make_store: Make, graph: Graph, tmp_path: Path) -> None:
    file, graph.tokens.public_key = certificate(tmp_path)
    jo = graph.people.add()
    found(make_store(client_secret="", certificate_file=str(file)), jo)
    another, _ = certificate(tmp_path, "another")
    with pytest.raises(StoreUnavailable, match="invalid_client AADSTS7000215"):
        found(make_store(client_secret="", certificate_file=str(another)), jo)


def test_a_wrong_secret_is_told_by_microsofts_number(make_store: Make, caplog: pytest.LogCaptureFixture) -> None:
    store = make_store(client_secret="another~secret")
    with pytest.raises(StoreUnavailable, match="invalid_client AADSTS7000215"):
        store.find(SOMEBODY, a_context())
    assert [vars(record)["what"] for record in caplog.records] == ["invalid_client AADSTS7000215"]
    with pytest.raises(PluginError, match="AADSTS7000215"):
        store.check()


def test_a_tenant_that_is_not_there_is_told(make_store: Make) -> None:
    with pytest.raises(PluginError, match="the tenant is not known"):
        make_store(tenant="no-such-tenant.example").check()


def test_a_file_without_both_halves_is_refused_when_it_is_loaded(make_store: Make, graph: Graph) -> None:
    for file in (graph.sink.ca_file, Path("/dev/null/nothing")):
        with pytest.raises((PluginError, ValidationError)):
            make_store(client_secret="", certificate_file=str(file))


def test_the_environment_names_neither_authority_nor_proxy(
    make_store: Make, graph: Graph, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(elsewhere))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    found(make_store(), graph.people.add())


def test_a_server_that_another_authority_vouches_for_is_sent_nothing(
    make_store: Make, graph: Graph, elsewhere: Path
) -> None:
    with pytest.raises(StoreUnavailable, match="certificate"):
        make_store(ca_file=str(elsewhere)).find(SOMEBODY, a_context())
    assert graph.sink.asked == []


def test_everything_goes_through_the_proxy_that_the_settings_name(make_store: Make, graph: Graph) -> None:
    jo = graph.people.add()
    with proxy.Proxy() as way:
        address = f"http://{proxy.NAME}:p%40ss%3Aword@127.0.0.1:{way.port}"
        found(make_store(proxy=address), jo)
        assert set(way.tunnels) == {f"localhost:{graph.sink.port}"}
        wrong_password = address.replace("p%40ss", "other")
        with pytest.raises(StoreUnavailable) as fault:
            found(make_store(proxy=wrong_password), jo)
    assert "other" not in str(fault.value)


def test_a_redirect_is_not_followed(store: Entra, graph: Graph) -> None:
    away = wrong(307, "x", "y", ("Location", f"{graph.url}/v1.0/elsewhere"))
    graph.fails("GET", "/users?", away)
    with pytest.raises(StoreUnavailable, match="307"):
        store.find(SOMEBODY, a_context())
    assert graph.asked("GET", "elsewhere") == []
    graph.violations.clear()


def test_an_answer_that_drips_is_given_up_in_time(store: Entra, graph: Graph) -> None:
    dripping = replace(wrong(200, "x" * 60, "y"), drip=0.05)
    graph.fails("GET", "/users?", dripping, dripping)
    before = datetime.now(UTC)
    with pytest.raises(StoreUnavailable):
        store.find(SOMEBODY, a_context(seconds=1.5))
    assert datetime.now(UTC) - before < timedelta(seconds=3)
    graph.violations.clear()


def test_a_server_that_is_gone_was_surely_not_written_to(graph: Graph, tmp_path: Path) -> None:
    jo = graph.people.add()
    store = Entra(graph.settings())
    account = found(store, jo)
    with Graph(tmp_path / "gone") as gone:
        astray = Entra(gone.settings())
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        reset(astray, account)
    store.close()


# Nothing of it is ever printed ---------------------------------------------------------------------------------

TROUBLES: tuple[tuple[Any, ...], ...] = (
    (wrong(400, "Request_BadRequest", f"{NEW} is not liked, says {SOMEBODY}"),),
    (DENIED,),
    (BUSY,),
    (LOST,),
    (too_many("0"), too_many("0")),
    (wrong(404, "Request_ResourceNotFound", SOMEBODY),),
    (wrong(500, f"{NEW} {SOMEBODY}", NEW),),
)


def attempts(store: Entra, graph: Graph) -> Iterator[Callable[[], object]]:
    jo = graph.people.add(SOMEBODY, mobilePhone="+1 2065550100")
    account = found(store, jo)
    for answers in TROUBLES:
        yield lambda answers=answers: (graph.fails("PATCH", "/users/", *answers), reset(store, account))
    for trouble in (DENIED, BUSY, LOST):
        yield lambda trouble=trouble: (
            graph.fails("GET", "/users", trouble, trouble),
            store.find(SOMEBODY, a_context()),
        )
    yield lambda: store.set_password(account, Secret(f"{NEW}Ä"), unlock=True, ctx=a_context())


def test_passwords_secrets_tokens_and_names_are_in_no_log_no_exception_and_no_repr(
    store: Entra, graph: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("urllib3").setLevel(logging.INFO)  # as the log of a running Keyback is set up
    said = []
    with caplog.at_level(logging.DEBUG):
        for attempt in attempts(store, graph):
            try:
                attempt()
            except KeybackError as problem:
                said.append("".join(traceback.format_exception(problem)) + repr(problem) + repr(vars(problem)))
    assert len(said) == len(TROUBLES) + 4
    printed = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    everything = "\n".join([*said, *printed, repr(vars(store)), repr(store.settings)])
    hidden = [NEW, SECRET, SOMEBODY, "+1 2065550100", *graph.tokens.good]
    assert [one for one in hidden if one in everything] == []
    graph.violations.clear()


def test_an_order_that_may_have_arrived_is_told_without_what_was_in_it(store: Entra, graph: Graph) -> None:
    account = found(store, graph.people.add())
    graph.fails("PATCH", "/users/", LOST)
    with pytest.raises(OutcomeUnknown) as lost:
        reset(store, account)
    assert lost.value.__cause__ is None
    assert lost.value.__context__ is None


# Settings that could not be safe ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrongly",
    [
        {"graph": "http://graph.microsoft.com"},
        {"authority": "https://login.microsoftonline.com/common"},
        {"client_secret": ""},
        {"certificate_file": "/etc/hostname"},
        {"identifiers": ["displayName"]},
        {"identifiers": []},
        {"trusted_contacts": ["businessPhones"]},
        {"proxy": "https://proxy.example"},
        {"tenant": "a/../b"},
        {"receive_timeout": 0},
    ],
)
def test_settings_that_could_not_be_safe_are_refused(wrongly: dict[str, Any], graph: Graph) -> None:
    with pytest.raises(ValidationError) as refusal:
        graph.settings(**wrongly)
    assert SECRET not in str(refusal.value)
