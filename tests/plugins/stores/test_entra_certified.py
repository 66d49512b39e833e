"""The sign-in of the Entra ID store at a certified token endpoint, which checks secrets and signatures for real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from servers.application import certificate
from servers.authority import Authority
from servers.certified_idp import CertifiedIdp, certified_idp, missing
from servers.graph_tokens import SECRET, TENANT

from keyback.core import StoreUnavailable
from keyback.plugins.stores._budget import Budget
from keyback.plugins.stores._entra_settings import EntraSettings
from keyback.plugins.stores._entra_tokens import Tokens
from keyback.plugins.stores._https import Https, Terms

BY_SECRET, BY_CERTIFICATE = "0a0a0a0a-1111-4222-8333-444444444444", "0b0b0b0b-1111-4222-8333-444444444444"
GRAPH = "https://graph.microsoft.com"

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, bytes]:
    """The application's, a stranger's, and the public half of the first."""
    folder = tmp_path_factory.mktemp("certificates")
    file, public = certificate(folder)
    return file, certificate(folder, "stranger")[0], public


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory, certificates: tuple[Path, Path, bytes]) -> Iterator[CertifiedIdp]:
    nobody_signs_in = {"grant_types": ["client_credentials"], "redirect_uris": [], "response_types": []}
    common = {**nobody_signs_in, "scope": f"{GRAPH}/.default"}
    with_secret = {"client_secret": SECRET, "token_endpoint_auth_method": "client_secret_post"}
    with_key = {
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "PS256",
        "jwks": {"keys": [RSAKey.import_key(certificates[2]).as_dict(private=False)]},
    }
    clients = [
        {**common, **with_secret, "client_id": BY_SECRET},
        {**common, **with_key, "client_id": BY_CERTIFICATE},
    ]
    authority = Authority(tmp_path_factory.mktemp("idp"))
    with certified_idp(authority, clients, below=f"/{TENANT}/v2.0", resource=GRAPH) as running:
        yield running


@pytest.fixture
def token(idp: CertifiedIdp) -> Callable[..., str]:
    def fetched(client: str, **credential: Any) -> str:
        settings = EntraSettings(
            tenant=TENANT,
            client_id=client,
            authority=idp.issuer.removesuffix(f"/{TENANT}/v2.0"),
            ca_file=str(idp.ca_file),
            **credential,
        )
        terms = Terms(settings.ca_file, "", connect_timeout=2, receive_timeout=5, connections=1)
        return Tokens(settings, Https(terms)).token(Budget(datetime.now(UTC), 10))

    return fetched


def test_the_right_secret_gets_a_token_and_another_does_not(token: Callable[..., str]) -> None:
    assert token(BY_SECRET, client_secret=SECRET).count(".") == 2
    with pytest.raises(StoreUnavailable, match="invalid_client"):
        token(BY_SECRET, client_secret="another~secret~of~the~same~length")


def test_the_right_certificate_gets_a_token_and_a_strangers_does_not(
    token: Callable[..., str], certificates: tuple[Path, Path, bytes]
) -> None:
    assert token(BY_CERTIFICATE, certificate_file=str(certificates[0])).count(".") == 2
    with pytest.raises(StoreUnavailable, match="invalid_client"):
        token(BY_CERTIFICATE, certificate_file=str(certificates[1]))
